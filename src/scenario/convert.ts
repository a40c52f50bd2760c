// A text from one syntax into another: the tree is kept, and what the tree does not carry or the target cannot hold is a warning.
// Pure; owns no state.

import { type Diagnostic, DiagnosticList, type Span } from './diagnostic.ts';
import { Source } from './source.ts';
import { readHidDocument } from './syntax/hid.ts';
import { readTree, SYNTAXES, type Syntax } from './syntax/syntax.ts';
import { readYamlDocument } from './syntax/yaml.ts';
import { unreachable } from './unreachable.ts';

export interface Conversion {
  /** Left out where there are errors. */
  readonly text?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** `name` is what messages call the text. The result is canonical, also from a syntax into itself. */
export function convert(text: string, from: Syntax, to: Syntax, name = `input.${from}`): Conversion {
  const diagnostics = new DiagnosticList();
  const source = new Source(name, text);
  const root = readTree(source, from, diagnostics);
  if (root === undefined) return { diagnostics: diagnostics.all };
  for (const { what, spans } of leftBehind(source, from)) {
    const [first] = spans.toSorted((a, b) => a.start - b.start);
    if (first !== undefined) diagnostics.warning('E024', first, `${spans.length} ${spans.length === 1 ? what.one : what.many}, the first here`);
  }
  const printed = SYNTAXES[to].print(root, diagnostics);
  return { diagnostics: diagnostics.all, ...(printed === undefined ? {} : { text: printed }) };
}

interface Left {
  readonly what: { readonly one: string; readonly many: string };
  readonly spans: readonly Span[];
}

const COMMENTS = { one: 'comment is left out', many: 'comments are left out' };
const DISABLED = { one: 'disabled node is left out', many: 'disabled nodes are left out' };
const ALIASES = { one: 'alias is written out', many: 'aliases are written out' };

/** What a well-formed text holds besides its tree. */
function leftBehind(source: Source, from: Syntax): readonly Left[] {
  switch (from) {
    case 'xml':
      return [{ what: COMMENTS, spans: xmlComments(source) }];
    case 'yaml': {
      const { comments, aliases } = readYamlDocument(source, new DiagnosticList());
      return [{ what: COMMENTS, spans: comments }, { what: ALIASES, spans: aliases }];
    }
    case 'hid': {
      const { comments, disabled } = readHidDocument(source, new DiagnosticList());
      return [{ what: COMMENTS, spans: comments }, { what: DISABLED, spans: disabled }];
    }
    default:
      return unreachable(from);
  }
}

/** In well-formed XML only a comment or CDATA can hold the other's beginning, so the first to begin is what it seems. */
function xmlComments(source: Source): readonly Span[] {
  return [...source.text.matchAll(/<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>/g)]
    .filter(([markup]) => markup.startsWith('<!--'))
    .map(({ index, 0: markup }) => ({ source, start: index, end: index + markup.length }));
}
