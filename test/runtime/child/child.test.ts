// Children of a component that is not init: the empty process, services of the component's own, the child's heap, destruction.
import * as assert from 'uvu/assert';
import { destroyChild, newChild, startChild } from '../../../src/runtime/child/child.ts';
import { activateEntrypoint, createEntrypoint, destroyEntrypoint, type EntrypointMade } from '../../../src/runtime/child/child_entrypoint.ts';
import { children, sessions } from '../../../src/runtime/child/child_table.ts';
import { parentService } from '../../../src/runtime/child/parent_service.ts';
import { policyOf, type Resolved, type ResolveLocals } from '../../../src/runtime/child/policy.ts';
import { localService, type OpenLocals, services, type UpgradeLocals } from '../../../src/runtime/child/services.ts';
import { inc } from '../../../src/runtime/native/cap_space.ts';
import { env } from '../../../src/runtime/native/env.ts';
import { log } from '../../../src/runtime/native/log.ts';
import { call, done, procedure, raise } from '../../../src/runtime/native/procedure.ts';
import { openSession, type Opened } from '../../../src/runtime/native/session.ts';
import { manageContext } from '../../../src/runtime/native/signals.ts';
import { defineComponent } from '../../../src/runtime/native/startup.ts';
import { Parent } from '../../../src/runtime/rpc/interfaces.ts';
import { suite } from '../../kit.ts';
import { FakeCore } from './fake_core.ts';

const test = suite('children');

/** Receiver whose handlers run in a component's own entrypoint: the first one that start-up makes. */
const OWN_RECEIVER = 1;
const NO_AFFINITY = [0, 0, 0, 0, 0, 0];

/** A service of the component: hands out its own RAM session, refuses the label "no". */
const open = procedure<OpenLocals>('test.open', {
  start: (x, l) => {
    if (l.args.includes('label="no"')) return raise('Invalid_args');
    inc(x, env.get(x).ram);
    return done({ cap: env.get(x).ram } satisfies Opened);
  },
});
const upgrade = procedure<UpgradeLocals>('test.upgrade', {
  start: (_x, l) => call(log, { text: `upgrade ${l.args}` }, 'logged'),
  logged: () => done(),
});
const resolve = procedure<ResolveLocals>('test.resolve', {
  start: (x, l) => done({ service: services(x).find((row) => row.name === l.service)?.[0] ?? 0 } satisfies Resolved),
});

/** Makes an empty child on an entrypoint of its own; its environment sessions come from the parent. */
const construct = procedure<{ pd?: number; ram?: number; cpu?: number; ep?: number; child?: number; [key: string]: number | undefined }>('test.construct', {
  start: () => call(openSession, { service: 'PD', args: 'label="c"' }, 'pd'),
  pd: (_x, l, { cap }: Opened) => {
    l.pd = cap;
    return call(openSession, { service: 'RAM', args: 'label="c"' }, 'ram');
  },
  ram: (_x, l, { cap }: Opened) => {
    l.ram = cap;
    return call(openSession, { service: 'CPU', args: 'label="c"' }, 'cpu');
  },
  cpu: (_x, l, { cap }: Opened) => {
    l.cpu = cap;
    return call(createEntrypoint, { name: 'child ep', stack_bytes: 16 * 1024 }, 'ep');
  },
  ep: (x, l, { ep }: EntrypointMade) => {
    l.ep = ep;
    const ram_service = services(x).insert(localService('Own', 0, { open, upgrade }));
    const sessions_of_child = { pd: l.pd ?? 0, ram: l.ram ?? 0, cpu: l.cpu ?? 0, main_thread: l.cpu ?? 0, ram_service };
    l.child = newChild(x, { name: 'c', ep, policy: policyOf({ resolve }), ...sessions_of_child });
    return call(startChild, { child: l.child, elf: null, ldso: null, region_map: env.get(x).address_space }, 'started');
  },
  started: (_x, l) => call(activateEntrypoint, { ep: l.ep ?? 0 }, 'active'),
  active: () => call(manageContext, { receiver: OWN_RECEIVER, handler: 'test.destroy' }, 'ready'),
  ready: () => done(),
});

/** Runs when the component's first signal context is signalled. */
procedure<{ context: number; count: number }>('test.destroy', {
  start: (x) => call(destroyChild, { child: children(x).keys()[0] ?? 0 }, 'entrypoint'),
  entrypoint: () => call(destroyEntrypoint, { ep: 3 }, 'gone'),
  gone: () => done(),
});

defineComponent({
  name: 'test_parent', ep_stack_bytes: 16 * 1024, construct: construct as never, services: { Parent: parentService }, text_bytes: 4096, data_bytes: 4096,
});

function boot(): FakeCore {
  const core = new FakeCore('test_parent');
  core.boot();
  return core;
}

const only = (core: FakeCore) => children(core.kernel.component).entries()[0]?.[1];
const gate = (core: FakeCore): number => only(core)?.parent_id ?? 0;
const openAs = (core: FakeCore, service: string, args: string) => core.call(gate(core), Parent.session, { name: service, args, affinity: NO_AFFINITY }).reply;

test('an empty process has a parent but neither a program nor a running thread', () => {
  const core = boot();
  const assigned = core.asked.filter(({ call }) => call === 'Pd_session.assign_parent');
  assert.equal(assigned.map(({ args }) => args['parent']), [gate(core)]);
  assert.is(core.asked.some(({ call, args }) => call === 'Cpu_thread.start' && args['sp'] === 0), false);
});

test('a service of the component itself costs the child its quota and nobody else', () => {
  const core = boot();
  const before = core.asked.length;
  assert.is(openAs(core, 'Own', 'ram_quota=4K')?.code, 0);
  assert.is(core.asked.slice(before).filter(({ call }) => call === 'Ram_session.transfer_quota').length, 1);
  assert.is(openAs(core, 'Own', 'ram_quota=4K, label="no"')?.code, -1003);
  assert.is(sessions(core.kernel.component).size, 1);
});

test('an upgrade of an environment session goes to the service it came from', () => {
  const core = boot();
  const ram = openAs(core, 'Env::ram_session', '')?.id ?? 0;
  core.call(gate(core), Parent.upgrade, { session: ram, args: 'ram_quota=8K' });
  assert.is(core.lines.at(-1), 'upgrade ram_quota=8K');
  assert.is(core.asked.some(({ call }) => call === 'Parent.upgrade'), false);
});

test('environment sessions cannot be closed, and unknown ones are complained about', () => {
  const core = boot();
  const ram = openAs(core, 'Env::ram_session', '')?.id ?? 0;
  core.call(gate(core), Parent.close, { session: ram });
  const lines = core.lines.length;
  core.call(gate(core), Parent.close, { session: core.create('Log_session', 'x') });
  assert.is(core.asked.some(({ call }) => call === 'Parent.close'), false);
  assert.equal(core.lines.slice(lines), ['Warning: no session structure found']);
});

test('the heap of a child grows by 16 and then 32 KiB of the RAM of the child', () => {
  const core = boot();
  const before = core.asked.length;
  for (let n = 0; n < 150; n++) assert.is(openAs(core, 'Own', 'ram_quota=0')?.code, 0);
  const sizes = core.asked.slice(before).filter(({ call }) => call === 'Ram_session.alloc').map(({ args }) => args['size']);
  assert.equal(sizes, [16_384, 32_768]);
});

test('a child without RAM for its heap is told Quota_exceeded and gets its donation back', () => {
  const core = boot();
  core.override = (name) => (name === 'Ram_session.alloc' ? { exception: 'Quota_exceeded' } : undefined);
  assert.is(openAs(core, 'Own', 'ram_quota=4K')?.code, -1002);
  assert.is(core.asked.filter(({ call }) => call === 'Ram_session.transfer_quota').length, 2);
  assert.is(core.lines.at(-1), 'Warning: could not allocate new dataspace of size 16384');
});

test('a yield request waits for the child to fetch it', () => {
  const core = boot();
  children(core.kernel.component).update(1, { yield_args: 'ram_quota=64K' });
  assert.is(core.call(gate(core), Parent.yield_request, {}).reply?.value, 'ram_quota=64K');
});

test('a destroyed child leaves no rows, no gate and no thread', () => {
  const core = boot();
  openAs(core, 'Own', 'ram_quota=4K');
  const parent = gate(core);
  core.signal(1);
  const component = core.kernel.component;
  for (const name of ['children', 'child_sessions', 'child_heap_chunks', 'child_heap_blocks', 'child_entrypoints', 'child_requests', 'ending_children']) assert.is(component.store.table(name).size, 0, name);
  assert.is(core.objects.has(parent), false);
  assert.equal(core.asked.slice(-2).map(({ call }) => call), ['Region_map.detach', 'Ram_session.free']);
});

test.run();
