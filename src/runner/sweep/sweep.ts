// A sweep: one run of a scenario's system forward through all moments, an experiment at each of them on a copy of the system.
// Owner of the forward run. Every experiment starts from exactly the state that the undisturbed run has at its moment.

import type { BootModule, BootSystem, Strategy, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { systemConfig } from '../system_config.ts';
import { type Delay, Delays } from './delays.ts';
import { alike } from './ends.ts';
import { type Expectation, experiment, type MomentResult } from './experiment.ts';
import { type MomentChoice, shardOf } from './moments.ts';
import { type Reference, referenceRun } from './reference.ts';
import { Subject } from './subject.ts';

/** Does something to a copy of a system and leaves the system itself as it was. */
export type Attempt = <Result>(system: System, act: (copy: System) => Result) => Result;

export interface SweepRequest {
  readonly scenario: Scenario;
  readonly modules: readonly BootModule[];
  /** Path of the component below init: "rtcr -> sheep_counter". */
  readonly path: string;
  readonly choice: MomentChoice;
  readonly strategy: { readonly checkpoint: Strategy; readonly restore: Strategy };
  readonly shard: { readonly index: number; readonly of: number };
  /** Moments that an earlier part of the sweep has tried. */
  readonly done: ReadonlySet<number>;
  /** Only these moments, whatever the class says; empty for all. */
  readonly only: readonly number[];
  /** Ends must be those of the undisturbed run; other courses are not looked for. */
  readonly strict?: boolean;
}

export interface SweepPorts {
  readonly boot: BootSystem;
  readonly attempt: Attempt;
  /** Called once, when it is known what will be done. */
  readonly begins: (total: number, mine: number) => void;
  /** Called after each moment; false ends the sweep. */
  readonly result: (result: MomentResult) => boolean;
}

export const MOMENTS_MAX = 5_000_000;
/** How much later than without a checkpoint the last line may come, the time of the commands not counted. */
const SLACK_US = 5_000_000;

/** Null: done; else why the sweep could not be made at all. */
export function sweep(request: SweepRequest, ports: SweepPorts): { readonly error: string } | null {
  const label = `init -> ${request.path}`;
  const first = boot(request, ports);
  if ('error' in first) return first;
  const reference = referenceRun(first, request.scenario, label, request.choice, MOMENTS_MAX);
  if ('error' in reference) return reference;
  if (reference.dropped > 0) return { error: `there are ${reference.dropped} moments more than the limit of ${MOMENTS_MAX}: take a coarser class` };
  const all = request.only.length > 0 ? [...request.only].sort((a, b) => a - b) : reference.moments;
  const outside = all.find((moment) => moment < reference.birth || moment >= reference.last);
  if (outside !== undefined) return { error: `moment ${outside} lies outside of the component's time, ${reference.birth} to ${reference.last - 1}` };
  const mine = shardOf(all, request.shard).filter((moment) => !request.done.has(moment));
  ports.begins(all.length, mine.length);
  return mine.length === 0 ? null : forward(request, ports, reference, mine);
}

function boot({ scenario, modules }: SweepRequest, ports: SweepPorts): System | { readonly error: string } {
  const system = ports.boot(systemConfig(scenario, modules));
  return 'error' in system ? { error: `the system does not boot: ${system.error}` } : system;
}

function forward(request: SweepRequest, ports: SweepPorts, reference: Reference, moments: readonly number[]): { readonly error: string } | null {
  const system = boot(request, ports);
  if ('error' in system) return system;
  const subject = new Subject(system, reference.label, request.scenario.unify);
  const delays = new Delays(ports.attempt);
  try {
    for (const moment of moments) {
      reach(system, moment);
      if (system.machine.instructions !== moment) return { error: `the run does not reach instruction ${moment}: it stands at ${system.machine.instructions}` };
      const { label, task, end } = reference;
      const expected = { path: request.path, label, task, end, past: subject.past, deadline_us: reference.last_us + SLACK_US, unify: request.scenario.unify, strategy: request.strategy };
      if (!ports.result(subject.apart(() => judged(system, expected, ports.attempt, request.strict === true ? null : delays)))) return null;
    }
    return null;
  } finally {
    subject.close();
  }
}

/**
 * An end that the undisturbed component reaches too when its threads are merely stopped for a while is as right as the one of the
 * undisturbed run. Where such a stop changes the end, and no try led to this one, it must at least be made of the same lines and
 * capabilities: threads that race say the same in another order, and put the same capabilities into other slots.
 */
function judged(system: System, expected: Expectation, attempt: Attempt, delays: Delays | null): MomentResult {
  const { end, refusal, took_us, ...found } = attempt(system, (copy) => experiment(copy, expected));
  if (end === undefined || delays === null || found.outcome !== 'failed') return found;
  const { same, changing } = delays.leadingTo(end, took_us, system, expected);
  const similar = changing !== undefined && alike(expected.end, end);
  if (same === undefined && !similar) return found;
  if (refusal !== undefined) return { ...found, outcome: 'refused', reason: [refusal] };
  if (same !== undefined) return { ...found, outcome: 'delayed', reason: [`as without a checkpoint when ${words(same)}`, ...found.reason] };
  return { ...found, outcome: 'reordered', reason: [`otherwise without a checkpoint as well, when ${changing === undefined ? '' : words(changing)}`, ...found.reason] };
}

function words({ threads, us }: Delay): string {
  const who = threads === null ? 'everything stands' : `${threads.join(', ')} ${threads.length === 1 ? 'stands' : 'stand'}`;
  return `${who} still for ${us} us`;
}

function reach(system: System, moment: number): void {
  const { machine } = system;
  while (machine.instructions < moment) if (machine.run({ instructions: moment - machine.instructions }) === 'idle_forever') return;
}
