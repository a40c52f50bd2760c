// The command line `rescap`: finds the command, reads its arguments, turns what comes back into the last line and the exit status.
// Owns no state but the process's own; everything else reaches it through the context.

import { useColors } from '../report/colors.ts';
import type { PlainRecord } from '../emu/plain.ts';
import { EXIT_STATUS } from '../runner/result.ts';
import { nearest } from '../scenario/nearest.ts';
import { engineOf, type Exit, helpOf, PASSED, readArguments, UsageError } from './command.ts';
import { COMMANDS } from './command_table.ts';
import { type Context, versionOf } from './context.ts';
import { WriteError } from './files.ts';

const ONE_LINE_MAX = 160;

export async function main(args: readonly string[], context: Context): Promise<number> {
  const { rest, colors } = colorOption(args, context);
  useColors(colors);
  let exit: Exit;
  try {
    exit = await dispatch(rest, context);
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      context.err(`${thrown.message}\n${thrown.hint === undefined ? '' : `help: ${thrown.hint}\n`}`);
      exit = { verdict: 'invalid', reason: thrown.message };
    } else if (thrown instanceof WriteError) {
      exit = { verdict: thrown.full ? 'internal' : 'invalid', reason: thrown.message };
    } else {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if ((context.env['RESCAP_STACK'] ?? '') !== '') context.err(`${error.stack ?? ''}\n`);
      exit = { verdict: 'internal', reason: `internal error: ${error.message}` };
    }
  }
  const status = exit.status ?? EXIT_STATUS[exit.verdict];
  if (status !== 0) context.err(`rescap: exit ${status} (${oneLine(exit.reason)})\n`);
  return status;
}

async function dispatch(args: readonly string[], context: Context): Promise<Exit> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = COMMANDS.find((command) => command.name === rest[0]);
    context.out(asked === undefined ? await overview() : helpOf(await asked.load()));
    if (name === undefined) throw new UsageError('no command was given');
    return PASSED;
  }
  if (name === '--version' || name === '-V') {
    context.out(`rescap ${versionOf(context.packageRoot)}\n`);
    return PASSED;
  }
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const near = nearest(name, COMMANDS.map((known) => known.name));
    throw new UsageError(`there is no command '${name}'`, near === undefined ? 'rescap --help lists the commands' : `did you mean 'rescap ${near}'?`);
  }
  const command = await entry.load();
  const parsed = readArguments(command, rest);
  if (parsed.values['help'] === true) {
    context.out(helpOf(command));
    return PASSED;
  }
  const engine = engineOf(parsed);
  if (engine === undefined) return command.run(parsed, context);
  const { boot, restore } = context;
  return command.run(parsed, { ...context, boot: (config) => boot({ ...config, engine }), ...(restore === undefined ? {} : { restore: (state: PlainRecord) => restore(state, engine) }) });
}

async function overview(): Promise<string> {
  const commands = await Promise.all(COMMANDS.map(({ load }) => load()));
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    '  rescap run sheep_counter',
    '',
    'Runs checkpoint/restore scenarios of Genode components on an emulated Fiasco.OC kernel.',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'rescap COMMAND --help shows a command, rescap --version the version; --color and --no-color go with all of them.',
    'exit status: 0 pass, 1 failed, 2 usage or invalid scenario, 3 golden mismatch, 4 timeout, 5 internal error, 6 nothing executed',
    '',
  ].join('\n');
}

/** Colours only on a terminal, never under NO_COLOR; the option decides over both. */
function colorOption(args: readonly string[], context: Context): { readonly rest: readonly string[]; readonly colors: boolean } {
  const wanted = args.filter((arg) => arg === '--color' || arg === '--no-color').at(-1);
  const usual = context.terminal && (context.env['NO_COLOR'] ?? '') === '' && context.env['TERM'] !== 'dumb';
  return { rest: args.filter((arg) => arg !== '--color' && arg !== '--no-color'), colors: wanted === undefined ? usual : wanted === '--color' };
}

function oneLine(text: string): string {
  const line = text.split('\n')[0] ?? '';
  return line.length <= ONE_LINE_MAX ? line : `${line.slice(0, ONE_LINE_MAX - 1)}…`;
}
