// A replay that stands at a moment: goes back and forth in what is recorded, and further by running the scenario anew.
// Owner of the present recording.

import type { System } from '../../runtime/system.ts';
import type { Recording } from './recording.ts';
import { instructionAt, momentWords, parseReplayMoment, parseTime_us, type ReplayMoment } from './replay_moment.ts';
import type { SavedReplay } from './saved_replay.ts';
import type { ReplaySource } from './source.ts';

/** A distance to go back or forth; a time is one in instructions. */
export interface Distance {
  readonly count: number;
  readonly unit: 'instructions' | 'events' | 'lines';
}

export const DISTANCE_FORMS = "100 are instructions; '3 events', '2 lines' and '5 ms' are what they say";

const UNITS: Readonly<Record<string, Distance['unit']>> = { '': 'instructions', i: 'instructions', e: 'events', l: 'lines' };

export function parseDistance(text: string): Distance | null {
  const time_us = parseTime_us(text.trim());
  if (time_us !== null) return safe({ count: instructionAt(time_us), unit: 'instructions' });
  const match = /^([0-9][0-9_]*) *(|i|instructions?|e|events?|l|lines?)$/.exec(text.trim());
  const unit = UNITS[match?.[2]?.slice(0, 1) ?? ''];
  const count = Number((match?.[1] ?? '').replaceAll('_', ''));
  return match === null || unit === undefined ? null : safe({ count, unit });
}

const safe = (distance: Distance): Distance | null => (Number.isSafeInteger(distance.count) ? distance : null);

export class ReplaySession {
  readonly #source: ReplaySource;
  #recording: Recording | null = null;

  constructor(source: ReplaySource) {
    this.#source = source;
  }

  /** The scenario's. */
  get name(): string {
    return this.#source.name;
  }
  get recording(): Recording {
    if (this.#recording === null) throw new Error('the replay stands nowhere yet');
    return this.#recording;
  }
  get system(): System {
    return this.recording.system;
  }

  /** Where the replay stands, for `savedSource`. */
  save(): SavedReplay {
    const { events, log, unfinished } = this.recording;
    return { scenario: this.name, instructions: this.system.machine.instructions, events, lines: log, unfinished, system: this.system.save() };
  }

  /** Runs to a moment from the beginning. @returns null, or why the moment never comes; then the replay stays where it was */
  runTo(moment: ReplayMoment): string | null {
    const recording = this.#source.record(moment);
    if (typeof recording === 'string') return recording;
    const result = this.#source.run(recording);
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

  /** Goes some instructions, events or log lines forth, or back with a negative count. Before power-on there is nothing. */
  move({ count, unit }: Distance): string | null {
    const { recording, system } = this;
    if (unit === 'instructions') return this.goTo({ kind: 'instruction', at: Math.max(0, system.machine.instructions + count) });
    if (unit === 'lines') return this.#toLine(recording.log.length + count);
    const number = Math.max(recording.first_event, recording.events + count);
    return count < 0 ? this.#backToEvent(number) : this.goTo({ kind: 'event', number });
  }

  /** One instruction may bring many events. Where the machine can stand is behind all of them: back means behind the ones before. */
  #backToEvent(number: number): string | null {
    for (let asked = number; ; asked--) {
      const problem = this.goTo({ kind: 'event', number: asked });
      if (problem !== null || this.recording.events <= number || asked <= this.recording.first_event) return problem;
    }
  }

  /** To where a line was complete; before the first one, to where the machine first ran. */
  #toLine(number: number): string | null {
    const event = this.recording.eventOfLine(number);
    if (number < 1) return this.goTo({ kind: 'instruction', at: 0 });
    return event === undefined ? this.goTo({ kind: 'line', number }) : this.#backToEvent(event);
  }

  parse(text: string): ReplayMoment | { readonly error: string } {
    return parseReplayMoment(text);
  }
}
