// What a command of the command line is, and how its arguments are read. Help is printed from the same description.
// Owns no state.

import { parseArgs } from 'node:util';
import { ENGINE_DEFAULT, ENGINES, type EngineName, isEngineName } from '../emu/arm/engine.ts';
import type { Verdict } from '../runner/result.ts';
import { nearest } from '../scenario/nearest.ts';
import type { Context } from './context.ts';

export interface OptionSchema {
  readonly type: 'string' | 'boolean';
  /** Name of the value, for help. */
  readonly value?: string;
  readonly short?: string;
  /** May be given several times; the values come joined by commas. */
  readonly multiple?: true;
  /** The value of an option that is given without one, as `--bail`. */
  readonly implied?: string;
  readonly doc: string;
}

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

export interface Exit {
  readonly verdict: Verdict;
  /** For the last line of a run that did not pass. */
  readonly reason: string;
  /** In place of the verdict's own exit status. */
  readonly status?: number;
}

export const PASSED: Exit = { verdict: 'passed', reason: '' };

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Without "rescap": "run [SCENARIO...]". */
  readonly usage: string;
  readonly example: readonly string[];
  readonly options: Readonly<Record<string, OptionSchema>>;
  readonly run: (args: Arguments, context: Context) => Exit | Promise<Exit>;
}

/** Something on the command line is wrong; told in words, exit status 2. */
export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export const HELP_OPTION: OptionSchema = { type: 'boolean', short: 'h', doc: 'show this help' };

/** For commands that run scenarios. */
const ENGINE_WORDS = `${ENGINES.slice(0, -1).join(', ')} and ${ENGINES.slice(-1).join()}`;
export const ENGINE_OPTION: OptionSchema = { type: 'string', value: 'NAME', doc: `what executes instructions: ${ENGINES.join(', ')}, instead of ${ENGINE_DEFAULT}; only speed differs` };

/** The engine that the arguments name, if they name one. */
export function engineOf({ values }: Arguments): EngineName | undefined {
  const name = values['engine'];
  if (typeof name !== 'string') return undefined;
  if (isEngineName(name)) return name;
  const near = nearest(name, ENGINES);
  throw new UsageError(`there is no engine '${name}'`, near === undefined ? `there are ${ENGINE_WORDS}` : `did you mean '${near}'?`);
}

export function readArguments(command: Command, args: readonly string[]): Arguments {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }> = {};
  for (const [name, { type, short, multiple }] of Object.entries({ ...command.options, help: HELP_OPTION })) {
    options[name] = { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) };
  }
  const completed = args.map((arg) => {
    const implied = arg.startsWith('--') ? command.options[arg.slice(2)]?.implied : undefined;
    return implied === undefined ? arg : `${arg}=${implied}`;
  });
  try {
    const { values, positionals } = parseArgs({ args: completed, options, allowPositionals: true, strict: true });
    const read = Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value] as const);
    return { values: Object.fromEntries(read), positionals };
  } catch (thrown) {
    const message = thrown instanceof Error ? (thrown.message.split('. ')[0] ?? '') : String(thrown);
    const written = /'--([^'=\s]+)/.exec(message)?.[1];
    const near = written === undefined || Object.hasOwn(options, written) ? undefined : nearest(written, Object.keys(options));
    throw new UsageError(`rescap ${command.name}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, near === undefined ? `rescap ${command.name} --help lists the options` : `did you mean '--${near}'?`);
  }
}

export function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, help: HELP_OPTION });
  const shown = options.map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    const value = option.value === undefined ? '' : option.implied === undefined ? ` ${option.value}` : `[=${option.value}]`;
    return [`${short}--${name}${value}`, option.doc] as const;
  });
  const width = Math.max(...shown.map(([left]) => left.length));
  return [
    ...command.example.map((line) => `  ${line}`),
    '',
    `${command.summary}`,
    '',
    `usage: rescap ${command.usage}`,
    ...shown.map(([left, doc]) => `  ${left.padEnd(width)}  ${doc}`),
    '',
  ].join('\n');
}
