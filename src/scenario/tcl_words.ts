// The commands of a Genode run script (Tcl) with their literal words and positions: enough to find what a script installs and expects.
// Nothing is evaluated: a word with a substitution in it is marked as such. Pure; owns no state.

import { COMMANDS_MAX } from './limits.ts';

export interface TclWord {
  /** Braces and quotes taken off; as written otherwise. */
  readonly text: string;
  /** Of `text` in the source. */
  readonly start: number;
  readonly end: number;
  readonly kind: 'braced' | 'quoted' | 'bare';
  /** `$` or `[` stand in it and would be replaced. */
  readonly substituted: boolean;
}

export interface TclCommand {
  readonly words: readonly TclWord[];
  readonly start: number;
}

/** Undefined where braces or quotes are not closed; `at` is where the open one stands. */
export function tclCommands(text: string): readonly TclCommand[] | { readonly error: string; readonly at: number } {
  const commands: TclCommand[] = [];
  let at = 0;
  while (at < text.length) {
    const blank = /[ \t\r\n;]*/y;
    blank.lastIndex = at;
    blank.test(text);
    at = blank.lastIndex;
    if (at >= text.length) break;
    if (text[at] === '#') {
      at = lineEnd(text, at);
      continue;
    }
    const command = readCommand(text, at);
    if ('error' in command) return command;
    commands.push({ words: command.words, start: at });
    if (commands.length > COMMANDS_MAX) return { error: `more than ${COMMANDS_MAX} commands`, at };
    at = command.end;
  }
  return commands;
}

type ReadCommand = { readonly words: readonly TclWord[]; readonly end: number } | { readonly error: string; readonly at: number };

function readCommand(text: string, start: number): ReadCommand {
  const words: TclWord[] = [];
  let at = start;
  for (;;) {
    const blank = /(?:[ \t\r]|\\\r?\n)*/y;
    blank.lastIndex = at;
    blank.test(text);
    at = blank.lastIndex;
    const character = text[at];
    if (character === undefined || character === '\n' || character === ';') return { words, end: at };
    const end = wordEnd(text, at);
    if (end === undefined) return { error: character === '{' ? "this '{' is not closed" : "this '\"' is not closed", at };
    words.push(wordAt(text, at, end));
    at = end;
  }
}

function wordAt(text: string, start: number, end: number): TclWord {
  const first = text[start];
  if (first === '{') return { text: text.slice(start + 1, end - 1), start: start + 1, end: end - 1, kind: 'braced', substituted: false };
  const quoted = first === '"';
  const [from, to] = quoted ? [start + 1, end - 1] : [start, end];
  const inside = text.slice(from, to);
  return { text: inside, start: from, end: to, kind: quoted ? 'quoted' : 'bare', substituted: /(^|[^\\])[$[]/.test(inside) };
}

/** Behind the word; undefined where it does not end. */
function wordEnd(text: string, start: number): number | undefined {
  const first = text[start];
  if (first === '{') return closing(text, start, '{', '}');
  let at = first === '"' ? start + 1 : start;
  for (; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '[') {
      const end = closing(text, at, '[', ']');
      if (end === undefined) return first === '"' ? undefined : text.length;
      at = end - 1;
    } else if (first === '"' ? character === '"' : character === undefined || /[ \t\r\n;]/.test(character)) return first === '"' ? at + 1 : at;
  }
  // A backslash at the very end stands for itself.
  return first === '"' ? undefined : text.length;
}

/** Behind the bracket that closes the one at `start`; one after a backslash does not count. */
function closing(text: string, start: number, open: string, close: string): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === open) depth += 1;
    else if (character === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}
