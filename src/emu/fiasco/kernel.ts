// The kernel as a whole: its objects, its clock, who runs, and the ways in (traps, ticks, hosted code). Owner of the parts, of the
// clock and of the special objects. Source modelled: fiasco-kernel.md 2.9, 3.7, 7, 9.

import type { Admission, Denial } from './acceptance.ts';
import type { Engine } from '../arm/engine.ts';
import type { BoardEvent, EventStamp, EventStream } from '../event.ts';
import type { HostedPort } from '../hosted.ts';
import { LIMIT_KERNEL_MEMORY_BYTES } from '../limits.ts';
import { FrameAllocator } from '../memory/frame_allocator.ts';
import { MappingDatabase } from '../memory/mapping_database.ts';
import type { PhysicalMemory } from '../memory/physical_memory.ts';
import { RIGHT_EXECUTE, RIGHT_READ, RIGHT_WRITE } from '../memory/translation.ts';
import { type Instructions, type Microseconds, PAGE_BYTES, PAGE_SHIFT, debugId } from '../numbers.ts';
import type { Plain } from '../plain.ts';
import { checkKernel } from './check.ts';
import { Equipment } from './equipment.ts';
import { finishException, raiseAlien, raiseTriggered } from './exception.ts';
import type { ExtensionName } from './extensions.ts';
import { HostedThreads } from './hosted_threads.ts';
import { continueIpc } from './ipc.ts';
import { IpcGate } from './ipc_gate.ts';
import { ENTRY_PAGE, HELPER_PAGE, writeEntryPage, writeHelperPage } from './kernel_info_page.ts';
import { type KernelObject, ObjectTable } from './kernel_object.ts';
import { TAG_ERROR } from './message_tag.ts';
import { destroyObject, releaseObject } from './object_end.ts';
import type { ObjectSpace } from './object_space.ts';
import { finishPageFault } from './page_fault.ts';
import { Processor } from './processor.ts';
import { runSigma0 } from './sigma0.ts';
import type { SpecialObjects } from './special_objects.ts';
import { Task } from './task.ts';
import { type Activity, Thread } from './thread.ts';
import { killThread } from './thread_destruction.ts';
import { INSTRUCTIONS_PER_TICK, TICK_US } from './tick.ts';
import { Timeouts } from './timeouts.ts';
import { type Turn, Turns } from './turns.ts';
import { UserMode } from './user_mode.ts';

const KIP_OFFSET = 0x2000;

type FaultActivity = Extract<Activity, { kind: 'page_fault' | 'exception' }>;

export interface KernelConfig {
  readonly extensions: readonly ExtensionName[];
  /** A declared order of start-up; none by default. */
  readonly turns?: readonly Turn[];
}

export class Kernel {
  readonly memory: PhysicalMemory;
  readonly events: EventStream;
  /** Which events somebody listens to: asked on every path, and nearer here. */
  readonly wanted: EventStream['wanted'];
  /** Test equipment of whoever watches: no part of the machine's state. */
  admission: Admission | null = null;
  /** Which calls through gates fail as if the gate were gone; asked once for each. Its owner keeps what it has to remember. */
  denial: Denial | null = null;
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
  /** Instructions of the kernel's own paths that have taken effect and are still to pass (cost.ts). */
  owed = 0;
  /** Ticks handled so far. */
  ticks = 0;
  /** How threads with machine code run. */
  readonly user: UserMode;
  readonly #extensions: ReadonlySet<ExtensionName>;
  #special: SpecialObjects | null = null;
  readonly #entryFrame: number;
  readonly #helperFrame: number;

  constructor(config: KernelConfig, memory: PhysicalMemory, events: EventStream, port: HostedPort | null, engine: Engine) {
    this.config = config;
    this.memory = memory;
    this.events = events;
    this.wanted = events.wanted;
    this.#extensions = new Set(config.extensions);
    this.frames = new FrameAllocator(memory, LIMIT_KERNEL_MEMORY_BYTES);
    this.processor = new Processor(this);
    this.hosted = new HostedThreads(this, port);
    this.equipment = new Equipment(this);
    this.turns = new Turns(this, config.turns ?? []);
    this.user = new UserMode(this, engine);
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

  /** Lets owed instructions pass, at most `budget` of them. @returns how many did */
  pay(budget: number): number {
    const paid = Math.min(this.owed, budget);
    this.owed -= paid;
    this.instructions += paid;
    return paid;
  }

  /** The instruction at which the next tick is due. */
  get nextTick(): number {
    return (this.ticks + 1) * INSTRUCTIONS_PER_TICK;
  }

  // Running.

  /** Finishes what is to be done inside the kernel. @returns the thread that is to run in user mode, maybe the idle thread */
  settle(): Thread {
    for (;;) {
      if (this.processor.due) this.processor.schedule();
      const thread = this.processor.current;
      if (thread.dying) killThread(this, thread);
      else if (!thread.runnable) this.processor.schedule();
      else if (thread.waking.length > 0) this.#wakeNext(thread);
      else if (thread.step !== 'user') continueIpc(this, thread);
      else if (thread.trigger !== null) raiseTriggered(this, thread);
      else return thread;
    }
  }

  /** One of the senders that the thread's operation let go on: it runs at once unless it is outranked, and the thread waits for its turn. */
  #wakeNext({ waking }: Thread): void {
    const waiter = waking.shift();
    if (waiter?.step === 'gate_wait' && this.processor.deblock(waiter)) this.processor.switchTo(waiter);
  }

  /** Runs a thread in user mode for at most `budget` instructions, and handles the trap that ends it before. */
  runUser(thread: Thread, budget: number): void {
    if (thread.hosted !== null) this.hosted.run(thread, budget);
    else if (thread.internal === 'sigma0') runSigma0(this, thread, budget);
    else this.user.run(thread, budget);
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
    if (this.wanted.object_created) this.emit({ kind: 'object_created', object: object.id, type: object.type, bound: object instanceof IpcGate ? (object.thread?.id ?? null) : null });
    return object;
  }

  /** @returns false where the pool of names is exhausted */
  nameObject(object: KernelObject, name: string): boolean {
    if (!this.objects.setName(object, name)) return false;
    if (this.wanted.object_named) this.emit({ kind: 'object_named', object: object.id, name: this.objects.name(object) ?? '' });
    return true;
  }

  /** Every task sees the kernel's entry pages. */
  enterEntryPages(task: Task): void {
    task.memory.setFixed(ENTRY_PAGE, this.#entryFrame | RIGHT_READ | RIGHT_EXECUTE);
    task.memory.setFixed(HELPER_PAGE, this.#helperFrame | RIGHT_READ | RIGHT_EXECUTE);
  }

  /** The object has lost its last capability. */
  destroy(object: KernelObject): void {
    destroyObject(this, object);
  }

  /** Drops a reference; with the last one the object is gone and its number never used again. */
  release(object: KernelObject): void {
    releaseObject(this, object);
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

  /** Stamps an event of a thread, the one that runs unless another is named, and tells it. The stamp goes into the event itself: a copy costs more than all else here. */
  emit(event: BoardEvent, by = this.#running()): void {
    const stamped = event as BoardEvent & { -readonly [Field in keyof EventStamp]: EventStamp[Field] };
    stamped.instructions = this.instructions as Instructions;
    stamped.time_us = this.time_us as Microseconds;
    stamped.task = by?.task.id ?? this.noObject;
    stamped.thread = by?.id ?? this.noObject;
    this.events.emit(stamped);
  }

  /** Null before there is anybody. */
  #running(): Thread | null {
    return this.#special === null ? null : this.processor.current;
  }

  console(text: string): void {
    if (text !== '' && this.wanted.console) this.emit({ kind: 'console', text });
  }

  /** A kernel warning, on the same stream as everything else. */
  warn(text: string): void {
    this.console(`\n\x1b[31mKERNEL\x1b[0m: Warning: ${text}\n`);
  }

  unsupported(what: string): void {
    if (this.wanted.unsupported) this.emit({ kind: 'unsupported', what });
  }

  reportMapped(object: KernelObject, into: ObjectSpace, slot: number, how: 'create' | 'map' | 'grant'): void {
    const { capabilities } = this.events;
    if (capabilities !== null) {
      const by = this.#running();
      capabilities.mapped(object.id, into.task.id, slot, how, by?.task.id ?? this.noObject, by?.id ?? this.noObject, this.time_us as Microseconds);
    }
    if (this.wanted.cap_mapped) this.emit({ kind: 'cap_mapped', object: object.id, into: into.task.id, slot, how });
  }

  reportUnmapped(object: KernelObject, from: ObjectSpace, slot: number): void {
    this.events.capabilities?.unmapped(from.task.id, slot);
    if (this.wanted.cap_unmapped) this.emit({ kind: 'cap_unmapped', object: object.id, from: from.task.id, slot });
  }

  /** What a hosted program has to tell. */
  note(what: string, detail: Plain): void {
    if (this.wanted.note) this.emit({ kind: 'note', what, detail });
  }

  /** To be called where somebody listens to `syscall_leave`. */
  reportLeave(thread: Thread, tag: number, label: number): void {
    const error = (tag & TAG_ERROR) === 0 ? 0 : (thread.utcb?.error ?? 0);
    // A call may have given the processor to another thread already: it is the caller's all the same.
    this.emit({ kind: 'syscall_leave', tag, label, error }, thread);
  }
}
