// The undisturbed run that a sweep compares with: how far it goes, what the component says, and at which moments something happens.
// Owns no state beyond the call.

import type { DebugId } from '../../emu/numbers.ts';
import type { StopReason, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { matches } from '../pattern.ts';
import { type End, runToEnd } from './ends.ts';
import { kindsOf, type MomentChoice, MomentCollector } from './moments.ts';
import { Subject } from './subject.ts';

export interface Reference {
  readonly label: string;
  readonly task: DebugId;
  /** Instruction at which the component was there first, and at which the last line came that the scenario waits for. */
  readonly birth: number;
  readonly last: number;
  readonly last_us: number;
  readonly end: End;
  readonly moments: readonly number[];
  /** Moments beyond the limit. */
  readonly dropped: number;
}

const DEADLINE_US = 60_000_000;
const BIRTH_SLICE_INSTRUCTIONS = 1000;
const US_PER_MS = 1000;

/** Runs a freshly booted system to the last thing that the scenario's steps wait for. */
export function referenceRun(system: System, scenario: Scenario, label: string, choice: MomentChoice, moments_max: number): Reference | { readonly error: string } {
  const subject = new Subject(system, label, scenario.unify);
  try {
    return run(subject, scenario, choice, moments_max);
  } finally {
    subject.close();
  }
}

function run(subject: Subject, scenario: Scenario, choice: MomentChoice, moments_max: number): Reference | { readonly error: string } {
  const { machine } = subject.system;
  const awaited = new Awaited(subject, scenario);
  if (awaited.nothing) return { error: 'a sweep ends with the last line or time that the scenario awaits, and this one awaits none' };
  while (subject.task === undefined && machine.time_us < DEADLINE_US) if (machine.run({ instructions: BIRTH_SLICE_INSTRUCTIONS }) === 'idle_forever') break;
  const { task } = subject;
  if (task === undefined) return { error: `there is no component '${subject.label}' in this scenario` };
  const birth = machine.instructions;
  const collector = new MomentCollector(moments_max);
  const quiet = collectEvents(subject.system, task, choice, collector);
  const unlisten = machine.events.listen(['console'], () => awaited.complete && machine.stop());
  const whole: Pace = { step: () => machine.run({ time_us: Math.min(awaited.left_us, DEADLINE_US - machine.time_us) }), end: () => undefined };
  const pace = choice.kind === 'every' ? stepping(subject.system, task, choice.instructions, collector) : whole;
  while (!awaited.complete && machine.time_us < DEADLINE_US) if (pace.step() === 'idle_forever') break;
  pace.end();
  quiet();
  unlisten();
  if (!awaited.complete) return { error: awaited.missing };
  const [last, last_us] = [machine.instructions, machine.time_us];
  const said = subject.lines.length;
  const reached = runToEnd(subject, said, last_us);
  // Lines that come while the system comes to rest tell that it did not: then there is no state that both runs have to reach.
  const end = subject.lines.length === said ? reached : { ...reached, final: undefined };
  return { label: subject.label, task, birth, last, last_us, end, moments: collector.moments.filter((moment) => moment >= birth && moment < last), dropped: collector.dropped };
}

/** Collects events that concern a task: its own, and those that hand something to one of its threads. Returns how to end that. */
function collectEvents(system: System, task: DebugId, choice: MomentChoice, collector: MomentCollector): () => void {
  const threads = new Set<DebugId>();
  return system.machine.events.listen([...kindsOf(choice), 'object_created'], (event) => {
    if (event.kind === 'object_created') return threads.clear();
    if (threads.size === 0) for (const row of system.threads()) if (row.task === task) threads.add(row.id);
    const other = event.kind === 'schedule' || event.kind === 'ipc_transfer' ? event.to : undefined;
    collector.take(event, event.task === task || (other !== undefined && threads.has(other)));
  });
}

/** How the undisturbed run is cut into pieces. */
interface Pace {
  readonly step: () => StopReason;
  readonly end: () => void;
}

/** Runs a task instruction by instruction, and all others from one thread switch to the next. */
function stepping({ machine, inspector }: System, task: DebugId, every: number, collector: MomentCollector): Pace {
  let count = 0;
  let before: readonly number[] = [];
  const end = machine.events.listen(['schedule'], () => machine.stop());
  const step = (): StopReason => {
    const running = inspector.thread(inspector.current);
    if (running === undefined || running.task !== task) return machine.run({ time_us: DEADLINE_US - machine.time_us });
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
  readonly #subject: Subject;
  readonly #patterns: { readonly pattern: string; left: number }[];
  readonly #until_us: number;
  readonly nothing: boolean;
  #seen = 0;

  constructor(subject: Subject, scenario: Scenario) {
    this.#subject = subject;
    const moments = scenario.steps.flatMap((step) => (step.kind === 'await' ? [step.moment] : []));
    const counts = new Map<string, number>();
    for (const moment of moments) if (moment.kind === 'log') counts.set(moment.pattern, (counts.get(moment.pattern) ?? 0) + moment.count);
    this.#patterns = [...counts].map(([pattern, left]) => ({ pattern, left }));
    this.#until_us = Math.max(0, ...moments.map((moment) => (moment.kind === 'time' ? moment.time_ms * US_PER_MS : 0)));
    this.nothing = this.#patterns.length === 0 && this.#until_us === 0;
  }

  get complete(): boolean {
    const { log, system } = this.#subject;
    for (; this.#seen < log.count; this.#seen++) {
      const { text = '', unified = text } = log.all[this.#seen] ?? {};
      for (const one of this.#patterns) if (one.left > 0 && matches(one.pattern, unified)) one.left -= 1;
    }
    return this.#patterns.every(({ left }) => left === 0) && system.machine.time_us >= this.#until_us;
  }

  /** Time that is awaited in any case. */
  get left_us(): number {
    const left = this.#until_us - this.#subject.system.machine.time_us;
    return left > 0 ? left : Number.POSITIVE_INFINITY;
  }

  get missing(): string {
    const pattern = this.#patterns.find(({ left }) => left > 0)?.pattern;
    return pattern === undefined ? 'the time that the scenario awaits does not come' : `the line "${pattern}" does not come in the undisturbed run`;
  }
}
