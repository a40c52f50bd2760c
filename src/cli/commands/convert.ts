// `rescap convert FILE --to SYNTAX`: a scenario or init configuration in another syntax, the same tree.
// Owns no state. Goes to the output unless a file is named; what cannot be carried over is told on the error output.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { convert } from '../../scenario/convert.ts';
import { Source } from '../../scenario/source.ts';
import { type Syntax, SYNTAXES, syntaxOf } from '../../scenario/syntax/syntax.ts';
import { type Command, PASSED, UsageError } from '../command.ts';
import { writeFile } from '../files.ts';
import { tell } from '../scenarios.ts';

const NAMES = Object.keys(SYNTAXES) as readonly Syntax[];

export const CONVERT: Command = {
  name: 'convert',
  summary: 'Writes a scenario or init configuration in another syntax: XML, YAML or HID. Comments are left out, and that is said.',
  usage: 'convert FILE --to xml|yaml|hid [--output FILE]',
  example: ['rescap convert run/sheep_counter.xml --to yaml', 'rescap convert init.config --from hid --to xml --output init.xml'],
  options: {
    to: { type: 'string', value: 'SYNTAX', doc: `one of ${NAMES.join(', ')}` },
    from: { type: 'string', value: 'SYNTAX', doc: 'syntax of FILE; default: by the end of its name' },
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'write there; an existing file is left alone' },
  },
  run: ({ values, positionals }, context) => {
    const [file] = positionals;
    if (file === undefined || positionals.length !== 1) throw new UsageError('convert needs one file', 'for example: rescap convert run/sheep_counter.xml --to yaml');
    const to = syntaxNamed(values['to'], '--to');
    const from = values['from'] === undefined ? syntaxOf(file) : syntaxNamed(values['from'], '--from');
    if (from === undefined) throw new UsageError(`the syntax of '${file}' is not clear from its name`, `--from says it: ${NAMES.join(', ')}`);
    const path = resolve(context.cwd, file);
    if (!existsSync(path) || !statSync(path).isFile()) throw new UsageError(`there is no file '${file}'`);
    const source = Source.fromBytes(file, readFileSync(path));
    if ('error' in source) throw new UsageError(source.error);
    const { text, diagnostics } = convert(source.text, from, to, file);
    if (tell(diagnostics, context) || text === undefined) return { verdict: 'invalid', reason: `${file} cannot be converted` };
    const output = values['output'];
    if (typeof output !== 'string') {
      context.out(text);
      return PASSED;
    }
    const target = resolve(context.cwd, output);
    if (existsSync(target)) throw new UsageError(`'${output}' exists already`, 'remove it first, or name another file');
    writeFile(target, text);
    return PASSED;
  },
};

function syntaxNamed(value: string | boolean | undefined, option: string): Syntax {
  const found = NAMES.find((name) => name === value);
  if (found === undefined) throw new UsageError(value === undefined ? `convert needs ${option}` : `'${String(value)}' is no syntax for ${option}`, `there are: ${NAMES.join(', ')}`);
  return found;
}
