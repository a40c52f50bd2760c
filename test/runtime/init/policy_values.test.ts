// Quotas, priorities, affinities and filtered arguments of children.
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { childAffinity, filterAffinity } from '../../../src/runtime/init/affinity.ts';
import { type ChildFilter, filterArguments } from '../../../src/runtime/init/filter.ts';
import { bandStart, childPriority, priorityLevels, squeezePriority } from '../../../src/runtime/init/priority.ts';
import { availableSlack, CPU_QUOTA_LIMIT, cpuQuota, effectiveRam } from '../../../src/runtime/init/quota.ts';
import { suite } from '../../kit.ts';

const test = suite('init policies');

test('the environment sessions cost 135168 bytes', () => {
  assert.is(effectiveRam(1 << 20), 913_408);
  assert.is(effectiveRam(135_168), 0);
  assert.is(effectiveRam(1), 0);
  assert.is(availableSlack(1 << 20, 0), (1 << 20) - 131_072);
  assert.is(availableSlack(1000, 0), 0);
});

test('CPU quota is a share of what is left', () => {
  const half = cpuQuota(50, CPU_QUOTA_LIMIT);
  assert.equal(half, { amount: 16_384, left: 16_384, exceeded: null });
  assert.equal(cpuQuota(50, half.left), { amount: CPU_QUOTA_LIMIT, left: 0, exceeded: null });
  assert.equal(cpuQuota(0, CPU_QUOTA_LIMIT), { amount: 0, left: CPU_QUOTA_LIMIT, exceeded: null });
  assert.equal(cpuQuota(60, half.left), { amount: CPU_QUOTA_LIMIT, left: 0, exceeded: 50 });
});

test('the number of priority levels is a power of two', () => {
  assert.equal(priorityLevels(4), { levels: 4, warning: null });
  assert.equal(priorityLevels(3), { levels: 0, warning: 'prio levels is not power of two, priorities are disabled' });
});

test('a priority beyond the levels becomes the lowest level', () => {
  assert.equal(childPriority('a', -1, 2), { level: 1, warning: null });
  assert.equal(childPriority('a', -2, 2), { level: 1, warning: 'a: invalid priority, upgrading from -2 to -1' });
  assert.equal(childPriority('a', -1, 0), { level: 0, warning: 'a: invalid priority, upgrading from -1 to 0' });
});

test('a CPU session of a child stays inside the band of the child', () => {
  assert.equal(squeezePriority('priority=0x0, ram_quota=128K', 1, 2), { args: 'ram_quota=128K, priority=0x8000', warning: null });
  assert.is(squeezePriority('priority=3', 0, 2).warning, 'priority band too small, losing least-significant priority bits');
  assert.equal(squeezePriority('priority=3', 0, 1), { args: 'priority=3', warning: null });
  const level = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(fc.nat({ max: 70_000 }), level, (priority, own) => {
      const { args } = squeezePriority(`priority=${priority}`, own, 4);
      const value = Number(args.slice('priority='.length));
      assert.ok(value >= bandStart(own, 4) && value < bandStart(own + 1, 4), args);
    }),
  );
});

test('an affinity is clipped to the space, and a missing position selects all of it', () => {
  const space = { width: 4, height: 2 };
  const written = { xpos: null, ypos: null, width: null, height: null };
  assert.equal(childAffinity(space, null), [4, 2, 0, 0, 4, 2]);
  assert.equal(childAffinity(space, { ...written, xpos: 1 }), [4, 2, 1, 0, 1, 2]);
  assert.equal(childAffinity(space, { ...written, xpos: 1, width: 9 }), [4, 2, 1, 0, 4, 2]);
});

test('a session without affinity gets that of the child', () => {
  const child = childAffinity({ width: 2, height: 1 }, { xpos: 1, ypos: null, width: null, height: null });
  assert.equal(filterAffinity(child, [0, 0, 0, 0, 0, 0]), child);
  assert.equal(filterAffinity(child, [2, 1, 1, 0, 1, 1]), [4, 1, 3, 0, 1, 1]);
});

const child: ChildFilter = { name: 'x', start: { configfile: null, constrain_phys: false }, level: 0, levels: 1, dialect: '16.08' };

test('the label gets the name of the child, with a separator only where there was a label', () => {
  assert.is(filterArguments(child, 'LOG', 'ram_quota=8K, label=""').args, 'ram_quota=8K, label="x"');
  assert.is(filterArguments(child, 'LOG', 'label="y", ram_quota=8K').args, 'ram_quota=8K, label="x -> y"');
  assert.is(filterArguments({ ...child, dialect: '17.02' }, 'Timer', 'label=""').args, 'label="x -> "');
  assert.is(filterArguments({ ...child, dialect: '17.02' }, 'LOG', 'label=""').args, 'label="x"', "the environment's LOG session carries the child's name alone");
});

test('constraints on physical memory pass only where the configuration allows it', () => {
  const args = 'ram_quota=16K, phys_start=0x1000, phys_size=0x2000, label="r"';
  assert.is(filterArguments(child, 'RAM', args).args, 'ram_quota=16K, label="x -> r"');
  assert.match(filterArguments({ ...child, start: { configfile: null, constrain_phys: true } }, 'RAM', args).args, 'phys_start=0x1000');
});

test('without priority levels every requested priority becomes 0', () => {
  assert.equal(filterArguments({ ...child, levels: 0 }, 'CPU', 'priority=0x0, label="t"'), { args: 'label="x -> t", priority=0x0', warnings: [] });
});

test('a request for the module config is redirected to the configuration file', () => {
  const redirected = filterArguments({ ...child, start: { configfile: 'f', constrain_phys: false } }, 'ROM', 'ram_quota=4K, label="config"');
  assert.is(redirected.args, 'ram_quota=4K, label="x -> f"');
});

test.run();
