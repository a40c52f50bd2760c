// `rescap sweep SCENARIO --losing`: the sweep with each strategy that loses something, and at how many moments that shows, as the table
// of the README. Owns no state.

import { sweep, type SweepRequest } from '../../runner/sweep/sweep.ts';
import type { MomentResult } from '../../runner/sweep/experiment.ts';
import { attempt } from '../../runtime/attempt.ts';
import { STRATEGY_ATTRIBUTES } from '../../runtime/rtcr/strategies.ts';
import { type Exit, PASSED } from '../command.ts';
import type { Context } from '../context.ts';

const REASON_CHARACTERS = 80;

export interface LosingStrategy {
  readonly name: string;
  readonly checkpoint: Readonly<Record<string, string>>;
  readonly restore: Readonly<Record<string, string>>;
}

/** Every value of a strategy attribute that is said to lose something, at each command that takes it. */
export function losingStrategies(): LosingStrategy[] {
  return STRATEGY_ATTRIBUTES.flatMap((attribute) => {
    const { name, at, loses = {} } = attribute as { name: string; at: readonly string[]; loses?: Readonly<Record<string, string>> };
    return Object.entries(loses).filter(([, words]) => !words.startsWith('nothing')).map(([value]) => {
      const set = (command: string): Readonly<Record<string, string>> => (at.includes(command) ? { [name]: value } : {});
      return { name: `${name}=${value}`, checkpoint: set('checkpoint'), restore: set('restore') };
    });
  });
}

export function sweepLosing(asked: Omit<SweepRequest, 'done'>, context: Context): Exit {
  context.out('| strategy | moments | refused | failing | most often |\n|---|---|---|---|---|\n');
  for (const { name, ...strategy } of losingStrategies()) {
    const results: MomentResult[] = [];
    const problem = sweep({ ...asked, strategy, strict: true, done: new Set() }, { boot: context.boot, attempt, begins: () => undefined, result: (result) => results.push(result) > 0 });
    if (problem !== null) return { verdict: 'failed', reason: `${name}: ${problem.error}` };
    context.out(row(name, results));
  }
  return PASSED;
}

function row(name: string, results: readonly MomentResult[]): string {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const refused = results.filter(({ outcome }) => outcome === 'refused').length;
  const tried = results.length - refused;
  const reasons = new Map<string, number>();
  for (const { reason } of failed) reasons.set(reason[0] ?? '', (reasons.get(reason[0] ?? '') ?? 0) + 1);
  const [most = ''] = [...reasons].sort(([, a], [, b]) => b - a)[0] ?? [];
  return `| \`${name}\` | ${results.length} | ${refused} | ${tried === 0 ? 'none tried' : `${failed.length} (${Math.round((100 * failed.length) / tried)} %)`} | ${cutAtWord(most.replaceAll('|', '/'))} |\n`;
}

function cutAtWord(text: string): string {
  if (text.length <= REASON_CHARACTERS) return text;
  const cut = text.slice(0, REASON_CHARACTERS);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), 1)).replace(/[,:;]$/, '')} …`;
}
