// Start-up of a component written in TypeScript: the same RPCs, windows, locks and threads as the compiled start-up code.
// Source modelled: genode-16.08-abi.md 3.2 and 3.4 (RPC by RPC), genode-base-foc.md 3.3.

import type { Plain } from '../../emu/plain.ts';
import { Constructor, Cpu_session, Cpu_thread, Dataspace, Native_pd, Parent, Pd_session, Ram_session, Region_map, Signal_proxy } from '../rpc/interfaces.ts';
import { dec, insertCap } from './cap_space.ts';
import { COST } from './cost.ts';
import { defineProgram, type Program } from './component.ts';
import { dissolve, manage, type Managed, newServeLocals, serveEntrypoint } from './entrypoint.ts';
import { env } from './env.ts';
import type { Execution } from './execution.ts';
import { dataBase } from './image.ts';
import { lockAcquire, lockRelease, newLock } from './lock.ts';
import { openLog, log } from './log.ts';
import { call, callNamed, done, goto, type Procedure, procedure } from './procedure.ts';
import { rpc, type RpcReply } from './rpc_client.ts';
import type { RpcRequest, Services } from './service.ts';
import { contexts, newReceiver, type ReceivedSignal, signalHandler, waitForSignal } from './signals.ts';
import { record } from './store.ts';
import { attachTraceControl, createThread, type Created, STACK_AREA, startThread, type Started } from './thread.ts';
import { threads } from './thread_table.ts';

/** Which Genode 16.08 a component is built against: stock, or with the historic checkpoint/restore patches. */
export type Flavour = 'rtcr' | 'stock';
export const flavour = record<{ readonly name: Flavour }>('flavour', { name: 'rtcr' });

const NO_AFFINITY = [0, 0, 0, 0, 0, 0];
const EMERGENCY_BYTES = 16 * 1024;
const MAIN_STACK_BYTES = 64 * 1024;
const SIGNAL_STACK_BYTES = 16 * 1024;
const UNCACHED = 0;
const CACHED = 2;
/** The id under which the main thread knows its own gate. */
const MAIN_THREAD_ID = 1;
const PARENT_SLOT = 8;
const MAIN_GATE_SLOT = 9;

type MainLocals = {
  [key: string]: Plain;
  temporaries: readonly number[];
  cap_valid: number;
  delay_start: number;
  ready: number;
  constructor_id: number;
  constructor_cap: number;
  proxy_cap: number;
  receiver: number;
};

function keep(l: MainLocals, cap: number | null): void {
  if (cap !== null) l.temporaries = [...l.temporaries, cap];
}

function dropTemporaries(x: Execution, l: MainLocals): void {
  for (const slot of l.temporaries) dec(x, slot);
  l.temporaries = [];
}

const envSession = (x: Execution, which: string, then: string) =>
  rpc(Parent.session, env.get(x).parent, { name: `Env::${which}_session`, args: '', affinity: NO_AFFINITY }, then);

export const componentMain = procedure<MainLocals>('native.component_main', {
  start: (x, l) => {
    Object.assign(l, { temporaries: [], cap_valid: 0, delay_start: 0, ready: 0, constructor_id: 0, constructor_cap: 0, proxy_cap: 0, receiver: 0 });
    insertCap(x, MAIN_THREAD_ID, MAIN_GATE_SLOT);
    insertCap(x, x.readWord(dataBase(x.component.program)) & 0xffff, PARENT_SLOT);
    x.charge(COST.start_up);
    return envSession(x, 'ram', 'ram');
  },
  ram: (x, _l, { cap }: RpcReply) => {
    env.update(x, { ram: cap ?? 0 });
    return envSession(x, 'cpu', 'cpu');
  },
  cpu: (x, _l, { cap }: RpcReply) => {
    env.update(x, { cpu: cap ?? 0 });
    return envSession(x, 'pd', 'pd');
  },
  pd: (x, _l, { cap }: RpcReply) => {
    env.update(x, { pd: cap ?? 0 });
    return rpc(Pd_session.address_space, cap, {}, 'address_space');
  },
  address_space: (x, _l, { cap }: RpcReply) => {
    env.update(x, { address_space: cap ?? 0 });
    return rpc(Pd_session.stack_area, env.get(x).pd, {}, 'stack_area');
  },
  stack_area: (x, _l, { cap }: RpcReply) => {
    env.update(x, { stack_area: cap ?? 0 });
    return rpc(Pd_session.address_space, env.get(x).pd, {}, 'address_space_again');
  },
  address_space_again: (x, l, { cap }: RpcReply) => {
    keep(l, cap);
    return rpc(Region_map.dataspace, env.get(x).stack_area, {}, 'stack_area_ds');
  },
  stack_area_ds: (x, l, { cap }: RpcReply) => {
    keep(l, cap);
    const fixed = { size: STACK_AREA.size, offset: 0, use_local_addr: true, local_addr: STACK_AREA.base, executable: false };
    return rpc(Region_map.attach, env.get(x).address_space, { ds: cap, ...fixed }, 'emergency');
  },
  emergency: (x, l) => {
    dropTemporaries(x, l);
    return rpc(Ram_session.alloc, env.get(x).ram, { size: EMERGENCY_BYTES, cached: UNCACHED }, 'publish');
  },
  publish: (x) => (flavour.get(x).name === 'rtcr' ? rpc(Pd_session.native_pd, env.get(x).pd, {}, 'native_pd') : goto('main_stack')),
  native_pd: (_x, l, { cap }: RpcReply) => {
    keep(l, cap);
    // A component of this kind has no capability map in its memory: address 0 says so to a checkpointer.
    return rpc(Native_pd.set_cap_map_info, cap, { address: 0 }, 'published', 'published');
  },
  published: (x, l) => {
    dropTemporaries(x, l);
    return goto('main_stack');
  },
  main_stack: (x) => rpc(Ram_session.alloc, env.get(x).ram, { size: MAIN_STACK_BYTES, cached: CACHED }, 'attach_main_stack'),
  attach_main_stack: (x, _l, { cap }: RpcReply) => {
    const at = STACK_AREA.slot_bytes - MAIN_STACK_BYTES;
    const fixed = { size: MAIN_STACK_BYTES, offset: 0, use_local_addr: true, local_addr: at, executable: false };
    return rpc(Region_map.attach, env.get(x).stack_area, { ds: cap, ...fixed }, 'main_thread');
  },
  main_thread: (x) => rpc(Parent.main_thread_cap, env.get(x).parent, {}, 'trace'),
  trace: (x, _l, { cap }: RpcReply) => {
    threads(x).update(0, { cap: cap ?? 0 });
    return call(attachTraceControl, {}, 'entrypoint');
  },
  entrypoint: (x, l) => {
    l.cap_valid = newLock(x, true);
    l.delay_start = newLock(x, true);
    const entry_locals = newServeLocals(l.cap_valid, l.delay_start);
    return call(createThread, { name: 'ep', stack_bytes: x.component.program.ep_stack_bytes ?? 0, entry: serveEntrypoint.name, entry_locals }, 'start_ep');
  },
  start_ep: (_x, _l, { thread }: Created) => call(startThread, { thread }, 'ep_started'),
  ep_started: (x, l, { index }: Started) => {
    env.update(x, { ep: index });
    return call(lockAcquire, { lock: l.cap_valid }, 'activate');
  },
  activate: (_x, l) => call(lockRelease, { lock: l.delay_start }, 'exit_handler'),
  exit_handler: (x) => call(manage, { interface: 'Entrypoint_exit', ref: 0, ep: env.get(x).ep }, 'signal_proxy'),
  signal_proxy: (x, l) => {
    l.receiver = newReceiver(x);
    return call(manage, { interface: 'Signal_proxy', ref: l.receiver, ep: env.get(x).ep }, 'signal_thread');
  },
  signal_thread: (x, l, { cap }: Managed) => {
    l.proxy_cap = cap;
    l.ready = newLock(x, true);
    const entry_locals = { ready: l.ready, source: 0, semaphore: 0 };
    return call(createThread, { name: 'signal handler', stack_bytes: SIGNAL_STACK_BYTES, entry: signalHandler.name, entry_locals }, 'start_signal_thread');
  },
  start_signal_thread: (_x, _l, { thread }: Created) => call(startThread, { thread }, 'signal_thread_started'),
  signal_thread_started: (_x, l) => call(lockAcquire, { lock: l.ready }, 'constructor_object'),
  constructor_object: (x) => call(manage, { interface: 'Constructor', ref: 0, ep: env.get(x).ep }, 'construct'),
  construct: (_x, l, { id, cap }: Managed) => {
    l.constructor_id = id;
    l.constructor_cap = cap;
    return rpc(Constructor.construct, cap, {}, 'constructed');
  },
  constructed: (_x, l) => call(dissolve, { id: l.constructor_id }, 'signals'),
  signals: (_x, l) => call(waitForSignal, { receiver: l.receiver }, 'signal'),
  // The main thread only hands signals over: handlers run in the entrypoint.
  signal: (x, l, { context, count }: ReceivedSignal) => {
    contexts(x).update(context, { pending: count });
    return rpc(Signal_proxy.signal, l.proxy_cap, {}, 'signals', 'signals');
  },
});

/** Constructor object's function: what the ep thread does before and around the component's own construct procedure. */
const construct = procedure<{ [key: string]: Plain; request: RpcRequest }>('native.construct', {
  start: (x) => {
    env.update(x, { tracing: true });
    return flavour.get(x).name === 'rtcr' ? call(openLog, {}, 'announce') : goto('own');
  },
  announce: () => call(log, { text: 'Initializing LOG session' }, 'own'),
  own: (x) => callNamed(x.component.program.construct ?? '', {}, 'constructed'),
  constructed: () => done({}),
});

/** Signal proxy's function: runs the handlers of all pending contexts of the component's own receiver. */
const runSignalHandlers = procedure<{ [key: string]: Plain; request: RpcRequest }>('native.run_signal_handlers', {
  start: (x, l) => {
    const found = contexts(x).find((row) => row.receiver === l.request.ref && row.pending > 0 && row.handler !== '');
    if (found === undefined) return done({});
    const [context, { pending, handler }] = found;
    contexts(x).update(context, { pending: 0 });
    return callNamed(handler, { context, count: pending }, 'start');
  },
});

const traceLogger = procedure<Record<string, never>>('native.trace_logger', {
  start: (x) => {
    threads(x).update(x.index, { traced: true });
    return rpc(Cpu_thread.trace_control_index, x.thread.cap, {}, 'control');
  },
  control: (x) => rpc(Cpu_session.trace_control, env.get(x).cpu, {}, 'size'),
  size: (_x, l, { cap }: RpcReply) => {
    Object.assign(l, { cap });
    return cap === null ? done() : rpc(Dataspace.size, cap, {}, 'drop');
  },
  drop: (x, l) => {
    dec(x, (l as { cap?: number }).cap ?? null);
    return done();
  },
});

function untraced(x: Execution): Procedure<Record<string, never>> | undefined {
  return env.get(x).tracing && !x.thread.traced ? traceLogger : undefined;
}

export interface ComponentDefinition {
  readonly name: string;
  readonly ep_stack_bytes: number;
  /** Runs in the ep thread as Component::construct. */
  readonly construct: Procedure<Record<string, never>>;
  readonly services: Services;
  readonly text_bytes: number;
  readonly data_bytes: number;
}

/** Declares a program whose main thread performs Genode's start-up and whose ep thread then runs `construct`. */
export function defineComponent(definition: ComponentDefinition): Program {
  return defineProgram({
    name: definition.name,
    main: componentMain.name,
    construct: definition.construct.name,
    ep_stack_bytes: definition.ep_stack_bytes,
    services: { ...definition.services, Constructor: { construct }, Signal_proxy: { signal: runSignalHandlers } },
    text_bytes: definition.text_bytes,
    data_bytes: definition.data_bytes,
    trace_logger: untraced,
    cap_records: 4096,
  });
}
