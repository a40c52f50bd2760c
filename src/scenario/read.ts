// From a file's bytes to a scenario: source, syntax by the file's extension, decoder. The one entrance for callers.
// Owns no state.

import { decodeScenario, type DecodeOptions } from './decode.ts';
import { type Diagnostic, DiagnosticList } from './diagnostic.ts';
import type { Scenario } from './model.ts';
import { type IncludePort, resolveIncludes } from './include.ts';
import { Source } from './source.ts';
import { EXTENSIONS, readTree, syntaxOf } from './syntax/syntax.ts';

export interface ReadResult {
  /** The first variant; left out where there are errors. */
  readonly scenario?: Scenario;
  /** Of a scenario with a matrix all variants, in its order; of another one the scenario itself; none where there are errors. */
  readonly variants: readonly Scenario[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Extensions of scenario files. */
export const SCENARIO_EXTENSIONS = EXTENSIONS;

export interface ReadOptions extends DecodeOptions {
  /** Left out: nothing can be included. */
  readonly include?: IncludePort;
}

export function readScenario(name: string, bytes: Uint8Array, options: ReadOptions): ReadResult {
  const diagnostics = new DiagnosticList();
  const source = Source.fromBytes(name, bytes);
  if ('error' in source) {
    diagnostics.error('E001', { source: new Source(name, ''), start: 0, end: 0 }, source.error);
    return { diagnostics: diagnostics.all, variants: [] };
  }
  const syntax = syntaxOf(name);
  if (syntax === undefined) {
    diagnostics.error('E001', { source, start: 0, end: 0 }, `'${name}' is no scenario file`, { help: `scenario files end in ${EXTENSIONS.map((extension) => `.${extension}`).join(', ')}` });
    return { diagnostics: diagnostics.all, variants: [] };
  }
  const written = readTree(source, syntax, diagnostics);
  const root = written === undefined ? undefined : resolveIncludes(written, options.include, diagnostics);
  const variants = root === undefined || diagnostics.failed ? [] : decodeScenario(root, options, diagnostics);
  const [scenario] = variants;
  return { diagnostics: diagnostics.all, variants, ...(scenario === undefined ? {} : { scenario }) };
}
