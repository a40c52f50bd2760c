// `rescap schema`: the language as XML Schema, JSON Schema, HSD or a page to read, and help on one element.
// Owns no state; everything is generated from src/scenario/schema.

import { resolve } from 'node:path';
import { reportSchema } from '../../report/json_schema.ts';
import { suggestion } from '../../scenario/diagnostic.ts';
import { hsd } from '../../scenario/schema/hsd.ts';
import { jsonSchema } from '../../scenario/schema/json_schema.ts';
import { type Language, typesOf } from '../../scenario/schema/language.ts';
import { elementHelp, referencePage } from '../../scenario/schema/reference.ts';
import { xsd } from '../../scenario/schema/xsd.ts';
import { type Command, PASSED, UsageError } from '../command.ts';
import { writeFile } from '../files.ts';
import { LANGUAGE } from '../language.ts';

/** What is generated: the name of the format, the file below config/, and the generator. */
export const FORMATS: readonly { readonly name: string; readonly file: string; readonly generate: (language: Language) => string }[] = [
  { name: 'xsd', file: 'scenario.xsd', generate: xsd },
  { name: 'json', file: 'scenario.schema.json', generate: jsonSchema },
  { name: 'hsd', file: 'scenario.hsd', generate: hsd },
  { name: 'md', file: 'scenario.md', generate: referencePage },
  { name: 'report', file: 'report.schema.json', generate: reportSchema },
];

const NAMES = FORMATS.map(({ name }) => name);

export const SCHEMA: Command = {
  name: 'schema',
  summary: 'Prints the scenario language as a schema for editors or as a page to read, or explains one element of it.',
  usage: `schema [ELEMENT] [--format ${NAMES.join('|')}] [--write FOLDER]`,
  example: ['rescap schema checkpoint', 'rescap schema --format xsd', 'rescap schema --write config'],
  options: {
    format: { type: 'string', value: 'FORMAT', doc: `one of ${NAMES.join(', ')}; default md` },
    write: { type: 'string', value: 'FOLDER', doc: 'write all of them into this folder' },
  },
  run: ({ values, positionals }, context) => {
    const [tag] = positionals;
    if (positionals.length > 1) throw new UsageError('schema explains one element at a time', 'for example: rescap schema checkpoint');
    if (tag !== undefined) {
      const help = elementHelp(LANGUAGE, tag);
      if (help === '') throw new UsageError(`the language has no element <${tag}>`, suggestion(tag, [...new Set(typesOf(LANGUAGE).map(({ schema }) => schema.tag))]));
      context.out(help);
      return PASSED;
    }
    const folder = values['write'];
    if (typeof folder === 'string') {
      for (const { file, generate } of FORMATS) writeFile(resolve(context.cwd, folder, file), generate(LANGUAGE));
      return PASSED;
    }
    const wanted = values['format'] ?? 'md';
    const format = FORMATS.find(({ name }) => name === wanted);
    if (format === undefined) throw new UsageError(`'${String(wanted)}' is no format of schemas`, `there are: ${NAMES.join(', ')}`);
    context.out(format.generate(LANGUAGE));
    return PASSED;
  },
};
