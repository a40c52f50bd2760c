// `rescap import FILE`: a Genode run script or the runtime file of a test package as a scenario.
// Owns no state. Goes to the output unless a file is named; what cannot be taken over is told on the error output.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { convert } from '../../scenario/convert.ts';
import { importRunScript } from '../../scenario/import_run.ts';
import { importRuntime } from '../../scenario/import_runtime.ts';
import { readScenario } from '../../scenario/read.ts';
import { Source } from '../../scenario/source.ts';
import { type Syntax, SYNTAXES, syntaxOf } from '../../scenario/syntax/syntax.ts';
import { type Command, PASSED, UsageError } from '../command.ts';
import { EXTENSIONS } from '../extensions.ts';
import { writeFile } from '../files.ts';
import { nameOf, tell } from '../scenarios.ts';

const RELEASES = ['16.08', '17.02'] as const;
const NAMES = Object.keys(SYNTAXES) as readonly Syntax[];

export const IMPORT: Command = {
  name: 'import',
  summary: 'Makes a scenario of a Genode run script (literal configuration, what it waits for and compares) or of the runtime file of a test package.',
  usage: 'import FILE.run|RUNTIME [--name NAME] [--genode RELEASE] [--output FILE]',
  example: ['rescap import repos/os/run/signal.run --output run/signal.xml', 'rescap import recipes/pkg/test-rm_nested/runtime'],
  options: {
    name: { type: 'string', value: 'NAME', doc: "name of the scenario; default: that of --output, else the file's" },
    genode: { type: 'string', value: 'RELEASE', doc: `whose init reads the configuration: ${RELEASES.join(' or ')}; default: 17.02. Programs of a 16.08 build want 16.08` },
    to: { type: 'string', value: 'SYNTAX', doc: `one of ${NAMES.join(', ')}; default: by the end of --output, else xml` },
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'write there; an existing file is left alone' },
  },
  run: ({ values, positionals }, context) => {
    const [file] = positionals;
    if (file === undefined || positionals.length !== 1) throw new UsageError('import needs one file', 'for example: rescap import repos/os/run/signal.run');
    const path = resolve(context.cwd, file);
    if (!existsSync(path) || !statSync(path).isFile()) throw new UsageError(`there is no file '${file}'`);
    const source = Source.fromBytes(file, readFileSync(path));
    if ('error' in source) throw new UsageError(source.error);
    const output = typeof values['output'] === 'string' ? values['output'] : undefined;
    if (output !== undefined && existsSync(resolve(context.cwd, output))) throw new UsageError(`'${output}' exists already`, 'remove it first, or name another file');
    const name = typeof values['name'] === 'string' ? values['name'] : output === undefined ? scenarioName(file) : nameOf(output);
    const to = NAMES.find((known) => known === (values['to'] ?? (output === undefined ? 'xml' : syntaxOf(output))));
    if (to === undefined) throw new UsageError(`'${String(values['to'] ?? output)}' is no syntax`, `there are: ${NAMES.join(', ')}`);
    const genode = RELEASES.find((known) => known === (values['genode'] ?? '17.02'));
    if (genode === undefined) throw new UsageError(`'${String(values['genode'])}' is no release`, `there are: ${RELEASES.join(', ')}`);
    const imported = file.endsWith('.run') ? importRunScript(source, name, genode) : importRuntime(source, name, genode);
    if (tell(imported.diagnostics, context) || imported.text === undefined) return { verdict: 'invalid', reason: `${file} cannot be imported` };
    // What comes out must be a scenario; a name that is none, for example, shows here.
    const checked = readScenario(`${name}.xml`, new TextEncoder().encode(imported.text), { extensions: EXTENSIONS });
    if (tell(checked.diagnostics, context)) return { verdict: 'invalid', reason: `what was imported from ${file} is no valid scenario` };
    const text = to === 'xml' ? imported.text : (convert(imported.text, 'xml', to, `${name}.xml`).text ?? '');
    if (output === undefined) context.out(text);
    else writeFile(resolve(context.cwd, output), text);
    return PASSED;
  },
};

/** A package's runtime file is called after its folder. */
function scenarioName(file: string): string {
  const name = basename(file).replace(/\.(run|hid|xml|yaml)$/, '');
  return name === 'runtime' ? basename(resolve(file, '..')) : name;
}
