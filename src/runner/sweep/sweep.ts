// A sweep: one run of a scenario's system forward through all moments, an experiment at each of them on a copy of the system.
// Owner of the forward run. Every experiment starts from exactly the state that the undisturbed run has at its moment.

import type { BootModule, BootSystem, Strategy, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { systemConfig } from '../system_config.ts';
import { type Attempt, controlDifference } from './control_run.ts';
import { type Expectation, experiment, type MomentResult } from './experiment.ts';
import { Group } from './group.ts';
import { domainsIn, labelsOf, type Mark, parentOf } from './mark.ts';
import { type MomentChoice, shardOf } from './moments.ts';
import { extentOf, type Reference, referenceRun } from './reference.ts';

export interface SweepRequest extends Mark {
  readonly scenario: Scenario;
  readonly modules: readonly BootModule[];
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
  /** Called once, when it is known what will be done; `missing`: lines that the scenario awaits and the undisturbed run has not. */
  readonly begins: (total: number, mine: number, missing: readonly string[]) => void;
  /** Called after each moment; false ends the sweep. */
  readonly result: (result: MomentResult) => boolean;
}

export const MOMENTS_MAX = 5_000_000;
/** How much later than without a checkpoint the last line may come, the time of the commands not counted. */
const SLACK_US = 5_000_000;

/** Null: done; else why the sweep could not be made at all. */
export function sweep(asked: SweepRequest, ports: SweepPorts): { readonly error: string } | null {
  const extent = booted(asked, ports, (system) => {
    const found = extentOf(system, asked.scenario, labelsOf(asked));
    return 'error' in found ? found : { ...found, domains: domainsIn(asked, system.components().map(({ label }) => label)) };
  });
  if ('error' in extent) return extent;
  const request = extent.domains.length === 0 ? asked : { ...asked, domains: extent.domains };
  const reference = booted(request, ports, (system) => referenceRun(system, request, extent.last, MOMENTS_MAX));
  if ('error' in reference) return reference;
  if (reference.dropped > 0) return { error: `there are ${reference.dropped} moments more than the limit of ${MOMENTS_MAX}: take a coarser class` };
  const all = request.only.length > 0 ? [...request.only].sort((a, b) => a - b) : reference.moments;
  const outside = all.find((moment) => moment < reference.birth || moment >= reference.last);
  if (outside !== undefined) return { error: `moment ${outside} lies outside of the component's time, ${reference.birth} to ${reference.last - 1}` };
  const mine = shardOf(all, request.shard).filter((moment) => !request.done.has(moment));
  ports.begins(all.length, mine.length, extent.missing);
  return mine.length === 0 ? null : booted(request, ports, (system) => forward(system, request, ports, reference, mine));
}

/** The children of a checkpointer that the undisturbed run of a scenario has, for one that marks no checkpoint; all of one checkpointer are one group. */
export function runningMark(request: Pick<SweepRequest, 'scenario' | 'modules'>, boot: BootSystem): Mark | { readonly error: string } {
  const found = booted(request, { boot }, (system) => {
    extentOf(system, request.scenario, ['init']);
    // RPCs can be counted where there is a checkpointer.
    return system.components().map(({ label }) => label).filter((label) => system.equipment.failRpc(label.split(' -> ').slice(0, -1).join(' -> '), 0, 'denied'));
  });
  if ('error' in found) return found;
  const paths = [...new Set(found.map((label) => label.replace(/^init -> /, '')))].sort();
  const [path] = paths;
  if (path === undefined) return { error: 'no component of this scenario runs under a checkpointer' };
  const parent = parentOf({ path });
  const siblings = paths.slice(1).filter((other) => parentOf({ path: other }) === parent).map((other) => other.split(' -> ').at(-1) ?? '');
  return { path, ...(siblings.length === 0 ? {} : { with: siblings }) };
}

/** Does something with a freshly booted system, and gives it back. */
function booted<Result>({ scenario, modules }: Pick<SweepRequest, 'scenario' | 'modules'>, ports: Pick<SweepPorts, 'boot'>, act: (system: System) => Result): Result | { readonly error: string } {
  const system = ports.boot(systemConfig(scenario, modules));
  if ('error' in system) return { error: `the system does not boot: ${system.error}` };
  try {
    return act(system);
  } finally {
    system.close();
  }
}

function forward(system: System, request: SweepRequest, ports: SweepPorts, { members, last_us }: Reference, moments: readonly number[]): { readonly error: string } | null {
  const { scenario, strategy } = request;
  const group = new Group(system, labelsOf(request), scenario.unify);
  try {
    for (const moment of moments) {
      reach(system, moment);
      if (system.machine.instructions !== moment) return { error: `the run does not reach instruction ${moment}: it stands at ${system.machine.instructions}` };
      const expected = { mark: request, members, pasts: group.pasts, deadline_us: last_us + SLACK_US, unify: scenario.unify, strategy };
      if (!ports.result(group.apart(() => judged(system, expected, ports.attempt, request.strict === true)))) return null;
    }
    return null;
  } finally {
    group.close();
  }
}

/** Another end than that of the undisturbed run is as right if the undisturbed component comes to it as well, in the same order of its threads. */
function judged(system: System, expected: Expectation, attempt: Attempt, strict: boolean): MomentResult {
  const { ends, refusal, took_us: _, other_module, ...found } = attempt(system, (copy) => experiment(copy, expected));
  if (ends === undefined || strict || found.outcome !== 'failed') return found;
  const other = controlDifference(system, expected, ends, attempt);
  if (other === null) return refusal === undefined ? { ...found, outcome: 'reordered' } : { ...found, outcome: 'refused', reason: [refusal] };
  const renumbered = withFreshIds(system, expected, attempt);
  if (renumbered !== null) return renumbered;
  if (other_module === true) return { ...found, outcome: 'other_module' };
  return { ...found, reason: [...found.reason, `and with its threads in that order, without a checkpoint: ${other.join('; ')}`] };
}

/** The same where core hands out no id twice: a component can tell an id that it has met before. Null: it is no other. */
function withFreshIds(system: System, expected: Expectation, attempt: Attempt): MomentResult | null {
  return attempt(system, (numbered) => {
    numbered.equipment.takeFreshIds();
    const { ends, refusal, took_us: _, other_module: __, ...found } = attempt(numbered, (copy) => experiment(copy, expected));
    if (found.outcome === 'refused') return found;
    if (found.outcome !== 'ok' && (ends === undefined || controlDifference(numbered, expected, ends, attempt) !== null)) return null;
    return refusal === undefined ? { ...found, outcome: 'renumbered' } : { ...found, outcome: 'refused', reason: [refusal] };
  });
}

function reach(system: System, moment: number): void {
  const { machine } = system;
  while (machine.instructions < moment) if (machine.run({ instructions: moment - machine.instructions }) === 'idle_forever') return;
}
