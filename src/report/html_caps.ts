// Capability spaces in the HTML report: four slots a row as in the debugger's listing, every slot a button that tells its origin,
// and the difference of two spaces of one component. Owns no state; what differs is compared by the runner's capspace.

import { compare, slotsOf } from '../runner/capspace/compare.ts';
import type { DumpResult, DumpSlot } from '../runner/result.ts';
import { graph } from './html_graph.ts';
import { type Html, html } from './html_text.ts';

const SLOTS_PER_ROW = 4;
const hex = (value: number) => value.toString(16);

interface Cell {
  readonly entry: DumpSlot;
  readonly mark: '' | 'lost' | 'new' | 'other';
  readonly words: string;
}

export function spaces(prefix: string, dumps: readonly DumpResult[]): readonly Html[] {
  return dumps.flatMap((dump, index) => {
    const cells = (dump.slots ?? []).map((entry): Cell => ({ entry, mark: '', words: words(entry) }));
    const before = dumps.slice(0, index).findLast((other) => other.task === dump.task);
    const own = space(`${prefix}-${dump.point}`, `${dump.point}: ${dump.task} (task 0x${hex(dump.task_id)}), ${cells.length} slots`, cells);
    return before === undefined ? [own] : [own, difference(prefix, before, dump)];
  });
}

/** What became of each slot between two dumps, whatever the numbers of the kernel objects. */
function difference(prefix: string, before: DumpResult, after: DumpResult): Html {
  const found = compare({ slots: before.slots ?? [] }, { slots: after.slots ?? [] }, 'isomorphic');
  const cells = new Map<number, Cell>((after.slots ?? []).map((entry) => [entry.slot, { entry, mark: '', words: words(entry) }]));
  const old = new Map<number, DumpSlot>((before.slots ?? []).map((entry) => [entry.slot, entry]));
  for (const one of found) {
    for (const slot of slotsOf(one)) {
      const entry = one.kind === 'lost' ? old.get(slot) : cells.get(slot)?.entry;
      if (entry === undefined) continue;
      const mark = one.kind === 'lost' || one.kind === 'new' ? one.kind : 'other';
      cells.set(slot, { entry, mark, words: `${one.kind}: ${words(entry)}` });
    }
  }
  const title = `${before.point} → ${after.point}: ${found.length === 0 ? 'the same slots, types, rights and aliasing' : `${found.length} differences`}`;
  const grid = space(`${prefix}-${before.point}-to-${after.point}`, title, [...cells.values()].sort((a, b) => a.entry.slot - b.entry.slot));
  return html`${grid}${graph(before.slots ?? [], after.slots ?? [], found)}`;
}

function words({ slot, id, rights, type, words: known }: DumpSlot): string {
  return `slot 0x${hex(slot)}: ${type}, object 0x${hex(id)}, rights ${rights}; ${known ?? 'its origin is not known'}`;
}

function space(id: string, title: string, cells: readonly Cell[]): Html {
  const bySlot = new Map(cells.map((cell) => [cell.entry.slot as number, cell]));
  const labels = [...new Set(cells.map(({ entry }) => entry.slot - (entry.slot % SLOTS_PER_ROW)))];
  const rows = labels.map((label) => html`<code class="dim">${hex(label).padStart(6, '0')}</code>${Array.from({ length: SLOTS_PER_ROW }, (_, position) => button(id, bySlot.get(label + position)))}`);
  return html`<details class="space" open><summary>${title}</summary><p class="origin dim" aria-live="polite">Choose a slot to see where its capability came from.</p><div class="scroll"><div class="grid">${rows}</div></div></details>`;
}

function button(id: string, cell: Cell | undefined): Html {
  if (cell === undefined) return html`<span class="cell none">--</span>`;
  const { entry, mark, words: title } = cell;
  return html`<button type="button" class="cell ${entry.type} ${mark}" id="${id}-${hex(entry.slot)}" title="${title}" aria-pressed="false">${hex(entry.id).padStart(5, '0')}${entry.rights} ${entry.type}</button>`;
}
