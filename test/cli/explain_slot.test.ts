// `rescap explain SCENARIO@POINT --slot`: what it says of slots of all kinds, and that what it says of strategies is what scenarios
// with these strategies show.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { EXPLAIN } from '../../src/cli/commands/explain.ts';
import { NO_GOLDENS } from '../../src/runner/golden.ts';
import { UsageError } from '../../src/cli/command.ts';
import { loadModules } from '../../src/cli/modules.ts';
import { findScenarios, loadScenario } from '../../src/cli/scenarios.ts';
import { slotText } from '../../src/report/slot_words.ts';
import { runScenario } from '../../src/runner/run.ts';
import { slotAt } from '../../src/runner/slot/slot_at.ts';
import type { SlotReport } from '../../src/runner/slot/slot_report.ts';
import { COMPLETE, type Way, waysToRestore } from '../../src/runner/slot/trials.ts';
import type { Step } from '../../src/scenario/model.ts';
import { suite } from '../kit.ts';
import { realContext } from './context.ts';

const test = suite('rescap explain of a slot', { timeout_ms: 120_000 });
const root = join(import.meta.dirname, '../..');
const PORTS = { goldens: NO_GOLDENS, ci: true, observer: { line: () => undefined, stepDone: () => undefined }, wall_ms: () => 0, wall_limit_ms: 1e9 };
const ways = (...names: readonly string[]): Way[] => waysToRestore().filter(({ name }) => names.includes(name));

function loaded(name: string) {
  const { context } = realContext(root);
  const [file = ''] = findScenarios([name], context);
  const { scenario } = loadScenario(file, context);
  if (scenario === undefined) throw new Error(`${name} has errors`);
  return { scenario, modules: loadModules(scenario, context).modules, ports: { ...PORTS, boot: context.boot } };
}

function reports(slots: readonly number[], tried: readonly Way[], task?: string): ReadonlyMap<number, SlotReport> {
  const { scenario, modules, ports } = loaded('sheep_counter');
  const answer = slotAt(scenario, modules, { point: 'third', slots, ways: tried, ...(task === undefined ? {} : { task }) }, ports);
  if (answer.kind !== 'reports') throw new Error(answer.kind === 'usage' ? answer.message : answer.result.reason);
  return new Map(answer.reports.map((report) => [report.slot, report]));
}

/** Strategies that decide over a slot, and slots of different fates. */
const DECIDING = [COMPLETE, 'semaphore="skip"', 'semaphore="install"', 'native-caps="skip"', 'cap-map="skip"', 'cap-space="skip"', 'stale="skip"', 'preset="argos-fixing_restore"'];
const SLOTS = [0x9, 0xa, 0x204, 0x20a, 0x20e, 0x212, 0x213, 0x217, 0x218, 0x21e, 0x221, 0x700];
const known = reports(SLOTS, ways(...DECIDING));

function of(slot: number): SlotReport {
  const report = known.get(slot);
  if (report === undefined) throw new Error(`slot ${slot.toString(16)} was not asked for`);
  return report;
}

function groupsOf(slot: number) {
  const { restores } = of(slot);
  if ('refused' in restores) throw new Error(restores.refused);
  return restores.groups;
}

async function explain(point: string, values: Readonly<Record<string, string | boolean>>) {
  const { context, output } = realContext(root);
  const exit = await EXPLAIN.run({ values, positionals: [point] }, context);
  return { ...exit, out: output() };
}

test('the semaphore at 0x217: who made it, which message brought it, who has it, what is in the map', () => {
  const text = slotText(of(0x217), 4000);
  assert.match(text, /^0x217 of init -> rtcr -> sheep_counter/);
  assert.match(text, /holds +IRQ 0x[0-9a-f]+, rights \*, nothing pending/);
  assert.match(text, /for +the blocking semaphore of a signal source: thread "signal handler" is attached to it/);
  assert.match(text, /created +at [0-9.]+ ms by thread "[a-z_]+" of core, serving Parent\.session\(name="PD"/);
  assert.match(text, /came +at [0-9.]+ ms to thread "signal handler": capability 1 of the reply to Signal_source\.request_semaphore\(\) on the PD session "rtcr -> sheep_counter", from thread "entrypoint" of core/);
  assert.match(text, /held by +core at 0x[0-9a-f]+; init -> rtcr at 0x[0-9a-f]+\n/);
  assert.match(text, /record +at 0x[0-9a-f]+ in its memory: badge 0x[0-9a-f]+, 1 reference\n/);
});

test('slots of every kind of task have an answer: filled by core, stale, freed, never used, of core and init themselves', () => {
  const pager = of(0xa);
  assert.match(pager.object?.role ?? '', /^the pager gate of thread 0: /);
  assert.is(pager.record.kind, 'none');
  const stale = of(0x221);
  assert.match(stale.object?.role ?? '', /^the trace-control dataspace of the CPU session/);
  assert.match(slotText(stale), /stale: there is no record/);
  const window = of(0x20e);
  assert.is(window.object, null);
  assert.match(slotText(window, 4000), /was here +Gate 0x[0-9a-f]+ from [0-9.]+ ms, by Pd_session.* to [0-9.]+ ms, taken away by thread "sheep_counter"/);
  assert.match(slotText(of(0x700)), /nothing, and nothing was ever here/);
  assert.match(reports([2], [], 'core').get(2)?.object?.role ?? '', /^the kernel's factory/);
  const init = reports([9], ways(COMPLETE), 'init').get(9);
  assert.match(init?.object?.role ?? '', /^the gate of thread 0/);
  assert.ok(init !== undefined && 'refused' in init.restores);
  const timer = reports([0x217], ways(COMPLETE), 'timer').get(0x217);
  assert.ok(timer !== undefined && 'refused' in timer.restores && timer.restores.refused.includes("'init' is no checkpoint/restore component"));
});

test('what explain says of a strategy is what a scenario with that strategy shows', () => {
  const { scenario, modules, ports } = loaded('sheep_counter');
  for (const way of ways(...DECIDING)) {
    const steps = scenario.steps.flatMap((step): Step[] => {
      if (step.kind === 'checkpoint') return [{ ...step, strategy: way.checkpoint }];
      if (step.kind === 'restore') return [{ ...step, strategy: way.restore }, { kind: 'dump' as const, name: 'after', task: step.as, span: step.span }];
      return step.kind === 'kill' || (step.kind === 'await' && step === scenario.steps[0]) ? [step] : [];
    });
    const { dumps } = runScenario({ ...scenario, succeed: [], steps }, modules, ports);
    const after = new Map(dumps.find(({ point }) => point === 'after')?.slots?.map((entry) => [entry.slot as number, entry.type]));
    assert.ok(after.size > 0, way.name);
    for (const slot of SLOTS) {
      const group = groupsOf(slot).find(({ ways: names }) => names.includes(way.name));
      assert.is(group?.outcome.state, after.has(slot) ? 'occupied' : 'empty', `${way.name}, slot ${slot.toString(16)}`);
      assert.is(group?.outcome.type, after.get(slot), `${way.name}, slot ${slot.toString(16)}`);
    }
  }
});

test('a strategy that leaves the semaphore to no thread, and one that leaves old ids in the map, are told apart from the complete way', () => {
  const outcome = (slot: number, way: string) => groupsOf(slot).find(({ ways: names }) => names.includes(way))?.outcome;
  assert.equal([COMPLETE, 'semaphore="install"'].map((way) => outcome(0x217, way)?.bound), ['thread "signal handler" of init -> rtcr -> sheep_counter', null]);
  assert.match(outcome(0x217, 'semaphore="skip"')?.said ?? '', /signal semaphore/);
  assert.equal([COMPLETE, 'cap-map="skip"'].map((way) => outcome(0x213, way)?.record), ['right', 'another object']);
});

test('every way of restore can be asked for, and none appears twice', () => {
  const names = waysToRestore().map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  for (const name of [COMPLETE, 'semaphore="rerequest"', 'cap-map="skip"', 'preset="argos-master"', 'preset="stock-16.08"']) assert.ok(names.includes(name), name);
});

test('in a narrow window no line is longer than the window, but for words that are', () => {
  const lines = slotText(of(0x217), 50).split('\n');
  for (const line of lines) assert.ok(line.length <= 50 || line.trim().split(' ').length <= 2, line);
});

test('wrong points, tasks and slots are refused with what there is', async () => {
  const refusal = async (point: string, values: Readonly<Record<string, string | boolean>>) => {
    try {
      await explain(point, values);
    } catch (thrown) {
      if (thrown instanceof UsageError) return `${thrown.message}; ${thrown.hint ?? ''}`;
      throw thrown;
    }
    return 'no refusal';
  };
  assert.match(await refusal('sheep_counter@fourth', { slot: '0x217' }), /has no point 'fourth'; (its points: third|did you mean)/);
  assert.match(await refusal('sheep_counter@third', { slot: 'gate' }), /'gate' is no slot; a slot is a number such as 0x217/);
  assert.match(await refusal('sheep_counter@third', { slot: '0x100000' }), /has no slot 0x100000; slots go from 0x0 to 0xfffff/);
  assert.match(await refusal('sheep_counter@third', { slot: '0x217', task: 'sheep' }), /no task is called 'sheep'; living tasks: core, init, /);
  assert.match(await refusal('sheep_counter@third', {}), /which slot\?/);
  assert.match(await refusal('sheep_counter', { slot: '0x217' }), /SCENARIO@POINT/);
});

test('--json is everything as data', async () => {
  const { out, verdict } = await explain('sheep_counter@third', { slot: '0x400', task: 'timer', json: true });
  assert.is(verdict, 'passed');
  const { format, slots } = JSON.parse(out) as { readonly format: number; readonly slots: readonly SlotReport[] };
  assert.equal([format, slots.map(({ slot, object, before }) => [slot, object, before])], [1, [[0x400, null, []]]]);
  assert.ok(slots.every(({ restores }) => 'refused' in restores));
});

test.run();
