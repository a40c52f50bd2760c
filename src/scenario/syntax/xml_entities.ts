// Character references of XML text and attribute values, decoded strictly: five names and numbers, anything else is an error.
// Owns no state.

import type { DiagnosticList } from '../diagnostic.ts';
import type { Source } from '../source.ts';

const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

const REFERENCE = /&(?:#x([0-9a-fA-F]{1,8})|#([0-9]{1,10})|([^\s;&<"']{0,64}));|&/g;

/** Decodes a stretch of the source. Only what is written literally is normalised: `&#10;` stays a line feed. */
export function decodeEntities(source: Source, start: number, end: number, normalise: (literal: string) => string, diagnostics: DiagnosticList): string {
  const raw = source.text.slice(start, end);
  if (!raw.includes('&')) return normalise(raw);
  let decoded = '';
  let done = 0;
  for (const match of raw.matchAll(REFERENCE)) {
    decoded += normalise(raw.slice(done, match.index)) + referenced(source, start, match, diagnostics);
    done = match.index + match[0].length;
  }
  return decoded + normalise(raw.slice(done));
}

function referenced(source: Source, start: number, match: RegExpExecArray, diagnostics: DiagnosticList): string {
  const [written, hex, decimal, name] = match;
  const decoded = name === undefined ? codePoint(hex, decimal) : NAMED.get(name);
  if (decoded !== undefined) return decoded;
  const span = { source, start: start + match.index, end: start + match.index + written.length };
  if (written === '&') diagnostics.error('E004', span, "'&' starts a character reference here", { help: "write '&amp;'" });
  else if (name === undefined) diagnostics.error('E004', span, `'${written}' names no character`);
  else diagnostics.error('E004', span, `undefined entity '${written}'`, { help: `known: ${[...NAMED.keys()].map((known) => `&${known};`).join(' ')}` });
  return written;
}

function codePoint(hex: string | undefined, decimal: string | undefined): string | undefined {
  if (hex === undefined && decimal === undefined) return undefined;
  const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
  const allowed = code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800) || (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code <= 0x10ffff);
  return allowed ? String.fromCodePoint(code) : undefined;
}
