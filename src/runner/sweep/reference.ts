// The undisturbed run that a sweep compares with: how far it goes, what the component says, and at which moments something happens.
// Owns no state beyond the call.

import type { DebugId } from '../../emu/numbers.ts';
import type { StopReason, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { matches } from '../pattern.ts';
import { type End, runToEnd } from './ends.ts';
import { Group } from './group.ts';
import { labelsOf, type Mark, memberCount } from './mark.ts';
import { kindsOf, type MomentChoice, MomentCollector } from './moments.ts';

/** A component as the undisturbed run shows it. */
export interface Member {
  readonly label: string;
  readonly task: DebugId;
  readonly end: End;
  /** What it got of ROM modules, from its beginning on. */
  readonly modules: readonly string[];
}

export interface Reference {
  readonly members: readonly Member[];
  /** Instruction at which all members were there first, and at which the last line came that the scenario waits for. */
  readonly birth: number;
  readonly last: number;
  readonly last_us: number;
  readonly moments: readonly number[];
  /** Moments beyond the limit. */
  readonly dropped: number;
}

/** How far the undisturbed run goes. */
export interface Extent {
  readonly last: number;
  /** Awaited lines that do not come: those of copies, of faults, of a component that does something twice. */
  readonly missing: readonly string[];
}

const DEADLINE_US = 60_000_000;
const BIRTH_SLICE_INSTRUCTIONS = 1000;
const US_PER_MS = 1000;

/** Runs a freshly booted system as far as anything comes that the scenario's steps wait for. */
export function extentOf(system: System, scenario: Scenario, labels: readonly string[]): Extent | { readonly error: string } {
  const group = new Group(system, labels, scenario.unify);
  const { machine } = system;
  const awaited = new Awaited(group, scenario);
  let last = 0;
  const unlisten = machine.events.listen(['console'], (event) => {
    if (awaited.advance()) last = event.instructions;
    if (awaited.complete) machine.stop();
  });
  try {
    if (awaited.nothing) return { error: 'a sweep ends with the last line or time that the scenario awaits, and this one awaits none' };
    const deadline_us = Math.min(DEADLINE_US, ...scenario.fail.flatMap((criterion) => (criterion.kind === 'after' ? [criterion.after_ms * US_PER_MS] : [])));
    while (!awaited.complete && machine.time_us < deadline_us) if (machine.run({ time_us: awaited.left_us(deadline_us) }) === 'idle_forever') break;
    awaited.advance();
    const unborn = group.subjects.find(({ born }) => !born);
    if (unborn !== undefined) return { error: `there is no component '${unborn.label}' in this scenario` };
    if (awaited.complete) return { last: machine.instructions, missing: [] };
    return last === 0 ? { error: awaited.missing[0] === undefined ? 'the time that the scenario awaits does not come' : `the line "${awaited.missing[0]}" does not come in the undisturbed run` } : { last, missing: awaited.missing };
  } finally {
    unlisten();
    group.close();
  }
}

/** Runs a freshly booted system so far, and collects moments. */
export function referenceRun(system: System, asked: Mark & { readonly scenario: Scenario; readonly choice: MomentChoice }, last: number, moments_max: number): Reference | { readonly error: string } {
  const group = new Group(system, labelsOf(asked), asked.scenario.unify);
  try {
    return run(group, memberCount(asked), asked.choice, last, moments_max);
  } finally {
    group.close();
  }
}

/** `members`: how many of the group are named by the checkpoint; the domains that they make come and go. */
function run(group: Group, members: number, choice: MomentChoice, last: number, moments_max: number): Reference | { readonly error: string } {
  const { system } = group;
  const { machine } = system;
  const named = group.subjects.slice(0, members);
  while (named.some(({ task }) => task === undefined) && machine.instructions < last) if (machine.run({ instructions: Math.min(BIRTH_SLICE_INSTRUCTIONS, last - machine.instructions) }) === 'idle_forever') break;
  const tasks = new Map(named.flatMap(({ label, task }) => (task === undefined ? [] : [[label, task] as const])));
  if (tasks.size < members) return { error: 'the components of the checkpoint are never there together' };
  const birth = machine.instructions;
  const collector = new MomentCollector(moments_max);
  const mine = new Set(group.subjects.flatMap(({ task }) => task ?? []));
  const quiet = collectEvents(group, mine, choice, collector);
  const whole: Pace = { step: () => machine.run({ instructions: last - machine.instructions }), end: () => undefined };
  const pace = choice.kind === 'every' ? stepping(system, mine, choice.instructions, last, collector) : whole;
  while (machine.instructions < last) if (pace.step() === 'idle_forever') break;
  pace.end();
  quiet();
  const last_us = machine.time_us;
  const said = group.counts;
  const reached = runToEnd(group, said, last_us);
  // Lines that come while the system comes to rest tell that it did not: then there is no state that both runs have to reach.
  const ends = group.counts.every((count, i) => count === said[i]) ? reached : reached.map((end) => ({ ...end, final: undefined }));
  const all = ends.flatMap((end, i) => {
    const label = group.subjects[i]?.label ?? '';
    return [{ label, task: tasks.get(label) ?? (0 as DebugId), end, modules: group.subjects[i]?.modules ?? [] }];
  });
  return { members: all, birth, last, last_us, moments: collector.moments.filter((moment) => moment >= birth && moment < last), dropped: collector.dropped };
}

/** Collects events that concern tasks: their own, and those that hand something to one of their threads. Tasks of domains that are made meanwhile join them. Returns how to end that. */
function collectEvents({ system, subjects }: Group, tasks: Set<DebugId>, choice: MomentChoice, collector: MomentCollector): () => void {
  const threads = new Set<DebugId>();
  return system.machine.events.listen([...kindsOf(choice), 'object_created'], (event) => {
    if (event.kind === 'object_created') {
      threads.clear();
      if (tasks.size < subjects.length) for (const { task } of subjects) if (task !== undefined) tasks.add(task);
      return;
    }
    if (threads.size === 0) for (const row of system.threads()) if (row.task !== undefined && tasks.has(row.task)) threads.add(row.id);
    const other = event.kind === 'schedule' || event.kind === 'ipc_transfer' ? event.to : undefined;
    collector.take(event, tasks.has(event.task) || (other !== undefined && threads.has(other)));
  });
}

/** How the undisturbed run is cut into pieces. */
interface Pace {
  readonly step: () => StopReason;
  readonly end: () => void;
}

/** Runs tasks instruction by instruction, and all others from one thread switch to the next. */
function stepping({ machine, inspector }: System, tasks: ReadonlySet<DebugId>, every: number, last: number, collector: MomentCollector): Pace {
  let count = 0;
  let before: readonly number[] = [];
  const end = machine.events.listen(['schedule'], () => machine.stop());
  const step = (): StopReason => {
    const running = inspector.thread(inspector.current);
    if (running === undefined || !tasks.has(running.task)) return machine.run({ instructions: last - machine.instructions });
    // While the kernel works for the thread time passes and its registers stay: that is one moment.
    if (running.id !== before[0] || running.registers.some((word, i) => word !== before[i + 1])) {
      if (count % every === 0) collector.add(machine.instructions);
      count += 1;
      before = [running.id, ...running.registers];
    }
    return machine.run({ instructions: 1 });
  };
  return { step, end };
}

/** Follows the `await` steps only: what a scenario does to the component is what the sweep does in its place. Their order may be another one. */
class Awaited {
  readonly #group: Group;
  readonly #patterns: { readonly pattern: string; left: number }[];
  readonly #until_us: number;
  readonly nothing: boolean;
  #seen = 0;

  constructor(group: Group, scenario: Scenario) {
    this.#group = group;
    const moments = scenario.steps.flatMap((step) => (step.kind === 'await' ? [step.moment] : []));
    const counts = new Map<string, number>();
    for (const moment of moments) if (moment.kind === 'log') counts.set(moment.pattern, (counts.get(moment.pattern) ?? 0) + moment.count);
    this.#patterns = [...counts].map(([pattern, left]) => ({ pattern, left }));
    this.#until_us = Math.max(0, ...moments.map((moment) => (moment.kind === 'time' ? moment.time_ms * US_PER_MS : 0)));
    this.nothing = this.#patterns.length === 0 && this.#until_us === 0;
  }

  /** Takes in the lines that have come; true if one of them was awaited. */
  advance(): boolean {
    const [subject] = this.#group.subjects;
    let found = false;
    for (const { text, unified = text } of subject?.log.all.slice(this.#seen) ?? []) {
      for (const one of this.#patterns) {
        if (one.left === 0 || !matches(one.pattern, unified)) continue;
        one.left -= 1;
        found = true;
      }
    }
    this.#seen = subject?.log.count ?? 0;
    return found;
  }

  get complete(): boolean {
    return this.#patterns.every(({ left }) => left === 0) && this.#group.system.machine.time_us >= this.#until_us;
  }

  /** For how long to run on: to the time that is awaited, while that lies ahead. */
  left_us(deadline_us: number): number {
    const now_us = this.#group.system.machine.time_us;
    return this.#until_us > now_us ? this.#until_us - now_us : deadline_us - now_us;
  }

  get missing(): string[] {
    return this.#patterns.filter(({ left }) => left > 0).map(({ pattern }) => pattern);
  }
}
