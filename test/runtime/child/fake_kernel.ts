// One task of hosted threads with just enough kernel around it to run a component: capability slots, IPC, lock IRQs, memory.
// Who answers the RPCs is up to the test. Not a model of the real kernel: one task, no time, no priorities.

import type { HostedCpu } from '../../../src/emu/hosted.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { type DebugId, debugId } from '../../../src/emu/numbers.ts';
import type { Program } from '../../../src/runtime/native/component.ts';
import { HostedRuntime } from '../../../src/runtime/native/port.ts';
import { threads } from '../../../src/runtime/native/thread_table.ts';
import { makeTag, OPERATION, tagItems, tagLabel, tagWords, UTCB } from '../../../src/runtime/native/utcb.ts';

/** A message outside of any task: words and the ids of the capabilities that travel with it. */
export interface FakeMessage {
  readonly words: readonly number[];
  readonly caps: readonly number[];
}

/** Answers a call that leaves the task. */
export type Answer = (thread: FakeThread, target: number, message: FakeMessage) => FakeMessage;

const TASK = debugId(0x33);
const RAM_BYTES = 32 << 20;
const PAGE = 4096;
const IRQ_LABEL = -1;
const TASK_LABEL = -11;
const GRANT = 2;

export class FakeThread implements HostedCpu {
  readonly thread: DebugId;
  readonly task = TASK;
  readonly r = new Uint32Array(16);
  readonly utcb: Uint32Array;
  readonly memory: PhysicalMemory;
  readonly clock_us = 0;
  readonly #kernel: FakeKernel;
  state: 'ready' | 'called' | 'irq' | 'open' | 'stuck' = 'ready';
  /** Slot of the IRQ that it waits on. */
  irq = 0;
  /** Whom to answer: a thread of the task, or an outsider's callback. */
  caller: FakeThread | ((reply: FakeMessage) => void) | null = null;

  constructor(kernel: FakeKernel, id: number) {
    this.#kernel = kernel;
    this.thread = debugId(id);
    this.memory = kernel.memory;
    this.utcb = new Uint32Array(128);
  }

  get name(): string {
    return this.#kernel.threadName(this);
  }

  translate(address: number): number {
    return this.#kernel.translate(address);
  }

  invokeNow(): boolean {
    this.#kernel.taskCall(this);
    return true;
  }

  nameObject(): void {}

  console(text: string): void {
    this.#kernel.consoleText.push(text);
  }

  note(): void {}
}

export class FakeKernel {
  readonly memory = new PhysicalMemory(0, RAM_BYTES);
  readonly consoleText: string[] = [];
  /** Capability id by slot. */
  readonly slots = new Map<number, number>();
  /** Thread that serves a gate, by the gate's capability id. */
  readonly gates = new Map<number, FakeThread>();
  runtime = new HostedRuntime();
  /** Called before every entry into the kernel; a test may save and restore the runtime there. */
  onEntry: () => void = () => {};
  readonly threads: FakeThread[] = [];
  readonly #answer: Answer;
  readonly #ready: FakeThread[] = [];
  readonly #pendingIrqs = new Map<number, number>();
  readonly #senders: { readonly to: FakeThread; readonly id: number; readonly message: FakeMessage; readonly from: FakeThread | ((reply: FakeMessage) => void) }[] = [];
  /** Frame by virtual page; frames are handed out in order. */
  readonly #pages = new Map<number, number>();
  #frames = 0;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  /** Begins a thread of the program at a stack pointer; it runs when everybody before it blocks. */
  enter(program: Program, stack: number): FakeThread {
    const thread = new FakeThread(this, 0x1000 + this.threads.length);
    thread.r[13] = stack;
    thread.r[15] = 0x0100_0000;
    this.threads.push(thread);
    this.runtime.enter(thread, program.name, 0);
    this.#ready.push(thread);
    return thread;
  }

  threadName(thread: FakeThread): string {
    const component = this.runtime.component(TASK);
    if (component === undefined) return '';
    const index = threads(component).keys().find((key) => this.runtime.threadOf(TASK, key) === thread.thread);
    return index === undefined ? '' : threads(component).require(index).name;
  }

  /** Slot that the component's capability map has for an id. */
  slotOf(id: number): number | undefined {
    return this.runtime.component(TASK)?.store.table<{ readonly slot: number }>('cap_map').get(id)?.slot;
  }

  get component() {
    const found = this.runtime.component(TASK);
    if (found === undefined) throw new Error('no component');
    return found;
  }

  /** Makes a range of addresses show the same frames as another one. */
  alias(address: number, bytes: number, frames: readonly number[]): void {
    for (let page = 0; page * PAGE < bytes; page++) this.#pages.set((address >>> 12) + page, frames[page] ?? this.frame());
  }

  frame(): number {
    if ((this.#frames + 1) * PAGE > RAM_BYTES) throw new Error('the fake board has no more memory');
    return this.#frames++;
  }

  translate(address: number): number {
    const page = address >>> 12;
    let frame = this.#pages.get(page);
    if (frame === undefined) {
      frame = this.frame();
      this.#pages.set(page, frame);
    }
    return frame * PAGE + (address & 0xfff);
  }

  /** Runs until every thread blocks. */
  run(): void {
    for (let thread = this.#ready.shift(); thread !== undefined; thread = this.#ready.shift()) this.#runThread(thread);
  }

  /** Sends a request from outside to a gate served here; the reply arrives whenever it is given. */
  request(id: number, message: FakeMessage, replied: (reply: FakeMessage) => void): void {
    const server = this.gates.get(id);
    if (server === undefined) throw new Error(`gate ${id} has no server`);
    this.#senders.push({ to: server, id, message, from: replied });
    this.#deliver(server);
    this.run();
  }

  taskCall(thread: FakeThread): void {
    const { r, utcb } = thread;
    if (tagLabel((r[0] ?? 0) | 0) === IRQ_LABEL) {
      // Attaching an IRQ to the calling thread.
      r[0] = makeTag(0, 0);
      return;
    }
    if (tagLabel((r[0] ?? 0) | 0) !== TASK_LABEL) throw new Error(`unexpected call with label ${tagLabel((r[0] ?? 0) | 0)}`);
    const [operation = 0, a = 0, b = 0] = utcb;
    const [first, second] = [a >>> 12, b >>> 12];
    let result = 1;
    if (operation === 2) {
      const equal = tagWords(r[0] ?? 0) === 3;
      result = (equal ? this.slots.get(first) === this.slots.get(second) : this.slots.has(first)) ? 1 : 0;
    } else if (operation === 0) {
      const id = this.slots.get(second);
      if (id !== undefined) this.slots.set(first, id);
      if ((a & GRANT) !== 0) this.slots.delete(second);
    } else this.slots.delete(first);
    r[0] = makeTag(result, 0);
  }

  #runThread(thread: FakeThread): void {
    thread.state = 'ready';
    while (thread.state === 'ready') {
      const exit = this.runtime.run(thread);
      if (exit.kind === 'budget') continue;
      if (exit.kind === 'fault') {
        thread.state = 'stuck';
        return;
      }
      this.onEntry();
      if (!this.#invoke(thread)) return;
    }
  }

  /** True if the thread goes on at once. */
  #invoke(thread: FakeThread): boolean {
    const { r } = thread;
    const target = r[2] ?? 0;
    const operation = target & 0xf;
    if (tagLabel((r[0] ?? 0) | 0) === IRQ_LABEL) return operation === OPERATION.call ? this.#waitIrq(thread, target >>> 12) : this.#trigger(thread, target >>> 12);
    if (operation === OPERATION.call) return this.#call(thread, target >>> 12);
    if (operation === OPERATION.reply_and_wait) this.#reply(thread);
    thread.state = 'open';
    this.#deliver(thread);
    return false;
  }

  #waitIrq(thread: FakeThread, slot: number): boolean {
    const pending = this.#pendingIrqs.get(slot) ?? 0;
    if (pending > 0) {
      this.#pendingIrqs.set(slot, pending - 1);
      thread.r[0] = 0;
      return true;
    }
    thread.state = 'irq';
    thread.irq = slot;
    return false;
  }

  /** Triggers the IRQ of a slot from outside. */
  interrupt(slot: number): void {
    const waiting = this.threads.find((other) => other.state === 'irq' && other.irq === slot);
    if (waiting === undefined) {
      this.#pendingIrqs.set(slot, (this.#pendingIrqs.get(slot) ?? 0) + 1);
      return;
    }
    waiting.r[0] = 0;
    waiting.state = 'ready';
    this.#ready.push(waiting);
    this.run();
  }

  /** The woken thread runs first, as at equal priority on the real kernel. */
  #trigger(thread: FakeThread, slot: number): boolean {
    thread.r[0] = 0;
    const waiting = this.threads.find((other) => other.state === 'irq' && other.irq === slot);
    if (waiting === undefined) {
      this.#pendingIrqs.set(slot, (this.#pendingIrqs.get(slot) ?? 0) + 1);
      return true;
    }
    waiting.r[0] = 0;
    waiting.state = 'ready';
    this.#ready.unshift(waiting, thread);
    return false;
  }

  #call(thread: FakeThread, slot: number): boolean {
    const message = this.#messageOf(thread);
    const id = this.slots.get(slot);
    if (id === undefined) throw new Error(`${thread.name} calls the empty slot 0x${slot.toString(16)}`);
    const server = this.gates.get(id);
    if (server === undefined) {
      this.#receive(thread, this.#answer(thread, id, message));
      return true;
    }
    thread.state = 'called';
    this.#senders.push({ to: server, id, message, from: thread });
    this.#deliver(server);
    return false;
  }

  #deliver(server: FakeThread): void {
    if (server.state !== 'open') return;
    const next = this.#senders.findIndex(({ to }) => to === server);
    const [sender] = next === -1 ? [] : this.#senders.splice(next, 1);
    if (sender === undefined) return;
    server.caller = sender.from;
    this.#receive(server, sender.message);
    server.r[4] = sender.id;
    server.state = 'ready';
    this.#ready.unshift(server);
  }

  #reply(thread: FakeThread): void {
    const { caller } = thread;
    thread.caller = null;
    if (caller === null) return;
    const message = this.#messageOf(thread);
    if (typeof caller === 'function') {
      caller(message);
      return;
    }
    this.#receive(caller, message);
    caller.state = 'ready';
    this.#ready.unshift(caller);
  }

  #messageOf({ r, utcb }: FakeThread): FakeMessage {
    const tag = r[0] ?? 0;
    const count = tagWords(tag);
    const caps = Array.from({ length: tagItems(tag) }, (_, i) => this.slots.get((utcb[count + 2 * i + 1] ?? 0) >>> 12) ?? -1);
    return { words: Array.from(utcb.subarray(0, count)), caps };
  }

  #receive(thread: FakeThread, message: FakeMessage): void {
    message.words.forEach((word, i) => {
      thread.utcb[i] = word;
    });
    message.caps.forEach((id, i) => this.slots.set((thread.utcb[UTCB.br + i] ?? 0) >>> 12, id));
    thread.r[0] = makeTag(0, message.words.length, message.caps.length);
  }
}
