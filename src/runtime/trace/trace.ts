// The event stream as a readable trace: levels, filters by task and thread, and the three forms of a line. Owns the pairing of
// requests and replies through its RPC decoder, and the system call that each thread is in; everything else comes with each event
// (architecture, law 4).

import type { BoardEvent, EventStream, StampedEvent } from '../../emu/event.ts';
import type { DebugId } from '../../emu/numbers.ts';
import { CAP_CR_KINDS, CaptureTrace } from './cap_cr.ts';
import { describe } from './event_words.ts';
import { LEVEL_KINDS, type TraceFormat, type TraceLevel } from './levels.ts';
import type { TraceNames } from './names.ts';
import { RpcDecoder } from './rpc_decoder.ts';

export interface TraceOptions {
  /** At least one; the form cap_cr has its own selection. */
  readonly levels: ReadonlySet<TraceLevel>;
  readonly format: TraceFormat;
  /** Only what these do or take part in: a label ("rtcr -> sheep_counter"), its end, a debugger name, or a number in hexadecimal. */
  readonly task: string | null;
  readonly thread: string | null;
  /** The machine whose events these are, where there are several: stands before its tasks. */
  readonly machine?: string;
}

/** Prints the lines of a trace from now on. @returns what ends it */
export function traceEvents(events: EventStream, names: TraceNames, options: TraceOptions, print: (line: string) => void): () => void {
  const kinds = options.format === 'cap_cr' ? CAP_CR_KINDS : [...new Set([...options.levels].flatMap((level) => LEVEL_KINDS[level]))];
  const decoder = options.levels.has('rpc') && options.format !== 'cap_cr' ? new RpcDecoder(names) : null;
  const capture = options.format === 'cap_cr' ? new CaptureTrace(names) : null;
  const entered = new Map<DebugId, Entered>();
  let columns = WHO_COLUMNS;
  const printLine = (event: StampedEvent, text: string): void => {
    const who = `${options.machine === undefined ? '' : `${options.machine}: `}${names.taskName(event.task)}/${names.objectName(event.thread)}`;
    if (who.length <= WHO_COLUMNS_MAX) columns = Math.max(columns, who.length);
    print(lineOf(event, who.padEnd(columns), text));
  };
  return events.listen(kinds, (event) => {
    // Every message goes through the decoder, shown or not: a reply is understood by its request.
    const rpc = event.kind === 'ipc_transfer' ? (decoder?.decode(event) ?? null) : null;
    // The same goes for what a captured line knows of earlier events.
    const captured = capture?.lines(event) ?? [];
    if (event.kind === 'syscall_enter') entered.set(event.thread, event);
    if (!passes(event, names, options)) return;
    if (capture !== null) for (const line of captured) print(line);
    else if (options.format === 'json') print(JSON.stringify({ ...(options.machine === undefined ? {} : { machine: options.machine }), ...event, ...(rpc === null ? {} : { rpc }) }));
    else {
      if (rpc !== null) printLine(event, `rpc ${rpc}`);
      if (event.kind !== 'ipc_transfer' || options.levels.has('ipc')) printLine(event, isUnanswered(event, entered) ? 'returns' : describe(event, names));
    }
  });
}

type Entered = Extract<BoardEvent, { kind: 'syscall_enter' }>;
const OP_RECEIVE = 2;

/** Who only sends has its own tag for a result where there is none: the label of its request is no error number. */
function isUnanswered(event: StampedEvent, entered: ReadonlyMap<DebugId, Entered>): boolean {
  if (event.kind !== 'syscall_leave') return false;
  const { tag, selector } = entered.get(event.thread) ?? { tag: -1, selector: 0 };
  return event.tag === tag && (selector & 0xf) !== 0 && (selector & OP_RECEIVE) === 0;
}

const TIME_COLUMNS = 12;
const COUNT_COLUMNS = 12;
/** Who comes along with a longer name widens the column from there on; only what is longer than the most stands out of it. */
const WHO_COLUMNS = 30;
const WHO_COLUMNS_MAX = 60;

function lineOf({ time_us, instructions }: StampedEvent, who: string, text: string): string {
  return `${(time_us / 1e6).toFixed(6).padStart(TIME_COLUMNS)} ${String(instructions).padStart(COUNT_COLUMNS)} ${who} ${text}`;
}

function passes(event: StampedEvent, names: TraceNames, { task, thread }: TraceOptions): boolean {
  if (task === null && thread === null) return true;
  const threads: DebugId[] = event.kind === 'ipc_transfer' ? [event.thread, event.from, event.to] : [event.thread];
  return threads.some((id) => (thread === null || names.isThread(id, thread)) && (task === null || names.isTask(id === event.thread ? event.task : names.taskOf(id), task)));
}
