// `<include file="..."/>`: the content of other files, of any syntax, in the place of the element. Positions stay those of the
// file in which something stands. Owner of the chain of open files while resolving; files are read through a port.

import { checkTree } from './check.ts';
import type { DiagnosticList, Span } from './diagnostic.ts';
import { INCLUDE_DEPTH_MAX, INCLUDES_MAX, SOURCE_BYTES_MAX } from './limits.ts';
import { INCLUDE } from './schema/scenario.ts';
import { Source } from './source.ts';
import { attributeOf, type Node } from './syntax/node.ts';
import { readTree, syntaxOfContent } from './syntax/syntax.ts';

/** Reads a file by the name under which messages show it; the caller decides which files may be read. */
export type IncludePort = (name: string) => Uint8Array | { readonly error: string };

/** Elements of init's configuration in which an include may stand; deeper ones are the components' own business. */
const INSIDE_CONFIG: ReadonlySet<string> = new Set(['start', 'route', 'default-route', 'parent-provides', 'provides']);

export function resolveIncludes(root: Node, port: IncludePort | undefined, diagnostics: DiagnosticList): Node {
  return new Includes(root.span.source, port, diagnostics).resolve(root, [{ name: root.span.source.name, span: root.tagSpan }]);
}

interface OpenFile {
  readonly name: string;
  /** The include that opened it. */
  readonly span: Span;
}

type Vocabulary = 'scenario' | 'config';

class Includes {
  readonly #port: IncludePort | undefined;
  readonly #diagnostics: DiagnosticList;
  /** Characters of all files read so far, which is where the next one's offsets begin. */
  #base: number;
  #files = 0;

  constructor(first: Source, port: IncludePort | undefined, diagnostics: DiagnosticList) {
    this.#port = port;
    this.#diagnostics = diagnostics;
    this.#base = first.text.length + 1;
  }

  resolve(root: Node, chain: readonly OpenFile[]): Node {
    return this.#inside(root, root.tag === 'config' ? 'config' : 'scenario', chain);
  }

  #inside(node: Node, vocabulary: Vocabulary, chain: readonly OpenFile[]): Node {
    if (!node.children.some((child) => child.tag === 'include' || child.children.length > 0)) return node;
    const children = node.children.flatMap((child): readonly Node[] => {
      if (isInclude(child, vocabulary)) return this.#included(child, node, vocabulary, chain);
      if (vocabulary === 'scenario') return [this.#inside(child, child.tag === 'config' ? 'config' : 'scenario', chain)];
      return INSIDE_CONFIG.has(child.tag) ? [this.#inside(child, 'config', chain)] : [child];
    });
    return { ...node, children };
  }

  #included(include: Node, parent: Node, vocabulary: Vocabulary, chain: readonly OpenFile[]): readonly Node[] {
    const source = this.#source(include, chain);
    if (source === undefined) return [];
    const span = attributeOf(include, 'file')?.valueSpan ?? include.tagSpan;
    const root = readTree(source, syntaxOfContent(source), this.#diagnostics);
    if (root === undefined) return [];
    const deeper = [...chain, { name: source.name, span }];
    if (root.tag !== 'fragment' && root.tag !== parent.tag) return [this.#inside(root, root.tag === 'config' || vocabulary === 'config' ? 'config' : 'scenario', deeper)];
    for (const attribute of root.attributes) {
      this.#diagnostics.warning('E029', attribute.nameSpan, `the attribute '${attribute.name}' is not taken over: what is inside <${root.tag}> stands for the include`, { notes: [{ message: 'included here', span }] });
    }
    return this.#inside(root, vocabulary, deeper).children;
  }

  #source(include: Node, chain: readonly OpenFile[]): Source | undefined {
    const before = this.#diagnostics.errorCount;
    checkTree(include, INCLUDE, this.#diagnostics);
    const file = attributeOf(include, 'file');
    if (file === undefined || this.#diagnostics.errorCount > before) return undefined;
    const refuse = (message: string, notes: readonly OpenFile[] = []): undefined => {
      this.#diagnostics.error('E029', file.valueSpan, message, { notes: notes.map((open) => ({ message: `${open.name} is included here`, span: open.span })) });
    };
    const name = joined(include.span.source.name, file.value);
    if (name === undefined) return refuse(`'${file.value}' leads out of where the scenario stands`);
    if (chain.some((open) => open.name === name)) return refuse(`${name} includes itself`, chain.slice(1));
    if (chain.length > INCLUDE_DEPTH_MAX) return refuse(`files include each other more than ${INCLUDE_DEPTH_MAX} deep`);
    this.#files += 1;
    if (this.#files > INCLUDES_MAX) return refuse(`more than ${INCLUDES_MAX} files are included`);
    const bytes = this.#port === undefined ? { error: 'no files can be included here' } : this.#port(name);
    if ('error' in bytes) return refuse(bytes.error);
    const source = Source.fromBytes(name, bytes, this.#base);
    if ('error' in source) return refuse(source.error);
    this.#base += source.text.length + 1;
    return this.#base > SOURCE_BYTES_MAX ? refuse(`the included files have more than ${SOURCE_BYTES_MAX} characters together`) : source;
  }
}

/** In a configuration an <include> with other attributes belongs to somebody else. */
function isInclude(node: Node, vocabulary: Vocabulary): boolean {
  return node.tag === 'include' && (vocabulary === 'scenario' || (node.attributes.length === 1 && node.attributes[0]?.name === 'file'));
}

/** The name of a file relative to another; undefined if it goes up too far. */
function joined(from: string, file: string): string | undefined {
  const parts = from.split('/').slice(0, -1);
  for (const part of file.split('/')) {
    if (part !== '..') parts.push(part);
    else if (parts.length === 0 || parts.at(-1) === '..' || (parts.length === 1 && parts[0] === '')) return undefined;
    else parts.pop();
  }
  return parts.join('/');
}
