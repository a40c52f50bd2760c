// From a file's bytes to a scenario: source, syntax by the file's extension, decoder. The one entrance for callers.
// Owns no state.

import { decodeScenario, type DecodeOptions } from './decode.ts';
import { type Diagnostic, DiagnosticList } from './diagnostic.ts';
import type { Scenario } from './model.ts';
import { Source } from './source.ts';
import type { Node } from './syntax/node.ts';
import { readXml } from './syntax/xml.ts';

export interface ReadResult {
  /** Left out where there are errors. */
  readonly scenario?: Scenario;
  readonly diagnostics: readonly Diagnostic[];
}

const READERS: Readonly<Record<string, (source: Source, diagnostics: DiagnosticList) => Node | undefined>> = {
  xml: readXml,
  yaml: notRead('YAML'),
  yml: notRead('YAML'),
  hid: notRead('HID'),
};

/** Extensions of scenario files, whether or not this version reads them. */
export const SCENARIO_EXTENSIONS: readonly string[] = Object.keys(READERS);

export function readScenario(name: string, bytes: Uint8Array, options: DecodeOptions): ReadResult {
  const diagnostics = new DiagnosticList();
  const source = Source.fromBytes(name, bytes);
  if ('error' in source) {
    diagnostics.error('E001', { source: new Source(name, ''), start: 0, end: 0 }, source.error);
    return { diagnostics: diagnostics.all };
  }
  const extension = /\.([a-z]+)$/.exec(name)?.[1] ?? '';
  const reader = READERS[extension];
  if (reader === undefined) {
    diagnostics.error('E001', { source, start: 0, end: 0 }, `'${name}' is no scenario file`, { help: 'scenario files end in .xml' });
    return { diagnostics: diagnostics.all };
  }
  const root = reader(source, diagnostics);
  const scenario = root === undefined ? undefined : decodeScenario(root, options, diagnostics);
  return { diagnostics: diagnostics.all, ...(scenario === undefined ? {} : { scenario }) };
}

function notRead(syntax: string): (source: Source, diagnostics: DiagnosticList) => undefined {
  return (source, diagnostics) => {
    diagnostics.error('E020', { source, start: 0, end: 0 }, `${syntax} scenarios are not read by this version`, { help: 'write the scenario as XML' });
    return undefined;
  };
}
