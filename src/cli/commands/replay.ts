// `rescap replay`: runs a scenario to any moment and opens it there: what was asked for is printed once, and in a terminal a prompt
// follows. Owns no state; moving and looking is in runner/replay.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { LIMIT_STATE_BYTES } from '../../emu/limits.ts';
import type { GoldenStore } from '../../runner/golden.ts';
import { answer, arrived, PromptError } from '../../runner/replay/prompt.ts';
import { MOMENT_FORMS, parseReplayMoment, type ReplayMoment } from '../../runner/replay/replay_moment.ts';
import { plainReplay, readReplay } from '../../runner/replay/saved_replay.ts';
import { DISTANCE_FORMS, parseDistance, ReplaySession } from '../../runner/replay/session.ts';
import { savedSource, scenarioSource } from '../../runner/replay/source.ts';
import { nearest } from '../../scenario/nearest.ts';
import { type Arguments, type Command, ENGINE_OPTION, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { goldenFolder, writeBytes } from '../files.ts';
import { passingImages } from '../image_store.ts';
import { BOOT_DIR_OPTION, bootFolder } from '../modules.ts';
import { openScenario } from '../open_scenario.ts';
import { findScenarios, goldenFolderOf } from '../scenarios.ts';
import { decodeStateFile, encodeStateFile } from '../state_file.ts';

/** Options that print one view each, in this order; with a value it goes to the prompt's command of the name. */
const VIEWS = ['threads', 'regs', 'code', 'mem', 'caps', 'objects', 'log'] as const;
const SHOWN_BY_DEFAULT: readonly (typeof VIEWS)[number][] = ['threads', 'regs', 'code', 'log'];
/** Of a thread that is no machine code there is nothing to show. */
const OF_MACHINE_CODE: readonly string[] = ['regs', 'code'];

export const REPLAY: Command = {
  name: 'replay',
  summary: 'Runs a scenario to any moment and opens it there: threads, registers, code, memory, listings, log; backwards as well.',
  usage: 'replay SCENARIO --to MOMENT [--back N] [--save-state FILE] | replay --from FILE [--to MOMENT]',
  example: [
    'rescap replay sheep_counter --to "* 3 sheeps*"',
    'rescap replay sheep_counter --to 34ms --back "3 events" --caps=sheep_counter',
    'rescap replay sheep_counter --to 1_000_000 --mem "sheep_counter 0x1000000 64"',
    'rescap replay sheep_counter --to "* 2 sheeps*" --save-state two.state',
    'rescap replay --from two.state --to "* 3 sheeps*"',
  ],
  options: {
    to: { type: 'string', value: 'MOMENT', doc: MOMENT_FORMS },
    machine: { type: 'string', value: 'NAME', doc: 'of a scenario with several machines, the one to follow instead of the first' },
    back: { type: 'string', value: 'N', doc: "then go back: 100 (instructions), '3 events', '2 lines' or '5 ms'" },
    'save-state': { type: 'string', value: 'FILE', doc: 'write the whole machine as it is there to a file' },
    from: { type: 'string', value: 'FILE', doc: 'begin with the machine of such a file; from there on it runs by itself, without the steps of the scenario' },
    threads: { type: 'boolean', doc: 'show all threads' },
    regs: { type: 'string', value: 'THREAD', implied: '', doc: "show registers; of the running thread without a value. A thread is a number, a name, or 'TASK/NAME'" },
    code: { type: 'string', value: 'THREAD', implied: '', doc: 'show the instructions around its program counter' },
    mem: { type: 'string', value: 'WHAT', doc: "show memory: 'TASK 0xADDRESS BYTES'" },
    caps: { type: 'string', value: 'TASK', implied: '', doc: 'show the capability space of a task' },
    objects: { type: 'boolean', doc: 'show all kernel objects' },
    log: { type: 'string', value: 'N', implied: '', doc: 'show the last N log lines' },
    prompt: { type: 'boolean', doc: 'open the prompt although views were asked for' },
    engine: ENGINE_OPTION,
    'boot-dir': BOOT_DIR_OPTION,
  },
  run: async (args, context) => {
    const opened = open(args, context);
    if ('verdict' in opened) return opened;
    const { session, moment } = opened;
    if (typeof args.values['save-state'] === 'string') save(session, args.values['save-state'], context);
    const asked = VIEWS.filter((view) => args.values[view] !== undefined);
    try {
      context.out(args.values['back'] === undefined ? arrived(session, moment) : answer(session, 'where'));
      for (const view of asked.length > 0 ? asked : shownByDefault(session)) context.out(`\n${answer(session, line(view, args.values[view]))}`);
    } catch (thrown) {
      if (thrown instanceof PromptError) throw new UsageError(thrown.message);
      throw thrown;
    }
    if (context.ask !== undefined && (asked.length === 0 || args.values['prompt'] === true)) await prompt(session, context.ask, context);
    return PASSED;
  },
};

const readOnly = (store: GoldenStore): GoldenStore => ({ ...store, write: () => undefined, remove: () => undefined });

function shownByDefault({ system }: ReplaySession): readonly string[] {
  const hosted = (system.inspector.thread(system.inspector.current)?.hosted ?? null) !== null;
  return SHOWN_BY_DEFAULT.filter((view) => !hosted || !OF_MACHINE_CODE.includes(view));
}

const line = (view: string, value: string | boolean | undefined): string => (typeof value === 'string' ? `${view} ${value}` : view);

function open(args: Arguments, context: Context): Opened | Exit {
  const { values } = args;
  const back = typeof values['back'] === 'string' ? parseDistance(values['back']) : undefined;
  if (back === null) throw new UsageError(`--back: '${String(values['back'])}' is no distance`, DISTANCE_FORMS);
  const opened = typeof values['from'] === 'string' ? fromFile(values['from'], args, context) : fromScenario(args, context);
  if ('verdict' in opened) return opened;
  const { session, moment } = opened;
  const problem = session.runTo(moment) ?? (back === undefined ? null : session.move({ ...back, count: -back.count }));
  return problem === null ? opened : { verdict: 'failed', reason: problem };
}

interface Opened {
  readonly session: ReplaySession;
  readonly moment: ReplayMoment;
}

function momentOf(written: string): ReplayMoment {
  const moment = parseReplayMoment(written);
  if ('error' in moment) throw new UsageError(`--to: ${moment.error}`);
  return moment;
}

function fromScenario({ values, positionals }: Arguments, context: Context): Opened | Exit {
  const [name, ...more] = positionals;
  if (name === undefined) throw new UsageError('replay needs one scenario', 'for example: rescap replay sheep_counter --to 34ms');
  if (more.length > 0) throw new UsageError(`replay needs one scenario, not ${positionals.length}: ${positionals.join(', ')}`, 'the value of --regs, --code, --caps and --log stands behind a =: --regs=ep');
  if (typeof values['to'] !== 'string') throw new UsageError('replay needs --to MOMENT', `a moment is ${MOMENT_FORMS}`);
  const moment = momentOf(values['to']);
  const [file = ''] = findScenarios([name], context);
  const opened = openScenario(file, context, bootFolder(values['boot-dir'], context));
  if ('verdict' in opened) return opened;
  const { scenario, modules } = opened;
  const machine = machineOf(values['machine'], scenario.machines.map((further) => further.name));
  const goldens = readOnly(goldenFolder(resolve(context.cwd, goldenFolderOf(file)), goldenFolderOf(file)));
  return { session: new ReplaySession(scenarioSource(scenario, modules, { boot: context.boot, wall_ms: context.wall_ms, goldens, images: passingImages(file, context) }, machine)), moment };
}

/** The name of a further machine, empty for the first. */
function machineOf(written: string | boolean | undefined, names: readonly string[]): string {
  if (typeof written !== 'string') return '';
  if (names.includes(written)) return written;
  const near = nearest(written, names);
  throw new UsageError(`--machine: the scenario has no machine '${written}'`, near !== undefined ? `did you mean '${near}'?` : names.length > 0 ? `beside the first, there are: ${names.join(', ')}` : 'it has one machine, which needs no name');
}

/** A saved machine; without --to it is opened where it was saved. */
function fromFile(file: string, { values, positionals }: Arguments, { cwd, restore, wall_ms }: Context): Opened | Exit {
  if (positionals.length > 0) throw new UsageError('a replay begins with a scenario or with --from FILE, not with both');
  if (values['boot-dir'] !== undefined) throw new UsageError('the machine of --from FILE has its boot modules already: --boot-dir does not go with it');
  if (values['machine'] !== undefined) throw new UsageError('the file of --from FILE is one machine: --machine does not go with it');
  if (restore === undefined) throw new UsageError('--from cannot work here');
  const path = resolve(cwd, file);
  if (!existsSync(path) || !statSync(path).isFile()) throw new UsageError(`--from: there is no file '${file}'`);
  if (statSync(path).size > LIMIT_STATE_BYTES) return { verdict: 'invalid', reason: `${file} is no saved system: it is longer than ${LIMIT_STATE_BYTES} bytes` };
  try {
    const saved = readReplay(decodeStateFile(readFileSync(path)));
    // Once here, so that a file that no system can be made of is refused as a file.
    restore(saved.system).close();
    const moment: ReplayMoment = typeof values['to'] === 'string' ? momentOf(values['to']) : { kind: 'instruction', at: saved.instructions };
    return { session: new ReplaySession(savedSource(saved, { restore, wall_ms })), moment };
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    return { verdict: 'invalid', reason: `${file} cannot be opened: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
}

function save(session: ReplaySession, file: string, context: Context): void {
  const bytes = encodeStateFile(plainReplay(session.save()));
  try {
    writeBytes(resolve(context.cwd, file), bytes);
  } catch (thrown) {
    throw new UsageError(`--save-state: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  context.out(`saved: ${file}, ${bytes.length} bytes\n\n`);
}

/** Lines until the person leaves. What goes wrong is told and changes nothing. */
async function prompt(session: ReplaySession, ask: (question: string) => Promise<string | null>, context: Context): Promise<void> {
  context.out("\n'help' lists the commands\n");
  for (;;) {
    const written = await ask(`${session.system.machine.instructions}> `);
    if (written === null || ['quit', 'q', 'exit'].includes(written.trim())) return;
    if (written.trim() === '') continue;
    try {
      context.out(answer(session, written));
    } catch (thrown) {
      if (!(thrown instanceof PromptError)) throw thrown;
      context.err(`${thrown.message}\n`);
    }
  }
}
