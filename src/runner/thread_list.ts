// Thread lists of a component as goldens: what of a row lasts, and in what two lists differ, in words. Pure; owns no state.
// Whom a thread waits for, timeouts and states are of the moment and never compared.

import type { ThreadRow } from '../emu/jdb/model.ts';
import { threadRowText } from '../emu/jdb/threads.ts';
import { hex } from '../emu/numbers.ts';

const newestFirst = (rows: readonly ThreadRow[]): readonly ThreadRow[] => rows.toSorted((a, b) => b.id - a.id);

/** The debugger's list without header, the columns of the moment empty. */
export function lastingThreads(rows: readonly ThreadRow[]): string {
  return newestFirst(rows).map((row) => `${threadRowText({ ...row, wait: { kind: 'none' }, timeout: { kind: 'none' }, states: [], cut: false })}\n`).join('');
}

const nameOf = ({ id, name }: ThreadRow): string => `thread 0x${hex(id)} (${name ?? 'without a name'})`;

/** Empty: the same threads. Names are compared as far as the debugger shows them. */
export function threadDifferences(before: readonly ThreadRow[], now: readonly ThreadRow[]): readonly string[] {
  const words: string[] = [];
  for (const row of newestFirst(before)) {
    const same = now.find(({ id }) => id === row.id);
    if (same === undefined) words.push(`lost: ${nameOf(row)}`);
    else if (shownName(same) !== shownName(row)) words.push(`thread 0x${hex(row.id)} is called '${shownName(same)}', not '${shownName(row)}'`);
    else if (same.priority !== row.priority) words.push(`${nameOf(row)} has priority 0x${hex(same.priority)}, not 0x${hex(row.priority)}`);
  }
  for (const row of newestFirst(now)) if (!before.some(({ id }) => id === row.id)) words.push(`new: ${nameOf(row)}`);
  return words;
}

const NAME_WIDTH = 15;
const shownName = ({ name }: ThreadRow): string => (name ?? '').slice(0, NAME_WIDTH).trimEnd();
