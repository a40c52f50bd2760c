// Faults at every RPC of a checkpointer: in a checkpoint, and in a restore, the n-th RPC fails, for every n. Each time the component must run
// on or be gone, nothing may be left over or missing, and the next checkpoint or restore must do what the undisturbed one does.
// Owner of the system for that long; every try is taken back.

import { inventoryDifferences, type Inventory } from '../../runtime/inventory.ts';
import type { BootModule, BootSystem, ControlCommand, ControlOutcome, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { systemConfig } from '../system_config.ts';
import { command, stopAtOutcomes } from './commands.ts';
import { cycle, type CycleStrategy, settle, toStanding } from './standing.ts';
import { Group } from './group.ts';
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

export interface FaultsRequest {
  readonly scenario: Scenario;
  readonly modules: readonly BootModule[];
  readonly path: string;
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
const PROOF_US = 3_000_000;
const WORDS_MAX = 8;

/** Null: done; else why it could not be done at all. */
export function faults(request: FaultsRequest, { boot, attempt, begins, result }: FaultsPorts): { readonly error: string } | null {
  const { scenario, modules, path, strategy, shard, only } = request;
  const system = boot(systemConfig(scenario, modules));
  if ('error' in system) return { error: `the system does not boot: ${system.error}` };
  const quiet = stopAtOutcomes(system);
  try {
    const problem = toStanding(system, scenario, path, strategy);
    if (problem !== null) return { error: problem };
    const trial = new Trial(system, request);
    const counts = { checkpoint: attempt(system, () => trial.count('checkpoint')), restore: attempt(system, () => trial.count('restore')) };
    const all = (['checkpoint', 'restore'] as const).flatMap((during) => Array.from({ length: counts[during] }, (_, i) => FAULT_KINDS.map((kind): FaultPoint => ({ during, nth: i + 1, kind })))).flat();
    const chosen = only.length > 0 ? only : all;
    const mine = chosen.filter((_point, i) => i % shard.of === shard.index - 1);
    begins(chosen.length, mine.length);
    for (const point of mine) if (!result(attempt(system, () => trial.make(point)))) return null;
    return null;
  } finally {
    quiet();
  }
}

class Trial {
  readonly #system: System;
  readonly #request: FaultsRequest;
  readonly #parent: string;
  readonly #label: string;

  constructor(system: System, request: FaultsRequest) {
    this.#system = system;
    this.#request = request;
    this.#label = `init -> ${request.path}`;
    this.#parent = this.#label.split(' -> ').slice(0, -1).join(' -> ');
  }

  /** RPCs of an undisturbed command. */
  count(during: FaultPoint['during']): number {
    this.#prepare(during);
    this.#system.equipment.failRpc(this.#parent, 0, 'denied');
    const outcome = command(this.#system, this.#asked(during));
    return outcome.ok ? (this.#system.equipment.rpcsMade(this.#parent)?.made ?? 0) : 0;
  }

  make(point: FaultPoint): FaultResult {
    const { during, nth, kind } = point;
    this.#prepare(during);
    const before = this.#system.inventory();
    this.#system.equipment.failRpc(this.#parent, nth, kind);
    const outcome = command(this.#system, this.#asked(during));
    const rpc = this.#system.equipment.rpcsMade(this.#parent)?.failed ?? '';
    this.#system.equipment.failRpc(this.#parent, 0, kind);
    settle(this.#system);
    const wrong = this.#judge(point, outcome, before);
    return { ...point, rpc, outcome: wrong.length > 0 ? 'failed' : outcome.ok ? 'survived' : 'undone', reason: wrong.length > 0 ? wrong.slice(0, WORDS_MAX) : outcome.ok ? [] : [outcome.message] };
  }

  #asked(during: FaultPoint['during']): ControlCommand {
    const { path, strategy } = this.#request;
    return during === 'checkpoint' ? { kind: 'checkpoint', of: path, name: NAME, strategy: strategy.checkpoint } : { kind: 'restore', from: NAME, as: path, strategy: strategy.restore };
  }

  #prepare(during: FaultPoint['during']): void {
    if (during === 'checkpoint') return;
    for (const asked of [this.#asked('checkpoint'), { kind: 'kill', child: this.#request.path }] as const) {
      const outcome = command(this.#system, asked);
      if (!outcome.ok) throw new Error(`the ${asked.kind} before a fault failed: ${outcome.message}`);
    }
    settle(this.#system);
  }

  /** What is wrong after a command in which an RPC failed. */
  #judge({ during }: FaultPoint, outcome: ControlOutcome, before: Inventory): string[] {
    const lives = this.#lives();
    const words = outcome.ok ? 'although it succeeded' : `after "${outcome.message}"`;
    if (during === 'checkpoint') {
      if (!lives) return [`the component is gone ${words}`];
      if (!outcome.ok) return this.#leaks(before, words) ?? this.#proof();
      return this.#proof();
    }
    if (outcome.ok) return lives ? this.#proof() : ['the restore succeeded, and there is no component'];
    if (lives) return [`half a component is left ${words}`];
    const leaks = this.#leaks(before, words);
    if (leaks !== null) return leaks;
    const again = command(this.#system, this.#asked('restore'));
    return again.ok ? this.#proof() : [`the next restore fails: ${again.message}`];
  }

  #lives(): boolean {
    return this.#system.components().some(({ label, alive }) => alive && label === this.#label);
  }

  #leaks(before: Inventory, words: string): string[] | null {
    const differences = inventoryDifferences(before, this.#system.inventory());
    return differences.length === 0 ? null : [`something is left or missing ${words}`, ...differences];
  }

  /** The component says something, and another cycle works. */
  #proof(): string[] {
    const { path, scenario, strategy } = this.#request;
    const group = new Group(this.#system, [this.#label], scenario.unify);
    const spoke = group.untilLines([1], this.#system.machine.time_us + PROOF_US);
    group.close();
    if (!spoke) return ['the component does not go on'];
    const problem = cycle(this.#system, path, strategy);
    return problem === null ? [] : [`afterwards ${problem}`];
  }
}
