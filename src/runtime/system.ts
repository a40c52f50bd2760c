// The system under test as the runner sees it: Genode on the board, its components, and the control of its checkpointer.
// Declares the port only; the runner never reaches behind it, so a test can put a scripted system in its place.

import type { EngineName } from '../emu/arm/engine.ts';
import type { EventStream } from '../emu/event.ts';
import type { ObjectSpace, ThreadRow } from '../emu/jdb/model.ts';
import type { DebugId } from '../emu/numbers.ts';
import type { PlainRecord } from '../emu/plain.ts';
import type { ComponentMemory } from './component_memory.ts';
import type { PortableCheckpoint } from './rtcr/image/image.ts';
import type { Inventory } from './inventory.ts';
import type { Inspector } from './inspector.ts';
import type { SignalEquipment } from './signal_equipment.ts';
import type { NameSource } from './trace/names.ts';

export interface BootModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** All boot modules together, in bytes. */
export const MODULES_BYTES_MAX = 128 * 1024 * 1024;

export type Flavour = 'rtcr' | 'stock';

export interface SystemConfig {
  /** In boot order; the first is "config", the configuration of init. */
  readonly modules: readonly BootModule[];
  readonly ram_bytes: number;
  readonly flavour: Flavour;
  /** Configuration language of every init; default 16.08. */
  readonly dialect?: '16.08' | '17.02';
  /** Names of the extensions that are switched on. */
  readonly extensions: ReadonlySet<string>;
  /** A declared order in which tasks that start side by side get the processor: each until a kernel object exists. */
  readonly turns?: readonly { readonly task: number; readonly until?: number; readonly hold?: readonly number[] }[];
  readonly seed: number;
  /** What executes instructions, where that matters. */
  readonly engine?: EngineName;
  /** The stream to emit to: who listens to it already sees the boot. */
  readonly events?: EventStream;
  /** Name of a further machine of a scenario: for who watches several. */
  readonly machine?: string;
}

export interface ComponentInfo {
  /** "init -> rtcr -> sheep_counter" */
  readonly label: string;
  readonly task: DebugId;
  readonly alive: boolean;
  /** How many dead tasks with this label there were before this one that are not remembered; left out: none. */
  readonly forgotten?: number;
}

/** Only the strategy attributes that the scenario names; the complete strategy is the default for the others. */
export type Strategy = Readonly<Record<string, string>>;

export type ControlCommand =
  | { readonly kind: 'checkpoint'; readonly of: string; /** Names of further children that are checkpointed at the same moment. */ readonly with?: readonly string[]; readonly name: string; readonly strategy: Strategy; /** The checkpoint of the same child that it builds on. */ readonly base?: string }
  | { readonly kind: 'restore'; readonly from: string; readonly as: string; /** Names of further children that are restored together. */ readonly with?: readonly string[]; readonly strategy: Strategy }
  | { readonly kind: 'kill'; readonly child: string; readonly with?: readonly string[] }
  /** Makes a checkpoint ready to leave the machine: `takeImage` gives it afterwards. `of` is any child of its checkpointer. */
  | { readonly kind: 'export'; readonly of: string; readonly name: string }
  /** Takes in what `leaveImage` left, as a checkpoint of this name. */
  | { readonly kind: 'import'; readonly of: string; readonly name: string }
  /** Forgets a checkpoint and gives its memory back. */
  | { readonly kind: 'drop'; readonly of: string; readonly name: string };

export type ControlOutcome = { readonly ok: true; readonly facts: PlainRecord } | { readonly ok: false; readonly message: string };

export type ControlAnswer = { readonly accepted: true } | { readonly accepted: false; readonly message: string };

export type { PortableCheckpoint };

/** Why the machine returned from `run`. */
export type StopReason = 'stopped' | 'instruction_limit' | 'time_limit' | 'idle_forever';

/** What the runner uses of emu/machine.ts. Both limits count from the moment of the call. */
export interface Board {
  readonly events: EventStream;
  readonly instructions: number;
  readonly time_us: number;
  run(limit: { readonly instructions?: number; readonly time_us?: number }): StopReason;
  /** Lets time pass after `run` said 'idle_forever'. */
  idle(limit: { readonly time_us: number } | { readonly instructions: number }): void;
  /** May be called by an event listener: `run` returns at the next instruction boundary. */
  stop(): void;
  /** Addresses of a task before which a `breakpoint` event is emitted, with nothing executed there yet. */
  readonly breakpoints: { add(task: DebugId, address: number): void; remove(task: DebugId, address: number): void };
}

/**
 * What a thread does when it is not running: it could run, it takes part in an IPC, it was stopped, or it is no more;
 * 'idle' is the kernel's idle thread.
 */
export type ThreadPhase = 'ready' | 'sending' | 'receiving' | 'stopped' | 'dead' | 'idle';

/**
 * Where in the kernel a thread is: `user` runs or could run, `call` waits for one partner's reply, `reply_and_wait` for anybody,
 * `irq` for an IRQ object, `sleep` for a timeout alone, `page_fault` and `exception` for whoever handles them, `suspended` is stopped.
 */
export type KernelState = 'user' | 'send' | 'call' | 'reply_and_wait' | 'irq' | 'sleep' | 'page_fault' | 'exception' | 'suspended' | 'dead';

/** An RPC by its name; both are null for objects of compiled components, whose interface nobody declares. */
export interface RpcName {
  readonly interface: string | null;
  readonly function: string | null;
  readonly opcode: number;
}

/** Where the capability in a slot came from. */
export interface Origin {
  /** "Pd_session.alloc_rpc_cap", or null where no RPC delivered it. */
  readonly rpc: string | null;
  /** The thread that took the capability in, or that put it there from another task. */
  readonly thread: DebugId;
  readonly thread_name: string;
  readonly by_other_task: boolean;
  readonly time_us: number;
  /** All of it as a sentence, with what the capability is for. */
  readonly words: string;
}

/** What a component's own capability map says of a slot. */
export type CapRecordView =
  /** `address`: in the memory of a compiled component; a component in TypeScript keeps its map in tables of its own. */
  | { readonly kind: 'record'; readonly id: number; readonly references: number; readonly address: number | null; readonly map_address: number | null }
  | { readonly kind: 'none'; readonly map_address: number | null }
  /** A record that keeps a slot free for what messages bring. */
  | { readonly kind: 'reserved'; readonly map_address: number | null }
  /** The component has not said where its map is, or it has no map. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** The capability map of a component as it is now. */
export interface CapRecords {
  of(slot: number): CapRecordView;
  /** Slots that have a record or are reserved, ascending; of a component in TypeScript none are listed. */
  readonly slots: readonly number[];
}

/** `what` of the note event that is emitted when `outcome()` becomes non-null. */
export const NOTE_CONTROL_DONE = 'control_done';
/** `what` of the note event with which a component tells that it waits in vain for a thread: {rpc, thread_slot}. */
export const NOTE_STUCK = 'stuck';
/** `what` of the note events between which the component of a command stands still. */
export const NOTE_FROZEN = 'target_frozen';
export const NOTE_THAWED = 'target_thawed';

/** A moment of one running system, remembered inside this process. */
export interface SystemSnapshot {
  readonly instructions: number;
  readonly time_us: number;
}

/** RAM of a component, in bytes. */
export interface RamAccount {
  readonly quota: number;
  readonly used: number;
}

/**
 * Test equipment: what a person with probes on the board could see and do. It takes no virtual time, and no component can tell.
 * Addresses are those of the component; null or false: there is no such thing.
 */
export interface Equipment extends SignalEquipment {
  /** Threads that core was asked to pause and not to resume. */
  pausedThreads(): ReadonlySet<DebugId>;
  /**
   * Bytes as the component would read them, whether its pages have been mapped yet or not; null if part of them is not attached.
   * Of several components with one label that in the task is meant, without a task the newest.
   */
  readMemory(label: string, address: number, bytes: number, task?: DebugId): Uint8Array | null;
  writeMemory(label: string, address: number, content: Uint8Array, task?: DebugId): boolean;
  ramAccount(label: string, task?: DebugId): RamAccount | null;
  /** Takes all RAM quota that is left. */
  exhaustRam(label: string): boolean;
  freeze(thread: DebugId, frozen: boolean): boolean;
  /** Keeps the processor from a thread, whose IPC goes on as ever. */
  hold(thread: DebugId, held: boolean): boolean;
  /** Takes the mark of an exclusive load, as an interrupt does that comes now: the exclusive store fails. False where there is none. */
  takeExclusive(thread: DebugId): boolean;
  /**
   * Says of each receiver and sender (a thread or an IRQ) whether an open wait of the one takes a message of the other now, else it comes as if sent
   * later; null: always. Must change nothing, and is asked often.
   */
  admit(admission: ((receiver: DebugId, sender: DebugId) => boolean) | null): void;
  revoke(task: DebugId, slot: number): boolean;
  /** The instruction at which a thread goes on next is undefined. False where it is no machine code, or an exception is on its way already. */
  breakThread(thread: DebugId): boolean;
  /** The `nth` RPC of this name that a task makes from now on fails as if its object were gone: "Log_session::write", "Log.write", or all of "Log". `by` is a number of who asks. */
  denyRpc(task: DebugId, rpc: string, nth: number, by: number): void;
  /** Who asked for denials that are still to come. */
  denialsToCome(): readonly number[];
  /**
   * Makes the `nth` RPC fail that the control thread of a checkpointer makes from now on (0: none, they are only counted). `denied`: the
   * call itself fails; `exhausted`: with the exception for used-up quota, where the function has one. `times` in a row do. False where there is no checkpointer.
   */
  failRpc(label: string, nth: number, kind: 'denied' | 'exhausted', times?: number): boolean;
  /** RPCs that it has made since, and which was made to fail. */
  rpcsMade(label: string): { readonly made: number; readonly failed: string } | null;
  /** What is in the dataspace with a capability id; null where there is none, where it is managed, and of the kernel info page, which is no two times the same. */
  dataspaceContent(id: number): Uint8Array | null;
  /** Core hands out no capability id from now on that it has handed out before. */
  takeFreshIds(): void;
  /** The state report of a hosted init as it would be now, with all details; null where there is none of that label. */
  initState(label: string): string | null;
  /** Puts another content into a boot module, in place, and signals its clients; null, or why that cannot be. */
  replaceModule(name: string, content: Uint8Array): string | null;
}

export interface System extends NameSource {
  readonly equipment: Equipment;
  readonly machine: Board;
  /** Registers, code and memory, for people who look on. */
  readonly inspector: Inspector;
  /**
   * Remembers everything: machine, components, provenance, the command that runs. May be taken whenever the machine does not run.
   * What the caller derives from events (log lines, steps) is its own to remember.
   */
  snapshot(): SystemSnapshot;
  /** Brings back any snapshot of this system that is not released, in any order; running on gives the same as the first time. */
  rewind(snapshot: SystemSnapshot): void;
  /** Gives a snapshot up, and the memory that only it needs. */
  release(snapshot: SystemSnapshot): void;
  components(): readonly ComponentInfo[];
  /** Everything there is, in counts. */
  inventory(): Inventory;
  /** Posts a command to the checkpoint/restore component that is the parent of the named child. Throws nothing. */
  control(command: ControlCommand): ControlAnswer;
  /** Null while the last command runs. */
  outcome(): ControlOutcome | null;
  /** The checkpoint that the last `export` made ready, once; null if there is none. */
  takeImage(of: string, name: string): PortableCheckpoint | null;
  /** Leaves a checkpoint for the next `import` at the checkpointer that is the parent of the named child. */
  leaveImage(of: string, checkpoint: PortableCheckpoint): ControlAnswer;
  objectSpace(task: DebugId): ObjectSpace;
  /** A copy of what a component has in its memory; undefined where core knows no such component. */
  memory(task: DebugId): ComponentMemory | undefined;
  /** What the capability map of a component says of its slots; `map_address`: where it is, if the component has not said so itself. */
  capRecords(task: DebugId, map_address?: number): CapRecords;
  /** A slot's provenance, where it is known. */
  slotOrigin(task: DebugId, slot: number): Origin | undefined;
  /** The label of a gate: what its clients get as the id of the object behind it. Undefined for anything else. */
  gateLabel(object: DebugId): number | undefined;
  /** All threads, highest id first, as the debugger lists them. */
  threads(): readonly ThreadRow[];
  threadPhase(thread: DebugId): ThreadPhase;
  threadState(thread: DebugId): KernelState;
  /** The last RPC that a thread requested, while it waits for the reply and after that. */
  callOf(thread: DebugId): RpcName | undefined;
  extensionsUsed(): readonly string[];
  /** The whole system as plain data. May be taken whenever the machine does not run. */
  save(): PlainRecord;
  /** Ends the use of the system: nothing of it may be looked at afterwards. The next one boots quicker. */
  close(): void;
}

export type BootSystem = (config: SystemConfig) => System | { readonly error: string };
