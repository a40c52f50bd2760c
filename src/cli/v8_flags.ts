// Which of V8's flags the launcher sets, by V8's version: a flag that V8 does not know makes it print an error and go on. Owns no state.
// Tried with V8 11.3 (Node 20), 12.4 (Node 22), 13.6 (Node 24) and 14.1 (Node 25).

/** Flags by what they are for; each is empty where V8 has none that does it, or is not known to have. */
export interface V8Flags {
  /** Set once, before a script is made. */
  readonly always: readonly string[];
  /** WebAssembly is compiled quickly. */
  readonly quick: readonly string[];
  /** WebAssembly is compiled well. */
  readonly well: readonly string[];
  /** WebAssembly is compiled as well as V8 can at once, each function when it is first called. Empty with `open`. */
  readonly best: readonly string[];
  /** Scripts may call V8's own functions, and no longer may. Empty where code of WebAssembly cannot be kept. */
  readonly open: readonly string[];
  readonly shut: readonly string[];
  /** Code that is kept has a checksum, and code that does not match it is refused: without that none is kept. */
  readonly checked: boolean;
}

/**
 * Bytecode that runs before V8 considers compiling a function further: twice its own figure. A scenario is over so soon that code made
 * earlier than that costs more than it saves (measured: a quarter of the time of sheep_counter, a tenth of the suite's). Later versions
 * of V8 count calls instead; their own figures stand.
 */
const INTERRUPT_BUDGET = '--interrupt-budget=300000';
const CHECKSUM = '--verify-snapshot-checksum';
/** Of the nine hundred functions of the fast engine's module a run calls a few dozen: what is never compiled need not be checked. */
const VALIDATION = '--wasm-lazy-validation';
const NATIVES = '--allow-natives-syntax';
const NO_NATIVES = '--no-allow-natives-syntax';

/**
 * How WebAssembly is compiled: quickly, until it is known to be worth more. A budget alone cannot say so: V8 charges the fast engine's
 * loop with the length of its code each time around, and optimised it within the first million instructions, which took longer than
 * they did.
 */
const QUICK = ['--liftoff', '--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'] as const;
const WELL = ['--liftoff', '--no-liftoff-only', '--wasm-tier-up', '--wasm-dynamic-tiering'] as const;
/** In this order: one flag brings the other back. */
const BEST = ['--no-liftoff-only', '--no-liftoff', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'] as const;

/** The first and the last major version of V8 that has all of these but the budget. */
const KNOWN = { first: 11, last: 14 } as const;
const WITH_BUDGET = '11.3.';
/** Of Node 20, 22 and 24. Node 25 lacks the functions; others were not tried, and V8 ends the process where something is not as it expects. */
const WITH_CODE = ['11.3.', '12.4.', '13.6.'] as const;

/** @param version as in `process.versions.v8` */
export function v8Flags(version: string): V8Flags {
  const major = Number.parseInt(version, 10);
  if (!(major >= KNOWN.first && major <= KNOWN.last)) return { always: [], quick: [], well: [], best: [], open: [], shut: [], checked: false };
  const always = version.startsWith(WITH_BUDGET) ? [INTERRUPT_BUDGET, CHECKSUM, VALIDATION] : [CHECKSUM, VALIDATION];
  const code = WITH_CODE.some((known) => version.startsWith(known)) ? { best: BEST, open: [NATIVES], shut: [NO_NATIVES] } : { best: [], open: [], shut: [] };
  return { always, quick: QUICK, well: WELL, ...code, checked: true };
}
