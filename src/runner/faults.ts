// Watches for components that break: page faults nobody resolves and unhandled exceptions, told by core on the console.
// Owner of the faults of a run. The console line gives the words, the board's last fault event task, thread and pc.

import type { StampedEvent } from '../emu/event.ts';
import type { ComponentInfo } from '../runtime/system.ts';
import { FAULTS_MAX } from './limits.ts';
import type { LogLine } from './log_lines.ts';
import type { Fault } from './result.ts';

/** How core and the pager tell of it (genode-16.08-abi.md 4, genode-base-foc.md 7). */
const TOLD = /^(no RM attachment|(Warning|Error): (could not resolve pf=|page-fault|.*unhandled (exception|page fault)|.*raised.*exception))|uncaught exception/i;

/** An exception that pausing a thread raises on purpose. */
const TRIGGERED = 'triggered';

interface Cause {
  readonly task: number;
  readonly thread: number;
  readonly pc: number;
  readonly address: number;
}

export class Faults {
  readonly #list: Fault[] = [];
  /** Exceptions by thread. */
  readonly #raised = new Map<number, number>();
  readonly #components: () => readonly ComponentInfo[];
  #more = 0;
  #last: Cause | null = null;

  constructor(components: () => readonly ComponentInfo[]) {
    this.#components = components;
  }

  /** A page fault or exception was raised; most are resolved and come to nothing. */
  event(event: StampedEvent): void {
    if (event.kind === 'page_fault' || event.kind === 'exception') {
      this.#last = { task: event.task, thread: event.thread, pc: event.pc, address: event.address };
    }
    if (event.kind !== 'exception' || event.reason === TRIGGERED) return;
    this.#raised.set(event.thread, this.raised(event.thread) + 1);
    this.#add(event.time_us, this.#last, `exception: ${event.reason}`);
  }

  line(line: LogLine): void {
    if (!TOLD.test(line.text.replace(/^\[[^\]]*\] /, ''))) return;
    this.#add(line.time_us, this.#last, line.text);
    this.#last = null;
  }

  /** Exceptions that a thread has raised. */
  raised(thread: number): number {
    return this.#raised.get(thread) ?? 0;
  }

  get list(): readonly Fault[] {
    return this.#list;
  }

  get more(): number {
    return this.#more;
  }

  #add(time_us: number, cause: Cause | null, message: string): void {
    if (this.#list.length >= FAULTS_MAX) {
      this.#more += 1;
      return;
    }
    if (cause === null) {
      this.#list.push({ time_us, task: 0, thread: 0, message });
      return;
    }
    const component = this.#components().find(({ task }) => task === cause.task)?.label;
    this.#list.push({ time_us, ...cause, message, ...(component === undefined ? {} : { component }) });
  }
}
