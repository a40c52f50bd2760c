// Where a replay's machine comes from: a scenario that is run from power-on, or a moment that was saved. Owns no state.
// Either is run as often as a moment is asked for that the present recording does not cover.

import type { PlainRecord } from '../../emu/plain.ts';
import type { BootModule, BootSystem, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import type { GoldenStore } from '../golden.ts';
import type { ImageStore } from '../images.ts';
import { SLICE_INSTRUCTIONS, WALL_MS_DEFAULT } from '../limits.ts';
import { runScenario } from '../run.ts';
import { MomentReached, Recording } from './recording.ts';
import type { ReplayMoment } from './replay_moment.ts';
import type { SavedReplay } from './saved_replay.ts';

const NOBODY = { line: () => undefined, stepDone: () => undefined };
const US_PER_MS = 1000;

/** Where a run ended that did not come to the moment. */
export interface RunEnd {
  readonly instructions: number;
  readonly time_us: number;
  readonly log_lines: number;
  readonly reason: string;
}

export interface ReplaySource {
  /** The scenario's, and the machine's if it is not the first. */
  readonly name: string;
  /** A recording for a moment; or why that moment cannot come. */
  record(moment: ReplayMoment): Recording | string;
  /** Runs until the recording has reached its moment, or to the end. */
  run(recording: Recording): RunEnd;
}

export interface ReplayPorts {
  readonly boot: BootSystem;
  readonly wall_ms: () => number;
  /** The scenario's goldens, so that its steps end as they do in a run; nothing is written. */
  readonly goldens: GoldenStore;
  /** Of checkpoints that leave as files and come from them; without it a scenario that has such steps ends at the first. */
  readonly images?: ImageStore;
}

/** `machine` names the machine that is followed, empty for the first. It must be one of the scenario's. */
export function scenarioSource(scenario: Scenario, modules: readonly BootModule[], ports: ReplayPorts, machine = ''): ReplaySource {
  const { goldens, wall_ms, images } = ports;
  // Booted in this order, the first before them.
  const index = scenario.machines.findIndex(({ name }) => name === machine) + 1;
  return {
    name: machine === '' ? scenario.name : `${scenario.name}, machine '${machine}',`,
    record: (moment) => new Recording(moment, index),
    run: (recording) => {
      const result = runScenario(scenario, modules, { boot: recording.boot(ports.boot), goldens, ci: true, observer: NOBODY, wall_ms, wall_limit_ms: WALL_MS_DEFAULT, ...(images === undefined ? {} : { images }) });
      // The result counts for the first machine, also where another one is followed.
      if (!recording.booted) return result;
      const { instructions, time_us } = recording.system.machine;
      return { instructions, time_us, log_lines: recording.log.length, reason: result.reason };
    },
  };
}

export interface SavedPorts {
  readonly restore: (state: PlainRecord) => System;
  readonly wall_ms: () => number;
}

export function savedSource(saved: SavedReplay, { restore, wall_ms }: SavedPorts): ReplaySource {
  const { instructions, events, lines } = saved;
  const before = (moment: ReplayMoment): boolean =>
    (moment.kind === 'instruction' && moment.at < instructions) || (moment.kind === 'event' && moment.number < events) || (moment.kind === 'line' && moment.number <= lines.length);
  return {
    name: saved.scenario,
    record: (moment) => (before(moment) ? `the saved moment is instruction ${instructions}, event ${events}, behind ${lines.length} log lines: what was before is not in the file` : new Recording(moment, 0, saved)),
    run: (recording) => {
      const { machine } = recording.follow(restore(saved.system));
      const begun_ms = wall_ms();
      const end = (reason: string): RunEnd => ({ instructions: machine.instructions, time_us: machine.time_us, log_lines: recording.log.length, reason });
      try {
        while (wall_ms() - begun_ms < WALL_MS_DEFAULT) {
          if (machine.run({ instructions: SLICE_INSTRUCTIONS }) !== 'idle_forever') continue;
          if (recording.moment.kind !== 'instruction') return end('nothing will happen any more');
          machine.idle({ time_us: SLICE_INSTRUCTIONS / US_PER_MS });
        }
        return end(`it did not come within ${WALL_MS_DEFAULT} ms`);
      } catch (thrown) {
        if (!(thrown instanceof MomentReached)) throw thrown;
        return end('the moment has come');
      }
    },
  };
}
