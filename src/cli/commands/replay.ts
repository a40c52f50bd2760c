// `rescap replay`: runs a scenario to any moment and opens it there: what was asked for is printed once, and in a terminal a prompt
// follows. Owns no state; moving and looking is in runner/replay.

import { resolve } from 'node:path';
import type { GoldenStore } from '../../runner/golden.ts';
import { answer, PromptError } from '../../runner/replay/prompt.ts';
import { MOMENT_FORMS, parseReplayMoment } from '../../runner/replay/replay_moment.ts';
import { parseDistance, ReplaySession } from '../../runner/replay/session.ts';
import { type Arguments, type Command, ENGINE_OPTION, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { goldenFolder } from '../files.ts';
import { BOOT_DIR_OPTION, bootFolder, loadModules } from '../modules.ts';
import { findScenarios, goldenFolderOf, loadScenario, tell } from '../scenarios.ts';

/** Options that print one view each, in this order; with a value it goes to the prompt's command of the name. */
const VIEWS = ['threads', 'regs', 'code', 'mem', 'caps', 'objects', 'log'] as const;
const SHOWN_BY_DEFAULT: readonly (typeof VIEWS)[number][] = ['threads', 'regs', 'code', 'log'];
/** Of a thread that is no machine code there is nothing to show. */
const OF_MACHINE_CODE: readonly string[] = ['regs', 'code'];

export const REPLAY: Command = {
  name: 'replay',
  summary: 'Runs a scenario to any moment and opens it there: threads, registers, code, memory, listings, log; backwards as well.',
  usage: 'replay SCENARIO --to MOMENT [--back N]',
  example: [
    'rescap replay sheep_counter --to "* 3 sheeps*"',
    'rescap replay sheep_counter --to 34ms --back "3 events" --caps sheep_counter',
    'rescap replay sheep_counter --to 1_000_000 --mem "sheep_counter 0x1000000 64"',
  ],
  options: {
    to: { type: 'string', value: 'MOMENT', doc: MOMENT_FORMS },
    back: { type: 'string', value: 'N', doc: "then go back: 100 (instructions), or '3 events'" },
    threads: { type: 'boolean', doc: 'show all threads' },
    regs: { type: 'string', value: 'THREAD', implied: '', doc: 'show registers; of the running thread without a value' },
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
    const session = open(args, context);
    if (!(session instanceof ReplaySession)) return session;
    const asked = VIEWS.filter((view) => args.values[view] !== undefined);
    try {
      context.out(answer(session, 'where'));
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

function open({ values, positionals }: Arguments, context: Context): ReplaySession | Exit {
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('replay needs one scenario', 'for example: rescap replay sheep_counter --to 34ms');
  const to = values['to'];
  if (typeof to !== 'string') throw new UsageError('replay needs --to MOMENT', `a moment is ${MOMENT_FORMS}`);
  const moment = parseReplayMoment(to);
  if ('error' in moment) throw new UsageError(`--to: ${moment.error}`);
  const back = typeof values['back'] === 'string' ? parseDistance(values['back']) : undefined;
  if (back === null) throw new UsageError(`--back: '${String(values['back'])}' is no distance`, "100 are instructions; '3 events' are events");
  const [file = ''] = findScenarios([name], context);
  const { scenario, diagnostics } = loadScenario(file, context);
  if (scenario === undefined) {
    tell(diagnostics, context);
    return { verdict: 'invalid', reason: `${file} has errors` };
  }
  const loaded = loadModules(scenario, context, bootFolder(values['boot-dir'], context));
  if (tell(loaded.diagnostics, context)) return { verdict: 'invalid', reason: `${file} has errors` };
  const session = new ReplaySession(scenario, loaded.modules, { boot: context.boot, wall_ms: context.wall_ms, goldens: readOnly(goldenFolder(resolve(context.cwd, goldenFolderOf(file)), goldenFolderOf(file))) });
  const problem = session.runTo(moment) ?? (back === undefined ? null : session.move({ ...back, count: -back.count }));
  return problem === null ? session : { verdict: 'failed', reason: problem };
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
