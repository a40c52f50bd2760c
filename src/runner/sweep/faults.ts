// Faults at every RPC of a checkpointer: in a checkpoint, and in a restore, the n-th RPC fails, for every n. Each time the component must run
// on or be gone, nothing may be left over or missing, and the next checkpoint or restore must do what the undisturbed one does.
// Owner of the system for that long; every try is taken back.

import { inventoryDifferences, type Inventory } from '../../runtime/inventory.ts';
import type { BootModule, BootSystem, ControlCommand, ControlOutcome, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { systemConfig } from '../system_config.ts';
import { carryOutCommand } from '../command.ts';
import { cycle, type CycleStrategy, settle, toStanding } from './standing.ts';
import { Group } from './group.ts';
import { labelsOf, type Mark, parentOf } from './mark.ts';
import type { Attempt } from './control_run.ts';

export const FAULT_KINDS = ['denied', 'exhausted'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One RPC that is made to fail. */
export interface FaultPoint {
  readonly during: 'checkpoint' | 'restore';
  /** From 1. */
  readonly nth: number;
  readonly kind: FaultKind;
}

export interface FaultResult extends FaultPoint {
  /** Interface and function of the RPC. */
  readonly rpc: string;
  /** `survived`: the command succeeded all the same. */
  readonly outcome: 'survived' | 'undone' | 'failed';
  readonly reason: readonly string[];
}

export interface FaultsRequest extends Mark {
  readonly scenario: Scenario;
  readonly modules: readonly BootModule[];
  readonly strategy: CycleStrategy;
  readonly shard: { readonly index: number; readonly of: number };
  /** Only these points; empty for all. */
  readonly only: readonly FaultPoint[];
}

export interface FaultsPorts {
  readonly boot: BootSystem;
  readonly attempt: Attempt;
  readonly begins: (total: number, mine: number) => void;
  /** False ends it. */
  readonly result: (result: FaultResult) => boolean;
}

const NAME = 'faulty';
const BASE = 'base';
const PROOF_US = 3_000_000;
const WORDS_MAX = 8;

/** Null: done; else why it could not be done at all. */
export function faults(request: FaultsRequest, { boot, attempt, begins, result }: FaultsPorts): { readonly error: string } | null {
  const { scenario, modules, strategy, shard, only } = request;
  const system = boot(systemConfig(scenario, modules));
  if ('error' in system) return { error: `the system does not boot: ${system.error}` };
  const problem = toStanding(system, scenario, request, strategy);
  if (problem !== null) return { error: problem };
  const trial = new Trial(system, request);
  const counts = { checkpoint: attempt(system, () => trial.count('checkpoint')), restore: attempt(system, () => trial.count('restore')) };
  const all = (['checkpoint', 'restore'] as const).flatMap((during) => Array.from({ length: counts[during] }, (_, i) => FAULT_KINDS.map((kind): FaultPoint => ({ during, nth: i + 1, kind })))).flat();
  const chosen = only.length > 0 ? only : all;
  const mine = chosen.filter((_point, i) => i % shard.of === shard.index - 1);
  begins(chosen.length, mine.length);
  for (const point of mine) if (!result(attempt(system, () => trial.make(point)))) return null;
  return null;
}

class Trial {
  readonly #system: System;
  readonly #request: FaultsRequest;
  readonly #parent: string;
  readonly #labels: readonly string[];
  /** Whether the scenario's checkpoints build on another one; then those with a fault do. */
  readonly #incremental: boolean;

  constructor(system: System, request: FaultsRequest) {
    this.#system = system;
    this.#request = request;
    this.#labels = labelsOf(request);
    this.#parent = parentOf(request);
    this.#incremental = request.scenario.steps.some((step) => step.kind === 'checkpoint' && step.base !== undefined);
  }

  /** RPCs of an undisturbed command. */
  count(during: FaultPoint['during']): number {
    this.#prepare(during);
    this.#system.equipment.failRpc(this.#parent, 0, 'denied');
    const outcome = carryOutCommand(this.#system, this.#asked(during));
    return outcome.ok ? (this.#system.equipment.rpcsMade(this.#parent)?.made ?? 0) : 0;
  }

  make(point: FaultPoint): FaultResult {
    const { during, nth, kind } = point;
    this.#prepare(during);
    const before = this.#system.inventory();
    this.#system.equipment.failRpc(this.#parent, nth, kind);
    const outcome = carryOutCommand(this.#system, this.#asked(during));
    const rpc = this.#system.equipment.rpcsMade(this.#parent)?.failed ?? '';
    this.#system.equipment.failRpc(this.#parent, 0, kind);
    settle(this.#system);
    const wrong = this.#judge(point, outcome, before);
    return { ...point, rpc, outcome: wrong.length > 0 ? 'failed' : outcome.ok ? 'survived' : 'undone', reason: wrong.length > 0 ? wrong.slice(0, WORDS_MAX) : outcome.ok ? [] : [outcome.message] };
  }

  #asked(during: FaultPoint['during']): ControlCommand {
    const { path, with: others = [], strategy } = this.#request;
    if (during === 'restore') return { kind: 'restore', from: NAME, as: path, with: others, strategy: strategy.restore };
    return { kind: 'checkpoint', of: path, with: others, name: NAME, strategy: strategy.checkpoint, ...(this.#incremental ? { base: BASE } : {}) };
  }

  #prepare(during: FaultPoint['during']): void {
    const { path, with: others = [], strategy } = this.#request;
    const base = this.#incremental ? [{ kind: 'checkpoint', of: path, with: others, name: BASE, strategy: strategy.checkpoint } as const] : [];
    for (const asked of during === 'checkpoint' ? base : [...base, this.#asked('checkpoint'), { kind: 'kill', child: path, with: others } as const]) {
      const outcome = carryOutCommand(this.#system, asked);
      if (!outcome.ok) throw new Error(`the ${asked.kind} before a fault failed: ${outcome.message}`);
    }
    settle(this.#system);
  }

  /** What is wrong after a command in which an RPC failed. */
  #judge({ during }: FaultPoint, outcome: ControlOutcome, before: Inventory): string[] {
    const living = this.#living();
    const lives = living.length === this.#labels.length;
    const words = outcome.ok ? 'although it succeeded' : `after "${outcome.message}"`;
    if (during === 'checkpoint') {
      if (!lives) return [`the component is gone ${words}`];
      if (!outcome.ok) return this.#leaks(before, words) ?? this.#proof();
      return this.#proof();
    }
    if (outcome.ok) return lives ? this.#proof() : ['the restore succeeded, and there is no component'];
    if (living.length > 0) return [`of ${living.join(', ')} something is left ${words}`];
    const leaks = this.#leaks(before, words);
    if (leaks !== null) return leaks;
    const again = carryOutCommand(this.#system, this.#asked('restore'));
    return again.ok ? this.#proof() : [`the next restore fails: ${again.message}`];
  }

  #living(): string[] {
    return this.#system.components().flatMap(({ label, alive }) => (alive && this.#labels.includes(label) ? [label] : []));
  }

  #leaks(before: Inventory, words: string): string[] | null {
    const differences = inventoryDifferences(before, this.#system.inventory());
    return differences.length === 0 ? null : [`something is left or missing ${words}`, ...differences];
  }

  /** The component, of several the one that is named first, says something, and another cycle works. */
  #proof(): string[] {
    const { scenario, strategy } = this.#request;
    const group = new Group(this.#system, this.#labels, scenario.unify);
    const spoke = group.untilLines(this.#labels.map((_label, at) => (at === 0 ? 1 : 0)), this.#system.machine.time_us + PROOF_US);
    group.close();
    if (!spoke) return ['the component does not go on'];
    const problem = cycle(this.#system, this.#request, strategy);
    return problem === null ? [] : [`afterwards ${problem}`];
  }
}
