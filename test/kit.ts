// The test kit: uvu's `suite` behind a seam that closes its silent failures (a thrown non-Error, a throwing hook, a forgotten
// run(), a hanging test). Owner of the ledger, the one record of what every test did; test/run.ts counts from it.

import { suite as uvuSuite } from 'uvu';

export interface LedgerEntry {
  readonly suite: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  /** Why it failed or was skipped; empty for a pass. */
  readonly reason: string;
}

type Body = () => void | Promise<void>;

interface Registered {
  readonly name: string;
  executed: boolean;
  readonly only: boolean;
}

interface SuiteRecord {
  readonly name: string;
  readonly tests: Registered[];
}

interface HookSetter {
  (body: Body): void;
  each(body: Body): void;
}

export interface Test {
  (name: string, body: Body): void;
  /** Runs only the tests so marked; refused where CI is set. */
  only(name: string, body: Body): void;
  /** Reports a test that cannot run here, with the reason. */
  skip(name: string, reason: string): void;
  readonly before: HookSetter;
  readonly after: HookSetter;
  run(): void;
}

export interface SuiteOptions {
  /** Wall-clock limit of one test with its hooks. */
  readonly timeout_ms?: number;
}

const TIMEOUT_MS_DEFAULT = 20_000;

export const ledger: LedgerEntry[] = [];
const suites: SuiteRecord[] = [];

/** Opens a suite; every suite ends with `test.run()`. */
export function suite(name: string, options: SuiteOptions = {}): Test {
  const timeout_ms = options.timeout_ms ?? TIMEOUT_MS_DEFAULT;
  const inner = uvuSuite(name);
  const record: SuiteRecord = { name, tests: [] };
  const beforeEach: Body[] = [];
  const afterEach: Body[] = [];
  let broken: Error | null = null;
  suites.push(record);

  const guarded = (registered: Registered, body: Body): Body => async () => {
    registered.executed = true;
    const started = performance.now();
    const failure = broken ?? (await failureOf(beforeEach, body, afterEach, timeout_ms, `${name} › ${registered.name}`));
    const ms = performance.now() - started;
    ledger.push({ suite: name, name: registered.name, outcome: failure === null ? 'passed' : 'failed', ms, reason: failure?.message ?? '' });
    if (failure !== null) throw failure;
  };
  const register = (only: boolean) => (testName: string, body: Body) => {
    const registered: Registered = { name: testName, executed: false, only };
    record.tests.push(registered);
    (only ? inner.only : inner)(testName, guarded(registered, body));
  };
  const before = Object.assign(
    (body: Body) =>
      inner.before(async () => {
        const failure = await failureOf([], body, [], timeout_ms, `${name} › before hook`);
        if (failure !== null) broken ??= new Error(`not run, the before hook failed: ${failure.message}`, { cause: failure });
      }),
    { each: (body: Body) => void beforeEach.push(body) },
  );
  const after = Object.assign(
    (body: Body) =>
      inner.after(async () => {
        const failure = await failureOf([], body, [], timeout_ms, `${name} › after hook`);
        if (failure !== null) ledger.push({ suite: name, name: 'after hook', outcome: 'failed', ms: 0, reason: failure.message });
      }),
    { each: (body: Body) => void afterEach.push(body) },
  );
  const skip = (testName: string, reason: string) => {
    ledger.push({ suite: name, name: testName, outcome: 'skipped', ms: 0, reason });
  };
  return Object.assign(register(false), { only: register(true), skip, before, after, run: () => inner.run() });
}

/** Records what never ran although it was declared; called once, after all suites. */
export function closeLedger(ci: boolean): void {
  for (const { name, tests } of suites) {
    const focused = tests.some((test) => test.only);
    if (focused && ci) ledger.push({ suite: name, name: 'only', outcome: 'failed', ms: 0, reason: 'a test is marked `only`, which CI refuses' });
    for (const test of tests) {
      if (test.executed) continue;
      if (focused && !test.only) ledger.push({ suite: name, name: test.name, outcome: 'skipped', ms: 0, reason: 'another test is marked `only`' });
      else ledger.push({ suite: name, name: test.name, outcome: 'failed', ms: 0, reason: 'never ran: test.run() is missing or stands before it' });
    }
    if (tests.length === 0 && !ledger.some((entry) => entry.suite === name)) {
      ledger.push({ suite: name, name: '(empty suite)', outcome: 'failed', ms: 0, reason: 'the suite declares no test' });
    }
  }
}

/** Runs hooks and body within one deadline; the body's failure wins over an after hook's. */
async function failureOf(before: readonly Body[], body: Body, after: readonly Body[], timeout_ms: number, where: string): Promise<Error | null> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`timeout after ${timeout_ms} ms: ${where}`)), timeout_ms);
  });
  const attempt = async (bodies: readonly Body[]): Promise<Error | null> => {
    try {
      for (const step of bodies) await Promise.race([step(), deadline]);
      return null;
    } catch (thrown) {
      return asError(thrown);
    }
  };
  const failure = await attempt([...before, body]);
  const cleanup = await attempt(after);
  clearTimeout(timer);
  deadline.catch(() => {});
  return failure ?? cleanup;
}

function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  let text: string;
  try {
    text = typeof thrown === 'string' ? thrown : JSON.stringify(thrown) ?? String(thrown);
  } catch {
    text = String(thrown);
  }
  return new Error(`thrown value is no Error: ${text}`);
}
