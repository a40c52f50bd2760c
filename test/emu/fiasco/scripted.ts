// A board whose threads are scripts: lists of steps, each of which prepares registers and UTCB and says how it ends. So the kernel
// is tested through its real entries without any machine code. Owner of the scripts' positions and of what they noted.

import type { ExtensionName } from '../../../src/emu/fiasco/extensions.ts';
import type { Turn } from '../../../src/emu/fiasco/turns.ts';
import { HOSTED_TRAP, type HostedCpu, type HostedExit, type HostedPort } from '../../../src/emu/hosted.ts';
import { type BoardConfig, Machine, type MachineState } from '../../../src/emu/machine.ts';
import type { Plain } from '../../../src/emu/plain.ts';

export type Step = (cpu: HostedCpu, script: Script) => HostedExit;

/** What a step may look at and leave behind. */
export interface Script {
  /** Appends to the notes of the run. */
  note(text: string): void;
}

export interface Message {
  readonly tag: number;
  /** Selector with operation bits. */
  readonly to: number;
  readonly timeouts?: number;
  readonly label?: number;
  readonly mrs?: readonly number[];
  /** Buffer descriptor, then buffers. */
  readonly buffers?: readonly number[];
  readonly cost?: number;
}

export const IMAGE = 0x7049_0000;
/** Where a board puts machine code that a test hands in. */
export const CODE = IMAGE + 0x1_0000;
const ENTRY_BYTES = 64;
export const UTCB_AREA = 0x2800_0000;
export const CALL = 3;
export const SEND = 1;
export const RECEIVE = 2;
export const WAIT = 6;
export const REPLY_AND_WAIT = 0xf;
export const SELF = 0xffff_f800;
export const OBJECT_PAGE = 0x37;
export const sel = (slot: number, op = CALL): number => ((slot << 12) | op) >>> 0;
export const capItem = (slot: number, rights = 7): readonly [number, number] => [8, ((slot << 12) | 0x30 | rights) >>> 0];

/** Fills registers and UTCB for an invocation. */
export function fill(cpu: HostedCpu, message: Message): void {
  cpu.r[0] = message.tag;
  cpu.r[2] = message.to;
  cpu.r[3] = message.timeouts ?? 0;
  cpu.r[4] = message.label ?? 0;
  (message.mrs ?? []).forEach((value, i) => {
    cpu.utcb[i] = value;
  });
  (message.buffers ?? []).forEach((value, i) => {
    cpu.utcb[64 + i] = value;
  });
}

/** A step that enters the kernel with a message. */
export const invoke =
  (message: Message | ((cpu: HostedCpu) => Message)): Step =>
  (cpu) => {
    const content = typeof message === 'function' ? message(cpu) : message;
    fill(cpu, content);
    return { kind: 'invoke', used: content.cost ?? 10 };
  };

/** A step that computes only. */
export const local =
  (body: (cpu: HostedCpu, script: Script) => void, used = 1): Step =>
  (cpu, script) => {
    body(cpu, script);
    return { kind: 'budget', used };
  };

export const noteResult = (name: string): Step =>
  local((cpu, script) => {
    const tag = cpu.r[0] as number;
    script.note(`${name} ${tag.toString(16)}${(tag & 0x8000) !== 0 ? `/${cpu.utcb[123]}` : ''}`);
  });

/** Accesses memory; retried until it is mapped. */
export const touch =
  (address: number, write = false): Step =>
  (cpu) =>
    cpu.translate(address, write) < 0 ? { kind: 'fault', used: 5, address, write } : { kind: 'budget', used: 5 };

/** Steps of frequent operations. */
export const createThread = (slot: number): Step => invoke({ tag: 0xfff1_0001, to: sel(2), mrs: [0xffff_fff4], buffers: [0, (slot << 12) | 0xa] });
export const createIrq = (slot: number): Step => invoke({ tag: 0xfff1_0001, to: sel(2), mrs: [0xffff_ffff], buffers: [0, (slot << 12) | 0xa] });
export const createTask = (slot: number, area = UTCB_AREA): Step =>
  invoke({ tag: 0xfff1_0003, to: sel(2), mrs: [0xffff_fff5, 0, area === 0 ? 0 : (area | (16 << 6) | 0x17) >>> 0], buffers: [0, (slot << 12) | 0xa] });
export const createGate = (slot: number, label: number, thread: number): Step =>
  invoke({ tag: 0xfff1_0043, to: sel(2), mrs: [0, 0, label, ...capItem(thread)], buffers: [0, (slot << 12) | 0xa] });
export const runThread = (slot: number, priority = 128, quantum = 0): Step => invoke({ tag: 0xfff2_0045, to: sel(7), mrs: [1, 0, 1, priority, quantum, ...capItem(slot)] });
export const bindThread = (slot: number, task: number, utcb: number, pager = 0): Step =>
  invoke({ tag: 0xfff4_0046, to: sel(slot), mrs: [0x121_0000, pager << 12, pager << 12, 0, 0, utcb, ...capItem(task)] });
export const exRegs = (slot: number, ip: number, sp = 0xffff_ffff, flags = 0): Step => invoke({ tag: 0xfff4_0003, to: sel(slot), mrs: [1 | flags, ip, sp] });
export const attachIrq = (irq: number, thread: number, label = 0): Step => invoke({ tag: 0xffff_0042, to: sel(irq), mrs: [1, label, ...capItem(thread)] });
export const triggerIrq = (irq: number): Step => invoke({ tag: 0xffff_0001, to: sel(irq, SEND), timeouts: 0x0400_0400, mrs: [2] });
export const receiveIrq = (irq: number, timeouts = 0): Step => invoke({ tag: 0xffff_0001, to: sel(irq, CALL), timeouts, mrs: [0] });
export const taskMap = (to: number, from: number, item: number, page: number): Step => invoke({ tag: 0xfff5_0043, to: sel(to), mrs: [0, item, page, ...capItem(from)] });
export const taskUnmap = (task: number, mask: number, page: number): Step => invoke({ tag: 0xfff5_0003, to: sel(task), mrs: [1, mask, page] });
export const sleep = (timeout: number): Step => invoke({ tag: 0, to: (SELF | RECEIVE) >>> 0, timeouts: timeout });
/** Sleeps for ever. */
export const halt = (): Step => invoke({ tag: 0, to: (SELF | RECEIVE) >>> 0 });
/** One capability of a child task: from a slot of the root to a slot of the task. */
export const give = (task: number, from: number, to: number): Step => taskMap(task, 1, (to << 12) | 8, ((from << 12) | OBJECT_PAGE) >>> 0);

/** Creates a thread of the root task and starts it with a script. Its UTCB is the index-th of the root's area. */
export const startLocal = (board: Entries, slot: number, index: number, program: string, priority = 128): Step[] => [
  createThread(slot),
  runThread(slot, priority),
  bindThread(slot, 1, 0xbfff_0000 + index * 512, 4),
  exRegs(slot, board.entry(program)),
];

/** Creates a thread of the root task that runs machine code, and whose faults and exceptions go to the gate `handler`. */
export const startCode = (slot: number, index: number, { ip = CODE, handler = 0x210, flags = 0, priority = 128 } = {}): Step[] => [
  createThread(slot),
  runThread(slot, priority),
  invoke({ tag: 0xfff4_0046, to: sel(slot), mrs: [0x121_0000 | flags, 4 << 12, handler << 12, 0, flags, 0xbfff_0000 + index * 512, ...capItem(1)] }),
  exRegs(slot, ip, 0),
];

export interface Entries {
  entry(program: string): number;
}

class ScriptPort implements HostedPort {
  readonly notes: string[] = [];
  readonly #positions = new Map<number, { program: string; at: number; debt: number; exit: HostedExit | null }>();
  readonly #programs: Readonly<Record<string, readonly Step[]>>;

  constructor(programs: Readonly<Record<string, readonly Step[]>>) {
    this.#programs = programs;
  }

  enter(cpu: HostedCpu, program: string): void {
    if (this.#programs[program] === undefined) throw new Error(`no script '${program}'`);
    this.#positions.set(cpu.thread, { program, at: 0, debt: 0, exit: null });
  }

  run(cpu: HostedCpu): HostedExit {
    const position = this.#positions.get(cpu.thread);
    if (position === undefined) throw new Error('a thread without script runs');
    const step = this.#programs[position.program]?.[position.at];
    if (step === undefined) {
      fill(cpu, { tag: 0, to: (SELF | RECEIVE) >>> 0 });
      return { kind: 'invoke', used: 1 };
    }
    position.at++;
    const exit = step(cpu, { note: (text) => this.notes.push(text) });
    // An access that faults is retried.
    if (exit.kind === 'fault') position.at--;
    return exit;
  }

  leave(thread: number): void {
    this.#positions.delete(thread);
  }

  capture(): Plain {
    return this.save();
  }
  rewind(captured: unknown): void {
    this.#positions.clear();
    this.restore(captured as Plain);
  }

  save(): Plain {
    return { notes: [...this.notes], positions: [...this.#positions].map(([thread, { program, at }]) => ({ thread, program, at })) };
  }

  restore(state: Plain): void {
    const { notes, positions } = state as { notes: string[]; positions: { thread: number; program: string; at: number }[] };
    this.notes.splice(0, this.notes.length, ...notes);
    for (const { thread, program, at } of positions) this.#positions.set(thread, { program, at, debt: 0, exit: null });
  }
}

export type Programs = (board: Entries) => Readonly<Record<string, readonly Step[]>>;

/** A machine that runs scripts; the program `main` is the root thread. */
export class ScriptedBoard {
  readonly machine: Machine;
  readonly #port: { port: ScriptPort | null };

  constructor(programs: Programs, options: { readonly extensions?: readonly ExtensionName[]; readonly state?: MachineState; readonly code?: readonly number[]; readonly turns?: readonly Turn[] } = {}) {
    const names = Object.keys(programs({ entry: () => 0 }));
    const entry = (name: string): number => {
      const at = names.indexOf(name);
      if (at < 0) throw new Error(`no script '${name}'`);
      return IMAGE + at * ENTRY_BYTES;
    };
    const holder: { port: ScriptPort | null } = { port: null };
    const board: BoardConfig = {
      ram_bytes: 64 << 20,
      hosted: () => {
        holder.port = new ScriptPort(programs({ entry }));
        return holder.port;
      },
    };
    const { state, extensions = [], code = [], turns = [] } = options;
    if (state !== undefined) this.machine = Machine.restore(state, board);
    else this.machine = new Machine({ ...board, extensions, turns, boot: { root_entry: entry('main'), images: [{ address: IMAGE, bytes: imageOf(names, entry) }, { address: CODE, bytes: new Uint8Array(Uint32Array.from(code).buffer) }] } });
    this.#port = holder;
  }

  get notes(): readonly string[] {
    return this.#port.port?.notes ?? [];
  }

  /** Runs until nothing can happen any more. */
  finish(limit = 100_000_000): readonly string[] {
    this.machine.run({ instructions: limit });
    return this.notes;
  }
}

function imageOf(names: readonly string[], entry: (name: string) => number): Uint8Array {
  const bytes = new Uint8Array(names.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const name of names) {
    const at = entry(name) - IMAGE;
    view.setUint32(at, HOSTED_TRAP, true);
    view.setUint32(at + 4, entry(name) + 8, true);
    for (let i = 0; i < name.length; i++) bytes[at + 8 + i] = name.charCodeAt(i);
  }
  return bytes;
}
