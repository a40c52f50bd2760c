// What a capability is for, in Genode's terms, from how it came about and what it names: one table by the RPC that handed it out, one
// by the kind of object. Owns no state. Source modelled: genode-base-foc.md 1.1, 3.4, 4; genode-16.08-abi.md 3.5.

import type { ObjectRow } from '../../emu/jdb/model.ts';
import type { DebugId } from '../../emu/numbers.ts';
import { rpcWords } from '../provenance.ts';
import type { Request } from './request.ts';
import { type Life, originalOf, type SessionName, sessionRequested, type Stay } from './slot_history.ts';

export interface RoleSource {
  readonly slot: number;
  /** Whether the slot is one of core's: its fixed slots are the kernel's own. */
  readonly in_core: boolean;
  readonly object: ObjectRow;
  readonly life: Life | undefined;
  readonly stay: Stay | undefined;
  /** Interface of the object behind a gate, where somebody declares it. */
  readonly interface: string | null;
  /** `thread "ep" of init -> rtcr -> sheep_counter`. */
  readonly thread: (id: DebugId) => string;
  readonly component: (task: DebugId) => string;
  /** The session from which an object was got, in words; and a session in words. */
  readonly session: (object: DebugId) => string;
  readonly named: (session: SessionName) => string;
}

const PARENT_SLOT = 8;
const THREAD_AREA = 9;
const SLOTS_PER_THREAD = 3;
const FIRST_USER_SLOT = 0x200;
const NO_THREAD = 0;

const hex = (value: unknown): string => `0x${Number(value).toString(16)}`;

/** By the request that handed the capability out. */
const BY_REQUEST: Readonly<Record<string, (source: RoleSource, request: Request) => string>> = {
  'Pd_session.alloc_signal_source': ({ session }, { gate }) => `the signal source of ${session(gate)}: its signal handler fetches signals through it`,
  'Signal_source.request_semaphore': (source) => semaphore(source),
  'Pd_session.alloc_context': (_source, { args }) => `a signal context (imprint ${hex(args['imprint'])}): whoever holds it can send that signal`,
  'Pd_session.alloc_rpc_cap': ({ object, thread }) => `an RPC object that ${'thread' in object && object.thread !== NO_THREAD ? thread(object.thread) : 'nobody'} serves`,
  'Pd_session.address_space': ({ session }, { gate }) => `the region map of the address space, of ${session(gate)}`,
  'Pd_session.stack_area': ({ session }, { gate }) => `the region map of the stack area, of ${session(gate)}`,
  'Pd_session.linker_area': ({ session }, { gate }) => `the region map of the linker area, of ${session(gate)}`,
  'Pd_session.native_pd': ({ session }, { gate }) => `the base-foc side of ${session(gate)}: its task, and what extensions add`,
  'Native_pd.task_cap': ({ object, component }) => `the kernel task of ${component(object.id)}`,
  'Native_pd.request': () => 'a capability that a checkpointer fetched out of a protection domain',
  'Cpu_session.create_thread': (_source, { args }) => `the CPU thread "${String(args['name'] ?? '')}": to start, pause, read and end it`,
  'Cpu_session.trace_control': ({ session, life }, { gate }) => `the trace-control dataspace of ${session(gate)}${attachments(life)}`,
  'Cpu_session.native_cpu': ({ session }, { gate }) => `the base-foc side of ${session(gate)}`,
  'Native_cpu.native_cap': ({ object, thread }) => `the kernel thread of ${thread(object.id)}`,
  'Native_cpu.alloc_irq': () => 'an IRQ object to wait on',
  'Parent.main_thread_cap': () => "the CPU thread of the component's main thread",
  'Ram_session.alloc': ({ life }, { args }) => `a RAM dataspace of ${String(args['size'])} bytes${attachments(life)}`,
  'Rom_session.dataspace': ({ session, life }, { gate }) => `the dataspace of ${session(gate)}${attachments(life)}`,
  'Region_map.dataspace': ({ life }) => `the dataspace that stands for a managed region map${attachments(life)}`,
  'Rm_session.create': (_source, { args }) => `a managed region map of ${String(args['size'])} bytes`,
};

/** By the interface of the object, where no request handed it out: a server's own objects. */
const BY_INTERFACE: Readonly<Record<string, string>> = {
  Entrypoint_exit: "the exit handler of an entrypoint: a call through it ends the entrypoint's loop",
  Signal_proxy: 'the signal proxy of an entrypoint: the main thread hands signals on through it',
  Constructor: "the constructor of a component: the main thread calls it once, to have it constructed by the entrypoint's thread",
  Finalizer: "core's finalizer of a signal source",
};

const KERNEL_OBJECTS = {
  Factory: "the kernel's factory: core creates every kernel object with it",
  Sched: "the kernel's scheduler: core sets priorities and starts threads through it",
  Vlog: "the kernel's console: where LOG output ends",
  Icu: "the kernel's interrupt controller",
  Pfc: "the kernel's platform control",
  Vm: 'a virtual machine',
} as const;

/** One sentence without a full stop. */
export function roleOf(source: RoleSource): string {
  const { object, slot } = source;
  switch (object.type) {
    case 'Task':
      return slot === 1 ? "the component's own task" : `the task of ${source.component(object.id)}`;
    case 'Thread':
      return `the kernel thread of ${source.thread(object.id)}`;
    case 'Gate':
    case 'IRQ':
      return fixedRole(source) ?? handedOut(source) ?? created(source);
    default:
      return KERNEL_OBJECTS[object.type];
  }
}

/** What the first slots of every component are for. */
function fixedRole({ slot, in_core, object, thread, life }: RoleSource): string | undefined {
  if (in_core || slot >= FIRST_USER_SLOT || !('thread' in object)) return undefined;
  if (slot === PARENT_SLOT) return `the parent: ${thread(object.thread)} serves it`;
  if (slot < THREAD_AREA) return undefined;
  const number = Math.floor((slot - THREAD_AREA) / SLOTS_PER_THREAD);
  switch ((slot - THREAD_AREA) % SLOTS_PER_THREAD) {
    case 0:
      return `the gate of thread ${number}, ${thread(object.thread)}: its identity, by which others send to it`;
    case 1:
      return `the pager gate of thread ${number}: its page faults go through it to ${thread(object.thread)}`;
    default:
      return `the lock IRQ of thread ${number}${life?.attached == null ? ', attached to nobody' : `, ${thread(life.attached.to)}`}: it waits on it while a lock is contended, and is woken through it`;
  }
}

function handedOut(source: RoleSource): string | undefined {
  const { life, stay } = source;
  const own = stay?.delivery?.as === 'result' ? stay.delivery.request : undefined;
  const request = own ?? originalOf(life?.results ?? []);
  const known = source.interface === null ? undefined : BY_INTERFACE[source.interface];
  if (request === undefined) return known;
  const session = sessionRequested(request);
  if (session !== null) return `${source.named(session)}, ${servedBy(source)}`;
  if (known !== undefined && request.rpc.function === 'alloc_rpc_cap') return known;
  return BY_REQUEST[rpcWords(request.rpc)]?.(source, request);
}

const servedBy = ({ object, thread }: RoleSource): string => ('thread' in object && object.thread !== NO_THREAD ? `served by ${thread(object.thread)}` : 'served by nobody');

/** What nobody handed out, by what its creator was doing and whom it is bound to. */
function created(source: RoleSource): string {
  const { object, life, thread } = source;
  const bound = 'thread' in object && object.thread !== NO_THREAD ? thread(object.thread) : null;
  const serving = life?.serving ?? null;
  if (object.type === 'IRQ') {
    if (serving !== null && ['Root.session', 'Parent.session'].includes(rpcWords(serving.rpc))) return semaphore(source);
    if (bound !== null) return `an IRQ object on which ${bound} waits`;
    return 'an IRQ object that nobody waits on';
  }
  const declared = source.interface === null ? '' : `${/^[AEIOU]/.test(source.interface) ? 'an' : 'a'} ${source.interface} object, `;
  if (declared !== '') return `${declared}served by ${bound ?? 'nobody'}`;
  return bound === null ? 'a gate without a thread: whoever calls through it waits' : `a gate of ${bound}`;
}

function semaphore({ object, thread, life }: RoleSource): string {
  const attached = life?.attached;
  const bound = attached == null ? null : thread(attached.to);
  const whose = bound === null ? 'no thread is attached to it, so no signal wakes anybody' : `${bound} is attached to it and waits on it for signals`;
  return `the blocking semaphore of a signal source: ${whose}${object.type === 'IRQ' && object.queued > 0 ? `; ${object.queued} pending` : ''}`;
}

/** Where a dataspace is attached, as far as requests tell. */
function attachments(life: Life | undefined): string {
  const at = (life?.passed ?? []).flatMap(({ request }) => (request.rpc.interface === 'Region_map' && typeof request.result === 'number' ? [hex(request.result)] : []));
  const known = [...new Set(at)];
  return known.length === 0 ? '' : `, attached at ${known.slice(-3).join(', ')}`;
}
