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

/** Decodes a stretch of the source. */
export function decodeEntities(source: Source, start: number, end: number, diagnostics: DiagnosticList): string {
  const raw = source.text.slice(start, end);
  if (!raw.includes('&')) return raw;
  return raw.replace(REFERENCE, (match: string, hex: string | undefined, decimal: string | undefined, name: string | undefined, offset: number) => {
    const decoded = name === undefined ? codePoint(hex, decimal) : NAMED.get(name);
    if (decoded !== undefined) return decoded;
    const span = { source, start: start + offset, end: start + offset + match.length };
    if (match === '&') diagnostics.error('E004', span, "'&' starts a character reference here", { help: "write '&amp;'" });
    else if (name === undefined) diagnostics.error('E004', span, `'${match}' names no character`);
    else diagnostics.error('E004', span, `undefined entity '${match}'`, { help: `known: ${[...NAMED.keys()].map((known) => `&${known};`).join(' ')}` });
    return match;
  });
}

function codePoint(hex: string | undefined, decimal: string | undefined): string | undefined {
  if (hex === undefined && decimal === undefined) return undefined;
  const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
  const allowed = code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800) || (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code <= 0x10ffff);
  return allowed ? String.fromCodePoint(code) : undefined;
}
