// `rescap run --watch`: runs again whenever something that a scenario is made of changes, and on a key.
// Owner of the pending changes between two runs. Without a terminal there are no keys, only changes.

import { relative, resolve } from 'node:path';
import { quiet } from '../../report/colors.ts';
import { EXIT_STATUS } from '../../runner/result.ts';
import { type Exit, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { findScenarios, nameOf, SCENARIO_FOLDER } from '../scenarios.ts';
import { runAll } from './run_all.ts';
import type { RunOptions } from './run_options.ts';

/** Editors write a file in several steps. */
const SETTLE_MS = 120;
const PROGRAMS = 'src/guest/bin';
const KEYS = 'a: all, f: failed, enter: again, q: quit';

/** What the next run is about. */
type Next = { readonly kind: 'again' | 'all' | 'failed' | 'quit' } | { readonly kind: 'changed'; readonly paths: ReadonlySet<string> };

export async function watchAndRun(asked: readonly string[], options: RunOptions, context: Context): Promise<Exit> {
  const events = new Events(context);
  let current = asked;
  let failedOnly = options.failed;
  let last: Exit = { verdict: 'nothing', reason: 'nothing was executed' };
  try {
    for (;;) {
      last = await once(current, { ...options, failed: failedOnly }, context);
      context.out(quiet(`watching ${SCENARIO_FOLDER}/${context.keys === undefined ? '' : `; ${KEYS}`}\n`));
      const next = await events.next();
      if (next.kind === 'quit') return last;
      failedOnly = next.kind === 'failed';
      if (next.kind === 'all') current = [];
      if (next.kind === 'changed') current = affected(next.paths, asked, context);
      context.out(`${'─'.repeat(Math.min(72, context.columns?.() ?? 72))}\n`);
    }
  } finally {
    events.close();
  }
}

/** A slip in a scenario's name must not end the watch that waits for it to be mended. */
async function once(asked: readonly string[], options: RunOptions, context: Context): Promise<Exit> {
  try {
    const { exit } = await runAll(asked, options, context);
    if (exit.verdict !== 'passed') context.out(`exit ${EXIT_STATUS[exit.verdict]}\n`);
    return exit;
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    context.out(`${thrown.message}\n`);
    return { verdict: 'invalid', reason: thrown.message };
  }
}

/** The scenarios that changed, themselves or their goldens, among those watched; a changed program concerns all of them. */
function affected(paths: ReadonlySet<string>, asked: readonly string[], context: Context): readonly string[] {
  const names = new Set<string>();
  for (const path of paths) {
    const match = /^(.*?)(?:\.golden(?:\/.*)?|\.(?:xml|yaml|hid))$/.exec(path.replaceAll('\\', '/'));
    if (match === null) return asked;
    names.add(nameOf(`${relative(context.cwd, match[1] ?? '')}.xml`));
  }
  const watched = new Set(findScenarios(asked, context).map(nameOf));
  const hit = [...names].filter((name) => watched.has(name));
  return hit.length > 0 ? hit : asked;
}

class Events {
  readonly #context: Context;
  readonly #stop: () => void;
  #paths = new Set<string>();
  #wake: ((next: Next) => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #key: Promise<Next> | null = null;

  constructor(context: Context) {
    this.#context = context;
    const folders = [resolve(context.cwd, SCENARIO_FOLDER), resolve(context.packageRoot, PROGRAMS)];
    this.#stop = context.watch?.(folders, (path) => this.#changed(path)) ?? (() => undefined);
  }

  async next(): Promise<Next> {
    const change = new Promise<Next>((resolveNext) => {
      this.#wake = resolveNext;
      if (this.#paths.size > 0) this.#settle();
    });
    if (this.#context.keys === undefined) return change;
    this.#key ??= this.#nextKey();
    const next = await Promise.race([change, this.#key]);
    if (next.kind !== 'changed') this.#key = null;
    return next;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stop();
    this.#context.keys?.close();
  }

  async #nextKey(): Promise<Next> {
    for (;;) {
      const key = await this.#context.keys?.next();
      if (key === 'q' || key === 'interrupt' || key === undefined) return { kind: 'quit' };
      if (key === 'a') return { kind: 'all' };
      if (key === 'f') return { kind: 'failed' };
      if (key === 'enter' || key === 'r') return { kind: 'again' };
    }
  }

  #changed(path: string): void {
    // What a run itself leaves behind is no change.
    if (/\.(caps\.new|tmp)$/.test(path)) return;
    this.#paths.add(path);
    this.#settle();
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#wake === null || this.#paths.size === 0) return;
      const paths = this.#paths;
      this.#paths = new Set();
      this.#wake({ kind: 'changed', paths });
      this.#wake = null;
    }, SETTLE_MS);
  }
}
