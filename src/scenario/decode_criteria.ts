// The whole-run criteria <succeed> and <fail>, our own form and depot autopilot's (init-run-tools.md 2.4).
// Owns no state.

import { valuesOf } from './check.ts';
import { spanOf } from './decode_moment.ts';
import type { DiagnosticList } from './diagnostic.ts';
import type { Criterion } from './model.ts';
import { SCHEMAS } from './schema/scenario.ts';
import { textOf } from './syntax/content.ts';
import { childrenOf, type Node } from './syntax/node.ts';
import { decodeEntities } from './syntax/xml_entities.ts';
import { syntaxOf } from './syntax/syntax.ts';
import { LITERAL_STAR } from './value.ts';

export function decodeCriteria(root: Node, tag: 'succeed' | 'fail', diagnostics: DiagnosticList): readonly Criterion[] {
  return childrenOf(root, tag).map((node) => criterion(node, tag === 'succeed' ? SCHEMAS.SUCCEED : SCHEMAS.FAIL, diagnostics)).filter((one) => one !== undefined);
}

function criterion(node: Node, schema: typeof SCHEMAS.SUCCEED | typeof SCHEMAS.FAIL, diagnostics: DiagnosticList): Criterion | undefined {
  const { log, count, after_ms, after_seconds, exit } = valuesOf(node, schema);
  const lines = patternLines(patternText(node, diagnostics));
  const after = after_ms ?? (after_seconds === undefined ? undefined : after_seconds * 1000);
  const ways = [log !== undefined, after !== undefined, lines.length > 0 || exit !== undefined].filter((given) => given);
  if (count !== undefined && log === undefined) {
    diagnostics.error('E017', spanOf(node, 'count'), "'count' goes with 'log'");
    return undefined;
  }
  if (ways.length !== 1 || (after_ms !== undefined && after_seconds !== undefined)) {
    diagnostics.error('E017', node.tagSpan, `<${node.tag}> has exactly one of 'log', 'after_ms', 'after_seconds', and pattern lines or 'exit'`);
    return undefined;
  }
  const { span } = node;
  if (log !== undefined) return { kind: 'log', pattern: log, count: count ?? 1, span };
  if (after !== undefined) return { kind: 'after', after_ms: after, span };
  if (lines.length > 0) return { kind: 'pattern', lines, ...(exit === undefined ? {} : { exit }), span };
  return exit === undefined ? undefined : { kind: 'exit', exit, span };
}

/** In XML a star that is written as a character reference is meant as a star. */
function patternText(node: Node, diagnostics: DiagnosticList): string {
  const { source } = node.span;
  if (syntaxOf(source.name) !== 'xml') return textOf(node);
  const pieces = node.text.map(({ text, span: { start, end } }) => {
    const raw = source.text.slice(start, end);
    if (!STAR.test(raw)) return text;
    let done = start;
    const parts = raw.split(STAR).map((part) => {
      const decoded = decodeEntities(source, done, done + part.length, (literal) => literal.replaceAll(/\r\n?/g, '\n'), diagnostics);
      done += part.length + (STAR.exec(source.text.slice(done + part.length, end))?.[0].length ?? 0);
      return decoded;
    });
    return parts.join(LITERAL_STAR);
  });
  return pieces.join('');
}

const STAR = /&#(?:0*42|x0*2[aA]);/;

/** As depot autopilot reads them: one pattern a line, blanks around it dropped, empty lines too. */
export function patternLines(text: string): readonly string[] {
  return text.split('\n').map((line) => line.replace(/^[ \t]+|[ \t\r]+$/g, '')).filter((line) => line !== '');
}
