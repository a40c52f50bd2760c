// For tests: threads of guests that do whatever comes into a generator's mind, as if their code had been written to break the host.
// Whatever registers, UTCB words and own memory they get here, their programs could have put there. Owns no state but theirs.

import { EX_REGS_CANCEL } from '../../src/runtime/core/platform_thread.ts';
import { IpcGate } from '../../src/emu/fiasco/ipc_gate.ts';
import type { Thread } from '../../src/emu/fiasco/thread.ts';
import { CANCEL, READY } from '../../src/emu/fiasco/thread_state.ts';
import type { RunningSystem } from '../../src/runtime/boot_system.ts';
import { makeTag, MAP_ITEM, objectPage, OPERATION, receiveSlot, SELF, TAG_ERROR, TIMEOUT, UTCB } from '../../src/runtime/native/utcb.ts';
import type { RpcInterface, ValueType } from '../../src/runtime/rpc/interface.ts';
import { INTERFACES } from '../../src/runtime/rpc/interfaces.ts';
import { bytesOf, packBytes, WORDS_MAX } from '../../src/runtime/rpc/wire.ts';
import type { Dice } from '../dice.ts';

const NAMES = ['ROM', 'LOG', 'RAM', 'RM', 'CPU', 'PD', 'Timer', 'Report', 'TRACE', 'IO_MEM', 'IRQ', 'IO_PORT', 'Echo', 'Env::ram_session', '', 'x'.repeat(62), '\xff\xfe'];
const ARGS = [
  'ram_quota=4K, label="x"', 'ram_quota=128K, label="x"', 'ram_quota=1M', 'ram_quota=0', 'ram_quota=99999999999', 'ram_quota=-1', 'ram_quota=0x7fffffff', '', 'label="', 'label="a", label="b"',
  'ram_quota=64K, label="config"', 'ram_quota=64K, label="sheep_counter"', 'ram_quota=64K, label="a -> b -> timer"', 'priority=0x10000, ram_quota=128K, label="x"', 'priority=99999999, ram_quota=128K',
  'ram_quota=128K, phys_start=0xffffffff, phys_size=1', 'ram_quota=128K, phys_start=0x70000000, phys_size=0x1000', 'ram_quota=4K, base=0, size=0xffffffff', 'ram_quota=4K, irq_number=-5',
  'ram_quota=1M, arg_buffer_size=0, parent_levels=0', 'ram_quota=1M, buffer_size=4096, label="r"', 'ram_quota=1M, buffer_size=0xfffffff0, label="r"', 'a=b=c,,,==', '\xff\x01\n,"', 'x'.repeat(158),
  `ram_quota="${'9'.repeat(100)}`,
];
const NUMBERS = [0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 63, 64, 255, 4095, 4096, 4097, 8192, 0x1_0000, 0xf_ffff, 0x10_0000, 0x100_0000, 0x4000_0000, 0x4000_1000, 0x5000_0000, 0x7000_0000, 0x7fff_ffff, 0x8000_0000, 0xa000_0000, 0xbfff_f000, 0xc000_0000, 0xffff_0000, 0xffff_f000, 0xffff_ffff];
const TIMEOUTS = [0, 0, 0, TIMEOUT.both_zero, TIMEOUT.send_zero, TIMEOUT.receive_zero, 0x2801_2801, 0x8003_8003];
const LABELS = [0, 0, 1, -1, -1, -2, -5, -6, -10, -11, -11, -12, -12, -13, -14, -15, -15, -21, 0x7fff];
/** Exception codes of replies, declared ones among them. */
const CODES = [0, 0, 0, 0, -1, -2, -1001, -1002, -1003, -1004, 5];
const ENTRIES = [0xffff_fff0, 0xffff_ffec, 0xffff_ffd4, 0xffff_ffe0, 0xffff_ffe8];
const INVOKE = 0xffff_fff4;
/** A return of the kernel's helper page: with itself as the return address the thread goes round there. */
const ROUND = 0xffff_e214;
const USER_MODE = 0x10;
/** Slots of a guest that receive capabilities: so many windows are used in turns. */
const WINDOWS = { first: 0x800, count: 256 } as const;
/** Pages of programs, of stacks and of what is attached: where a guest finds memory that it may write. */
const PLACES = [0x1000, 0x1_0000, 0x4_0000, 0x4_f000, 0x5_0000];
const PAGES_SEEN = 0x400;
const WRITABLE = 2;
const ANSWER_SLICES = 4000;
const ANSWER_SLICE = 5000;
const WAKE_SLICES = 60;
const WAKE_SLICE = 300;

interface Held {
  readonly slot: number;
  readonly type: string;
  /** Label of a gate, which is the id of its object. */
  readonly id: number;
  readonly interface: string | null;
}

export class HostileGuests {
  readonly #system: RunningSystem;
  readonly #dice: Dice;
  #window = 0;

  constructor(system: RunningSystem, dice: Dice) {
    this.#system = system;
    this.#dice = dice;
  }

  /** Lets a thread of a guest do something, whatever it was about. @returns what, or null where there is no thread or it cannot be had */
  act(): string | null {
    const thread = this.#thread();
    if (thread === null) return null;
    const dice = this.#dice;
    const { r } = thread.registers;
    thread.registers.cpsr = USER_MODE;
    r[14] = ROUND;
    r[15] = INVOKE;
    const held = this.#held(thread);
    const gates = held.filter(({ type }) => type === 'Gate');
    const kind = dice.below(100);
    if (kind < 62 && gates.length > 0) return this.#request(thread, dice.of(gates), held);
    if (kind < 75) return this.#reply(thread, held);
    if (kind < 90 && held.length > 0) return this.#kernelCall(thread, held);
    if (kind < 94) return this.#scribble(thread, held);
    if (kind < 97) r[15] = dice.of(ENTRIES);
    for (let i = 0; i < (kind < 97 ? 13 : 16); i++) r[i] = this.#number();
    return `${thread.id.toString(16)}: registers ${[...r].map((word) => word.toString(16)).join(' ')}`;
  }

  /** One in user mode if possible; else one whose wait is cancelled, as another thread of its task could do. */
  #thread(): Thread | null {
    const { kernel } = this.#system.machine;
    const guests = kernel.threads().filter((thread) => thread.internal === null && thread.bound && thread.hosted === null && !thread.killed && !thread.dying);
    if (guests.length === 0) return null;
    const inUserMode = (thread: Thread): boolean => thread.step === 'user' && thread.activity.kind === 'user' && thread.ready && thread.trigger === null;
    const free = guests.filter(inUserMode);
    if (free.length > 0 && !this.#dice.oneIn(20)) return this.#dice.of(free);
    const thread = this.#dice.of(guests);
    if (!inUserMode(thread)) this.wake(thread);
    return inUserMode(thread) ? thread : null;
  }

  /** As exchange-registers with cancel does it, with the program counter set to a harmless place. */
  wake(thread: Thread): void {
    const { machine } = this.#system;
    const { r } = thread.registers;
    r[14] = ROUND;
    r[15] = ROUND;
    thread.registers.cpsr = USER_MODE;
    thread.state |= CANCEL | READY;
    machine.kernel.processor.enqueue(thread);
    for (let slice = 1; slice <= WAKE_SLICES && !(thread.step === 'user' && thread.activity.kind === 'user'); slice++) machine.run({ instructions: slice * WAKE_SLICE });
  }

  /** A call with these words, waited for. @returns false where it is not answered for long, or has failed */
  call(thread: Thread, slot: number, words: readonly number[]): boolean {
    const { machine } = this.#system;
    const { r } = thread.registers;
    this.#put(thread, 0, (slot << 12) | OPERATION.call, TIMEOUT.never, words, []);
    thread.registers.cpsr = USER_MODE;
    r[14] = ROUND;
    r[15] = INVOKE;
    for (let slice = 0; slice < ANSWER_SLICES; slice++) {
      machine.run({ instructions: ANSWER_SLICE });
      if (thread.step === 'user' && thread.activity.kind === 'user' && r[15] === ROUND) return ((r[0] ?? 0) & TAG_ERROR) === 0 && thread.utcb?.mr(0) === 0;
    }
    return false;
  }

  #held(thread: Thread): readonly Held[] {
    return thread.task.objects.mappings().map(({ slot, object }) => {
      const gate = object instanceof IpcGate;
      return { slot, type: object.type, id: gate ? object.label : 0, interface: gate ? this.#system.interfaceOf(object.id, object.label) : null };
    });
  }

  #number(): number {
    const dice = this.#dice;
    return dice.below(10) < 8 ? dice.of(NUMBERS) : dice.oneIn(2) ? dice.word() : dice.below(64);
  }

  #text(limit: number): number[] {
    return [...bytesOf(this.#dice.of(this.#dice.oneIn(3) ? NAMES : ARGS)), ...(this.#dice.oneIn(10) ? [] : [0])].slice(0, limit);
  }

  #argument(type: ValueType): number[] {
    if (typeof type === 'string') return [this.#number()];
    if ('words' in type) return Array.from({ length: Math.min(type.words, WORDS_MAX) }, () => this.#number());
    const limit = 'buffer' in type ? type.buffer : type.string;
    const bytes = this.#text(limit);
    const length = this.#dice.oneIn(7) ? this.#number() : bytes.length;
    const words = packBytes(bytes);
    if ('buffer' in type) return [length, ...words];
    while (words.length < (limit + 3) >>> 2) words.push(0);
    return [...words, length];
  }

  /** Sets what `invoke` takes: words, then capability items as far as they fit. */
  #put(thread: Thread, label: number, target: number, timeouts: number, words: readonly number[], items: readonly number[]): void {
    const { r } = thread.registers;
    const { utcb } = thread;
    if (utcb === null) return;
    const dice = this.#dice;
    const sent = words.slice(0, WORDS_MAX);
    const fitting = items.slice(0, (WORDS_MAX - sent.length) >> 1);
    utcb.open();
    sent.forEach((word, i) => {
      utcb.words[i] = word;
    });
    fitting.forEach((slot, i) => {
      utcb.words[sent.length + 2 * i] = dice.oneIn(30) ? dice.of([0xa, 9, 0, 12]) : MAP_ITEM;
      utcb.words[sent.length + 2 * i + 1] = dice.oneIn(20) ? (slot << 12) | dice.of([0x31, 0x35, 0x30, 0x77, 0xf7]) : objectPage(slot);
    });
    this.#window = (this.#window + 1) % WINDOWS.count;
    utcb.words[UTCB.bdr] = items.length > 0 && dice.oneIn(20) ? this.#number() : 0;
    for (let i = 0; i < 4; i++) utcb.words[UTCB.br + i] = receiveSlot(WINDOWS.first + this.#window * 4 + i);
    r[0] = makeTag(label, sent.length, fitting.length);
    r[2] = target;
    r[3] = timeouts;
    r[4] = 0;
  }

  /** A call of a function of the interface behind a gate, mostly with arguments that could be meant. */
  #request(thread: Thread, gate: Held, held: readonly Held[]): string {
    const dice = this.#dice;
    const known = gate.interface === null ? undefined : INTERFACES[gate.interface];
    const table = known === undefined || dice.oneIn(20) ? dice.of(Object.values(INTERFACES) as readonly RpcInterface[]) : known;
    const fn = table.functions.length === 0 || dice.oneIn(30) ? null : dice.of(table.functions);
    const asked = fn === null ? dice.below(5) : fn.args.filter(({ type }) => type === 'cap').length;
    const { ids, items } = this.#capabilities(dice.oneIn(10) ? dice.below(6) : asked, held);
    const payload = [fn?.opcode ?? this.#number(), ...(fn?.args ?? []).flatMap(({ type }) => (type === 'cap' ? [] : this.#argument(type)))];
    if (dice.oneIn(25)) payload.length = dice.below(payload.length + 1);
    const words = [dice.oneIn(30) ? this.#number() : gate.id, dice.oneIn(30) ? this.#number() : ids.length, ...ids, ...payload];
    const operation = dice.oneIn(14) ? dice.of([1, 1, 7, 2, 0, 0xb]) : OPERATION.call;
    this.#put(thread, dice.oneIn(30) ? this.#number() & 0xffff : 0, (gate.slot << 12) | operation, dice.oneIn(5) ? dice.of(TIMEOUTS) : TIMEOUT.never, words, items);
    return `${thread.id.toString(16)}: ${table.name}.${fn?.name ?? '?'} of slot ${gate.slot.toString(16)}, ${items.length} capabilities, operation ${operation}`;
  }

  #reply(thread: Thread, held: readonly Held[]): string {
    const dice = this.#dice;
    const code = dice.oneIn(10) ? this.#number() : dice.of(CODES);
    const { ids, items } = this.#capabilities(dice.below(3), held);
    const words = [code, dice.oneIn(20) ? this.#number() : ids.length, ...ids, ...Array.from({ length: dice.below(6) }, () => this.#number())];
    this.#put(thread, 0, SELF | dice.of([OPERATION.reply_and_wait, OPERATION.reply_and_wait, OPERATION.reply, OPERATION.wait]), dice.of([TIMEOUT.never, TIMEOUT.send_zero, TIMEOUT.both_zero]), words, items);
    return `${thread.id.toString(16)}: reply ${code}`;
  }

  /** Ids and slots of capabilities, which mostly belong together. */
  #capabilities(count: number, held: readonly Held[]): { readonly ids: number[]; readonly items: number[] } {
    const dice = this.#dice;
    const gates = held.filter(({ type }) => type === 'Gate');
    const [ids, items]: [number[], number[]] = [[], []];
    for (let i = 0; i < count && gates.length > 0; i++) {
      const { id, slot } = dice.of(dice.oneIn(6) ? held : gates);
      ids.push(dice.oneIn(5) ? dice.of([0xffff_ffff, 0xffff, 0, dice.word(), dice.of(gates).id]) : id);
      if (!dice.oneIn(20)) items.push(slot);
    }
    return { ids, items };
  }

  #kernelCall(thread: Thread, held: readonly Held[]): string {
    const dice = this.#dice;
    const slot = (): number => dice.of(held).slot;
    const objects = held.filter(({ type }) => type !== 'Gate');
    const target = dice.of(objects.length === 0 || dice.oneIn(10) ? held : objects);
    const memory = ((this.#number() & ~0xfff) | (dice.of([12, 20, 31, 63]) << 6) | 0x17) >>> 0;
    const [label, words, items] = dice.of<readonly [number, readonly number[], readonly number[]]>([
      [-11, [1, dice.of([0xc000_0000, 0x8000_0000, 0]), objectPage(slot())], []],
      [-11, [0, (slot() << 12) | dice.of([MAP_ITEM, 0xa]), objectPage(slot())], [slot()]],
      [-11, [1, 0x8000_0000, memory], []],
      [-12, [1 | dice.of([EX_REGS_CANCEL, 0x2_0000, 0, 0x3_0000]), dice.of([0xffff_ffff, 0, 0x100_0000]), 0xffff_ffff], []],
      [-12, [dice.of([0x20_0000, 0x1_0000, 0x40_0000, 0x121_0000]), slot() << 12, slot() << 12, 0, 0, this.#number()], [slot()]],
      [-1, [1, dice.word()], [slot()]],
      [-1, [dice.of([0, 1, 2, 3, 4])], []],
      [-10, [dice.of([0x10, 0x11]), this.#number()], [slot()]],
      [dice.of(LABELS), Array.from({ length: dice.below(12) }, () => this.#number()), dice.oneIn(2) ? [slot()] : []],
    ]);
    this.#put(thread, label, (target.slot << 12) | OPERATION.call, TIMEOUT.never, words, items);
    return `${thread.id.toString(16)}: ${target.type} in slot ${target.slot.toString(16)}, label ${label}, words ${words.map((word) => (word >>> 0).toString(16)).join(' ')}`;
  }

  /** Words of memory that the guest may write, its capability records among them. */
  #scribble(thread: Thread, held: readonly Held[]): string {
    const dice = this.#dice;
    const { memory } = this.#system.machine;
    const frames: number[] = [];
    for (const first of PLACES) {
      for (let page = first; page < first + PAGES_SEEN; page++) {
        const entry = thread.task.memory.table.entry(page);
        if ((entry & WRITABLE) !== 0) frames.push(entry & ~0xfff);
      }
    }
    for (let i = 0; i < 20 && frames.length > 0; i++) {
      const at = dice.of(frames) + dice.below(1024) * 4;
      memory.open(at);
      memory.u32[at >>> 2] = dice.oneIn(3) && held.length > 0 ? dice.of(held).id : this.#number();
    }
    thread.registers.r[15] = ROUND;
    return `${thread.id.toString(16)}: words in ${frames.length} pages of its own`;
  }
}
