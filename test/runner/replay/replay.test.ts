// Replay: moments as people write them, and that any moment that is gone to by way of snapshots is the one that a fresh run reaches.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Context } from '../../../src/cli/context.ts';
import { goldenFolder } from '../../../src/cli/files.ts';
import { passingImages } from '../../../src/cli/image_store.ts';
import { loadModules } from '../../../src/cli/modules.ts';
import { loadScenario } from '../../../src/cli/scenarios.ts';
import { encodeMachineState } from '../../../src/emu/machine_state.ts';
import { answer, PROMPT_COMMANDS, PromptError } from '../../../src/runner/replay/prompt.ts';
import { parseReplayMoment, type ReplayMoment } from '../../../src/runner/replay/replay_moment.ts';
import { parseDistance, ReplaySession } from '../../../src/runner/replay/session.ts';
import { scenarioSource } from '../../../src/runner/replay/source.ts';
import { bootSystem, restoreSystem, type RunningSystem } from '../../../src/runtime/boot_system.ts';
import { programNamed } from '../../../src/runtime/native/component.ts';
import { hostedImage } from '../../../src/runtime/native/image.ts';
import { suite } from '../../kit.ts';

const test = suite('runner/replay', { timeout_ms: 120_000 });
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const context: Context = {
  cwd: root, env: {}, boot: bootSystem, terminal: false, packageRoot: root, wall_ms: () => 0, out: () => undefined, err: () => undefined,
  hostedProgram: (name) => {
    const program = programNamed(name);
    return program === undefined ? undefined : hostedImage(program);
  },
};

function open(name: string, machine = ''): ReplaySession {
  const { scenario } = loadScenario(`run/${name}.xml`, context);
  if (scenario === undefined) throw new Error(`run/${name}.xml has errors`);
  const goldens = { ...goldenFolder(join(root, `run/${name}.golden`), name), write: () => undefined };
  return new ReplaySession(scenarioSource(scenario, loadModules(scenario, context).modules, { boot: bootSystem, wall_ms: () => 0, goldens, images: passingImages(`run/${name}.xml`, context) }, machine));
}

function at(name: string, moment: ReplayMoment, machine = ''): ReplaySession {
  const session = open(name, machine);
  assert.is(session.runTo(moment), null);
  return session;
}

const bytes = (session: ReplaySession): Buffer => {
  // What observers were told of labels depends on when they asked.
  const state = (session.system as unknown as { machine: RunningSystem['machine'] }).machine;
  return Buffer.from(encodeMachineState((state as RunningSystem['machine']).save()));
};

test('a moment is an instruction, a time, an event, a line or a pattern, and nothing else', () => {
  const forms: readonly (readonly [string, ReplayMoment])[] = [
    ['1234567', { kind: 'instruction', at: 1234567 }], ['1_000', { kind: 'instruction', at: 1000 }], ['instruction:7', { kind: 'instruction', at: 7 }],
    ['2us', { kind: 'instruction', at: 125 }], ['1ms', { kind: 'instruction', at: 62_500 }], ['0.5 s', { kind: 'instruction', at: 31_250_000 }],
    ['event:3', { kind: 'event', number: 3 }], ['line:12', { kind: 'line', number: 12 }], ['log:3 sheeps', { kind: 'log', pattern: '3 sheeps' }], ['* 3 sheeps*', { kind: 'log', pattern: '* 3 sheeps*' }],
  ];
  for (const [text, moment] of forms) assert.equal(parseReplayMoment(text), moment, text);
  for (const text of ['', 'abc', '-1', '1h', 'event:0', 'event:x', 'log:', '99999999999999999999']) assert.ok('error' in parseReplayMoment(text), text);
  fc.assert(fc.property(fc.string(), (text) => void parseReplayMoment(text)));
});

test('a distance counts instructions, events or lines, or is a time', () => {
  assert.equal(parseDistance('100'), { count: 100, unit: 'instructions' });
  assert.equal(parseDistance('3 events'), { count: 3, unit: 'events' });
  assert.equal(parseDistance('1 line'), { count: 1, unit: 'lines' });
  assert.equal(parseDistance('2l'), { count: 2, unit: 'lines' });
  assert.equal(parseDistance('2 ms'), { count: 125_000, unit: 'instructions' });
  for (const wrong of ['-3', '3 eels', '99999999999999999999', '99999999999 s']) assert.is(parseDistance(wrong), null, wrong);
});

test('going back over a checkpoint and a restore finds what a fresh run finds there', () => {
  const session = at('sheep_counter', { kind: 'log', pattern: '*4 sheeps*' });
  const { instructions } = session.system.machine;
  const { events } = session.recording;
  const moments: ReplayMoment[] = [
    { kind: 'instruction', at: Math.floor(instructions / 3) },
    { kind: 'event', number: events - 3000 },
    { kind: 'instruction', at: instructions - 40_000 },
    { kind: 'event', number: Math.floor(events / 2) },
  ];
  for (const moment of moments) {
    assert.is(session.goTo(moment), null);
    const fresh = at('sheep_counter', moment);
    assert.is(session.system.machine.instructions, fresh.system.machine.instructions, JSON.stringify(moment));
    assert.equal(Buffer.compare(bytes(session), bytes(fresh)), 0, JSON.stringify(moment));
    assert.equal(session.recording.log.map(({ text }) => text), fresh.recording.log.map(({ text }) => text));
  }
});

test('a step back and a step forth lead to the same place, in instructions as in events', () => {
  const session = at('log_only', { kind: 'log', pattern: '*' });
  session.goTo({ kind: 'instruction', at: 400_000 });
  for (const unit of ['instructions', 'events'] as const) {
    const there = bytes(session);
    assert.is(session.move({ count: -5, unit }), null);
    assert.is(session.move({ count: 5, unit }), null);
    if (unit === 'instructions') assert.equal(Buffer.compare(bytes(session), there), 0);
    else assert.ok(session.recording.events > 5);
  }
});

test('going back by events ends behind the earlier ones, even where one instruction brought many, until there are none', () => {
  const session = at('log_only', { kind: 'log', pattern: '*' });
  session.goTo({ kind: 'instruction', at: 400_000 });
  for (let steps = 0; session.recording.events > session.recording.first_event; steps++) {
    assert.ok(steps < 10, 'it does not come to the beginning');
    const { events, first_event } = session.recording;
    assert.is(session.move({ count: -40, unit: 'events' }), null);
    assert.ok(session.recording.events <= Math.max(first_event, events - 40), `at ${session.recording.events}, after ${events}`);
  }
});

test('going back by lines ends where the earlier line was complete, and before the first line at the beginning', () => {
  const session = at('log_only', { kind: 'log', pattern: '*log_only: hello' });
  const { log } = session.recording;
  for (const lines of [1, 2]) {
    const before = session.recording.log.length;
    assert.is(session.move({ count: -lines, unit: 'lines' }), null);
    assert.is(session.recording.log.length, before - lines);
    assert.is(session.recording.log.at(-1)?.text, log[before - lines - 1]?.text);
  }
  // The first sixty lines or so are printed in one step.
  assert.is(session.move({ count: -8, unit: 'lines' }), null);
  assert.is(session.recording.log.length, 0);
  assert.match(answer(session, 'to line:3'), /\nline 3 was printed in one step with those up to \d\d\n/);
  assert.match(answer(session, 'to event:40'), /\nevent 40 came in one step with those up to \d+\n/);
  assert.is(session.move({ count: -10_000, unit: 'lines' }), null);
  assert.is(session.system.machine.instructions, 0);
});

test('what happened before the machine first ran is gone to where it first ran', () => {
  for (const number of [1, 30]) assert.equal([at('log_only', { kind: 'event', number })].map(({ system, recording }) => [system.machine.instructions, recording.events]), [[0, 30]]);
  assert.is(at('log_only', { kind: 'event', number: 31 }).system.machine.instructions > 0, true);
});

test('an instruction is gone to exactly, there and back, even where nothing will ever happen again', () => {
  const session = at('oracle/rtcr_log_only', { kind: 'instruction', at: 62_393_153 });
  assert.is(session.system.machine.instructions, 62_393_153);
  const there = bytes(session);
  assert.is(session.runTo({ kind: 'instruction', at: 62_400_001 }), null);
  assert.is(session.move({ count: -6848, unit: 'instructions' }), null);
  assert.is(session.system.machine.instructions, 62_393_153);
  assert.is(Buffer.compare(bytes(session), there), 0);
});

test('where the run ended that did not come to a moment is told of the machine that is followed', () => {
  const ends = ['', 'b'].map((machine) => /the run ends at instruction (\d+) /.exec(open('migration', machine).runTo({ kind: 'instruction', at: 1e12 }) ?? '')?.[1] ?? '');
  assert.is.not(ends[0], ends[1]);
  for (const [index, machine] of ['', 'b'].entries()) {
    const session = open('migration', machine);
    assert.is(session.runTo({ kind: 'instruction', at: Number(ends[index]) - 1 }), null);
    assert.match(session.runTo({ kind: 'instruction', at: Number(ends[index]) + 1 }) ?? '', /does not come/);
  }
});

test('of two machines that pass on a checkpoint either is followed, over the image that goes from one to the other', () => {
  const first = at('migration', { kind: 'log', pattern: '*3 sheeps*' });
  const second = at('migration', { kind: 'log', pattern: '*4 sheeps*' }, 'b');
  assert.is(first.recording.log.some(({ text }) => text.includes('4 sheeps')), false);
  assert.is(second.recording.log.some(({ text }) => text.includes('3 sheeps')), false);
  assert.match(answer(second, 'where'), /^migration, machine 'b', at instruction \d+/);
  const there = bytes(second);
  assert.is(second.move({ count: -3000, unit: 'events' }), null);
  assert.is(second.goTo({ kind: 'log', pattern: '*4 sheeps*' }), null);
  assert.equal(Buffer.compare(bytes(second), there), 0);
});

test('going back over faults that come later finds them again: an RPC that fails, a signal that is lost, an undefined instruction', () => {
  const session = at('faults', { kind: 'instruction', at: 5600 * 62_500 });
  assert.ok(session.recording.log.some(({ text }) => text.endsWith('denied] 6 sheeps. zzZ')));
  const { log } = session.recording;
  const there = bytes(session);
  const end = session.system.machine.instructions;
  // Put in at 1.6 s; due at 2.45, 3.45 and 3.45 s.
  for (const time_ms of [1700, 3000]) {
    assert.is(session.goTo({ kind: 'instruction', at: time_ms * 62_500 }), null);
    const alone = restoreSystem(session.system.save() as Parameters<typeof restoreSystem>[0]);
    assert.is(session.goTo({ kind: 'instruction', at: end }), null);
    assert.equal(session.recording.log, log);
    assert.equal(Buffer.compare(bytes(session), there), 0);
    // Nor does a machine forget them that is saved in between.
    while (alone.machine.instructions < end) alone.machine.run({ instructions: end - alone.machine.instructions });
    assert.equal(Buffer.compare(Buffer.from(encodeMachineState(alone.machine.save())), there), 0);
  }
});

test('a thread is meant by its number, its name, or task and name where several have it', () => {
  const session = at('sheep_counter', { kind: 'log', pattern: '*1 sheep*' });
  const regs = answer(session, 'regs sheep_counter/signal handler');
  assert.match(regs, /^ r0 [0-9a-f]{8}/);
  assert.throws(() => answer(session, 'regs signal handler'), /\d threads are called 'signal handler': 0x.* \(init -> rtcr -> sheep_counter\), .*; name one by its number or as TASK\/THREAD/);
  assert.throws(() => answer(session, 'regs sheep_counter/nobody'), /no thread 'sheep_counter\/nobody'/);
  assert.throws(() => answer(session, 'regs nobody/ep'), /no task is called 'nobody'/);
});

test('a moment that never comes is told with where the run ended', () => {
  assert.match(open('log_only').runTo({ kind: 'log', pattern: 'no such line*' }) ?? '', /log line "no such line\*" does not come: the run ends at instruction \d+ .*all steps passed/);
});

test('every command of the prompt answers, and mistakes are told in words', () => {
  const session = at('log_only', { kind: 'log', pattern: '[init -> log_only]*' });
  const task = session.system.components().find(({ label }) => label === 'init -> log_only')?.task;
  const thread = session.system.threads().find((row) => row.task === task)?.id.toString(16) ?? '';
  const asked: Readonly<Record<string, string>> = { mem: 'mem log_only 0x1000000 32', to: `to ${session.system.machine.instructions - 10}`, code: `code ${thread}`, regs: `regs 0x${thread}`, caps: 'caps log_only', step: 'step 2', back: 'back 1 event' };
  for (const { name } of PROMPT_COMMANDS) assert.ok(answer(session, asked[name] ?? name).length > 0, name);
  assert.match(answer(session, 'mem log_only 0x1000000 32'), /^01000000 {2}(?:[0-9a-f]{2} ){8} /);
  assert.is(answer(session, `mem 0x${task?.toString(16)} 0x1000000 32`), answer(session, 'mem log_only 0x1000000 32'));
  assert.match(answer(session, `code ${thread}`), /^[> ] 0100[0-9a-f]{4} {2}[0-9a-f]{8} {2}[a-z]/m);
  for (const [line, why] of [['reg nobody', /there is no thread 'nobody'/], ['mem 12', /needs an address/], ['caps nobody', /no task is called 'nobody'/], ['wher', /at instruction/], ['frobnicate', /there is no 'frobnicate'/], ['step x', /no distance/]] as const) {
    try {
      assert.match(answer(session, line), why);
    } catch (thrown) {
      if (!(thrown instanceof PromptError)) throw thrown;
      assert.match(thrown.message, why);
    }
  }
});

test.run();
