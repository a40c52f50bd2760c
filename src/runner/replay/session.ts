// A replay that stands at a moment: goes back and forth in what is recorded, and further by running the scenario anew.
// Owner of the present recording.

import type { BootModule, BootSystem, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import type { GoldenStore } from '../golden.ts';
import { WALL_MS_DEFAULT } from '../limits.ts';
import { runScenario } from '../run.ts';
import { Recording } from './recording.ts';
import { momentWords, parseReplayMoment, type ReplayMoment } from './replay_moment.ts';

const NOBODY = { line: () => undefined, stepDone: () => undefined };

export interface ReplayPorts {
  readonly boot: BootSystem;
  readonly wall_ms: () => number;
  /** The scenario's goldens, so that its steps end as they do in a run; nothing is written. */
  readonly goldens: GoldenStore;
}

/** A distance to go back or forth. */
export interface Distance {
  readonly count: number;
  readonly unit: 'instructions' | 'events';
}

export function parseDistance(text: string): Distance | null {
  const match = /^([0-9][0-9_]*) *(|i|instructions?|e|events?)$/.exec(text.trim());
  if (match === null) return null;
  return { count: Number((match[1] ?? '').replaceAll('_', '')), unit: match[2]?.startsWith('e') === true ? 'events' : 'instructions' };
}

export class ReplaySession {
  readonly scenario: Scenario;
  readonly #modules: readonly BootModule[];
  readonly #ports: ReplayPorts;
  #recording: Recording | null = null;

  constructor(scenario: Scenario, modules: readonly BootModule[], ports: ReplayPorts) {
    this.scenario = scenario;
    this.#modules = modules;
    this.#ports = ports;
  }

  get recording(): Recording {
    if (this.#recording === null) throw new Error('the replay stands nowhere yet');
    return this.#recording;
  }
  get system(): System {
    return this.recording.system;
  }

  /** Runs the scenario to a moment. @returns null, or why the moment never comes; then the replay stays where it was */
  runTo(moment: ReplayMoment): string | null {
    const recording = new Recording(moment);
    const result = runScenario(this.scenario, this.#modules, { boot: recording.boot(this.#ports.boot), goldens: this.#ports.goldens, ci: true, observer: NOBODY, wall_ms: this.#ports.wall_ms, wall_limit_ms: WALL_MS_DEFAULT });
    if (!recording.reached) {
      return `${momentWords(moment)} does not come: the run ends at instruction ${result.instructions} (${(result.time_us / 1e6).toFixed(6)} s, event ${recording.events}, ${result.log_lines} log lines): ${result.reason}`;
    }
    this.#recording = recording;
    return null;
  }

  /** Goes to a moment, over what is recorded where that reaches. @returns null, or why not */
  goTo(moment: ReplayMoment): string | null {
    if (this.#recording !== null) {
      if (moment.kind === 'instruction' && this.#recording.goTo(moment.at)) return null;
      if (moment.kind === 'event' && this.#recording.goToEvent(moment.number)) return null;
    }
    return this.runTo(moment);
  }

  /** Goes some instructions or events forth, or back with a negative count. Before power-on there is nothing. */
  move({ count, unit }: Distance): string | null {
    const { recording, system } = this;
    if (unit === 'instructions') return this.goTo({ kind: 'instruction', at: Math.max(0, system.machine.instructions + count) });
    return this.goTo({ kind: 'event', number: Math.max(recording.first_event, recording.events + count) });
  }

  parse(text: string): ReplayMoment | { readonly error: string } {
    return parseReplayMoment(text);
  }
}
