// Looking into a machine that stands still: registers, code and memory as a person at the debugger sees them. Owns no state and
// changes nothing.

import { disassemble, disassembleThumb } from '../emu/arm/disassembler.ts';
import { conditionOfIt, itStateBehind } from '../emu/arm/registers.ts';
import { Irq } from '../emu/fiasco/irq.ts';
import type { Kernel } from '../emu/fiasco/kernel.ts';
import { Task } from '../emu/fiasco/task.ts';
import { Thread } from '../emu/fiasco/thread.ts';
import type { ObjectRow } from '../emu/jdb/model.ts';
import { objectRow, objectRows } from '../emu/jdb/view.ts';
import { type DebugId, hex } from '../emu/numbers.ts';
import { courseOf, type ThreadCourse } from './thread_course.ts';

export interface ThreadView {
  readonly id: DebugId;
  readonly task: DebugId;
  /** The program of a thread of a component that is not machine code; its program counter means nothing. */
  readonly hosted: string | null;
  /** Where the task sees the UTCB of the thread: no two threads of a task have the same. */
  readonly utcb: number;
  /** Within a system call: its next instruction comes when the kernel is done with that. */
  readonly calls: boolean;
  /** Waits for the answer to an exception, as a paused thread does. */
  readonly trapped: boolean;
  /** Waits for its pager: the first words of its UTCB are the fault's for so long. */
  readonly faults: boolean;
  /** Could run if it got the processor. */
  readonly ready: boolean;
  /** Who waits for its reply. */
  readonly caller: DebugId | undefined;
  /** Who waits to send to it, in the order in which it would take them; IRQs among them. */
  readonly senders: readonly DebugId[];
  /** r0 to r15. */
  readonly registers: readonly number[];
  readonly cpsr: number;
  readonly thumb: boolean;
}

export interface CodeLine {
  readonly address: number;
  readonly text: string;
}

/** First halfwords from this value up start a 32-bit Thumb instruction. */
const FIRST_WIDE_THUMB = 0xe800;

export class Inspector {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The thread that runs, or would run next. */
  get current(): DebugId {
    return this.#kernel.processor.current.id;
  }

  /** Instructions of machine code that threads have executed in user mode, up to the last one that was interrupted. */
  get executed(): number {
    return this.#kernel.user.executed;
  }

  /** All threads but those that the kernel plays, in the order in which they were made. */
  threads(): readonly DebugId[] {
    return this.#kernel.threads().flatMap(({ id, internal }) => (internal === null ? [id] : []));
  }

  /** The words of a thread's UTCB; empty where it has none. */
  utcb(id: DebugId): readonly number[] {
    const thread = this.#kernel.objects.get(id);
    return thread instanceof Thread && thread.utcb !== null ? Array.from(thread.utcb.words) : [];
  }

  /** Triggers of an IRQ object that nobody has received; undefined for anything else. */
  irqCount(id: DebugId): number | undefined {
    const irq = this.#kernel.objects.get(id);
    return irq instanceof Irq ? irq.queued : undefined;
  }

  objects(): readonly ObjectRow[] {
    return objectRows(this.#kernel);
  }

  object(id: DebugId): ObjectRow | undefined {
    const object = this.#kernel.objects.get(id);
    return object === undefined ? undefined : objectRow(this.#kernel, object);
  }

  thread(id: DebugId): ThreadView | undefined {
    const thread = this.#kernel.objects.get(id);
    if (!(thread instanceof Thread)) return undefined;
    const { registers, task, hosted, utcb_address: utcb, step, activity, ready, reply } = thread;
    const caller = reply?.caller;
    return {
      id,
      task: task.id,
      hosted,
      utcb,
      calls: step !== 'user' && activity.kind === 'system_call',
      trapped: activity.kind === 'exception',
      faults: activity.kind === 'page_fault',
      ready,
      caller: caller?.ipc?.partner === thread && caller.ipc.sent ? caller.id : undefined,
      senders: thread.senders.entries().map(({ sender }) => sender.id),
      registers: Array.from(registers.r),
      cpsr: registers.cpsr,
      thumb: registers.thumb,
    };
  }

  /** What a thread does next; undefined for anything else, also for a thread that core has ended and of which somebody still holds a capability. */
  course(id: DebugId): ThreadCourse | undefined {
    const thread = this.#kernel.objects.get(id);
    return thread instanceof Thread && !thread.killed && !thread.dying ? courseOf(this.#kernel, thread) : undefined;
  }

  /** A byte of a task's memory, or undefined where nothing is mapped. */
  byte(task: DebugId, address: number): number | undefined {
    const object = this.#kernel.objects.get(task);
    const index = object instanceof Task ? this.#kernel.translate(object, address >>> 0, false) : -1;
    return index < 0 ? undefined : this.#kernel.memory.u8[index];
  }

  /**
   * Instructions from an address on; the list ends where nothing is mapped. `it` is the state of the IT block that the first one is in,
   * 0 outside of blocks.
   */
  code(task: DebugId, address: number, thumb: boolean, count: number, it = 0): readonly CodeLine[] {
    const lines: CodeLine[] = [];
    let at = (address & (thumb ? ~1 : ~3)) >>> 0;
    let block = it;
    while (lines.length < count) {
      const first = this.#half(task, at);
      if (first === undefined) break;
      const wide = !thumb || first >= FIRST_WIDE_THUMB;
      const second = wide ? this.#half(task, at + 2) : 0;
      if (second === undefined) break;
      const opcode = (thumb ? (wide ? (first << 16) | second : first) : (second << 16) | first) >>> 0;
      lines.push({ address: at, text: `${hex(opcode, wide ? 8 : 4).padEnd(8)}  ${thumb ? disassembleThumb(opcode, at, conditionOfIt(block)) : disassemble(opcode, at)}` });
      if (thumb) block = itStateBehind(opcode, block);
      at = (at + (wide ? 4 : 2)) >>> 0;
    }
    return lines;
  }

  #half(task: DebugId, address: number): number | undefined {
    const [low, high] = [this.byte(task, address), this.byte(task, address + 1)];
    return low === undefined || high === undefined ? undefined : low | (high << 8);
  }
}
