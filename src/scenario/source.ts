// A source text with its line index: offsets (UTF-16 units of the original text) become lines and columns only when printed.
// Owner of the line starts. Byte-order mark and all three line-end conventions are understood.

import { SOURCE_BYTES_MAX } from './limits.ts';

/** Line and column count from 1; a column counts UTF-16 units, a tab is one. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const BYTE_ORDER_MARK = '\ufeff';

export class Source {
  /** As the user knows the file, e.g. "run/sheep_counter.xml". */
  readonly name: string;
  readonly text: string;
  /** Of a file that another one includes: where its offsets begin if all files are counted through. */
  readonly base: number;
  readonly #lineStarts: readonly number[];

  constructor(name: string, text: string, base = 0) {
    this.name = name;
    this.text = text;
    this.base = base;
    const starts = [0];
    for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
    this.#lineStarts = starts;
  }

  /** Decodes UTF-8 strictly. */
  static fromBytes(name: string, bytes: Uint8Array, base = 0): Source | { readonly error: string } {
    if (bytes.length > SOURCE_BYTES_MAX) return { error: `${name} has ${bytes.length} bytes, the limit is ${SOURCE_BYTES_MAX}` };
    try {
      return new Source(name, new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), base);
    } catch {
      return { error: `${name} is not valid UTF-8 (the first bad byte is at offset ${firstBadByte(bytes)})` };
    }
  }

  get lineCount(): number {
    return this.#lineStarts.length;
  }

  position(offset: number): Position {
    const clamped = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#lineStarts[middle] ?? 0) <= clamped) low = middle;
      else high = middle - 1;
    }
    const bom = low === 0 && this.text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
    return { line: low + 1, column: Math.max(1, clamped - (this.#lineStarts[low] ?? 0) - bom + 1) };
  }

  /** Text of a line without its end and without byte-order mark. */
  line(number: number): string {
    const start = this.#lineStarts[number - 1];
    if (start === undefined) return '';
    const end = this.#lineStarts[number] ?? this.text.length;
    const line = this.text.slice(start, end).replace(/[\r\n]+$/, '');
    return number === 1 && line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line;
  }
}

function firstBadByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  const decodes = (length: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (decodes(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
