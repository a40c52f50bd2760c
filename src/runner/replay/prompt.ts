// The commands of a replay's prompt as a table: name, arguments, what it does, how. Pure: text in, text out.
// Owns no state; the session is the caller's.

import { hex } from '../../emu/numbers.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { ThreadView } from '../../runtime/inspector.ts';
import { nearest } from '../../scenario/nearest.ts';
import { findTask } from '../task_name.ts';
import { MOMENT_FORMS, type ReplayMoment } from './replay_moment.ts';
import { DISTANCE_FORMS, type Distance, parseDistance, type ReplaySession } from './session.ts';
import { capsText, codeText, logText, memoryText, objectsText, registersText, taskName, threadsText, whereWords } from './views.ts';

export const LOG_LINES_DEFAULT = 10;
export const CODE_LINES_DEFAULT = 12;
const MEMORY_BYTES_DEFAULT = 64;
const MEMORY_BYTES_MAX = 1 << 16;

export interface PromptCommand {
  readonly name: string;
  readonly arguments: string;
  readonly doc: string;
  /** Throws a PromptError for what the person did wrong. */
  readonly run: (session: ReplaySession, args: readonly string[]) => string;
}

export class PromptError extends Error {}

const where = (session: ReplaySession): string => whereWords(session.system, session.name, session.recording.events);

/** Where the machine stands, and why not at the very event or line that was asked for: it cannot stand within a step. */
export function arrived(session: ReplaySession, moment: ReplayMoment): string {
  const { events, log } = session.recording;
  const beyond =
    moment.kind === 'event' && events > moment.number ? `event ${moment.number} came in one step with those up to ${events}\n`
    : moment.kind === 'line' && log.length > moment.number ? `line ${moment.number} was printed in one step with those up to ${log.length}\n`
    : '';
  return where(session) + beyond;
}

/** Where the machine stands after a move, and the instruction there. */
function moved(session: ReplaySession, problem: string | null, moment?: ReplayMoment): string {
  if (problem !== null) throw new PromptError(problem);
  const view = session.system.inspector.thread(session.system.inspector.current);
  return `${moment === undefined ? where(session) : arrived(session, moment)}${view === undefined || view.hosted !== null ? '' : codeText(session.system, view, 1, view.registers[15])}`;
}

function distance(args: readonly string[], sign: 1 | -1): Distance {
  const parsed = parseDistance(args.length === 0 ? '1' : args.join(' '));
  if (parsed === null) throw new PromptError(`'${args.join(' ')}' is no distance: ${DISTANCE_FORMS}`);
  return { ...parsed, count: sign * parsed.count };
}

/** Names of threads and labels of tasks have blanks in them. */
const joined = (args: readonly string[]): string | undefined => (args.length === 0 ? undefined : args.join(' '));

/** A thread by its number in hexadecimal or its name; without argument the one that runs. */
export function threadOf(session: ReplaySession, written: string | undefined): ThreadView {
  const { system } = session;
  const { inspector } = system;
  if (written === undefined) return inspector.thread(inspector.current) as ThreadView;
  // As traces name threads: TASK/THREAD; no thread's own name has a slash in it.
  const slash = written.lastIndexOf('/');
  const task = slash < 0 ? null : taskOf(session, written.slice(0, slash));
  const named = system.threads().filter(({ id, name }) => name === written.slice(slash + 1) && (task === null || system.taskOf(id) === task));
  const [first] = named;
  if (first !== undefined && named.length > 1) {
    const whose = named.map(({ id }) => `0x${hex(id)} (${taskName(system, system.taskOf(id) ?? id)})`).join(', ');
    throw new PromptError(`${named.length} threads are called '${written}': ${whose}; name one by its number${task === null ? ' or as TASK/THREAD' : ''}`);
  }
  const id = named[0]?.id ?? (/^(0x)?[0-9a-f]+$/i.test(written) ? (Number.parseInt(written.replace(/^0x/, ''), 16) as DebugId) : undefined);
  const view = id === undefined ? undefined : inspector.thread(id);
  if (view === undefined) throw new PromptError(`there is no thread '${written}'; 'threads' lists them`);
  return view;
}

export function taskOf(session: ReplaySession, written: string | undefined): DebugId {
  const { system } = session;
  if (written === undefined) return threadOf(session, undefined).task;
  const found = findTask(written, system.components());
  if (!found.ok) throw new PromptError(found.message);
  return found.component.task;
}

export function numberOf(written: string | undefined, what: string, fallback?: number): number {
  if (written === undefined && fallback !== undefined) return fallback;
  const value = Number(written);
  if (written === undefined || !/^(0x[0-9a-f]+|[0-9]+)$/i.test(written) || value > 0xffff_ffff) throw new PromptError(`${what}: '${written ?? ''}' is no number`);
  return value;
}

function memory(session: ReplaySession, args: readonly string[]): string {
  // A task's label may have blanks in it: the numbers stand behind it. Of three numbers the first is the task's.
  const numbers = args.findIndex((arg) => /^0x[0-9a-f]+$/i.test(arg));
  const first = numbers === 0 && args.length === 3 ? 1 : numbers;
  if (first < 0) throw new PromptError("mem needs an address such as 0x1000000, behind the task's name if it is not the running one");
  const task = taskOf(session, first === 0 ? undefined : args.slice(0, first).join(' '));
  const length = numberOf(args[first + 1], 'bytes', MEMORY_BYTES_DEFAULT);
  if (length > MEMORY_BYTES_MAX) throw new PromptError(`at most ${MEMORY_BYTES_MAX} bytes at once`);
  return memoryText(session.system, task, numberOf(args[first], 'address'), length);
}

export const PROMPT_COMMANDS: readonly PromptCommand[] = [
  { name: 'where', arguments: '', doc: 'instruction, time, event, running thread', run: where },
  { name: 'threads', arguments: '', doc: "all threads, as the kernel's debugger lists them", run: (session) => threadsText(session.system) },
  { name: 'regs', arguments: '[THREAD]', doc: 'registers of a thread', run: (session, args) => registersText(threadOf(session, joined(args))) },
  {
    name: 'code', arguments: '[THREAD] [0xADDRESS]', doc: 'instructions around its program counter, or at an address',
    run: (session, args) => {
      const address = args.find((arg) => /^0x[0-9a-f]{5,}$/i.test(arg));
      const view = threadOf(session, joined(args.filter((arg) => arg !== address)));
      return codeText(session.system, view, CODE_LINES_DEFAULT, address === undefined ? undefined : numberOf(address, 'address')) || registersText(view);
    },
  },
  { name: 'mem', arguments: '[TASK] 0xADDRESS [BYTES]', doc: 'memory of a task', run: memory },
  { name: 'caps', arguments: '[TASK]', doc: 'capability space of a task', run: (session, args) => capsText(session.system, taskOf(session, joined(args))) },
  { name: 'objects', arguments: '', doc: 'all kernel objects', run: (session) => objectsText(session.system) },
  { name: 'log', arguments: '[N]', doc: `the last N log lines, ${LOG_LINES_DEFAULT} by default`, run: (session, [count]) => logText(session.recording.log, numberOf(count, 'lines', LOG_LINES_DEFAULT)) },
  { name: 'step', arguments: '[N] [events|lines|ms]', doc: 'go on by N instructions, events, log lines or milliseconds', run: (session, args) => moved(session, session.move(distance(args, 1))) },
  { name: 'back', arguments: '[N] [events|lines|ms]', doc: 'go back by as many', run: (session, args) => moved(session, session.move(distance(args, -1))) },
  {
    name: 'to', arguments: 'MOMENT', doc: `go to ${MOMENT_FORMS}`,
    run: (session, args) => {
      const moment = session.parse(args.join(' '));
      if ('error' in moment) throw new PromptError(moment.error);
      return moved(session, session.goTo(moment), moment);
    },
  },
];

export function promptHelp(): string {
  const rows = PROMPT_COMMANDS.map(({ name, arguments: args, doc }) => [`${name} ${args}`.trim(), doc] as const);
  const width = Math.max(...rows.map(([left]) => left.length));
  return [...rows, ['quit', 'leave']].map(([left = '', doc]) => `${left.padEnd(width)}  ${doc}\n`).join('');
}

/** Carries out one line; an unambiguous beginning of a name is enough. */
export function answer(session: ReplaySession, line: string): string {
  const [name = '', ...args] = line.trim().split(/\s+/);
  if (name === 'help' || name === '?') return promptHelp();
  const fitting = PROMPT_COMMANDS.filter((command) => command.name.startsWith(name));
  const command = PROMPT_COMMANDS.find((known) => known.name === name) ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (command === undefined) {
    const near = nearest(name, PROMPT_COMMANDS.map((known) => known.name));
    throw new PromptError(fitting.length > 1 ? `'${name}' could be ${fitting.map((known) => known.name).join(' or ')}` : `there is no '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}; 'help' lists the commands`);
  }
  return command.run(session, args);
}
