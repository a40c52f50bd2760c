// The kernel as a whole: its objects, its clock, who runs, and the ways in (traps, ticks, hosted code). Owner of the parts, of the
// clock and of the special objects. Source modelled: fiasco-kernel.md 2.9, 3.7, 7, 9.

import type { Admission } from './acceptance.ts';
import type { Engine } from '../arm/engine.ts';
import type { CpuExit } from '../arm/exit.ts';
import { Breakpoints } from '../breakpoints.ts';
import type { BoardEvent, EventStream } from '../event.ts';
import type { HostedPort } from '../hosted.ts';
import { LIMIT_KERNEL_MEMORY_BYTES } from '../limits.ts';
import { FrameAllocator } from '../memory/frame_allocator.ts';
import { MappingDatabase } from '../memory/mapping_database.ts';
import type { PhysicalMemory } from '../memory/physical_memory.ts';
import { RIGHT_EXECUTE, RIGHT_READ, RIGHT_WRITE } from '../memory/translation.ts';
import { type DebugId, type Instructions, type Microseconds, PAGE_BYTES, PAGE_SHIFT, debugId } from '../numbers.ts';
import { checkKernel } from './check.ts';
import { KERNEL_COST } from './cost.ts';
import { Equipment } from './equipment.ts';
import { finishException, raiseAlien, raiseTriggered } from './exception.ts';
import type { ExtensionName } from './extensions.ts';
import type { Factory } from './factory.ts';
import { HostedThreads } from './hosted_threads.ts';
import type { Icu } from './icu.ts';
import { continueIpc } from './ipc.ts';
import { IpcGate, destroyGate } from './ipc_gate.ts';
import type { Interrupt } from './interrupt.ts';
import { Irq, detach } from './irq.ts';
import { IrqMuxer, destroyMuxer } from './irq_muxer.ts';
import { ENTRY_PAGE, HELPER_PAGE, writeClock, writeEntryPage, writeHelperPage } from './kernel_info_page.ts';
import { type KernelObject, ObjectTable, Remnant } from './kernel_object.ts';
import { TAG_ERROR } from './message_tag.ts';
import type { ObjectSpace } from './object_space.ts';
import { finishPageFault } from './page_fault.ts';
import { Processor } from './processor.ts';
import type { SchedulerObject } from './scheduler_object.ts';
import { runSigma0 } from './sigma0.ts';
import { handleTrap } from './system_call.ts';
import { Task, destroyTask, freeTask } from './task.ts';
import { type Activity, Thread } from './thread.ts';
import { destroyThread, killThread } from './thread_destruction.ts';
import { TIMEOUT } from './thread_state.ts';
import { Timeouts } from './timeouts.ts';
import { type Turn, Turns } from './turns.ts';
import type { Vlog } from './vlog.ts';

/** 62.5 instructions per microsecond, the rate of the captures. */
export const INSTRUCTIONS_PER_TICK = 62_500;
export const TICK_US = 1000;
const KIP_OFFSET = 0x2000;

type FaultActivity = Extract<Activity, { kind: 'page_fault' | 'exception' }>;

export interface KernelConfig {
  readonly extensions: readonly ExtensionName[];
  /** A declared order of start-up; none by default. */
  readonly turns?: readonly Turn[];
}

/** The objects that exist from boot on. */
export interface SpecialObjects {
  readonly factory: Factory;
  readonly kernelTask: Task;
  readonly vlog: Vlog;
  readonly icu: Icu;
  readonly scheduler: SchedulerObject;
  readonly idle: Thread;
  readonly sigma0Task: Task;
}

export class Kernel {
  readonly memory: PhysicalMemory;
  readonly events: EventStream;
  /** Test equipment of whoever watches: no part of the machine's state. */
  admission: Admission | null = null;
  readonly config: KernelConfig;
  readonly objects = new ObjectTable();
  readonly memoryMappings = new MappingDatabase();
  readonly timeouts = new Timeouts();
  readonly processor: Processor;
  readonly frames: FrameAllocator;
  readonly hosted: HostedThreads;
  /** Test equipment: what a person with probes on the board could do. Nothing of it can be reached by guests. */
  readonly equipment: Equipment;
  readonly turns: Turns;
  readonly noObject = debugId(0);
  /** Occupied slots over all tasks. */
  capabilities = 0;
  /** Somebody who looks on wants the run to end at the next boundary. */
  stopRequested = false;
  /** Retired instructions, idle time included. */
  instructions = 0;
  /** Of these, executed as machine code in user mode, as far as the run of the present thread was interrupted. For who looks on; not saved. */
  executed = 0;
  /** Instructions of the kernel's own paths that have taken effect and are still to pass (cost.ts). */
  owed = 0;
  /** Ticks handled so far. */
  ticks = 0;
  /** Where observers want to be told before an instruction is executed. */
  readonly breakpoints = new Breakpoints();
  readonly #cpu: Engine;
  readonly #extensions: ReadonlySet<ExtensionName>;
  #special: SpecialObjects | null = null;
  readonly #entryFrame: number;
  readonly #helperFrame: number;

  constructor(config: KernelConfig, memory: PhysicalMemory, events: EventStream, port: HostedPort | null, engine: Engine) {
    this.config = config;
    this.memory = memory;
    this.events = events;
    this.#extensions = new Set(config.extensions);
    this.frames = new FrameAllocator(memory, LIMIT_KERNEL_MEMORY_BYTES);
    this.processor = new Processor(this);
    this.hosted = new HostedThreads(this, port);
    this.equipment = new Equipment(this);
    this.turns = new Turns(this, config.turns ?? []);
    this.#cpu = engine;
    this.#entryFrame = this.frames.allocate(1);
    this.#helperFrame = this.frames.allocate(1);
    writeEntryPage(memory, this.#entryFrame);
    writeHelperPage(memory, this.#helperFrame);
  }

  // The special objects.

  get special(): SpecialObjects {
    if (this.#special === null) throw new Error('the kernel has not booted');
    return this.#special;
  }
  /** Called once, at boot or when a state is restored. */
  adopt(special: SpecialObjects): void {
    this.#special = special;
  }
  get kernelTask(): Task {
    return this.special.kernelTask;
  }
  get sigma0Task(): Task {
    return this.special.sigma0Task;
  }
  get idleThread(): Thread {
    return this.special.idle;
  }

  /** Physical address of the kernel info page; user level maps it at the same virtual address. */
  get kipAddress(): number {
    return this.memory.base + KIP_OFFSET;
  }

  // Time.

  /** The kernel clock: it moves with the ticks. */
  get clock_us(): number {
    return this.ticks * TICK_US;
  }

  get time_us(): number {
    return Math.floor((this.instructions * TICK_US) / INSTRUCTIONS_PER_TICK);
  }

  /** What a path of the kernel costs; the time passes before anybody goes on in user mode. */
  charge(instructions: number): void {
    this.owed += instructions;
  }

  /** Lets owed instructions pass, at most `budget` of them. */
  pay(budget: number): void {
    const paid = Math.min(this.owed, budget);
    this.owed -= paid;
    this.instructions += paid;
  }

  /** The instruction at which the next tick is due. */
  get nextTick(): number {
    return (this.ticks + 1) * INSTRUCTIONS_PER_TICK;
  }

  /** The timer interrupt: clock, accounting, timeouts, time slices. */
  tick(): void {
    const { processor } = this;
    this.#setTicks(this.ticks + 1);
    this.charge(KERNEL_COST.tick);
    processor.current.registers.clearExclusive();
    processor.current.consumed_us += TICK_US;
    let reschedule = false;
    for (const thread of this.timeouts.expire(this.clock_us)) {
      thread.state |= TIMEOUT;
      if (processor.wake(thread)) reschedule = true;
    }
    const end = processor.queue.sliceEnd_us;
    if (end !== null && end <= this.clock_us) {
      processor.queue.expire();
      reschedule = true;
    }
    if (reschedule) processor.schedule();
  }

  /** Instruction at which the tick comes that ends idleness by itself, or null if none will. */
  get wakeUp(): number | null {
    const { next_us } = this.timeouts;
    return next_us === null ? null : Math.max(Math.ceil(next_us / TICK_US) * INSTRUCTIONS_PER_TICK, this.nextTick);
  }

  /** Lets idle time pass, up to an instruction before which no timeout expires. A tick at that very instruction is still due. */
  idleUntil(instructions: number): void {
    const ticks = Math.ceil(instructions / INSTRUCTIONS_PER_TICK) - 1;
    if (ticks > this.ticks) {
      this.idleThread.consumed_us += (ticks - this.ticks) * TICK_US;
      this.#setTicks(ticks);
    }
    this.instructions = instructions;
  }

  #setTicks(ticks: number): void {
    this.ticks = ticks;
    writeClock(this.memory, this.memory.index(this.kipAddress), this.clock_us);
  }

  // Running.

  /** Finishes what is to be done inside the kernel. @returns the thread that is to run in user mode, maybe the idle thread */
  settle(): Thread {
    for (;;) {
      if (this.processor.due) this.processor.schedule();
      const thread = this.processor.current;
      if (thread.dying) killThread(this, thread);
      else if (!thread.runnable) this.processor.schedule();
      else if (thread.step !== 'user') continueIpc(this, thread);
      else if (thread.trigger !== null) raiseTriggered(this, thread);
      else return thread;
    }
  }

  /** Runs a thread in user mode for at most `budget` instructions, and handles the trap that ends it before. */
  runUser(thread: Thread, budget: number): void {
    if (thread.hosted !== null) return this.hosted.run(thread, budget);
    if (thread.internal === 'sigma0') return runSigma0(this, thread, budget);
    // The way back to user mode drops the bits that an address cannot have in the state that the PSR says: code in Thumb state
    // cannot be called back by way of bit 0 of the return address.
    const { r } = thread.registers;
    r[15] = (r[15] as number) & (thread.registers.thumb ? ~1 : ~3);
    this.#cpu.switchTo(thread.registers, thread.task.memory.table);
    const watched = this.breakpoints.empty ? undefined : this.breakpoints.of(thread.task.id);
    if (watched?.has(r[15] as number) === true && this.breakpoints.announce(thread.id, this.instructions)) {
      if (this.events.wants('breakpoint')) this.emit({ kind: 'breakpoint', address: r[15] as number });
      return;
    }
    const stepping = this.events.wants('instruction');
    if (stepping) this.#showInstruction(thread);
    const exit = watched === undefined || stepping ? this.#cpu.run(stepping ? Math.min(budget, 1) : budget) : this.#runWatched(thread, watched, budget);
    this.instructions += exit.retired;
    this.executed += exit.retired;
    if (exit.retired > 0) thread.fresh = false;
    if (exit.kind !== 'budget') handleTrap(this, thread, exit);
  }

  /** Shows the instruction at the program counter; where it cannot be fetched there is none. */
  #showInstruction(thread: Thread): void {
    const pc = thread.registers.r[15] as number;
    const { thumb } = thread.registers;
    const half = (address: number): number => {
      const index = this.translate(thread.task, address, false);
      return index < 0 ? -1 : (this.memory.u16[index >>> 1] as number);
    };
    const [first, second] = [half(pc), half(pc + 2)];
    if (first < 0) return;
    const wide = first >= 0xe800 && second >= 0;
    const opcode = thumb ? (wide ? ((first << 16) | second) >>> 0 : first) : ((second << 16) | first) >>> 0;
    this.emit({ kind: 'instruction', pc, opcode, thumb });
  }

  /** One instruction after the other, up to a breakpoint, which is told when the thread goes on. */
  #runWatched(thread: Thread, watched: ReadonlySet<number>, budget: number): CpuExit {
    for (let retired = 0; retired < budget; ) {
      const exit = this.#cpu.run(1);
      retired += exit.retired;
      if (exit.kind !== 'budget' || watched.has(thread.registers.r[15] as number)) return { ...exit, retired };
    }
    return { kind: 'budget', retired: budget };
  }

  /** Makes a thread hosted that executed the trap. @returns false where there is no port, so that the instruction is undefined */
  enterHosted(thread: Thread, pc: number): boolean {
    return this.hosted.enter(thread, pc);
  }

  leaveHosted(thread: Thread): void {
    this.hosted.leave(thread);
  }

  /** Byte index of an address of a task's memory, or -1 where the access is not allowed. */
  translate(task: Task, address: number, write: boolean): number {
    const entry = task.memory.table.entry((address >>> 0) >>> PAGE_SHIFT);
    if (entry === 0 || (write && (entry & RIGHT_WRITE) === 0)) return -1;
    return (entry & -PAGE_BYTES) + (address & (PAGE_BYTES - 1));
  }

  /** The handler of a thread's page fault or exception has answered, or its IPC failed. */
  faultAnswered(thread: Thread, activity: FaultActivity): void {
    if (activity.kind === 'page_fault') finishPageFault(this, thread, activity);
    else finishException(thread, activity);
  }

  /** A system call of an alien that had been allowed is over: its handler is told so. */
  alienReturned(thread: Thread): void {
    thread.alien_call = false;
    raiseAlien(this, thread, 'behind');
  }

  // Objects.

  extended(name: ExtensionName): boolean {
    return this.#extensions.has(name);
  }

  /** Enters a new object, whose number has been taken before. */
  register<T extends KernelObject>(object: T): T {
    this.objects.add(object);
    this.turns.created(object.id);
    if (this.events.wants('object_created')) this.emit({ kind: 'object_created', object: object.id, type: object.type, bound: object instanceof IpcGate ? (object.thread?.id ?? null) : null });
    return object;
  }

  /** @returns false where the pool of names is exhausted */
  nameObject(object: KernelObject, name: string): boolean {
    if (!this.objects.setName(object, name)) return false;
    if (this.events.wants('object_named')) this.emit({ kind: 'object_named', object: object.id, name: this.objects.name(object) ?? '' });
    return true;
  }

  /** Every task sees the kernel's entry pages. */
  enterEntryPages(task: Task): void {
    task.memory.setFixed(ENTRY_PAGE, this.#entryFrame | RIGHT_READ | RIGHT_EXECUTE);
    task.memory.setFixed(HELPER_PAGE, this.#helperFrame | RIGHT_READ | RIGHT_EXECUTE);
  }

  /** The object has lost its last capability. */
  destroy(object: KernelObject): void {
    if (!object.alive) return;
    switch (object.type) {
      case 'Vlog':
      case 'Icu':
      case 'Sched':
      case 'Pfc':
        return this.warn(`${object.type} object cannot be freed`);
    }
    object.alive = false;
    if (object instanceof Thread) return destroyThread(this, object);
    if (object instanceof IpcGate) destroyGate(this, object);
    if (object instanceof Irq) {
      detach(this, object);
      object.unbind();
    }
    if (object instanceof IrqMuxer) destroyMuxer(object);
    if (object instanceof Task) destroyTask(this, object);
    this.release(object);
  }

  /** Drops a reference; with the last one the object is gone and its number never used again. */
  release(object: KernelObject): void {
    object.references--;
    if (object.references > 0) return;
    if (object instanceof Task) freeTask(this, object);
    if (object instanceof Thread || object instanceof Irq || object instanceof IrqMuxer) this.#forget(object);
    this.objects.remove(object);
    this.events.capabilities?.deleted(object.id);
    if (this.events.wants('object_deleted')) this.emit({ kind: 'object_deleted', object: object.id, type: object.type });
  }

  /** Nobody may meet a freed object: whoever waits for it goes on waiting for what is left of it. */
  #forget(object: Thread | Interrupt): void {
    const remnant = new Remnant(object.id);
    for (const thread of this.threads()) {
      if (thread.ipc?.partner === object) thread.ipc.partner = remnant;
      if (thread.ipc?.receiver === object) thread.ipc.receiver = null;
      if (thread.reply?.caller === object) thread.reply = null;
      if (thread.delete_irq === object) thread.delete_irq = null;
    }
  }

  threads(): Thread[] {
    return this.objects.all().filter((object) => object instanceof Thread);
  }

  tasks(): Task[] {
    return this.objects.all().filter((object) => object instanceof Task);
  }

  /** What is wrong with the kernel's own data, in words; empty if nothing is. */
  check(): string[] {
    return checkKernel(this);
  }

  // What can be observed.

  emit(event: BoardEvent): void {
    const { task, thread } = this.#where();
    this.events.emit({ instructions: this.instructions as Instructions, time_us: this.time_us as Microseconds, task, thread, ...event });
  }

  #where(): { task: DebugId; thread: DebugId } {
    if (this.#special === null) return { task: this.noObject, thread: this.noObject };
    const { current } = this.processor;
    return { task: current.task.id, thread: current.id };
  }

  console(text: string): void {
    if (text !== '' && this.events.wants('console')) this.emit({ kind: 'console', text });
  }

  /** A kernel warning, on the same stream as everything else. */
  warn(text: string): void {
    this.console(`\n\x1b[31mKERNEL\x1b[0m: Warning: ${text}\n`);
  }

  unsupported(what: string): void {
    if (this.events.wants('unsupported')) this.emit({ kind: 'unsupported', what });
  }

  reportMapped(object: KernelObject, into: ObjectSpace, slot: number, how: 'create' | 'map' | 'grant'): void {
    const observer = this.events.capabilities;
    if (observer !== null) {
      const { task, thread } = this.#where();
      observer.mapped(object.id, into.task.id, slot, how, task, thread, this.time_us as Microseconds);
    }
    if (this.events.wants('cap_mapped')) this.emit({ kind: 'cap_mapped', object: object.id, into: into.task.id, slot, how });
  }

  reportUnmapped(object: KernelObject, from: ObjectSpace, slot: number): void {
    this.events.capabilities?.unmapped(from.task.id, slot);
    if (this.events.wants('cap_unmapped')) this.emit({ kind: 'cap_unmapped', object: object.id, from: from.task.id, slot });
  }

  reportLeave(thread: Thread, tag: number, label: number): void {
    if (!this.events.wants('syscall_leave')) return;
    const error = (tag & TAG_ERROR) === 0 ? 0 : (thread.utcb?.error ?? 0);
    // A call may have given the processor to another thread already: it is the caller's all the same.
    this.events.emit({ instructions: this.instructions as Instructions, time_us: this.time_us as Microseconds, task: thread.task.id, thread: thread.id, kind: 'syscall_leave', tag, label, error });
  }
}

