// One experiment of a sweep: at the present moment checkpoint the component, kill it, restore it, and demand that nothing is missed.
// Owns no state beyond the call. What has to be equal: architecture.md, "Equal after restore".

import type { StampedEvent } from '../../emu/event.ts';
import type { ObjectSpace } from '../../emu/jdb/model.ts';
import type { Plain } from '../../emu/plain.ts';
import { NOTE_CONTROL_DONE, NOTE_FROZEN, NOTE_THAWED, type Strategy, type System } from '../../runtime/system.ts';
import type { Unify } from '../../scenario/model.ts';
import { compare } from '../capspace/compare.ts';
import { explain } from '../capspace/words.ts';
import { carryOutCommand } from '../command.ts';
import { type ComponentState, formerIds, type Pending, pendingAt, stateDifference, stateOf } from './component_state.ts';
import { type End, groupDifference, runToEnd } from './ends.ts';
import { Group } from './group.ts';
import { labelsOf, type Mark, memberCount } from './mark.ts';
import type { Member } from './reference.ts';
import type { Past } from './subject.ts';
import { OutsideWatch } from './outside.ts';
import { SignalWatch } from './signals.ts';
import type { Course } from './take_turns.ts';
import { TurnWatch } from './turns.ts';

export interface ThreadAt {
  readonly name: string;
  readonly phase: string;
}

/**
 * `refused`: no checkpoint was possible at this moment, it was said, and the component went on unharmed. `reordered`: not the end of the
 * undisturbed run, but the very end to which the component comes without any checkpoint when its threads run in the same order.
 * `renumbered`: one of these, or `ok`, as soon as core hands out no capability id twice; which ids are free depends on everybody.
 * `other_module`: none of these; all of the component was restored as it was, and then it got another content of a ROM module than undisturbed.
 */
export const OUTCOMES = ['ok', 'reordered', 'renumbered', 'other_module', 'refused', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];
/** Outcomes that are not the end of the undisturbed run and nobody's fault, with what they are. */
export const EXPLAINED = {
  reordered: 'the same end without a checkpoint, when the threads run in the same order',
  renumbered: 'the same end as without a checkpoint, when core hands out no capability id twice',
  other_module: 'restored as it was, but the server of a ROM module gives another content to the session that the restore opens',
} as const satisfies Partial<Record<Outcome, string>>;
export type Explained = keyof typeof EXPLAINED;
export const EXPLAINED_OUTCOMES: readonly Explained[] = ['reordered', 'renumbered', 'other_module'];

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
  readonly mark: Mark;
  /** How the undisturbed run ends; where it never rests, memory and final space are not compared. */
  readonly members: readonly Member[];
  /** What came before the moment, of each. */
  readonly pasts: readonly Past[];
  /** Virtual time by which the last line must have come if nothing stands still meanwhile. */
  readonly deadline_us: number;
  /** What of log lines does not matter. */
  readonly unify: readonly Unify[];
  readonly strategy: { readonly checkpoint: Strategy; readonly restore: Strategy };
}

/** What came out, and how the run ended where it did: if that alone is wrong, another course may have led there. */
export interface Finding extends MomentResult {
  readonly ends?: readonly End[];
  /** Why the checkpoint was refused. */
  readonly refusal?: string;
  /** It was given another content of a ROM module than the undisturbed run has at that place. */
  readonly other_module?: boolean;
  /** How long the commands took. */
  readonly took_us: number;
}

const NAME = 'sweep';
const WORDS_MAX = 8;
/** What the originals would say, answer or ask for between the checkpoint and the kill would come twice; the undisturbed run does it once. */
const STAYS: Strategy = { resume: 'no' };
const NOTE_BEGINS = 'control_begins';

/** What the stream of events tells of the commands. */
class Watch {
  /** Of each component. */
  spaces: Spaces = [];
  /** The spaces when the components were last let go: they are about to execute their next instruction. */
  thawed: Spaces | undefined;
  threads: readonly ThreadAt[] = [];
  /** All that there was of each component when it was checkpointed, and is when it is let go. */
  readonly states: { still: readonly (Pending | undefined)[]; before: readonly (ComponentState | undefined)[]; after: readonly (ComponentState | undefined)[] } = { still: [], before: [], after: [] };
  /** When the last command ended. */
  done_us = 0;
  readonly #group: Group;
  #restoring = false;

  /** How the components run, if that is wanted. */
  readonly #recorders: { readonly turns: TurnWatch; readonly outside: readonly OutsideWatch[]; readonly signals: SignalWatch } | null;

  constructor(group: Group, records: boolean) {
    this.#group = group;
    const turns = records ? new TurnWatch(group) : null;
    this.#recorders = turns === null ? null : { turns, outside: [true, false].map((unasked) => new OutsideWatch(group, turns, unasked)), signals: new SignalWatch(group, turns) };
  }

  /** One for each way in which requests may have come; the same ones once. */
  get courses(): readonly Course[] {
    if (this.#recorders === null) return [];
    const { turns: { turns }, outside, signals: { signals } } = this.#recorders;
    const ways = new Map(outside.map(({ inputs }) => [JSON.stringify(inputs), inputs]));
    return [...ways.values()].map((inputs) => ({ turns, inputs, signals }));
  }

  close(): void {
    this.#recorders?.turns.close();
    for (const outside of this.#recorders?.outside ?? []) outside.close();
    this.#recorders?.signals.close();
  }

  get present(): Spaces {
    return this.#group.subjects.map(({ space }) => space);
  }

  #recorded(on: boolean): void {
    if (this.#recorders === null) return;
    this.#recorders.turns.off = !on;
    for (const outside of this.#recorders.outside) outside.off = !on;
    this.#recorders.signals.off = !on;
  }

  event(event: StampedEvent): void {
    if (event.kind !== 'note') return;
    const turns = this.#recorders?.turns;
    if (event.what === NOTE_FROZEN && turns !== undefined) turns.still = true;
    if (event.what === NOTE_FROZEN && this.states.before.length === 0) this.states.still = this.#group.subjects.map(pendingAt);
    // The targets are frozen at this point: these are the spaces that were checkpointed. There is a note for each of them.
    if (event.what === 'checkpoint') {
      this.spaces = this.present;
      this.states.before = this.#group.subjects.map(stateOf);
      this.#recorded(false);
      this.threads = [...this.threads, ...threadsOf(event.detail)];
    }
    if (event.what === NOTE_BEGINS) this.#restoring = (event.detail as { kind?: string } | null)?.kind === 'restore';
    if (event.what === NOTE_THAWED) {
      this.thawed = this.present;
      if (this.#restoring) this.states.after = this.#group.subjects.map(stateOf);
      if (this.#restoring) this.#recorded(true);
      if (turns !== undefined && !turns.isOff) turns.still = false;
    }
    if (event.what !== NOTE_CONTROL_DONE) return;
    this.done_us = event.time_us;
    this.#group.system.machine.stop();
  }
}

function threadsOf(detail: Plain): ThreadAt[] {
  const { threads = [] } = (detail ?? {}) as { threads?: readonly { readonly name: string; readonly phase: { readonly kind: string } | null }[] };
  return threads.map(({ name, phase }) => ({ name, phase: phase === null ? 'not known' : phase.kind.replaceAll('_', ' ') }));
}

/**
 * Does the experiment on a system that stands at the moment; leaves the system wherever it then is. `record` gets the order in which the
 * threads ran and requests came, of the original up to the checkpoint and of the restored ones from then on.
 */
export function experiment(system: System, expected: Expectation, record?: (courses: readonly Course[]) => void): Finding {
  const { instructions: moment, time_us: started_us } = system.machine;
  const group = new Group(system, labelsOf(expected.mark), expected.unify, expected.pasts);
  const watch = new Watch(group, record !== undefined);
  const unlisten = system.machine.events.listen(['note'], (event) => watch.event(event));
  try {
    const { reason, ...judged } = carryOut(group, watch, expected);
    return { moment, took_us: watch.done_us - started_us, ...judged, reason: reason.slice(0, WORDS_MAX), threads: watch.threads };
  } finally {
    record?.(watch.courses);
    watch.close();
    unlisten();
    group.close();
  }
}

type Judgement = { readonly other_module?: boolean; readonly outcome: Exclude<Outcome, Explained>; readonly reason: readonly string[]; readonly ends?: readonly End[]; readonly refusal?: string };
const US_PER_MS = 1000;
const failed = (...reason: readonly string[]): Judgement => ({ outcome: 'failed', reason });

function carryOut(group: Group, watch: Watch, expected: Expectation): Judgement {
  const { mark: { path, with: others = [] }, strategy } = expected;
  const { system } = group;
  const started_us = system.machine.time_us;
  const checkpointed = carryOutCommand(system, { kind: 'checkpoint', of: path, with: others, name: NAME, strategy: { ...STAYS, ...strategy.checkpoint } });
  if (!checkpointed.ok) {
    const { message: refusal } = checkpointed;
    const { reason, ends } = goesOn(group, expected, started_us);
    if (reason === null) return { outcome: 'refused', reason: [refusal] };
    return { outcome: 'failed', reason: [`the refused checkpoint did harm: ${reason[0] ?? ''}`, `it was refused: ${refusal}`, ...reason.slice(1)], ends, refusal };
  }
  const killed = carryOutCommand(system, { kind: 'kill', child: path, with: others });
  if (!killed.ok) return failed(`the kill failed: ${killed.message}`);
  watch.thawed = undefined;
  const restored = carryOutCommand(system, { kind: 'restore', from: NAME, as: path, with: others, strategy: strategy.restore });
  if (!restored.ok) return failed(`the restore failed: ${restored.message}`);
  const wrong = spacesDifference(watch.spaces, watch.thawed ?? watch.present, expected.mark);
  if (wrong !== null) return failed(...wrong);
  // A strategy that loses something is judged by what comes of it.
  const complete = Object.keys({ ...strategy.checkpoint, ...strategy.restore }).length === 0;
  const state = complete ? statesDifference(watch.states, expected.mark, restored.facts['changed_modules'] !== undefined, Number(checkpointed.facts['ran_on_ms']) * US_PER_MS) : null;
  if (state !== null) return failed(`restored is not what was checkpointed: ${state}`);
  const { reason, ends } = goesOn(group, expected, started_us, watch.states);
  if (reason === null) return { outcome: 'ok', reason: [] };
  return { outcome: 'failed', reason, ends, other_module: complete && group.subjects.some(({ modules }, i) => modules.some((sum, k) => sum !== (expected.members[i]?.modules[k] ?? sum))) };
}

type Spaces = readonly (ObjectSpace | undefined)[];

function spacesDifference(before: Spaces, after: Spaces, mark: Mark): string[] | null {
  const labels = labelsOf(mark);
  for (const [i, label] of labels.entries()) {
    const [space, restored] = [before[i], after[i]];
    // A domain may not be there yet, or no more.
    if (i >= memberCount(mark) && space === undefined && restored === undefined) continue;
    const who = labels.length < 2 ? '' : `${label}: `;
    if (space === undefined || restored === undefined) return [`${who}the component has no capability space after the restore`];
    const found = compare(space, restored, 'isomorphic');
    if (found.length > 0) return [`${who}the capability space is another one`, ...explain(found)];
  }
  return null;
}

function statesDifference({ still, before, after }: Watch['states'], mark: Mark, told: boolean, ran_on_us: number): string | null {
  const labels = labelsOf(mark);
  for (const [i, label] of labels.entries()) {
    const [one, other] = [before[i], after[i]];
    if (i >= memberCount(mark) && one === undefined && other === undefined) continue;
    const found = one === undefined || other === undefined ? 'it has no state' : stateDifference(one, other, still[i] ?? one.pending, told, ran_on_us);
    if (found !== null) return labels.length < 2 ? found : `${label}: ${found}`;
  }
  return null;
}

/** `reason` is null if the components say and hold what they would have without a checkpoint. */
function goesOn(group: Group, expected: Expectation, started_us: number, states?: Watch['states']): { readonly reason: string[] | null; readonly ends: readonly End[] } {
  const { members, deadline_us } = expected;
  const ends = members.map(({ end }) => end);
  const actual = runToEnd(group, ends.map(({ lines }) => lines.length), deadline_us + group.system.machine.time_us - started_us).map((end, i) => {
    const { before, after } = { before: states?.before[i], after: states?.after[i] };
    return typeof end.final !== 'object' || before === undefined || after === undefined ? end : { ...end, final: { ...end.final, former: formerIds(before, after) } };
  });
  return { reason: groupDifference(ends, actual, labelsOf(expected.mark)), ends: actual };
}
