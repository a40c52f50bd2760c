// Faults at every RPC of a checkpointer: in a checkpoint, and in a restore, the n-th RPC fails, for every n. Each time the components must
// say what they say without a fault, or be gone; nothing may be left over or missing, at once and when all is ended; and the next checkpoint
// or restore must do what the undisturbed one does. Owner of the system for that long; every try is taken back.

import { inventoryDifferences, type Inventory } from '../../runtime/inventory.ts';
import type { BootModule, BootSystem, ControlCommand, ControlOutcome, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { systemConfig } from '../system_config.ts';
import { carryOutCommand } from '../command.ts';
import { cycle, type CycleStrategy, settle, toStanding } from './standing.ts';
import { Group } from './group.ts';
import { domainsIn, labelsOf, type Mark, parentOf } from './mark.ts';
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
/** How long components are listened to where no RPC fails, how many lines of each, and how long they have to say the same after a fault. */
const LISTEN_US = 2_000_000;
const LINES_MAX = 3;
const PROOF_US = 4_000_000;
const WORDS_MAX = 8;
/** How long, and how often, is looked what a component that nobody disturbs has. */
const ALONE_US = 120_000;
const ALONE_LOOKS = 60;
/** How often, and after how long, what differs is looked at again. */
const LOOKS_AGAIN = 5;
const LOOK_AGAIN_US = 7000;
/** What is donated at once, at most. */
const DONATION_BYTES_MAX = 32 * 1024;

/** Null: done; else why it could not be done at all. */
export function faults(request: FaultsRequest, { boot, attempt, begins, result }: FaultsPorts): { readonly error: string } | null {
  const { scenario, modules, strategy, shard, only } = request;
  const system = boot(systemConfig(scenario, modules));
  if ('error' in system) return { error: `the system does not boot: ${system.error}` };
  const problem = toStanding(system, scenario, request, strategy);
  if (problem !== null) return { error: problem };
  const domains = domainsIn(request, system.components().flatMap(({ label, alive }) => (alive ? [label] : [])));
  const trial = new Trial(system, { ...request, domains }, attempt);
  const courses = { checkpoint: trial.undisturbed('checkpoint'), restore: trial.undisturbed('restore') };
  for (const during of DURING) {
    const { error, says } = courses[during];
    if (error !== null) return { error: `where no RPC fails, ${error}` };
    if (says.every(({ length }) => length === 0)) return { error: `nobody says anything within ${LISTEN_US / 1000} ms after a ${during} in which no RPC fails, so that nothing would show that they go on` };
  }
  const all = DURING.flatMap((during) => Array.from({ length: courses[during].rpcs }, (_, i) => FAULT_KINDS.map((kind): FaultPoint => ({ during, nth: i + 1, kind })))).flat();
  const chosen = only.length > 0 ? only : all;
  const mine = chosen.filter((_point, i) => i % shard.of === shard.index - 1);
  begins(chosen.length, mine.length);
  for (const point of mine) if (!result(attempt(system, () => trial.make(point, courses[point.during])))) return null;
  return null;
}

const DURING = ['checkpoint', 'restore'] as const satisfies readonly FaultPoint['during'][];

/** What happens where no RPC fails. */
interface Undisturbed {
  /** Why nothing can be learned from it; null where all goes well. */
  readonly error: string | null;
  readonly rpcs: number;
  /** What each component says from the command on. */
  readonly says: readonly (readonly string[])[];
  /**
   * What there may be at once after a command that failed: what living components have by turns, what stays for as long as the checkpoint does,
   * or what one that went well leaves when it is forgotten: dataspaces of the components that are in view from then on.
   */
  readonly kept: readonly Inventory[];
  /** What there is when the components have been killed and every checkpoint dropped. */
  readonly ended: Inventory;
}

class Trial {
  readonly #system: System;
  readonly #request: FaultsRequest;
  readonly #parent: string;
  readonly #labels: readonly string[];
  readonly #attempt: Attempt;
  /** Whether the scenario's checkpoints build on another one; then those with a fault do. */
  readonly #incremental: boolean;

  constructor(system: System, request: FaultsRequest, attempt: Attempt) {
    this.#system = system;
    this.#request = request;
    this.#attempt = attempt;
    this.#labels = labelsOf(request);
    this.#parent = parentOf(request);
    this.#incremental = request.scenario.steps.some((step) => step.kind === 'checkpoint' && step.base !== undefined);
  }

  undisturbed(during: FaultPoint['during']): Undisturbed {
    const system = this.#system;
    return this.#attempt(system, () => {
      this.#prepare(during);
      const alone = during === 'checkpoint' ? this.#attempt(system, () => this.#inventoriesAlone()) : [system.inventory()];
      const group = this.#listen();
      system.equipment.failRpc(this.#parent, 0, 'denied');
      const outcome = carryOutCommand(system, this.#asked(during));
      const rpcs = system.equipment.rpcsMade(this.#parent)?.made ?? 0;
      settle(system);
      const dropped = group.apart(() => this.#attempt(system, () => this.#inventoryAfter('forget')));
      const [killed, ended] = group.apart(() => this.#attempt(system, () => [this.#inventoryAfter('kill'), this.#inventoryAfter('drop')] as const));
      group.untilLines(this.#labels.map(() => LINES_MAX), system.machine.time_us + LISTEN_US);
      const says = group.subjects.map(({ lines }) => lines.slice(0, LINES_MAX));
      group.close();
      const error = outcome.ok ? cycle(system, this.#request, this.#request.strategy) : `the ${during} fails: ${outcome.message}`;
      return { error, rpcs, says, kept: during === 'restore' ? [...alone, killed] : [...alone, dropped], ended };
    });
  }

  make(point: FaultPoint, course: Undisturbed): FaultResult {
    const { during, nth, kind } = point;
    this.#prepare(during);
    const group = this.#listen();
    this.#system.equipment.failRpc(this.#parent, nth, kind);
    const outcome = carryOutCommand(this.#system, this.#asked(during));
    const rpc = this.#system.equipment.rpcsMade(this.#parent)?.failed ?? '';
    this.#system.equipment.failRpc(this.#parent, 0, kind);
    settle(this.#system);
    const wrong = this.#judge(point, outcome, course, group);
    group.close();
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
  #judge({ during, kind }: FaultPoint, outcome: ControlOutcome, course: Undisturbed, group: Group): string[] {
    const living = this.#living();
    const lives = living.length === this.#labels.length;
    const words = outcome.ok ? 'although it succeeded' : `after "${outcome.message}"`;
    if (during === 'restore' && !outcome.ok && living.length > 0) return [`of ${living.join(', ')} something is left ${words}`];
    if ((during === 'checkpoint' || outcome.ok) && !lives) return [`the component is gone ${words}`];
    const leaks = (outcome.ok ? null : group.apart(() => this.#leaks(course, words))) ?? group.apart(() => this.#endLeaks(course, kind, words));
    if (leaks !== null) return leaks;
    if (during === 'restore' && !outcome.ok) {
      const again = carryOutCommand(this.#system, this.#asked('restore'));
      if (!again.ok) return [`the next restore fails: ${again.message}`];
    }
    return this.#proof(course, group);
  }

  #living(): string[] {
    return this.#system.components().flatMap(({ label, alive }) => (alive && this.#labels.includes(label) ? [label] : []));
  }

  #listen(): Group {
    return new Group(this.#system, this.#labels, this.#request.scenario.unify);
  }

  /** What there is when the checkpoint alone has been dropped, when the components have been killed, or when all checkpoints have been dropped. */
  #inventoryAfter(what: 'forget' | 'kill' | 'drop'): Inventory {
    const { path, with: others = [] } = this.#request;
    if (what === 'kill' && this.#living().length > 0) carryOutCommand(this.#system, { kind: 'kill', child: path, with: others });
    if (what === 'forget') carryOutCommand(this.#system, { kind: 'drop', of: path, name: NAME });
    if (what === 'drop') for (const name of [NAME, BASE]) carryOutCommand(this.#system, { kind: 'drop', of: path, name });
    settle(this.#system);
    return this.#system.inventory();
  }

  /** A call in flight has a receive window, so that what differs is looked at again a little later. */
  #leaks({ kept }: Undisturbed, words: string): string[] | null {
    const { machine } = this.#system;
    return this.#attempt(this.#system, () => {
      let found = leaksOf(kept, this.#system.inventory(), words);
      for (let again = 0; found !== null && again < LOOKS_AGAIN; again++) {
        machine.run({ time_us: LOOK_AGAIN_US });
        found = leaksOf(kept, this.#system.inventory(), words);
      }
      return found;
    });
  }

  /** What living components have in the next moments, by turns. */
  #inventoriesAlone(): Inventory[] {
    const { machine } = this.#system;
    return Array.from({ length: ALONE_LOOKS }, () => {
      const found = this.#system.inventory();
      machine.run({ time_us: ALONE_US / ALONE_LOOKS });
      return found;
    });
  }

  /** Whether anything is left when all has ended, compared with a course in which no RPC failed. */
  #endLeaks({ ended }: Undisturbed, kind: FaultKind, words: string): string[] | null {
    const after = this.#attempt(this.#system, () => {
      this.#inventoryAfter('kill');
      return this.#inventoryAfter('drop');
    });
    const differences = inventoryDifferences(kind === 'exhausted' ? this.#withDonation(ended, after) : ended, after);
    return differences.length === 0 ? null : [`when all is ended, something is left or missing ${words}`, ...differences];
  }

  /** Who is told that a session of its own is exhausted gives it more, which stays with the session: RAM of the parent becomes core's. */
  #withDonation(expected: Inventory, after: Inventory): Inventory {
    const [theirs, ours] = ['RAM quota of core', `RAM quota of ${this.#parent}`];
    const given = (after.get(theirs) ?? 0) - (expected.get(theirs) ?? 0);
    return given > 0 && given <= DONATION_BYTES_MAX ? new Map([...expected, [theirs, (expected.get(theirs) ?? 0) + given], [ours, (expected.get(ours) ?? 0) - given]]) : expected;
  }

  /** The components say what they say without a fault, and another cycle works. */
  #proof({ says }: Undisturbed, group: Group): string[] {
    group.untilLines(says.map(({ length }) => length), this.#system.machine.time_us + PROOF_US);
    const wrong = group.subjects.flatMap(({ label, lines }, i) => {
      const due = says[i] ?? [];
      const at = due.findIndex((line, n) => lines[n] !== line);
      if (at < 0) return [];
      return [lines[at] === undefined ? `${label} does not go on: "${due[at] ?? ''}" does not come` : `${label} says "${lines[at]}" where "${due[at] ?? ''}" was due`];
    });
    if (wrong.length > 0) return wrong;
    const problem = cycle(this.#system, this.#request, this.#request.strategy);
    return problem === null ? [] : [`afterwards ${problem}`];
  }
}

/** What is less or more than in any of the states that it may be in. Null: nothing. */
function leaksOf(kept: readonly Inventory[], after: Inventory, words: string): string[] | null {
  const names = new Set(kept.flatMap((one) => [...one.keys()]));
  const nearest = new Map([...names].map((name) => {
    const counts = kept.map((one) => one.get(name) ?? 0);
    return [name, Math.min(Math.max(after.get(name) ?? 0, Math.min(...counts)), Math.max(...counts))];
  }));
  const differences = inventoryDifferences(nearest, after);
  return differences.length === 0 ? null : [`something is left or missing ${words}`, ...differences];
}
