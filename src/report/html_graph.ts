// The difference of two capability spaces as a graph: objects before on the left, the slots that differ in the middle, objects after
// on the right. Owns no state; static SVG, readable without script.

import type { Difference } from '../runner/capspace/compare.ts';
import { slotsOf } from '../runner/capspace/compare.ts';
import type { DumpSlot } from '../runner/result.ts';
import { type Html, html } from './html_text.ts';

const ROW = 26;
const COLUMNS = { before: 90, slot: 360, after: 630 } as const;
const WIDTH = 720;
const SLOTS_MAX = 60;
const hex = (value: number): string => `0x${value.toString(16)}`;

interface Point {
  readonly y: number;
  readonly entry: DumpSlot;
}

/** Only what differs is drawn, and every other slot that names one of the same objects. */
export function graph(before: readonly DumpSlot[], after: readonly DumpSlot[], differences: readonly Difference[]): Html | '' {
  const touched = new Set<number>(differences.flatMap((one) => slotsOf(one)));
  if (touched.size === 0) return '';
  const [old, now] = [bySlot(before), bySlot(after)];
  const objects = new Set([...touched].flatMap((slot) => [old.get(slot)?.id ?? -1]));
  const shown = [...new Set([...touched, ...before.filter(({ id }) => objects.has(id)).map(({ slot }) => slot as number)])].sort((a, b) => a - b);
  const slots = shown.slice(0, SLOTS_MAX);
  const left = column(slots, old);
  const right = column(slots, now);
  const height = Math.max(slots.length, left.size, right.size) * ROW + ROW;
  const rows = slots.map((slot, i) => slotRow(slot, (i + 1) * ROW, left.get(old.get(slot)?.id ?? -1), right.get(now.get(slot)?.id ?? -1), touched.has(slot)));
  const more = shown.length > slots.length ? html`<p class="dim">${shown.length - slots.length} more slots are left out</p>` : '';
  return html`<details><summary>the difference as a graph</summary><div class="scroll"><svg class="graph" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Slots that differ, with the kernel objects they named before and name now">
${rows}${[...left.values()].map((point) => objectBox(point, COLUMNS.before))}${[...right.values()].map((point) => objectBox(point, COLUMNS.after))}</svg></div>${more}</details>`;
}

const bySlot = (entries: readonly DumpSlot[]): ReadonlyMap<number, DumpSlot> => new Map(entries.map((entry) => [entry.slot as number, entry]));

/** Each object once, at the height of its first slot or below the one above it. */
function column(slots: readonly number[], entries: ReadonlyMap<number, DumpSlot>): Map<number, Point> {
  const points = new Map<number, Point>();
  let free = 0;
  slots.forEach((slot, i) => {
    const entry = entries.get(slot);
    if (entry === undefined || points.has(entry.id)) return;
    free = Math.max(free + ROW, (i + 1) * ROW);
    points.set(entry.id, { y: free, entry });
  });
  return points;
}

function slotRow(slot: number, y: number, before: Point | undefined, after: Point | undefined, differs: boolean): Html {
  const kind = !differs ? 'same' : before === undefined ? 'new' : after === undefined ? 'lost' : 'other';
  const line = (from: number, to: number, a: number, b: number): Html => html`<path class="edge ${kind}" d="M${from} ${a}C${(from + to) / 2} ${a} ${(from + to) / 2} ${b} ${to} ${b}"/>`;
  return html`${before === undefined ? '' : line(COLUMNS.before + 70, COLUMNS.slot - 32, before.y, y)}${after === undefined ? '' : line(COLUMNS.slot + 32, COLUMNS.after - 70, y, after.y)}
<rect class="node ${kind}" x="${COLUMNS.slot - 32}" y="${y - 10}" width="64" height="20" rx="4"/><text x="${COLUMNS.slot}" y="${y + 4}">${hex(slot)}</text>`;
}

const objectBox = ({ y, entry }: Point, x: number): Html => html`<rect class="node" x="${x - 70}" y="${y - 10}" width="140" height="20" rx="4"/><text x="${x}" y="${y + 4}">${entry.type} ${hex(entry.id)}</text>`;
