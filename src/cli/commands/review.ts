// `rescap review`: pending listings one after the other, each with what is different, to be accepted, rejected or left for later.
// Owns no state; only at a terminal, where a person can answer.

import { diffText, linesText } from '../../report/caps_text.ts';
import { strong } from '../../report/colors.ts';
import { readObjectSpace } from '../../emu/jdb/serial.ts';
import { diffSpaces } from '../../runner/capspace/space_diff.ts';
import type { Listing } from '../../runner/capspace/listing.ts';
import { acceptPending, type GoldenStore, PENDING_SUFFIX, pendingGoldens } from '../../runner/golden.ts';
import { linesOf } from '../../runner/expect_log.ts';
import type { Scenario } from '../../scenario/model.ts';
import { type Command, type Exit, PASSED, UsageError } from '../command.ts';
import { type Context, isCi, type Keys } from '../context.ts';
import { findScenarios, goldensOf, loadScenario, tell } from '../scenarios.ts';

interface Pending {
  readonly scenario: Scenario;
  readonly store: GoldenStore;
  /** The golden that it would become. */
  readonly golden: string;
}

type Answer = 'accept' | 'reject' | 'skip' | 'all' | 'quit';

const ANSWERS: Readonly<Record<string, Answer>> = { a: 'accept', r: 'reject', s: 'skip', A: 'all', q: 'quit', escape: 'quit', interrupt: 'quit' };
const QUESTION = 'a accept, r reject (delete it), s skip, A accept all left, q quit: ';

export const REVIEW: Command = {
  name: 'review',
  summary: 'Shows pending goldens (*.new) with what is different, and asks for each: accept, reject or skip.',
  usage: 'review [SCENARIO...]',
  example: ['rescap review', 'rescap review sheep_counter'],
  options: {},
  run: async ({ positionals }, context) => {
    if (isCi(context)) throw new UsageError('goldens are not written where CI is set');
    const pending: Pending[] = [];
    for (const file of findScenarios(positionals, context)) {
      const { scenario, variants, diagnostics } = loadScenario(file, context);
      if (scenario === undefined) {
        tell(diagnostics, context);
        return { verdict: 'invalid', reason: `${file} has errors` };
      }
      for (const one of variants) {
        const store = goldensOf(file, one.variant, context);
        pending.push(...pendingGoldens(store).map((golden) => ({ scenario: one, store, golden })));
      }
    }
    if (pending.length === 0) return { verdict: 'nothing', reason: 'nothing is pending' };
    const { keys } = context;
    if (keys === undefined) {
      for (const { store, golden } of pending) context.out(`pending: ${store.folder}/${golden}${PENDING_SUFFIX}\n`);
      throw new UsageError('review needs a terminal', "'rescap accept' accepts without asking, 'rescap diff' shows what is different");
    }
    try {
      return await ask(pending, keys, context);
    } finally {
      keys.close();
    }
  },
};

async function ask(pending: readonly Pending[], keys: Keys, context: Context): Promise<Exit> {
  const counts = { accepted: 0, rejected: 0, skipped: 0 };
  let all = false;
  for (const [index, one] of pending.entries()) {
    context.out(`\n${strong(`[${index + 1}/${pending.length}] ${one.store.folder}/${one.golden}`)}\n${difference(one)}`);
    const answer: Answer = all ? 'accept' : await answerOf(keys, context);
    if (answer === 'quit') {
      counts.skipped += pending.length - index;
      break;
    }
    all ||= answer === 'all';
    counts[carryOut(answer === 'all' ? 'accept' : answer, one)] += 1;
  }
  context.out(`\n${counts.accepted} accepted, ${counts.rejected} rejected, ${counts.skipped} left pending\n`);
  return counts.skipped === 0 ? PASSED : { verdict: 'golden', reason: `${counts.skipped === 1 ? 'one listing is' : `${counts.skipped} listings are`} still pending` };
}

async function answerOf(keys: Keys, context: Context): Promise<Answer> {
  context.out(QUESTION);
  for (;;) {
    const answer = ANSWERS[await keys.next()];
    if (answer === undefined) continue;
    context.out(`${answer}\n`);
    return answer;
  }
}

function carryOut(answer: Exclude<Answer, 'quit' | 'all'>, { scenario, store, golden }: Pending): 'accepted' | 'rejected' | 'skipped' {
  if (answer === 'skip') return 'skipped';
  if (answer === 'reject') {
    store.remove(golden + PENDING_SUFFIX);
    return 'rejected';
  }
  acceptPending(store, scenario, (file) => file === golden);
  return 'accepted';
}

function difference({ store, golden }: Pending): string {
  const now = store.read(golden + PENDING_SUFFIX) ?? '';
  const before = store.read(golden);
  if (before === undefined) return `there is no golden of this name yet; it would be:\n${now}`;
  if (!golden.endsWith('.caps')) return linesText(linesOf(before), linesOf(now), { before: golden, after: golden + PENDING_SUFFIX });
  const [a, b] = [listing(before), listing(now)];
  if (a === null) return `the golden cannot be read; the listing now:\n${now}`;
  if (b === null) return `what is pending cannot be read:\n${now}`;
  const diff = diffSpaces([a], [b], 'exact');
  return 'error' in diff ? `${diff.error}; the listing now:\n${now}` : diffText(diff, { before: golden, after: golden + PENDING_SUFFIX });
}

function listing(text: string): Listing | null {
  const { value, errors } = readObjectSpace(text);
  if (errors.length > 0) return null;
  return { name: 'listing', point: '', space: value.space, rows: value.rows, partial: value.partial, words: new Map() };
}
