// The order in which threads run: recorded in one run, carried out in another one, which then comes to the same end.

import * as assert from 'uvu/assert';
import { bootText } from '../../../src/cli/bench/systems.ts';
import { runToEnd } from '../../../src/runner/sweep/ends.ts';
import { Group } from '../../../src/runner/sweep/group.ts';
import { followCourse, type Pace } from '../../../src/runner/sweep/take_turns.ts';
import { type Turn, TurnWatch } from '../../../src/runner/sweep/turns.ts';
import { attempt } from '../../../src/runtime/attempt.ts';
import type { System } from '../../../src/runtime/system.ts';
import { realContext } from '../../cli/context.ts';
import { suite } from '../../kit.ts';

const test = suite('turns of threads', { timeout_ms: 60_000 });

const RACE = `<scenario name="race"><config>
  <parent-provides> <service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="RM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <start name="race" ><binary name="universal"/> <resource name="RAM" quantum="4M"/> <config>
    <set name="shared" value="1"/>
    <thread name="other"> <loop count="4"> <log text="other {shared}"/> <set name="shared" value="shared*3"/> </loop> </thread>
    <loop count="4"> <log text="main {shared}"/> <set name="shared" value="shared+1"/> </loop>
    <join name="other"/> <log text="end {shared}"/>
  </config> </start>
</config><steps> <await log="[init -> race] end*"/> </steps></scenario>`;

const LABELS = ['init -> race'];
const LINES = [9];

/** Runs to the end of the race while a thread cannot run for some time from the beginning. */
function lines(system: System, held: string, us: number, record?: (turns: readonly Turn[]) => void): readonly string[] {
  const group = new Group(system, LABELS, []);
  const watch = record === undefined ? null : new TurnWatch(group);
  const threads = system.threads().filter((row) => row.name === held && row.task === group.subjects[0]?.task);
  try {
    for (const { id } of threads) system.equipment.hold(id, true);
    system.machine.run({ time_us: us });
    for (const { id } of threads) system.equipment.hold(id, false);
    const [end] = runToEnd(group, LINES, system.machine.time_us + 5_000_000);
    record?.(watch?.turns ?? []);
    return end?.lines ?? [];
  } finally {
    watch?.close();
    group.close();
  }
}

function raceStarts(): System {
  const { context } = realContext('.');
  const system = bootText(RACE, context);
  const task = (): number | undefined => system.components().find(({ label }) => label === LABELS[0])?.task;
  for (let i = 0; i < 20_000 && !system.threads().some((row) => row.name === 'other' && row.task === task()); i++) system.machine.run({ instructions: 1000 });
  return system;
}

test('a recorded order leads to the same end again, without what made that order', () => {
  const system = raceStarts();
  const undisturbed = attempt(system, (copy) => lines(copy, '', 0));
  assert.is(undisturbed.length, LINES[0]);
  const others = ['other', 'ep'].flatMap((held) => [200, 3000, 9000].map((us) => ({ held, us })));
  let different = 0;
  for (const { held, us } of others) {
    let turns: readonly Turn[] = [];
    const delayed = attempt(system, (copy) => lines(copy, held, us, (recorded) => { turns = [...recorded]; }));
    if (delayed.join() !== undisturbed.join()) different += 1;
    for (const pace of [{ kind: 'after', wait_us: 0 }, { kind: 'own_time' }] satisfies Pace[]) {
      const followed = attempt(system, (copy) => {
        const group = new Group(copy, LABELS, []);
        const ends = followCourse(group, { turns, inputs: [], signals: [] }, pace, () => runToEnd(group, LINES, copy.machine.time_us + 5_000_000));
        group.close();
        return typeof ends === 'string' ? ends : (ends.result[0]?.lines ?? []);
      });
      assert.equal(followed, delayed, `${held} ${us} ${pace.kind}`);
    }
  }
  assert.ok(different > 0, 'no delay changed the end: the test shows nothing');
  assert.equal(attempt(system, (copy) => lines(copy, '', 0)), undisturbed, 'a control run leaves nothing behind');
});

const LOAD_EXCLUSIVE = 0x0190_0f9f;
const OPERANDS = 0x000f_f000;

/** What each thread of the race executes, address by address. */
function executed(system: System, act: (copy: System) => void): readonly string[] {
  return attempt(system, (copy) => {
    const task = copy.components().find(({ label }) => label === LABELS[0])?.task;
    const courses = new Map<number, number[]>();
    const unlisten = copy.machine.events.listen(['instruction'], (event) => {
      if (event.kind !== 'instruction' || event.task !== task) return;
      const course = courses.get(event.thread) ?? [];
      if (course.push(event.pc) === 1) courses.set(event.thread, course);
    });
    act(copy);
    unlisten();
    return [...courses].sort(([a], [b]) => a - b).map(([thread, course]) => `${thread}: ${course.join()}`);
  });
}

/** Plays a timer interrupt behind the `nth` exclusive load of the race: the store fails, and the thread takes a longer way. */
function interruptAt(copy: System, nth: number): void {
  const task = copy.components().find(({ label }) => label === LABELS[0])?.task;
  let left = nth;
  const unlisten = copy.machine.events.listen(['instruction'], (event) => {
    if (event.kind !== 'instruction' || event.task !== task) return;
    if (left === 0) {
      unlisten();
      assert.ok(copy.equipment.takeExclusive(event.thread), 'there is no mark to take');
      assert.not(copy.equipment.takeExclusive(event.thread));
      const { instructions, time_us, thread } = event;
      copy.machine.events.emit({ kind: 'exclusive_lost', instructions, time_us, task, thread });
    } else if ((event.opcode & ~OPERANDS & 0x0fff_ffff) === LOAD_EXCLUSIVE) left -= 1;
  });
}

test('an exclusive store that an interrupt has made fail fails again', () => {
  const system = raceStarts();
  for (const nth of [1, 40]) {
    let turns: readonly Turn[] = [];
    const disturbed = executed(system, (copy) => {
      interruptAt(copy, nth);
      lines(copy, '', 0, (recorded) => { turns = [...recorded]; });
    });
    assert.is(turns.filter((turn) => turn.disturbed === true).length, 1);
    const followed = (course: readonly Turn[]): readonly string[] => executed(system, (copy) => {
      const group = new Group(copy, LABELS, []);
      assert.not.type(followCourse(group, { turns: course, inputs: [], signals: [] }, { kind: 'after', wait_us: 0 }, () => runToEnd(group, LINES, copy.machine.time_us + 5_000_000)), 'string');
      group.close();
    });
    assert.ok(followed(turns).join() === disturbed.join(), `load ${nth}: other instructions`);
    assert.ok(followed(turns.filter((turn) => turn.disturbed !== true)).join() !== disturbed.join(), `load ${nth}: it shows nothing`);
  }
});

test('an order that the threads cannot follow is noticed', () => {
  const system = raceStarts();
  const group = new Group(system, LABELS, []);
  const course = { turns: [{ who: '0:1234', returns: 0, calls: true, instructions: 1, pc: 0, at_us: 0 }], inputs: [], signals: [] };
  assert.match(attempt(system, () => String(followCourse(group, course, { kind: 'own_time' }, () => 'followed'))), /cannot follow/);
  group.close();
});

test.run();
