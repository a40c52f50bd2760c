// Init configurations as the command line finds them: inside a scenario, or bare in a file of their own, and what lint says about them.
// Owns no state; the rules are init's own (src/runtime/init/check_config.ts).

import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkInitConfig, type FindingKind } from '../runtime/init/check_config.ts';
import type { Dialect } from '../runtime/init/config.ts';
import { type Code, type Diagnostic, DiagnosticList, type Severity } from '../scenario/diagnostic.ts';
import { Source } from '../scenario/source.ts';
import type { Node } from '../scenario/syntax/node.ts';
import { sourcesOf, spanAt } from '../scenario/syntax/places.ts';
import { readTree, syntaxOf, syntaxOfContent } from '../scenario/syntax/syntax.ts';
import { UsageError } from './command.ts';
import type { Context } from './context.ts';

const DIALECTS: readonly Dialect[] = ['16.08', '17.02'];

const CODE_OF = {
  unknown_element: 'E011',
  unknown_attribute: 'E012',
  missing_attribute: 'E013',
  value: 'E014',
  text: 'E016',
  duplicate: 'E019',
  route: 'E026',
  resource: 'E027',
} as const satisfies Record<FindingKind, Code>;

export interface BareConfig {
  readonly root?: Node;
  readonly diagnostics: readonly Diagnostic[];
}

/** A file whose root element is <config>, as Genode has them; undefined if `file` is none. Files ending in .config may only be one. */
export function readBareConfig(file: string, context: Context): BareConfig | undefined {
  const path = resolve(context.cwd, file);
  const syntax = syntaxOf(file);
  if ((syntax === undefined && !file.endsWith('.config')) || !existsSync(path) || !statSync(path).isFile()) return undefined;
  const source = Source.fromBytes(file, readFileSync(path));
  if ('error' in source) throw new UsageError(source.error);
  const diagnostics = new DiagnosticList();
  const root = readTree(source, syntax ?? syntaxOfContent(source), diagnostics);
  if (syntax !== undefined && root?.tag !== 'config') return undefined;
  return { diagnostics: diagnostics.all, ...(root === undefined ? {} : { root }) };
}

/** What init would swallow or deny, told before anything runs. */
export function checkConfig(root: Node, dialect: Dialect, severity: Severity): readonly Diagnostic[] {
  const sources = sourcesOf(root);
  return checkInitConfig(root, dialect).map(({ kind, message, start, end, help, see }) => ({
    severity, code: CODE_OF[kind], message, span: spanAt(sources, { start, end }), notes: see === undefined ? [] : [{ message: see.message, span: spanAt(sources, see) }], ...(help === undefined ? {} : { help }),
  }));
}

/** The dialect of a bare configuration, which cannot say it itself. */
export function dialectOption(value: string | boolean | undefined): Dialect {
  const dialect = DIALECTS.find((known) => known === (value ?? DIALECTS[0]));
  if (dialect === undefined) throw new UsageError(`'${String(value)}' is no known version of Genode's configuration`, `there are: ${DIALECTS.join(', ')}`);
  return dialect;
}
