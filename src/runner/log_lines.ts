// Console output as log lines: escape codes and carriage returns removed, a line complete when its end has come.
// Owner of the unfinished line and of all lines of a run.

import type { Unify } from '../scenario/model.ts';
import { LOG_LINE_CHARACTERS_MAX, LOG_LINES_MAX } from './limits.ts';

export interface LogLine {
  /** From 0, in order of appearance. */
  readonly index: number;
  readonly text: string;
  /** As patterns see it, where the scenario's `<unify>` makes it another one. */
  readonly unified?: string;
  /** Virtual time at which the line's end came. */
  readonly time_us: number;
}

const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_]|[ -/]+[0-~])/g;
const BEYOND_ASCII = /[\u0080-\u00ff]/;
const BEYOND_BYTES = /[^\u0000-\u00ff]/;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

export class LogLines {
  readonly #lines: LogLine[] = [];
  readonly #unify: readonly Unify[];
  #unfinished: string;
  /** Lines beyond the limit are dropped and only counted. */
  #dropped = 0;

  /** `unfinished` is the beginning of a line that was printed before. */
  constructor(unfinished = '', unify: readonly Unify[] = []) {
    this.#unfinished = unfinished;
    this.#unify = unify;
  }

  /** Takes console bytes as text; returns the lines that became complete. */
  append(text: string, time_us: number): readonly LogLine[] {
    const parts = (this.#unfinished + text).split('\n');
    this.#unfinished = (parts.pop() ?? '').slice(0, LOG_LINE_CHARACTERS_MAX);
    const fresh: LogLine[] = [];
    for (const part of parts) {
      if (this.#lines.length >= LOG_LINES_MAX) {
        this.#dropped += 1;
        continue;
      }
      const text = characters(plainText(part)).slice(0, LOG_LINE_CHARACTERS_MAX);
      const unified = this.#unify.reduce((line, { pattern, replace }) => line.replace(pattern, replace), text);
      const line: LogLine = { index: this.#lines.length, text, time_us, ...(unified === text ? {} : { unified }) };
      this.#lines.push(line);
      fresh.push(line);
    }
    return fresh;
  }

  /** Completes an unfinished line, at the end of a run. */
  finish(time_us: number): readonly LogLine[] {
    return plainText(this.#unfinished) === '' ? [] : this.append('\n', time_us);
  }

  /** What was printed of a line whose end has not come. */
  get unfinished(): string {
    return this.#unfinished;
  }

  get all(): readonly LogLine[] {
    return this.#lines;
  }

  get count(): number {
    return this.#lines.length;
  }

  get dropped(): number {
    return this.#dropped;
  }
}

/** The console gives one character a byte; what programs print is UTF-8. A line that is not stays as it came. */
function characters(line: string): string {
  if (!BEYOND_ASCII.test(line) || BEYOND_BYTES.test(line)) return line;
  const bytes = Uint8Array.from(line, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return line;
  }
}

export function plainText(text: string): string {
  return text.replace(ESCAPES, '').replace(CONTROLS, '');
}
