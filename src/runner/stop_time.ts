// How long a component stands still because of a command, from the events that the checkpointer notes. Virtual time.
// Owner of the sum while it listens.

import type { EventStream } from '../emu/event.ts';
import { NOTE_FROZEN, NOTE_THAWED } from '../runtime/system.ts';

export class StopTime {
  #frozen_us: number | null = null;
  #sum_us = 0;
  #seen = false;
  readonly #close: () => void;

  constructor(events: EventStream) {
    this.#close = events.listen(['note'], (event) => {
      if (event.kind !== 'note') return;
      if (event.what === NOTE_FROZEN) this.#frozen_us = event.time_us;
      if (event.what !== NOTE_THAWED || this.#frozen_us === null) return;
      this.#sum_us += event.time_us - this.#frozen_us;
      this.#frozen_us = null;
      this.#seen = true;
    });
  }

  /** Ends listening. Microseconds; undefined if nothing stood still. */
  end(): number | undefined {
    this.#close();
    return this.#seen ? this.#sum_us : undefined;
  }
}
