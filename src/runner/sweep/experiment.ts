// One experiment of a sweep: at the present moment checkpoint the component, kill it, restore it, and demand that nothing is missed.
// Owns no state beyond the call. What has to be equal: architecture.md, "Equal after restore".

import type { StampedEvent } from '../../emu/event.ts';
import type { ObjectSpace } from '../../emu/jdb/model.ts';
import type { Plain } from '../../emu/plain.ts';
import { type ControlCommand, type ControlOutcome, NOTE_CONTROL_DONE, type Strategy, type System } from '../../runtime/system.ts';
import { compare } from '../capspace/compare.ts';
import { explain } from '../capspace/words.ts';
import { compareMemory, type DeadStack } from './memory_comparison.ts';
import { type FinalState, Subject } from './subject.ts';

export interface ThreadAt {
  readonly name: string;
  readonly phase: string;
}

/** `refused`: no checkpoint was possible at this moment, it was said, and the component went on unharmed. */
export type Outcome = 'ok' | 'refused' | 'failed';

export interface MomentResult {
  /** Retired instructions since power-on. */
  readonly moment: number;
  readonly outcome: Outcome;
  /** Why it failed or was refused; the first line says it. */
  readonly reason: readonly string[];
  /** Where the threads of the component stood at the checkpoint. */
  readonly threads: readonly ThreadAt[];
}

export interface Expectation {
  /** Path of the component below init, as steps name it. */
  readonly path: string;
  readonly label: string;
  /** All lines of the component in the undisturbed run, and those that came before the moment. */
  readonly lines: readonly string[];
  readonly before: readonly string[];
  readonly unfinished: string;
  /** Undefined where the undisturbed run never rests: then memory and final space are not compared. */
  readonly final: FinalState | undefined;
  readonly end_us: number;
  readonly strategy: { readonly checkpoint: Strategy; readonly restore: Strategy };
}

const NAME = 'sweep';
/** How long a command may take, and how much later than without a checkpoint the last line may come. */
const COMMAND_US = 20_000_000;
const SLACK_US = 5_000_000;
const WORDS_MAX = 8;
const STACK_BYTES = 0x10_0000;

/** What the stream of events tells of the commands. */
class Watch {
  space: ObjectSpace | undefined;
  threads: readonly ThreadAt[] = [];
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  event(event: StampedEvent): void {
    if (event.kind !== 'note') return;
    // The target is frozen at this point: this is the space that was checkpointed.
    if (event.what === 'checkpoint') {
      this.space = this.#subject.space;
      this.threads = threadsOf(event.detail);
    }
    if (event.what === NOTE_CONTROL_DONE) this.#subject.system.machine.stop();
  }
}

function threadsOf(detail: Plain): ThreadAt[] {
  const { threads = [] } = (detail ?? {}) as { threads?: readonly { readonly name: string; readonly phase: { readonly kind: string } | null }[] };
  return threads.map(({ name, phase }) => ({ name, phase: phase === null ? 'not known' : phase.kind.replaceAll('_', ' ') }));
}

/** Does the experiment on a system that stands at the moment; leaves the system wherever it then is. */
export function experiment(system: System, expected: Expectation): MomentResult {
  const moment = system.machine.instructions;
  const subject = new Subject(system, expected.label, expected.before, expected.unfinished);
  const watch = new Watch(subject);
  const unlisten = system.machine.events.listen(['note'], (event) => watch.event(event));
  try {
    const { outcome, reason } = carryOut(subject, watch, expected);
    return { moment, outcome, reason: reason.slice(0, WORDS_MAX), threads: watch.threads };
  } finally {
    unlisten();
    subject.close();
  }
}

type Judgement = { readonly outcome: Outcome; readonly reason: readonly string[] };
const failed = (...reason: readonly string[]): Judgement => ({ outcome: 'failed', reason });

function carryOut(subject: Subject, watch: Watch, expected: Expectation): Judgement {
  const { path, strategy } = expected;
  const checkpointed = command(subject.system, { kind: 'checkpoint', of: path, name: NAME, strategy: strategy.checkpoint });
  if (!checkpointed.ok) {
    const after = goesOn(subject, expected);
    return after === null ? { outcome: 'refused', reason: [checkpointed.message] } : failed(`the refused checkpoint did harm: ${after[0] ?? ''}`, `it was refused: ${checkpointed.message}`, ...after.slice(1));
  }
  const killed = command(subject.system, { kind: 'kill', child: path });
  if (!killed.ok) return failed(`the kill failed: ${killed.message}`);
  const restored = command(subject.system, { kind: 'restore', from: NAME, as: path, strategy: strategy.restore });
  const space = subject.space;
  if (!restored.ok) return failed(`the restore failed: ${restored.message}`);
  if (watch.space === undefined || space === undefined) return failed('the component has no capability space after the restore');
  const spaces = compare(watch.space, space, 'isomorphic');
  if (spaces.length > 0) return failed('the capability space is another one', ...explain(spaces));
  const after = goesOn(subject, expected);
  return after === null ? { outcome: 'ok', reason: [] } : failed(...after);
}

function command(system: System, asked: ControlCommand): ControlOutcome {
  const answer = system.control(asked);
  if (!answer.accepted) return { ok: false, message: answer.message };
  const end_us = system.machine.time_us + COMMAND_US;
  let outcome = system.outcome();
  while (outcome === null && system.machine.time_us < end_us) {
    if (system.machine.run({ time_us: end_us - system.machine.time_us }) === 'idle_forever') break;
    outcome = system.outcome();
  }
  return outcome ?? { ok: false, message: `the ${asked.kind} did not end within ${COMMAND_US / 1e6} s of virtual time` };
}

/** Null if the component says and holds what it would have without a checkpoint; else what is wrong. */
function goesOn(subject: Subject, expected: Expectation): string[] | null {
  const { lines, end_us, final } = expected;
  const complete = subject.untilLines(lines.length, Math.max(end_us, subject.system.machine.time_us) + SLACK_US);
  const wrong = lines.findIndex((line, i) => subject.lines[i] !== line);
  if (wrong >= 0 && wrong < subject.lines.length) return [`line ${wrong + 1} of the component is another one`, `expected: ${lines[wrong] ?? ''}`, `came:     ${subject.lines[wrong] ?? ''}`];
  if (!complete) return [`the component stopped after ${subject.lines.length} of ${lines.length} lines`, `expected next: ${lines[subject.lines.length] ?? ''}`];
  if (final === undefined || !subject.rest()) return null;
  const now = subject.final();
  if (now === undefined) return ['the component ended'];
  const spaces = compare(final.space, now.space, 'isomorphic');
  if (spaces.length > 0) return ['at the end the capability space is another one', ...explain(spaces)];
  if (final.memory === undefined || now.memory === undefined) return null;
  const difference = compareMemory(final.memory, now.memory, deadStacks(now.memory.stack_pointers));
  return difference === null ? null : [`at the end the memory is another one: ${difference.words}`];
}

/** Below each stack pointer, down to the beginning of its slot in the stack area. */
const deadStacks = (pointers: readonly number[]): DeadStack[] => pointers.map((sp) => ({ from: sp - (sp % STACK_BYTES), to: sp }));
