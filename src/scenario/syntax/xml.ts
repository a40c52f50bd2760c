// XML into the node tree: fast-xml-parser gives the nesting, the strict layer the positions, attributes and text.
// Two readers see every file; a file they do not understand alike is refused, never guessed at.

import { XMLParser } from 'fast-xml-parser';
import type { DiagnosticList } from '../diagnostic.ts';
import { NESTING_DEPTH_MAX } from '../limits.ts';
import type { Source } from '../source.ts';
import type { Node } from './node.ts';
import { type ScannedElement, scanXml } from './xml_scan.ts';

/** One entry of the parser's ordered output: the tag's children under the tag's name, the position under a symbol. */
type Entry = Readonly<Record<string | symbol, unknown>>;

const META = XMLParser.getMetaDataSymbol() as unknown as symbol;

const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  maxNestedTags: NESTING_DEPTH_MAX + 2,
  onDangerousProperty: (name: string) => {
    throw new Error(`reserved name '${name}'`);
  },
});

/** What the library's parser does with a text, alone and without positions: for measuring what the strict layer costs. */
export function parseWithLibraryAlone(text: string): unknown {
  return parser.parse(text);
}

/** Reads one document; undefined if it is not well-formed (the list then says why). */
export function readXml(source: Source, diagnostics: DiagnosticList): Node | undefined {
  const scanned = scanXml(source, diagnostics);
  if (diagnostics.failed) return undefined;
  try {
    const entries: Entry[] = parser.parse(source.text);
    const roots = entries.map((entry) => element(source, scanned, entry)).filter((node) => node !== undefined);
    const [root] = roots;
    if (root !== undefined && roots.length === 1 && count(root) === scanned.size) return root;
    throw new Error('the readers count different elements');
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    diagnostics.error('E001', { source, start: 0, end: source.text.length }, `the XML readers disagree about this file: ${reason}`);
    return undefined;
  }
}

function element(source: Source, scanned: ReadonlyMap<number, ScannedElement>, entry: Entry): Node | undefined {
  const tag = Object.keys(entry).find((key) => key !== ':@' && key !== '#text');
  if (tag === undefined) return undefined;
  const meta = entry[META] as { readonly startIndex: number } | undefined;
  const known = meta === undefined ? undefined : scanned.get(meta.startIndex);
  if (known === undefined || known.tag !== tag) throw new Error(`<${tag}> is not where it was scanned`);
  const children = (entry[tag] as readonly Entry[]).map((child) => element(source, scanned, child)).filter((node) => node !== undefined);
  return { tag, tagSpan: known.tagSpan, attributes: known.attributes, children, text: known.text, span: { source, start: known.start, end: known.end } };
}

function count(node: Node): number {
  return node.children.reduce((sum, child) => sum + count(child), 1);
}
