// One XML document from bytes to its node tree, for readers that only want to know whether it could be read: components read
// their configuration so. Owns no state.

import { DiagnosticList } from '../diagnostic.ts';
import { Source } from '../source.ts';
import type { Node } from './node.ts';
import { readXml } from './xml.ts';

/** The root element, or the first thing that is wrong with the text. */
export function readDocument(name: string, bytes: Uint8Array): Node | { readonly error: string } {
  const source = Source.fromBytes(name, bytes);
  if ('error' in source) return source;
  const diagnostics = new DiagnosticList();
  const root = readXml(source, diagnostics);
  return root ?? { error: diagnostics.all[0]?.message ?? `${name} is no XML document` };
}
