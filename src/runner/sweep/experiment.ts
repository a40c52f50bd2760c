// One experiment of a sweep: at the present moment checkpoint the component, kill it, restore it, and demand that nothing is missed.
// Owns no state beyond the call. What has to be equal: architecture.md, "Equal after restore".

import type { StampedEvent } from '../../emu/event.ts';
import type { ObjectSpace } from '../../emu/jdb/model.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { Plain } from '../../emu/plain.ts';
import { NOTE_CONTROL_DONE, NOTE_THAWED, type Strategy, type System } from '../../runtime/system.ts';
import type { Unify } from '../../scenario/model.ts';
import { compare } from '../capspace/compare.ts';
import { explain } from '../capspace/words.ts';
import { command } from './commands.ts';
import { difference, type End, runToEnd } from './ends.ts';
import { type Past, Subject } from './subject.ts';

export interface ThreadAt {
  readonly name: string;
  readonly phase: string;
}

/**
 * `refused`: no checkpoint was possible at this moment, it was said, and the component went on unharmed. `delayed`: not the course of
 * the undisturbed run, but one that the component takes as well, without any checkpoint, if its threads stand still for a while.
 * `reordered`: the same lines and capabilities in another order, and mere delays change that order as well.
 */
export const OUTCOMES = ['ok', 'delayed', 'reordered', 'refused', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

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
  readonly task: DebugId;
  /** What came before the moment. */
  readonly past: Past;
  /** How the undisturbed run ends; where it never rests, memory and final space are not compared. */
  readonly end: End;
  /** Virtual time by which the last line must have come if nothing stands still meanwhile. */
  readonly deadline_us: number;
  /** What of log lines does not matter. */
  readonly unify: readonly Unify[];
  readonly strategy: { readonly checkpoint: Strategy; readonly restore: Strategy };
}

/** What came out, and how the run ended where it did: if that alone is wrong, another course may have led there. */
export interface Finding extends MomentResult {
  readonly end?: End;
  /** Why the checkpoint was refused. */
  readonly refusal?: string;
  /** How long the commands took. */
  readonly took_us: number;
}

const NAME = 'sweep';
const WORDS_MAX = 8;

/** What the stream of events tells of the commands. */
class Watch {
  space: ObjectSpace | undefined;
  /** The space when the component was last let go: it is about to execute its next instruction. */
  thawed: ObjectSpace | undefined;
  threads: readonly ThreadAt[] = [];
  /** When the last command ended. */
  done_us = 0;
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
    if (event.what === NOTE_THAWED) this.thawed = this.#subject.space;
    if (event.what !== NOTE_CONTROL_DONE) return;
    this.done_us = event.time_us;
    this.#subject.system.machine.stop();
  }
}

function threadsOf(detail: Plain): ThreadAt[] {
  const { threads = [] } = (detail ?? {}) as { threads?: readonly { readonly name: string; readonly phase: { readonly kind: string } | null }[] };
  return threads.map(({ name, phase }) => ({ name, phase: phase === null ? 'not known' : phase.kind.replaceAll('_', ' ') }));
}

/** Does the experiment on a system that stands at the moment; leaves the system wherever it then is. */
export function experiment(system: System, expected: Expectation): Finding {
  const { instructions: moment, time_us: started_us } = system.machine;
  const subject = new Subject(system, expected.label, expected.unify, expected.past);
  const watch = new Watch(subject);
  const unlisten = system.machine.events.listen(['note'], (event) => watch.event(event));
  try {
    const { reason, ...judged } = carryOut(subject, watch, expected);
    return { moment, took_us: watch.done_us - started_us, ...judged, reason: reason.slice(0, WORDS_MAX), threads: watch.threads };
  } finally {
    unlisten();
    subject.close();
  }
}

type Judgement = { readonly outcome: Exclude<Outcome, 'delayed' | 'reordered'>; readonly reason: readonly string[]; readonly end?: End; readonly refusal?: string };
const failed = (...reason: readonly string[]): Judgement => ({ outcome: 'failed', reason });

function carryOut(subject: Subject, watch: Watch, expected: Expectation): Judgement {
  const { path, strategy } = expected;
  const started_us = subject.system.machine.time_us;
  const checkpointed = command(subject.system, { kind: 'checkpoint', of: path, name: NAME, strategy: strategy.checkpoint });
  if (!checkpointed.ok) {
    const { message: refusal } = checkpointed;
    const { reason, end } = goesOn(subject, expected, started_us);
    if (reason === null) return { outcome: 'refused', reason: [refusal] };
    return { outcome: 'failed', reason: [`the refused checkpoint did harm: ${reason[0] ?? ''}`, `it was refused: ${refusal}`, ...reason.slice(1)], end, refusal };
  }
  const killed = command(subject.system, { kind: 'kill', child: path });
  if (!killed.ok) return failed(`the kill failed: ${killed.message}`);
  watch.thawed = undefined;
  const restored = command(subject.system, { kind: 'restore', from: NAME, as: path, strategy: strategy.restore });
  const space = watch.thawed ?? subject.space;
  if (!restored.ok) return failed(`the restore failed: ${restored.message}`);
  if (watch.space === undefined || space === undefined) return failed('the component has no capability space after the restore');
  const spaces = compare(watch.space, space, 'isomorphic');
  if (spaces.length > 0) return failed('the capability space is another one', ...explain(spaces));
  const { reason, end } = goesOn(subject, expected, started_us);
  return reason === null ? { outcome: 'ok', reason: [] } : { outcome: 'failed', reason, end };
}

/** `reason` is null if the component says and holds what it would have without a checkpoint. */
function goesOn(subject: Subject, expected: Expectation, started_us: number): { readonly reason: string[] | null; readonly end: End } {
  const { end, deadline_us } = expected;
  const actual = runToEnd(subject, end.lines.length, deadline_us + subject.system.machine.time_us - started_us);
  return { reason: difference(end, actual), end: actual };
}
