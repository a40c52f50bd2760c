// The syntaxes there are: which one a file is in, by the end of its name, and their readers and printers.
// Owns no state.

import type { DiagnosticList } from '../diagnostic.ts';
import { SOURCE_BYTES_MAX } from '../limits.ts';
import type { Source } from '../source.ts';
import { readHid } from './hid.ts';
import { type Node, verbatim } from './node.ts';
import { printHid } from './print_hid.ts';
import { printXml } from './print_xml.ts';
import { printYaml } from './print_yaml.ts';
import { readXml } from './xml.ts';
import { readYaml } from './yaml.ts';

export type Syntax = 'xml' | 'yaml' | 'hid';

interface SyntaxRow {
  /** How people write its name. */
  readonly title: string;
  /** Ends of file names, the usual one first. */
  readonly extensions: readonly string[];
  /** Undefined if the text is malformed; the list then says why. */
  read(source: Source, diagnostics: DiagnosticList): Node | undefined;
  /** Undefined if not even the root can be written; other losses are warnings. */
  print(root: Node, diagnostics: DiagnosticList): string | undefined;
}

export const SYNTAXES: Readonly<Record<Syntax, SyntaxRow>> = {
  xml: { title: 'XML', extensions: ['xml'], read: readXml, print: printXml },
  yaml: { title: 'YAML', extensions: ['yaml', 'yml'], read: readYaml, print: printYaml },
  hid: { title: 'HID', extensions: ['hid'], read: readHid, print: printHid },
};

const NAMES = Object.keys(SYNTAXES) as readonly Syntax[];

/** Of all syntaxes, without the dot. */
export const EXTENSIONS: readonly string[] = NAMES.flatMap((name) => SYNTAXES[name].extensions);

/** The syntax of a file by the end of its name. */
export function syntaxOf(file: string): Syntax | undefined {
  const extension = /\.([a-z]+)$/.exec(file)?.[1] ?? '';
  return NAMES.find((name) => SYNTAXES[name].extensions.includes(extension));
}

/** By the end of its name, or by what it looks like. */
export function syntaxOfContent(source: Source): Syntax {
  return syntaxOf(source.name) ?? (/^\ufeff?\s*</.test(source.text) ? 'xml' : 'hid');
}

/** Reads a text in the given syntax, of whatever length it is. */
export function readTree(source: Source, syntax: Syntax, diagnostics: DiagnosticList): Node | undefined {
  const { length } = source.text;
  if (length <= SOURCE_BYTES_MAX) return SYNTAXES[syntax].read(source, diagnostics);
  diagnostics.error('E010', { source, start: 0, end: 0 }, `the text has ${length} characters, the limit is ${SOURCE_BYTES_MAX}`);
  return undefined;
}

/** An element as XML: as it was written, if that is what it was written in. */
export function asXml(node: Node, diagnostics: DiagnosticList): string {
  return syntaxOf(node.span.source.name) === 'xml' ? verbatim(node) : (printXml(node, diagnostics) ?? '').trimEnd();
}
