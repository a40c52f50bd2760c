// What is remembered of tasks that are gone.

import * as assert from 'uvu/assert';
import type { DebugId } from '../../src/emu/numbers.ts';
import { LIMIT_DEAD_TASKS, TaskLabels } from '../../src/runtime/task_labels.ts';
import { suite } from '../kit.ts';

const test = suite('labels of tasks');

const id = (task: number) => task as DebugId;

/** A sheep after the other, beside a task that stays. */
function generations(count: number): TaskLabels {
  const labels = new TaskLabels();
  for (let i = 0; i < count; i++) labels.observe(new Map([[id(1), 'init'], [id(100 + i), 'init -> sheep']]));
  return labels;
}

test('after ten thousand tasks of one label as many are remembered as the limit says, the living ones, and how many are not', () => {
  const labels = generations(10_000);
  assert.is(labels.size, LIMIT_DEAD_TASKS + 2);
  const [init, ...sheep] = labels.components(new Map([[id(1), 'init'], [id(10_099), 'init -> sheep']]));
  assert.equal(init, { label: 'init', task: 1, alive: true });
  assert.is(sheep.length, LIMIT_DEAD_TASKS + 1);
  assert.equal(sheep[0], { label: 'init -> sheep', task: 10_099 - LIMIT_DEAD_TASKS, alive: false, forgotten: 9999 - LIMIT_DEAD_TASKS });
  assert.equal(sheep.at(-1), { label: 'init -> sheep', task: 10_099, alive: true });
  assert.is(sheep.filter(({ forgotten }) => forgotten !== undefined).length, 1);
});

test('no task is forgotten below the limit', () => {
  const all = generations(LIMIT_DEAD_TASKS + 1).components(new Map([[id(100 + LIMIT_DEAD_TASKS), 'init -> sheep']]));
  assert.is(all.length, LIMIT_DEAD_TASKS + 2);
  assert.ok(all.every(({ forgotten }) => forgotten === undefined));
});

test('labels that are captured or saved come back, what is forgotten included', () => {
  const labels = generations(LIMIT_DEAD_TASKS + 5);
  const before = labels.components(new Map());
  const captured = labels.capture();
  const saved = labels.save();
  labels.observe(new Map([[id(9000), 'init -> sheep'], [id(9001), 'init -> wolf']]));
  assert.not.equal(labels.components(new Map()), before);
  labels.rewind(captured);
  assert.equal(labels.components(new Map()), before);
  const restored = new TaskLabels();
  restored.restore(structuredClone(saved));
  assert.equal(restored.components(new Map()), before);
});

test.run();
