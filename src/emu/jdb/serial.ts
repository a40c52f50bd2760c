// Finds listings of capability tables wherever they stand: in raw serial bytes of a debugger session (escape codes, pages,
// redrawn screens) and in any text, such as a log or a mail. Owns no state. Source modelled: fiasco-kernel.md 2.3, 2.4, 2.6.

import { type DebugId, hex, type Slot } from '../numbers.ts';
import { LISTING_ROWS_MAX } from './limits.ts';
import { decodeBytes, ListingErrors, type ListingLine, listingLines } from './listing_text.ts';
import type { ObjectSpace, Parsed, SlotEntry } from './model.ts';
import { parseObjectSpace, printObjectSpace, type ReadRow, readRow } from './object_space.ts';
import { isObjectsFrame, readObject } from './objects.ts';
import { isThreadsFrame, readThread } from './threads.ts';

export interface FoundObjectSpace {
  /** First and last line of the source, from 1. */
  readonly where: { readonly first_line: number; readonly last_line: number };
  /** Its task is known where a list was on the screen in which it was selected. */
  readonly space: ObjectSpace;
  /** Labels of the rows that were listed with their cells, ascending. */
  readonly rows: readonly Slot[];
  /**
   * True if the listing does not begin at row 0: then it is a part, and says something about its rows only.
   * A listing that does begin there is complete: rows that it leaves out are empty.
   */
  readonly partial: boolean;
}

/** All listings of a source, in order. Errors are those of lines that begin like a row. */
export function findObjectSpaces(source: string | Uint8Array): Parsed<FoundObjectSpace[]> {
  const errors = new ListingErrors();
  if (!errors.accepts(source)) return { value: [], errors: errors.list };
  const lines = listingLines(typeof source === 'string' ? source : decodeBytes(source));
  const search = new Search(errors);
  for (let index = 0; index < lines.length; ) {
    const line = lines[index] as ListingLine;
    search.noteMoves(line);
    const row = readRow(lines, index, errors);
    if (row !== undefined) {
      search.addRow(row, line, (lines[row.next - 1] as ListingLine).line);
      index = row.next;
      continue;
    }
    search.noteOther(line);
    index++;
  }
  return { value: search.finish(), errors: errors.list };
}

/**
 * Reads a golden or any other source that stands for one table: a listing and nothing else, or a source in which exactly one
 * is found. An empty text is an empty table, and a text in exactly the canonical form is complete, wherever its rows begin.
 */
export function readObjectSpace(source: string | Uint8Array): Parsed<FoundObjectSpace> {
  const text = typeof source === 'string' ? source : decodeBytes(source);
  const { value: found, errors } = findObjectSpaces(text);
  const [first, second] = found;
  if (first === undefined) {
    const { value: space, errors: strict } = parseObjectSpace(text);
    return { value: { where: { first_line: 1, last_line: 1 }, space, rows: [], partial: false }, errors: errors.length > 0 ? errors : strict };
  }
  if (second === undefined || errors.length > 0) return { value: { ...first, partial: first.partial && !isCanonical(text, first.space) }, errors };
  const message = `${found.length} listings were found where one is expected; the first is in lines ${first.where.first_line} to ${first.where.last_line}`;
  return { value: first, errors: [{ line: second.where.first_line, column: 1, message }] };
}

function isCanonical(text: string, space: ObjectSpace): boolean {
  return printObjectSpace(space) === text.replace(/^#.*\n/gm, '');
}

/** One listing while it is being read. */
interface Group {
  readonly task: DebugId | undefined;
  readonly rows: Map<Slot, ReadRow>;
  readonly first_line: number;
  last_line: number;
  /** A page of a screen ended, or a line was empty: the next row may belong to another listing. */
  gap: boolean;
  last: Slot;
}

const STATUS_LINE = /^objs: /;

/** The state of a search: the open group, and what is known of the lists on the screen. */
class Search {
  readonly #errors: ListingErrors;
  readonly #found: FoundObjectSpace[] = [];
  /** Tasks by screen row, of the list that is or was on the screen. */
  #listed = new Map<number, DebugId>();
  #selected: DebugId | undefined;
  #group: Group | undefined;

  constructor(errors: ListingErrors) {
    this.#errors = errors;
  }

  /** The last cursor row before the cursor went home is the selected line of a list. */
  noteMoves(line: ListingLine): void {
    const before = line.moves.at(-2);
    if (before !== undefined && line.moves.at(-1) === 1) this.#selected = this.#listed.get(before);
  }

  addRow(row: ReadRow, line: ListingLine, last_line: number): void {
    let group = this.#group;
    if (group !== undefined && this.#beginsAnother(group, row, line)) {
      this.#close();
      group = undefined;
    }
    group ??= { task: this.#selected, rows: new Map(), first_line: line.line, last_line, gap: false, last: row.label };
    this.#group = group;
    group.last_line = last_line;
    const known = group.rows.get(row.label);
    if (known !== undefined && !(line.screen_row !== undefined && sameRow(known, row))) {
      this.#error(line, `row ${hex(row.label, 6)} appears twice${sameRow(known, row) ? '' : ', with different contents'}`);
    } else if (known === undefined && row.label < group.last && line.screen_row === undefined) {
      this.#error(line, `row ${hex(row.label, 6)} is out of order`);
    } else if (known === undefined && group.rows.size >= LISTING_ROWS_MAX) {
      this.#error(line, `more than ${LISTING_ROWS_MAX} rows`);
    } else if (row.covered) {
      group.rows.set(row.label, row);
    }
    group.last = row.label;
    group.gap = false;
  }

  /** A line that is no row: the frame of a screen, a line of a list, or any other text. */
  noteOther(line: ListingLine): void {
    if (line.text.trim() === '' || STATUS_LINE.test(line.text)) {
      if (this.#group !== undefined) this.#group.gap = true;
      return;
    }
    this.#close();
    if (line.screen_row === undefined) return;
    if (line.screen_row === 1) this.#listed = new Map();
    const task = taskOfListLine(line.text);
    if (task !== undefined) this.#listed.set(line.screen_row, task);
    else if (!isObjectsFrame(line.text) && !isThreadsFrame(line.text)) {
      this.#listed.delete(line.screen_row);
      this.#selected = undefined;
    }
  }

  finish(): FoundObjectSpace[] {
    this.#close();
    return this.#found;
  }

  /** On a screen, pages of one table follow each other; in a text, a gap and a restart separate two listings. */
  #beginsAnother(group: Group, row: ReadRow, line: ListingLine): boolean {
    if (!group.gap) return false;
    const known = group.rows.get(row.label);
    if (line.screen_row === undefined) return known !== undefined || row.label < group.last;
    return known !== undefined && !sameRow(known, row);
  }

  #close(): void {
    const group = this.#group;
    this.#group = undefined;
    if (group === undefined || group.rows.size === 0) return;
    const rows = [...group.rows.keys()].sort((a, b) => a - b);
    const slots: SlotEntry[] = rows.flatMap((label) => group.rows.get(label)?.entries ?? []);
    this.#found.push({
      where: { first_line: group.first_line, last_line: group.last_line },
      space: { ...(group.task === undefined ? {} : { task: group.task }), slots },
      rows,
      partial: rows[0] !== 0,
    });
  }

  #error(line: ListingLine, message: string): void {
    this.#errors.add(line.line, line.indent + 1, message);
  }
}

/** The task that is meant when this line is selected in a list of objects, tasks or threads. */
function taskOfListLine(text: string): DebugId | undefined {
  const object = readObject(text);
  if (typeof object !== 'string') {
    if (object.type === 'Task') return object.id;
    return object.type === 'Thread' && object.home.kind === 'task' ? object.home.task : undefined;
  }
  const thread = readThread(text);
  return typeof thread === 'string' ? undefined : thread.task;
}

function sameRow(a: ReadRow, b: ReadRow): boolean {
  const text = (row: ReadRow) => row.entries.map(({ slot, id, rights, type }) => `${slot} ${id} ${rights} ${type}`).join();
  return text(a) === text(b);
}
