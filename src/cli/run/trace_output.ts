// `rescap run --trace`: which levels of the event stream are printed, filtered how, to where. Owner of the open trace file.
// The text itself is made in runtime/trace.

import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EventStream } from '../../emu/event.ts';
import type { BootSystem } from '../../runtime/system.ts';
import { TRACE_FORMATS, TRACE_LEVELS, type TraceFormat, type TraceLevel } from '../../runtime/trace/levels.ts';
import { TraceNames } from '../../runtime/trace/names.ts';
import { traceEvents } from '../../runtime/trace/trace.ts';
import { nearest } from '../../scenario/nearest.ts';
import { type Arguments, type OptionSchema, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { makeFolders } from '../files.ts';

/** Characters that are collected before they are written. */
const CHUNK_CHARACTERS = 1 << 16;

export const TRACE_OPTIONS = {
  trace: { type: 'string', value: 'LEVELS', multiple: true, doc: `print what happens on the board: ${TRACE_LEVELS.join(', ')}` },
  'trace-task': { type: 'string', value: 'TASK', doc: "only of this task: 'rtcr -> sheep_counter', sheep_counter, or its number in hexadecimal" },
  'trace-thread': { type: 'string', value: 'THREAD', doc: 'only of this thread: its name or its number in hexadecimal' },
  'trace-file': { type: 'string', value: 'FILE', doc: 'write the trace there instead of to the error output' },
  'trace-format': { type: 'string', value: 'FORMAT', doc: 'text (default), json (a line an event), cap_cr (lines of the 2018 capability traces)' },
} as const satisfies Readonly<Record<string, OptionSchema>>;

/** Plain data, as a part of a job. */
export interface TraceRequest {
  readonly levels: readonly TraceLevel[];
  readonly format: TraceFormat;
  readonly task: string | null;
  readonly thread: string | null;
  /** Null: the error output. */
  readonly file: string | null;
}

export function readTraceOptions({ values }: Arguments): TraceRequest | null {
  const text = (name: keyof typeof TRACE_OPTIONS): string | null => (typeof values[name] === 'string' ? values[name] : null);
  const format = TRACE_FORMATS.find((known) => known === (text('trace-format') ?? 'text'));
  if (format === undefined) throw new UsageError(`--trace-format: '${text('trace-format')}' is not known`, `there are: ${TRACE_FORMATS.join(', ')}`);
  const asked = text('trace');
  if (asked === null && format !== 'cap_cr') {
    const lonely = (Object.keys(TRACE_OPTIONS) as (keyof typeof TRACE_OPTIONS)[]).find((name) => text(name) !== null);
    if (lonely !== undefined) throw new UsageError(`--${lonely} without --trace`, `--trace=${TRACE_LEVELS[0]} says what is traced`);
    return null;
  }
  const levels = (asked ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '').map(levelNamed);
  if (levels.length === 0 && format !== 'cap_cr') throw new UsageError('--trace names no level', `there are: ${TRACE_LEVELS.join(', ')}`);
  return { levels, format, task: text('trace-task'), thread: text('trace-thread'), file: text('trace-file') };
}

function levelNamed(name: string): TraceLevel {
  const level = TRACE_LEVELS.find((known) => known === name);
  if (level !== undefined) return level;
  const near = nearest(name, TRACE_LEVELS);
  throw new UsageError(`--trace: there is no level '${name}'`, near === undefined ? `there are: ${TRACE_LEVELS.join(', ')}` : `did you mean '${near}'?`);
}

/** A `boot` whose systems print their traces, from the first object on, and what closes the file. */
export function tracedBoot(request: TraceRequest, context: Context): { readonly boot: BootSystem; readonly end: () => void } {
  const output = new TraceOutput(request.file, context);
  const seen = { tasks: new Set<string>(), threads: new Set<string>() };
  let lines = 0;
  let last: TraceNames | null = null;
  const boot: BootSystem = (config) => {
    const events = config.events ?? new EventStream();
    note(seen, last);
    const names = new TraceNames();
    last = names;
    traceEvents(events, names, { ...request, levels: new Set(request.levels), ...(config.machine === undefined ? {} : { machine: config.machine }) }, (line) => {
      lines++;
      output.line(line);
    });
    const system = context.boot({ ...config, events });
    if (!('error' in system)) names.attach(system);
    return system;
  };
  const end = (): void => {
    output.close();
    note(seen, last);
    if (lines === 0 && last !== null) context.err(emptyTrace(request, seen));
  };
  return { boot, end };
}

/** Names that occurred, of all machines. */
interface Seen {
  readonly tasks: Set<string>;
  readonly threads: Set<string>;
}

function note(seen: Seen, names: TraceNames | null): void {
  for (const label of names?.labels() ?? []) seen.tasks.add(label);
  for (const name of names?.threads() ?? []) seen.threads.add(name);
}

/** What there was instead of a name that nothing has. */
function others(what: string, wanted: string | null, names: readonly string[], also: readonly string[] = []): string {
  if (wanted === null || names.length === 0) return '';
  const near = nearest(wanted, [...names, ...also]);
  return `; ${what} that did something: ${names.join(', ')}${near === undefined || near === wanted ? '' : ` (did you mean '${near}'?)`}`;
}

/** A filter that nothing passes is most often a name that was written wrong: tells the names that there were. */
function emptyTrace({ levels, task, thread }: TraceRequest, seen: Seen): string {
  const who = [task === null ? [] : [`task '${task}'`], thread === null ? [] : [`thread '${thread}'`]].flat().join(' and ');
  const labels = [...seen.tasks].sort();
  const names = [...seen.threads].sort();
  const told = others('components', task, labels, labels.map((label) => label.split(' -> ').at(-1) ?? label)) + others('threads', thread === null || names.includes(thread) ? null : thread, names);
  return `rescap: the trace is empty: nothing at ${levels.length === 0 ? 'the levels of this form' : levels.join(', ')}${who === '' ? '' : ` of ${who}`}${told}\n`;
}

class TraceOutput {
  readonly #write: (text: string) => void;
  readonly #file: number | null;
  #waiting = '';

  constructor(file: string | null, context: Context) {
    if (file === null) {
      this.#file = null;
      this.#write = context.err;
      return;
    }
    const path = resolve(context.cwd, file);
    let opened: number;
    try {
      makeFolders(dirname(path));
      opened = openSync(path, 'w');
    } catch (thrown) {
      throw new UsageError(`--trace-file: '${file}' cannot be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
    this.#file = opened;
    this.#write = (text) => {
      for (let bytes = Buffer.from(text); bytes.length > 0; ) bytes = bytes.subarray(writeSync(opened, bytes));
    };
  }

  line(text: string): void {
    // On a terminal the trace stands between the log lines to which it belongs.
    if (this.#file === null) return this.#write(`${text}\n`);
    this.#waiting += `${text}\n`;
    if (this.#waiting.length >= CHUNK_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    if (this.#file !== null) closeSync(this.#file);
  }

  #flush(): void {
    if (this.#waiting !== '') this.#write(this.#waiting);
    this.#waiting = '';
  }
}
