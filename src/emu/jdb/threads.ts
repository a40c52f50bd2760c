// The list of threads with whom they wait for. Prints and parses it.
// Owns no state. Source modelled: fiasco-kernel.md 2.6.

import { type DebugId, hex } from '../numbers.ts';
import { LISTING_ROWS_MAX } from './limits.ts';
import { ListingErrors, listingLines } from './listing_text.ts';
import { type Parsed, THREAD_STATE_NAMES, type ThreadRow, type ThreadStateName, type ThreadTimeout, type ThreadWait } from './model.ts';

export const THREADS_HEADER = '   id cpu name             pr     sp  wait    to state';
const NAME_WIDTH = 15;
const UNNAMED = '-----';
const UNBOUND = '-----';
const STATES_WIDTH = 30;
const CUT_MARK = ',...';
const MICRO = '\u00b5';
/** Columns in front of the states. */
const STATES_COLUMN = 49;

const UNIT_TEXT = { s: 's', ms: 'm', us: MICRO } as const;
const PARTNER_FLAG = { thread: ' ', irq: '*', other: '?' } as const;

/** Header and rows, highest debug id first as the debugger sorts them, trailing blanks trimmed. */
export function printThreads(threads: readonly ThreadRow[]): string {
  const sorted = [...threads].sort((a, b) => b.id - a.id);
  return [THREADS_HEADER, ...sorted.map(threadRowText)].map((line) => `${line}\n`).join('');
}

export function threadRowText(thread: ThreadRow): string {
  const name = (thread.name ?? UNNAMED).slice(0, NAME_WIDTH).padEnd(NAME_WIDTH);
  const task = thread.task === undefined ? UNBOUND : hex(thread.task).padStart(5);
  const head = `${hex(thread.id).padStart(5)} ${String(thread.cpu).padEnd(3)} ${name}  ${hex(thread.priority).padStart(2)}  ${task} `;
  const { states, cut } = shownStates(thread.states);
  return (head + waitText(thread.wait) + timeoutText(thread.timeout).padEnd(6) + states.join(',') + (cut || thread.cut ? CUT_MARK : '')).trimEnd();
}

/** The states for which a row has room; `cut` if the row says that there are more. */
export function shownStates(states: readonly ThreadStateName[]): { states: readonly ThreadStateName[]; cut: boolean } {
  let width = 0;
  for (const [index, state] of states.entries()) {
    const next = width + state.length + (index === 0 ? 0 : 1);
    if (next > STATES_WIDTH) return { states: states.slice(0, index), cut: width < STATES_WIDTH - CUT_MARK.length };
    width = next;
  }
  return { states, cut: false };
}

function waitText(wait: ThreadWait): string {
  switch (wait.kind) {
    case 'none':
      return '      ';
    case 'open':
      return '    - ';
    case 'from':
      return hex(wait.partner).padStart(5) + PARTNER_FLAG[wait.is];
    case 'to':
      return `${hex(wait.receiver).padStart(5)} `;
  }
}

function timeoutText(timeout: ThreadTimeout): string {
  switch (timeout.kind) {
    case 'none':
      return '';
    case 'over':
      return ' over';
    case 'long':
      return ' >99s';
    case 'left':
      return ` ${String(timeout.value).padStart(3)}${UNIT_TEXT[timeout.unit]}`;
  }
}

/** Reads a whole list; header, status and empty lines are skipped. */
export function parseThreads(source: string): Parsed<ThreadRow[]> {
  const errors = new ListingErrors();
  const threads: ThreadRow[] = [];
  const known = new Set<DebugId>();
  if (!errors.accepts(source)) return { value: threads, errors: errors.list };
  for (const { text, line, indent } of listingLines(source)) {
    if (isThreadsFrame(text)) continue;
    const thread = readThread(text);
    if (typeof thread === 'string') errors.add(line, indent + 1, thread);
    else if (known.has(thread.id)) errors.add(line, indent + 1, `thread ${hex(thread.id)} appears twice`);
    else if (threads.length >= LISTING_ROWS_MAX) {
      errors.add(line, indent + 1, `more than ${LISTING_ROWS_MAX} threads`);
      break;
    } else {
      known.add(thread.id);
      threads.push(thread);
    }
  }
  return { value: threads, errors: errors.list };
}

/** What surrounds the threads on the screen: header, status line, nothing. */
export const isThreadsFrame = (text: string): boolean =>
  text.trim() === '' || text.startsWith('#') || /^(?:present|ready) list: /.test(text) || text.trimEnd() === THREADS_HEADER;

const ROW = /^( {0,4}[0-9a-f]{1,5}) (\d{1,3}) {0,2} (.{15}) {2}([ 0-9a-f][0-9a-f]) {2}( {0,4}[0-9a-f]{1,5}|-----) (.{6})(.{6})(.*)$/;

/** Reads one line; answers what is wrong with it as a string. */
export function readThread(text: string): ThreadRow | string {
  const match = ROW.exec(text.trimEnd().padEnd(STATES_COLUMN));
  if (match === null) return 'this is no line of a thread list';
  const [, id = '', cpu = '', name = '', priority = '', task = '', waitColumn = '', timeoutColumn = '', stateColumn = ''] = match;
  if (id.length !== 5 || (task.length !== 5)) return 'the columns of this line are shifted';
  const cut = stateColumn.endsWith(CUT_MARK);
  const states = readStates(cut ? stateColumn.slice(0, -CUT_MARK.length) : stateColumn);
  if (typeof states === 'string') return states;
  const wait = readWait(waitColumn, states);
  if (wait === undefined) return `this is no wait column: "${waitColumn}"`;
  const timeout = readTimeout(timeoutColumn.trimEnd());
  if (timeout === undefined) return `this is no timeout: "${timeoutColumn.trim()}"`;
  return {
    id: Number.parseInt(id, 16) as DebugId,
    cpu: Number(cpu),
    ...(name.trimEnd() === UNNAMED ? {} : { name: name.trimEnd() }),
    priority: Number.parseInt(priority, 16),
    ...(task === UNBOUND ? {} : { task: Number.parseInt(task, 16) as DebugId }),
    wait,
    timeout,
    states,
    cut,
  };
}

function readStates(text: string): ThreadStateName[] | string {
  const states: ThreadStateName[] = [];
  for (const word of text === '' ? [] : text.split(',')) {
    const state = THREAD_STATE_NAMES.find((name) => name === word);
    if (state === undefined) return `unknown thread state "${word}"`;
    states.push(state);
  }
  return states;
}

function readWait(column: string, states: readonly ThreadStateName[]): ThreadWait | undefined {
  if (column === '      ') return { kind: 'none' };
  if (column === '    - ') return { kind: 'open' };
  const match = /^( {0,4}[0-9a-f]{1,5})([ *?])$/.exec(column);
  if (match === null) return undefined;
  const partner = Number.parseInt(match[1] as string, 16) as DebugId;
  if (match[2] === '*') return { kind: 'from', partner, is: 'irq' };
  if (match[2] === '?') return { kind: 'from', partner, is: 'other' };
  // A thread that is sending does not receive, and the column looks alike: the state tells which of the two it is.
  return states.includes('send') ? { kind: 'to', receiver: partner } : { kind: 'from', partner, is: 'thread' };
}

function readTimeout(text: string): ThreadTimeout | undefined {
  if (text === '') return { kind: 'none' };
  if (text === ' over') return { kind: 'over' };
  if (text === ' >99s') return { kind: 'long' };
  const match = /^ ([ \d]{2}\d)([sm\u00b5])$/.exec(text);
  if (match === null) return undefined;
  return { kind: 'left', value: Number(match[1]), unit: match[2] === 's' ? 's' : match[2] === 'm' ? 'ms' : 'us' };
}
