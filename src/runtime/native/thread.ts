// Threads of a component: creation and start in the order of RPCs that Genode's Thread has.
// Source modelled: genode-16.08-abi.md 3.3, 3.4 (#15-#21).

import type { Plain } from '../../emu/plain.ts';
import { Cpu_session, Cpu_thread, Ram_session, Region_map } from '../rpc/interfaces.ts';
import { dec, freeSlots, insertCap, removeCap } from './cap_space.ts';
import { env } from './env.ts';
import type { Execution } from './execution.ts';
import { THREAD_ENTRY } from './image.ts';
import { attachDataspace } from './memory.ts';
import { call, done, type Failure, goto, procedure, raise } from './procedure.ts';
import { rpc, type RpcReply } from './rpc_client.ts';
import { upgradeEnv } from './session.ts';
import { table } from './store.ts';
import { threads, utcbAddress } from './thread_table.ts';
import { UTCB } from './utcb.ts';
import { WINDOW_SLOTS } from './window.ts';

/** Threads that exist but need not have been started yet, by key. */
interface CreatedThread {
  readonly name: string;
  readonly cap: number;
  readonly stack_top: number;
  readonly stack_ds: number;
  readonly stack_bytes: number;
  readonly entry: string;
  readonly entry_locals: Plain;
}

const created = table<CreatedThread>('created_threads');

export const STACK_AREA = { base: 0x2000_0000, slot_bytes: 0x10_0000, size: 0x1000_0000, slots: 0x100 } as const;
/** Bytes of the Stack record at the top of each stack, below which the first stack pointer lies. */
const STACK_RECORD_BYTES = 0x40;
const CACHED = 2;
const DEFAULT_WEIGHT = 10;

const stackSlot = (stack_top: number): number => Math.floor((stack_top - STACK_AREA.base) / STACK_AREA.slot_bytes);

/** Next-fit: the search starts behind the slot handed out last, or at the one freed last. Slot 0 is the main thread's. */
function freeStackSlot(x: Execution): number | undefined {
  const used = new Set([...threads(x).entries(), ...created(x).entries()].map(([, row]) => stackSlot(row.stack_top)));
  const { last_stack } = env.get(x);
  for (let n = 0; n < STACK_AREA.slots - 1; n++) {
    const slot = ((last_stack + n) % (STACK_AREA.slots - 1)) + 1;
    if (!used.has(slot)) return slot;
  }
  return undefined;
}

type CreateLocals = {
  [key: string]: Plain;
  name: string;
  stack_bytes: number;
  entry: string;
  entry_locals: Plain;
  stack_slot?: number;
  stack_ds?: number;
  cap?: number;
  temporary?: number;
};

/** Creates a thread without starting it: {thread} (a key for startThread). */
export const createThread = procedure<CreateLocals>('native.create_thread', {
  start: (x, l) => {
    const slot = freeStackSlot(x);
    if (slot === undefined) return raise('Out_of_stack_space', l.name);
    env.update(x, { last_stack: slot });
    l.stack_slot = slot;
    return goto('stack');
  },
  stack: (x, l) => rpc(Ram_session.alloc, env.get(x).ram, { size: pageAligned(l.stack_bytes), cached: CACHED }, 'attach_stack', 'no_ram'),
  no_ram: (_x, _l, failure: Failure) =>
    failure.name === 'Out_of_metadata' ? call(upgradeEnv, { service: 'ram', args: 'ram_quota=8192' }, 'stack') : raise(failure.name, failure.text),
  attach_stack: (x, l, { cap }: RpcReply) => {
    l.stack_ds = cap ?? 0;
    const size = pageAligned(l.stack_bytes);
    const top = ((l.stack_slot ?? 0) + 1) * STACK_AREA.slot_bytes;
    return rpc(
      Region_map.attach,
      env.get(x).stack_area,
      { ds: cap, size, offset: 0, use_local_addr: true, local_addr: top - size, executable: false },
      'create',
    );
  },
  create: (x, l) =>
    rpc(
      Cpu_session.create_thread,
      env.get(x).cpu,
      { pd: env.get(x).pd, name: l.name, location: [0, 0, 0, 0], weight: DEFAULT_WEIGHT, utcb: 0 },
      'trace_control',
      'denied',
    ),
  denied: (_x, _l, failure: Failure) =>
    failure.name === 'Out_of_metadata' ? call(upgradeEnv, { service: 'cpu', args: 'ram_quota=8192' }, 'create') : raise(failure.name, failure.text),
  trace_control: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Thread_creation_failed', l.name);
    l.cap = cap;
    return call(attachTraceControl, {}, 'finish');
  },
  finish: (x, l) => {
    const slot = l.stack_slot ?? 0;
    const stack_top = STACK_AREA.base + (slot + 1) * STACK_AREA.slot_bytes - STACK_RECORD_BYTES;
    const thread = created(x).insert({ name: l.name, cap: l.cap ?? 0, stack_top, stack_ds: l.stack_ds ?? 0, stack_bytes: pageAligned(l.stack_bytes), entry: l.entry, entry_locals: l.entry_locals });
    return done({ thread } satisfies Created);
  },
});

export type Created = { readonly thread: number };

/** Every Thread object attaches the trace-control area of its CPU session anew; the capability is a temporary. */
export const attachTraceControl = procedure<{ [key: string]: Plain; cap?: number }>('native.attach_trace_control', {
  start: (x) => rpc(Cpu_session.trace_control, env.get(x).cpu, {}, 'attach'),
  attach: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return done();
    l.cap = cap;
    return call(attachDataspace, { ds: cap }, 'attached');
  },
  attached: (x, l) => {
    dec(x, l.cap ?? null);
    return done();
  },
});

/** Words of a Thread_state that a starting thread needs (abi 2: kcap at 0x4c, id at 0x50, utcb at 0x54). */
const STATE = { kcap: 0x4c >>> 2, id: 0x50 >>> 2, utcb: 0x54 >>> 2 } as const;

type StartLocals = { [key: string]: Plain; thread: number; index?: number };

/** Starts a created thread: {index}. It runs when its creator blocks. */
export const startThread = procedure<StartLocals>('native.start_thread', {
  start: (x, l) => rpc(Cpu_thread.state, created(x).require(l.thread).cap, {}, 'identify'),
  identify: (x, l, { value }: RpcReply) => {
    const state = value as readonly number[];
    const gate = (state[STATE.kcap] ?? 0) >>> 12;
    const index = (gate - 9) / 3;
    const utcb = utcbAddress(index);
    x.writeWords(utcb + UTCB.badge * 4, [gate, index]);
    const { name, cap, stack_top, stack_ds, stack_bytes, entry, entry_locals } = created(x).require(l.thread);
    insertCap(x, (state[STATE.id] ?? 0) & 0xffff, gate);
    threads(x).set(index, { name, gate, stack_top, stack_ds, stack_bytes, entry, entry_locals, cap, window: 0, traced: false });
    l.index = index;
    return rpc(Cpu_thread.start, cap, { ip: THREAD_ENTRY, sp: stack_top }, 'started');
  },
  started: (x, l) => {
    created(x).delete(l.thread);
    return done({ index: l.index ?? 0 } satisfies Started);
  },
});

export type Started = { readonly index: number };

type DestroyLocals = { [key: string]: Plain; index: number };

/** Ends a started thread, whatever it does, and gives its stack back (order of Genode's destructor). */
export const destroyThread = procedure<DestroyLocals>('native.destroy_thread', {
  start: (x, l) => {
    const { gate, cap } = threads(x).require(l.index);
    removeCap(x, gate);
    return rpc(Cpu_session.kill_thread, env.get(x).cpu, { thread: cap }, 'killed', 'killed');
  },
  killed: (x, l) => {
    const { stack_top, stack_bytes } = threads(x).require(l.index);
    const address = (stackSlot(stack_top) + 1) * STACK_AREA.slot_bytes - stack_bytes;
    return rpc(Region_map.detach, env.get(x).stack_area, { address }, 'detached', 'detached');
  },
  detached: (x, l) => rpc(Ram_session.free, env.get(x).ram, { ds: threads(x).require(l.index).stack_ds }, 'freed', 'freed'),
  freed: (x, l) => {
    const { cap, stack_ds, stack_top, window } = threads(x).require(l.index);
    if (window !== 0) freeSlots(x, window, WINDOW_SLOTS);
    dec(x, stack_ds);
    dec(x, cap);
    env.update(x, { last_stack: stackSlot(stack_top) - 1 });
    threads(x).delete(l.index);
    return done();
  },
});

const pageAligned = (bytes: number): number => (bytes + 0xfff) & ~0xfff;
