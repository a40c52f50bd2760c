// The board as a whole: memory, kernel, clock; running it up to a limit, stopping it, saving and restoring all of it.
// Owner of the parts and of nothing else. Time passes with retired instructions only (architecture, laws 2 and 3).

import { ENGINE_DEFAULT, type EngineName } from './arm/engine.ts';
import type { Breakpoints } from './breakpoints.ts';
import { EventStream } from './event.ts';
import { type BootConfig, boot } from './fiasco/boot.ts';
import { type ExtensionName, isExtensionName } from './fiasco/extensions.ts';
import { Kernel } from './fiasco/kernel.ts';
import { type KernelSnapshot, captureKernel, rewindKernel } from './fiasco/kernel_snapshot.ts';
import { restoreKernel, saveKernel } from './fiasco/kernel_state.ts';
import { idleUntil, tick, wakeUpOf } from './fiasco/tick.ts';
import type { Turn } from './fiasco/turns.ts';
import { giveHardware, type Hardware, takeHardware } from './hardware.ts';
import type { HostedPort } from './hosted.ts';
import { LIMIT_RAM_MAX_BYTES, LIMIT_RAM_MIN_BYTES } from './limits.ts';
import type { MemorySnapshot } from './memory/frame_history.ts';
import type { PhysicalMemory } from './memory/physical_memory.ts';
import { SECTION_BYTES } from './memory/mapping_database.ts';
import { type Instructions, type Microseconds, PAGE_BYTES } from './numbers.ts';
import type { PlainRecord } from './plain.ts';
import { Fields } from './saved.ts';

export const RAM_BASE = 0x7000_0000;
export const RAM_BYTES_DEFAULT = 256 << 20;
const STATE_VERSION = 1;
/** Instructions per microsecond as a fraction. */
const INSTRUCTIONS = 125;
const MICROSECONDS = 2;

export interface BoardConfig {
  readonly ram_bytes?: number;
  /** Makes the port for components that are not machine code; one port per machine. */
  readonly hosted?: (machine: Machine) => HostedPort;
  /** The stream to emit to; a fresh one by default. Handing one in lets an observer see the boot. */
  readonly events?: EventStream;
  /** What executes instructions. It shows nowhere but in speed, and is not part of a saved machine. */
  readonly engine?: EngineName;
}

export interface MachineConfig extends BoardConfig {
  readonly extensions?: readonly ExtensionName[];
  /** A declared order of start-up; none by default. */
  readonly turns?: readonly Turn[];
  readonly boot: BootConfig;
}

/** Limits of one run, counted from where it starts. */
export interface RunLimit {
  readonly instructions?: number;
  readonly time_us?: number;
}

export type StopReason =
  /** `stop()` was called. */
  | 'stopped'
  | 'instruction_limit'
  | 'time_limit'
  /** Nobody is ready and no timeout is armed: without equipment nothing will ever happen again. */
  | 'idle_forever';

/** Everything that a machine is, as plain data; see machine_state.ts for its bytes. */
export type MachineState = PlainRecord;

/** A moment of one machine in one process, for `rewind`. */
export interface MachineSnapshot {
  readonly memory: MemorySnapshot;
  readonly kernel: KernelSnapshot;
}

export class Machine {
  readonly events: EventStream;
  readonly kernel: Kernel;
  #hardware: Hardware | null;
  /** Boots a machine. */
  constructor(config: MachineConfig);
  /** As `Machine.restore` makes one: nothing has happened on it yet. */
  constructor(config: BoardConfig & { readonly extensions: readonly ExtensionName[] });
  constructor(config: BoardConfig & { readonly extensions?: readonly ExtensionName[]; readonly turns?: readonly Turn[]; readonly boot?: BootConfig }) {
    const ram_bytes = config.ram_bytes ?? RAM_BYTES_DEFAULT;
    if (ram_bytes < LIMIT_RAM_MIN_BYTES || ram_bytes > LIMIT_RAM_MAX_BYTES || ram_bytes % SECTION_BYTES !== 0) {
      throw new Error(`${ram_bytes} bytes of RAM: must be a multiple of 1 MiB between ${LIMIT_RAM_MIN_BYTES} and ${LIMIT_RAM_MAX_BYTES}`);
    }
    this.events = config.events ?? new EventStream();
    this.#hardware = takeHardware(RAM_BASE, ram_bytes, config.engine ?? ENGINE_DEFAULT);
    const { memory, engine } = this.#hardware;
    const port = config.hosted?.(this) ?? null;
    this.kernel = new Kernel({ extensions: config.extensions ?? [], turns: config.turns ?? [] }, memory, this.events, port, engine);
    if (config.boot !== undefined) boot(this.kernel, config.boot);
  }

  get memory(): PhysicalMemory {
    return this.#open.memory;
  }

  get #open(): Hardware {
    if (this.#hardware === null) throw new Error('the machine was closed');
    return this.#hardware;
  }

  /** Addresses before which a task is stopped: a `breakpoint` event tells, and `stop` is honoured there. */
  get breakpoints(): Breakpoints {
    return this.kernel.user.breakpoints;
  }

  /** Retired instructions since power-on; idle time counts as the instructions that would have fitted into it. */
  get instructions(): Instructions {
    return this.kernel.instructions as Instructions;
  }

  get time_us(): Microseconds {
    return this.kernel.time_us as Microseconds;
  }

  /** Ends the current run at the next instruction boundary (of a hosted thread: behind its step, before that is paid). For event listeners. */
  stop(): void {
    this.kernel.stopRequested = true;
  }

  /** Runs until a limit, a stop, or the end of everything. Running n and then m instructions is the same as running n + m. */
  run(limit: RunLimit = {}): StopReason {
    const { kernel } = this;
    const byCount = limit.instructions === undefined ? Infinity : kernel.instructions + limit.instructions;
    const byTime = limit.time_us === undefined ? Infinity : instructionAt(kernel.time_us + limit.time_us);
    const end = Math.min(byCount, byTime);
    void this.#open;
    kernel.stopRequested = false;
    for (;;) {
      const thread = kernel.settle();
      if (kernel.stopRequested) return 'stopped';
      if (kernel.instructions >= end) return byCount <= byTime ? 'instruction_limit' : 'time_limit';
      // A tick is never further away than the engine can count.
      let budget = (Math.min(kernel.nextTick, end) - kernel.instructions) | 0;
      if (budget > 0 && kernel.owed > 0) budget -= kernel.pay(budget);
      // What was paid ended neither the run nor the time to the tick: nobody else has a turn before this thread.
      if (budget > 0) {
        if (thread.internal !== 'idle') kernel.runUser(thread, budget);
        else {
          const wakeUp = wakeUpOf(kernel);
          if (wakeUp === null) return 'idle_forever';
          idleUntil(kernel, Math.min(wakeUp, end));
        }
      } else if (kernel.instructions < end) tick(kernel);
    }
  }

  /** Ends the use of this machine: nothing of it may be looked at afterwards. The next one is then cheaper. */
  close(): void {
    if (this.#hardware === null) return;
    giveHardware(this.#hardware);
    this.#hardware = null;
  }

  /** Lets time pass on a board on which nothing can happen: after `run` said 'idle_forever', and only then. */
  idle(limit: { readonly time_us: number } | { readonly instructions: number }): void {
    const { kernel } = this;
    if (kernel.settle().internal !== 'idle' || wakeUpOf(kernel) !== null) throw new Error('the machine is not idle for ever');
    idleUntil(kernel, 'instructions' in limit ? kernel.instructions + limit.instructions : instructionAt(kernel.time_us + limit.time_us));
  }

  /**
   * Remembers the whole machine inside this process. It may be taken whenever the machine does not run. Costs what changed since
   * the last one and the number of kernel objects, not the size of the RAM; running on costs a copy per frame that is written.
   */
  snapshot(): MachineSnapshot {
    return { memory: this.memory.snapshot(), kernel: captureKernel(this.kernel) };
  }

  /**
   * Brings back a snapshot of this machine, any of those that are alive, in any order: running on gives the same as the first time.
   * The event stream and its listeners stay; nothing is emitted.
   */
  rewind(snapshot: MachineSnapshot): void {
    this.memory.rewind(snapshot.memory);
    rewindKernel(this.kernel, snapshot.kernel);
    this.breakpoints.rewound();
  }

  /** Gives a snapshot up; it cannot be gone back to afterwards. */
  release(snapshot: MachineSnapshot): void {
    this.memory.release(snapshot.memory);
  }

  /** The whole machine as plain data. It may be saved whenever it does not run. */
  save(): MachineState {
    return {
      version: STATE_VERSION,
      ram_bytes: this.memory.size_bytes,
      extensions: [...this.kernel.config.extensions],
      memory: saveMemory(this.memory),
      kernel: saveKernel(this.kernel),
    };
  }

  /** A machine that goes on exactly where the saved one was. What is not data (port, stream) is given anew. */
  static restore(state: MachineState, config: BoardConfig = {}): Machine {
    const fields = new Fields('machine', state, STATE_VERSION, ['ram_bytes', 'extensions', 'memory', 'kernel']);
    const ram_bytes = fields.number('ram_bytes');
    if (config.ram_bytes !== undefined && config.ram_bytes !== ram_bytes) throw new Error(`the saved machine has ${ram_bytes} bytes of RAM, not ${config.ram_bytes}`);
    const extensions = fields.list('extensions').map((name) => {
      if (typeof name === 'string' && isExtensionName(name)) return name;
      throw new Error(`unknown extension ${String(name)} in a saved machine`);
    });
    const machine = new Machine({ ...config, ram_bytes, extensions });
    restoreMemory(machine.memory, fields.record('memory'));
    restoreKernel(machine.kernel, fields.record('kernel'));
    return machine;
  }
}

/** The first instruction at which so much time has passed. */
const instructionAt = (time_us: number): number => Math.ceil((time_us * INSTRUCTIONS) / MICROSECONDS);

/** Frames that were written and are not zero, one after the other, with their numbers. */
function saveMemory(memory: PhysicalMemory): PlainRecord {
  const frames: number[] = [];
  for (let frame = 0; frame < memory.written.length; frame++) if (memory.written[frame] === 1 && !isZero(memory, frame)) frames.push(frame);
  const content = new Uint8Array(frames.length * PAGE_BYTES);
  frames.forEach((frame, i) => content.set(memory.u8.subarray(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES), i * PAGE_BYTES));
  return { version: STATE_VERSION, frames: Uint32Array.from(frames), content };
}

function isZero(memory: PhysicalMemory, frame: number): boolean {
  const words = memory.u32;
  const end = ((frame + 1) * PAGE_BYTES) >>> 2;
  for (let at = (frame * PAGE_BYTES) >>> 2; at < end; at++) if (words[at] !== 0) return false;
  return true;
}

function restoreMemory(memory: PhysicalMemory, state: PlainRecord): void {
  const fields = new Fields('memory', state, STATE_VERSION, ['frames', 'content']);
  const content = fields.bytes('content');
  const frames = fields.plain('frames');
  if (!(frames instanceof Uint32Array) || content.length !== frames.length * PAGE_BYTES) throw new Error('saved memory: frames and content do not match');
  memory.fill(0, memory.size_bytes);
  frames.forEach((frame, i) => {
    if (frame >= memory.written.length) throw new Error(`saved memory: frame ${frame} lies outside of the RAM`);
    memory.write(frame * PAGE_BYTES, content.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES));
  });
}
