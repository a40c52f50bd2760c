// A text with a listing in it, as lines with positions: escape codes, carriage returns and mail quotes taken off.
// Owns no state; collects the errors of one parse. Source modelled: fiasco-kernel.md 2.1, 2.3 (screen codes).

import { LISTING_ERRORS_MAX, LISTING_TEXT_CHARS_MAX } from './limits.ts';
import type { ListingError } from './model.ts';

/** What stands on one line of the screen or of the text. */
export interface ListingLine {
  readonly text: string;
  /** Line of the source, from 1. */
  readonly line: number;
  /** Columns that were taken off in front (quotes). */
  readonly indent: number;
  /** Where the cursor stood on the screen, if the source says so: row from 1. */
  readonly screen_row?: number;
  /** Cursor rows that were set since the line before, in order: how a list shows which row is selected. */
  readonly moves: readonly number[];
}

const ESCAPE = /\u001b(?:\[([0-9;?]*)([ -/]*[@-~])?|[^[]?)/g;
const QUOTE = /^[ \t]*(?:>[ \t]*)+/;

/** Latin-1, in which the kernel prints the micro sign, or the same character as UTF-8. */
export function decodeBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += 0x2000) parts.push(String.fromCharCode(...bytes.subarray(start, start + 0x2000)));
  return parts.join('').replace(/\u00c2([\u0080-\u00bf])/g, '$1');
}

/** The lines of a text; a cursor movement starts a new line like a line feed does. */
export function listingLines(source: string): ListingLine[] {
  const lines: ListingLine[] = [];
  let row: number | undefined;
  let moves: number[] = [];
  const push = (raw: string, line: number) => {
    const indent = QUOTE.exec(raw)?.[0].length ?? 0;
    const position = row === undefined ? {} : { screen_row: row };
    lines.push({ text: raw.slice(indent), line, indent, ...position, moves });
    moves = [];
  };
  for (const [index, sourceLine] of source.split('\n').entries()) {
    for (const part of splitAtMoves(sourceLine)) {
      if (part.row !== undefined) {
        row = part.row;
        moves.push(row);
      }
      if (part.text !== '' || part.last) push(part.text, index + 1);
    }
    if (row !== undefined) row++;
  }
  return lines;
}

interface Part {
  readonly text: string;
  readonly row?: number;
  readonly last: boolean;
}

/** Cuts one line of the source where the cursor jumps; other escape codes vanish. */
function splitAtMoves(sourceLine: string): Part[] {
  const line = sourceLine.endsWith('\r') ? sourceLine.slice(0, -1) : sourceLine;
  if (!line.includes('\u001b') && !line.includes('\r')) return [{ text: line, last: true }];
  const parts: Part[] = [];
  let text = '';
  let row: number | undefined;
  let start = 0;
  const close = (last: boolean) => {
    for (const [index, piece] of text.split('\r').entries()) parts.push({ text: piece, last: false, ...(row === undefined || index > 0 ? {} : { row }) });
    const end = parts.pop();
    if (end !== undefined) parts.push({ ...end, last });
    text = '';
  };
  for (const match of line.matchAll(ESCAPE)) {
    text += line.slice(start, match.index);
    start = match.index + match[0].length;
    if (match[2] === 'H' || match[2] === 'f') {
      if (text !== '' || row !== undefined) close(false);
      row = Number.parseInt(match[1] ?? '', 10) || 1;
    }
  }
  text += line.slice(start);
  close(true);
  return parts;
}

/** Collects what is wrong with a text, with a limit. */
export class ListingErrors {
  readonly list: ListingError[] = [];

  add(line: number, column: number, message: string): void {
    if (this.list.length < LISTING_ERRORS_MAX) this.list.push({ line, column, message });
  }

  /** True if the text may be parsed at all. */
  accepts(source: string | Uint8Array): boolean {
    if (source.length <= LISTING_TEXT_CHARS_MAX) return true;
    this.add(1, 1, `the text has ${source.length} characters, more than the limit of ${LISTING_TEXT_CHARS_MAX}`);
    return false;
  }
}
