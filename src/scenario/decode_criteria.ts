// The whole-run criteria <succeed> and <fail>, our own form and depot autopilot's (init-run-tools.md 2.4).
// Owns no state.

import { valuesOf } from './check.ts';
import { spanOf } from './decode_moment.ts';
import type { DiagnosticList } from './diagnostic.ts';
import type { Criterion } from './model.ts';
import { SCHEMAS } from './schema/scenario.ts';
import { textOf } from './syntax/content.ts';
import { childrenOf, type Node } from './syntax/node.ts';

export function decodeCriteria(root: Node, tag: 'succeed' | 'fail', diagnostics: DiagnosticList): readonly Criterion[] {
  return childrenOf(root, tag).map((node) => criterion(node, tag === 'succeed' ? SCHEMAS.SUCCEED : SCHEMAS.FAIL, diagnostics)).filter((one) => one !== undefined);
}

function criterion(node: Node, schema: typeof SCHEMAS.SUCCEED | typeof SCHEMAS.FAIL, diagnostics: DiagnosticList): Criterion | undefined {
  const { log, count, after_ms, after_seconds, exit } = valuesOf(node, schema);
  const lines = patternLines(textOf(node));
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

/** As depot autopilot reads them: one pattern a line, blanks around it dropped, empty lines too. */
export function patternLines(text: string): readonly string[] {
  return text.split('\n').map((line) => line.replace(/^[ \t]+|[ \t\r]+$/g, '')).filter((line) => line !== '');
}
