// What becomes of a golden that is missing or different, whatever kind it is of: the outcome, the pending file, the words that tell how to
// accept it (product.md, "Capability dumps and goldens"). Owner of the golden outcomes of a run; the files are behind the store.

import { type GoldenStore, PENDING_SUFFIX } from './golden.ts';
import type { GoldenResult } from './result.ts';
import { PASSED, type StepEnd } from './step_end.ts';

export class GoldenCheck {
  readonly results: GoldenResult[] = [];
  readonly #scenario: string;
  readonly #store: GoldenStore;
  readonly #ci: boolean;

  constructor(scenario: string, store: GoldenStore, ci: boolean) {
    this.#scenario = scenario;
    this.#store = store;
    this.#ci = ci;
  }

  /** As the user knows the file. */
  shown(file: string): string {
    return `${this.#store.folder}/${file}`;
  }

  read(file: string): string | undefined {
    return this.#store.read(file);
  }

  same(file: string): StepEnd {
    if (!this.#ci && !isForeign(file)) this.#store.remove(file + PENDING_SUFFIX);
    this.results.push({ file, state: 'same' });
    return PASSED;
  }

  /** `what` and `text`: what there is instead, as it would be accepted. */
  failed(state: GoldenResult['state'], file: string, what: string, text: string, message: readonly string[]): StepEnd {
    if (this.#ci || isForeign(file)) {
      this.results.push({ file, state });
      return { verdict: 'golden', message };
    }
    const pending = file + PENDING_SUFFIX;
    this.#store.write(pending, text);
    this.results.push({ file, state, pending });
    return { verdict: 'golden', message: [...message, `${what}: ${this.shown(pending)}; see the difference and accept it with: npx --no-install rescap review ${this.#scenario}`] };
  }
}

/** A golden of another scenario: it is looked at, and that scenario's run decides what it should be. */
function isForeign(file: string): boolean {
  return file.startsWith('../');
}
