// The step `await`: lets the machine run until a moment comes. Owner of the place in the log up to which lines have been awaited.
// A log line is found in what was printed; any other moment is watched for by its events (moment_watch.ts).

import type { System } from '../runtime/system.ts';
import type { Moment } from '../scenario/model_moment.ts';
import type { StepOf } from '../scenario/model_steps.ts';
import type { CodePlaces } from './code_places.ts';
import { type EventMoment, watchMoment } from './moment_watch.ts';
import { missedLine } from './missed_line.ts';
import { matches } from './pattern.ts';
import type { Progress, Until } from './progress.ts';
import { fatal, type StepEnd } from './step_end.ts';
import { momentWords } from './step_words.ts';

const US_PER_MS = 1000;

export class Awaiting {
  readonly #system: System;
  readonly #places: CodePlaces;
  readonly #progress: Progress;
  /** The first line that the next wait may match. */
  #cursor = 0;

  constructor(system: System, progress: Progress, places: CodePlaces) {
    this.#places = places;
    this.#system = system;
    this.#progress = progress;
  }

  /** Lines that came before now are not waited for any more. */
  restart(): void {
    this.#cursor = this.#progress.lines.count;
  }

  wait({ moment, within_ms }: StepOf<'await'>): StepEnd {
    const words = momentWords(moment);
    if (moment.kind === 'time') return fatal(this.#progress.advance(() => false, { moment: moment.time_ms * US_PER_MS, stop: null }));
    const place = moment.kind === 'code' ? this.#places.addressOf(moment.place, moment.of) : { address: 0 };
    if ('error' in place) return { verdict: 'failed', message: [place.error], fatal: true };
    const until: Until | null = within_ms === undefined ? null : { moment: this.#progress.time_us + within_ms * US_PER_MS, stop: { verdict: 'timeout', reason: `${words} did not come within ${within_ms} ms` } };
    const first = this.#cursor;
    const stop = moment.kind === 'log' ? this.#progress.advance(this.#lineSeen(moment), until) : this.#event(moment, place.address, until);
    if (stop === null || stop.verdict !== 'timeout') return fatal(stop);
    const lines = this.#progress.lines.all;
    const hints = moment.kind === 'log' ? missedLine(moment, lines, first) : eventHints(moment);
    return { ...fatal(stop), message: [stop.reason.startsWith(words) ? stop.reason : `${words} did not come: ${stop.reason}`, ...hints, `the last line was: ${lines.at(-1)?.text ?? '(none)'}`] };
  }

  #lineSeen(moment: Extract<Moment, { kind: 'log' }>): () => boolean {
    let left = moment.count;
    return () => {
      const lines = this.#progress.lines.all;
      while (left > 0 && this.#cursor < lines.length) {
        const line = lines[this.#cursor];
        if (line !== undefined && matches(moment.pattern, line.unified ?? line.text)) left -= 1;
        this.#cursor += 1;
      }
      return left === 0;
    };
  }

  #event(moment: EventMoment, address: number, until: Until | null): ReturnType<Progress['advance']> {
    const watch = watchMoment(moment, this.#system, address);
    try {
      return this.#progress.advance(() => watch.reached, until, () => watch.instructions_left);
    } finally {
      watch.close();
    }
  }
}

function eventHints(moment: EventMoment): readonly string[] {
  if (moment.kind === 'rpc') return ['(an RPC has a name where core, init or a checkpointer serves it; what compiled components serve is not known by name)'];
  return [];
}
