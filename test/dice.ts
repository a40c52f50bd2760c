// For tests that draw long sequences of actions: a generator of its own for each, so that a sequence depends on its number only.

/** Xorshift of 32 bits. Near seeds begin alike: `skipped` words are thrown away first. */
export class Dice {
  #state: number;
  constructor(seed: number, skipped = 0) {
    this.#state = seed >>> 0 || 1;
    for (let i = 0; i < skipped; i++) this.word();
  }
  word(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }
  below(limit: number): number {
    return this.word() % limit;
  }
  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}
