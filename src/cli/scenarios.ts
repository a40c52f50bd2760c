// Which scenario files are meant, and reading them. A name stands for run/NAME with any extension, NAME may be FOLDER/NAME; a path for itself.
// Owns no state.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, normalize, relative, resolve } from 'node:path';
import { type Diagnostic, printDiagnostic } from '../scenario/diagnostic.ts';
import type { Scenario } from '../scenario/model.ts';
import { nearest } from '../scenario/nearest.ts';
import { readScenario, SCENARIO_EXTENSIONS } from '../scenario/read.ts';
import { UsageError } from './command.ts';
import { includePort } from './include_port.ts';
import type { Context } from './context.ts';
import { EXTENSIONS } from './extensions.ts';
import type { GoldenStore } from '../runner/golden.ts';
import { runName } from '../runner/result.ts';
import { goldenFolder, listFiles } from './files.ts';

export const SCENARIO_FOLDER = 'run';

export interface LoadedScenario {
  /** As written or found, relative to the working folder. */
  readonly file: string;
  /** With the variant in brackets, where one is meant. */
  readonly name: string;
  /** The variant that was asked for, else the first; left out where there are errors. */
  readonly scenario?: Scenario;
  readonly variants: readonly Scenario[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Files for what was asked: names, paths, or patterns such as `lost_*`; all of run/ if nothing was. */
export function findScenarios(asked: readonly string[], context: Context): readonly string[] {
  const files = asked.length === 0 ? allScenarios(context) : asked.flatMap((one) => (isPattern(one) ? matching(one, context) : [findScenario(one, context)]));
  const seen = new Map<string, string>();
  for (const file of files) {
    const key = resolve(context.cwd, file).replace(EXTENSION, '');
    const other = seen.get(key);
    if (other !== undefined && other !== file) throw new UsageError(`two scenarios are called '${nameOf(file)}': ${other} and ${file}`, 'keep one of them');
    seen.set(key, file);
  }
  return [...seen.values()];
}

export function loadScenario(file: string, context: Context, variant?: string): LoadedScenario {
  const name = nameOf(relative(context.cwd, resolve(context.cwd, file)));
  const { variants, diagnostics } = readScenario(file, readFileSync(resolve(context.cwd, file)), { extensions: EXTENSIONS, include: includePort(file, context) });
  const scenario = variant === undefined ? variants[0] : variants.find((one) => one.variant === variant);
  if (scenario === undefined || scenario.name === name) return { file, name: runName(name, variant), diagnostics, variants, ...(scenario === undefined ? {} : { scenario }) };
  const source = scenario.source;
  const at = source.text.indexOf(`"${scenario.name}"`) + 1;
  const span = { source, start: at, end: at + scenario.name.length };
  const wrong: Diagnostic = { severity: 'error', code: 'E018', span, message: `the scenario is called '${scenario.name}', its file '${name}'`, notes: [], help: 'goldens and reports are found by this name: make both the same' };
  return { file, name, variants: [], diagnostics: [...diagnostics, wrong] };
}

/** Prints diagnostics; true if one of them is an error. */
export function tell(diagnostics: readonly Diagnostic[], context: Context): boolean {
  for (const diagnostic of diagnostics) context.err(printDiagnostic(diagnostic));
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** The name of a file's scenario: its path below run/, elsewhere the name of the file alone. */
export function nameOf(file: string): string {
  const path = normalize(file).replaceAll('\\', '/').replace(EXTENSION, '');
  return path.startsWith(`${SCENARIO_FOLDER}/`) ? path.slice(SCENARIO_FOLDER.length + 1) : basename(path);
}

/** The goldens of a scenario, or of one variant of it. */
export function goldensOf(file: string, variant: string | undefined, context: Context): GoldenStore {
  const folder = variant === undefined ? goldenFolderOf(file) : join(goldenFolderOf(file), variant);
  return goldenFolder(resolve(context.cwd, folder), folder);
}

/** The golden folder of a scenario file, beside it. */
export function goldenFolderOf(file: string): string {
  return `${file.replace(EXTENSION, '')}.golden`;
}

const EXTENSION = new RegExp(`\\.(${SCENARIO_EXTENSIONS.join('|')})$`);

function allScenarios(context: Context): readonly string[] {
  const folder = resolve(context.cwd, SCENARIO_FOLDER);
  return listFiles(folder).filter((file) => EXTENSION.test(file) && file.split('/').length <= 2).map((file) => join(SCENARIO_FOLDER, file));
}

/** `*` is any text within a folder, `**` any text, `?` any character. */
export function isPattern(asked: string): boolean {
  return /[*?]/.test(asked);
}

function matching(pattern: string, context: Context): readonly string[] {
  const source = pattern.replace(EXTENSION, '').replace(/^run\//, '').replace(/\*\*|[*?]|[^*?]+/g, (part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part === '?' ? '[^/]' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&')));
  const expression = new RegExp(`^${source}$`);
  return allScenarios(context).filter((file) => expression.test(nameOf(file)));
}

function findScenario(asked: string, context: Context): string {
  const isFile = (path: string) => existsSync(resolve(context.cwd, path)) && statSync(resolve(context.cwd, path)).isFile();
  if (isFile(asked) && EXTENSION.test(asked)) return asked;
  const places = [asked, join(SCENARIO_FOLDER, asked)];
  const found = [...new Set(places.flatMap((place) => SCENARIO_EXTENSIONS.map((extension) => `${place}.${extension}`)).filter(isFile))];
  const [first, second] = found;
  if (first !== undefined && second !== undefined) throw new UsageError(`'${asked}' is both ${first} and ${second}`, 'name one of them with its extension');
  if (first !== undefined) return first;
  if (isFile(asked)) throw new UsageError(`'${asked}' is no scenario file`, `scenario files end in ${SCENARIO_EXTENSIONS.map((extension) => `.${extension}`).join(', ')}`);
  const near = nearest(nameOf(asked), allScenarios(context).map(nameOf));
  throw new UsageError(`there is no scenario '${asked}'`, near === undefined ? "'rescap list' shows those there are" : `did you mean '${near}'?`);
}
