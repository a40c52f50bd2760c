// Where each capability of each task came from: which RPC delivered it, to which thread, when. Derived from the event stream
// (architecture, law 5); the kernel knows nothing of it. Owner of one note per occupied slot, and of two per living thread.

import type { EventStream } from '../emu/event.ts';
import type { DebugId, Microseconds } from '../emu/numbers.ts';
import type { Plain } from '../emu/plain.ts';
import { INTERFACES } from './rpc/interfaces.ts';
import type { RpcName } from './system.ts';

export interface SlotOrigin {
  readonly object: DebugId;
  readonly how: 'create' | 'map' | 'grant';
  /** The RPC whose reply delivered the capability, or that was being served when another task put it there. */
  readonly rpc: RpcName | null;
  /** Thread that took the capability in, or that mapped it from outside. */
  readonly thread: DebugId;
  readonly by_other_task: boolean;
  readonly time_us: Microseconds;
}

/** Finds the interface of an RPC object by the label of the gate through which it is invoked. */
export type InterfaceLookup = (gate: DebugId, label: number) => string | null;

/** A request as it was seen; what its RPC is called is looked up when somebody asks, which hardly ever happens. */
interface Request {
  readonly gate: DebugId;
  readonly label: number;
  readonly opcode: number;
}
type Requests = readonly (readonly [DebugId, Request])[];

/** Capabilities of a message, which come before its opcode. */
const CAPS_MAX = 4;

interface CapturedProvenance {
  readonly slots: readonly (readonly [DebugId, Map<number, SlotOrigin>])[];
  readonly called: Requests;
  readonly serving: Requests;
}

export class Provenance {
  #slots = new Map<DebugId, Map<number, SlotOrigin>>();
  /** Maps of slots that a captured state shares: copied before they change. */
  readonly #shared = new Set<Map<number, SlotOrigin>>();
  /** Last request of each thread, and the last one that reached it. */
  #called = new Map<DebugId, Request>();
  #serving = new Map<DebugId, Request>();
  readonly #lookup: InterfaceLookup;

  constructor(lookup: InterfaceLookup) {
    this.#lookup = lookup;
  }

  /** Asks to be told of what it needs; returns the function that ends that. */
  follow(events: EventStream): () => void {
    events.capabilities = {
      mapped: (object, into, slot, how, by, thread, time_us) => this.#mapped(object, into, slot, how, by, thread, time_us),
      unmapped: (from, slot) => {
        if (this.#slots.has(from)) this.#slotsOf(from).delete(slot);
      },
      deleted: (object) => this.#forget(object),
    };
    events.requests = (from, to, gate, label, words, count) => this.#request(from, to, { gate, label: label & ~3, opcode: opcodeOf(words, count) });
    return () => {
      events.capabilities = null;
      events.requests = null;
    };
  }

  /** How many tasks and threads there are notes of: none of those that are gone, whose numbers never come again. */
  get noted(): { readonly tasks: number; readonly threads: number } {
    return { tasks: this.#slots.size, threads: new Set([...this.#called.keys(), ...this.#serving.keys()]).size };
  }

  origin(task: DebugId, slot: number): SlotOrigin | undefined {
    return this.#slots.get(task)?.get(slot);
  }

  callOf(thread: DebugId): RpcName | undefined {
    const request = this.#called.get(thread);
    return request === undefined ? undefined : this.named(request);
  }

  capture(): CapturedProvenance {
    for (const slots of this.#slots.values()) this.#shared.add(slots);
    return { slots: [...this.#slots], called: [...this.#called], serving: [...this.#serving] };
  }

  rewind({ slots, called, serving }: CapturedProvenance): void {
    this.#shared.clear();
    for (const [, ofTask] of slots) this.#shared.add(ofTask);
    this.#slots = new Map(slots);
    this.#called = new Map(called);
    this.#serving = new Map(serving);
  }

  save(): Plain {
    const calls = (map: ReadonlyMap<DebugId, Request>): Plain => [...map].sort(([a], [b]) => a - b).map(([thread, request]) => [thread, { ...request }]);
    const slots = [...this.#slots].sort(([a], [b]) => a - b).map(([task, ofTask]) => [task, [...ofTask].sort(([a], [b]) => a - b).map(([slot, origin]) => [slot, { ...origin, rpc: origin.rpc === null ? null : { ...origin.rpc } }])]);
    return { slots: slots as unknown as Plain, called: calls(this.#called), serving: calls(this.#serving) };
  }

  restore(state: Plain): void {
    const { slots, called, serving } = state as unknown as { slots: [DebugId, [number, SlotOrigin][]][]; called: [DebugId, Request][]; serving: [DebugId, Request][] };
    this.#slots = new Map(slots.map(([task, ofTask]) => [task, new Map(ofTask)]));
    this.#called = new Map(called);
    this.#serving = new Map(serving);
  }

  /** The slots of a task, to be changed. */
  #slotsOf(task: DebugId): Map<number, SlotOrigin> {
    let slots = this.#slots.get(task);
    if (slots === undefined || this.#shared.has(slots)) {
      slots = new Map(slots ?? []);
      this.#slots.set(task, slots);
    }
    return slots;
  }

  #mapped(object: DebugId, into: DebugId, slot: number, how: SlotOrigin['how'], by: DebugId, thread: DebugId, time_us: Microseconds): void {
    const by_other_task = by !== into;
    const request = (by_other_task ? this.#serving : this.#called).get(thread);
    const rpc = request === undefined ? null : this.named(request);
    this.#slotsOf(into).set(slot, { object, how, rpc, thread, by_other_task, time_us });
  }

  /** Also what a captured state shares goes from here only: that state has its own list of tasks. */
  #forget(object: DebugId): void {
    const slots = this.#slots.get(object);
    if (slots !== undefined) this.#shared.delete(slots);
    this.#slots.delete(object);
    this.#called.delete(object);
    this.#serving.delete(object);
  }

  #request(from: DebugId, to: DebugId, request: Request): void {
    this.#called.set(from, request);
    this.#serving.set(to, request);
  }

  named({ gate, label, opcode }: Request): RpcName {
    const name = this.#lookup(gate, label);
    return { interface: name, function: name === null ? null : (INTERFACES[name]?.functions[opcode]?.name ?? null), opcode };
  }
}

/** The word behind protocol, number of capabilities and capabilities; 0 in a message that is too short. */
export function opcodeOf(words: Uint32Array, count: number): number {
  const at = 2 + Math.min(count > 1 ? (words[1] as number) : 0, CAPS_MAX);
  return at < count ? (words[at] as number) : 0;
}

/** What a capability that an RPC delivers is for, by "Interface.function". */
const PURPOSE: Readonly<Record<string, string>> = {
  'Signal_source.request_semaphore': "the signal source's blocking semaphore, on which the signal-handler thread waits for signals",
  'Pd_session.alloc_signal_source': "the signal source of the component's PD session",
  'Pd_session.alloc_rpc_cap': 'the gate of an RPC object that this component serves itself',
  'Pd_session.alloc_context': 'a signal context',
  'Pd_session.address_space': "the region map of the component's address space",
  'Pd_session.stack_area': "the region map of the component's stack area",
  'Pd_session.linker_area': "the region map of the component's linker area",
  'Pd_session.native_pd': 'the native PD interface',
  'Pd_session.assign_parent': 'the gate to the parent',
  'Cpu_session.create_thread': 'a thread (as Cpu_thread RPC object, or its own gate and lock IRQ in a fixed slot)',
  'Cpu_session.trace_control': "the trace-control dataspace (a temporary that leaves its mapping behind)",
  'Cpu_thread.start': "a thread's pager gate",
  'Ram_session.alloc': 'a RAM dataspace',
  'Rom_session.dataspace': 'the dataspace of a ROM module',
  'Region_map.dataspace': 'the dataspace of a managed region map',
  'Parent.session': 'a session opened at the parent',
  'Parent.main_thread_cap': "the component's main thread",
  'Native_pd.install': 'a capability that a checkpointer installed',
};

/** "Parent.session", or the number of the function where its name is not known. */
export function rpcWords(rpc: RpcName): string {
  return rpc.interface === null ? `RPC ${rpc.opcode}` : `${rpc.interface}.${rpc.function ?? rpc.opcode}`;
}

/** One sentence about a slot's origin for people. */
export function describeOrigin(origin: SlotOrigin, threadName: (id: DebugId) => string): string {
  const at = `at ${(origin.time_us / 1000).toFixed(3)} ms`;
  const thread = `thread '${threadName(origin.thread)}'`;
  if (origin.rpc === null) return `mapped by ${thread} ${at}`;
  const name = rpcWords(origin.rpc);
  const purpose = PURPOSE[name];
  const delivery = origin.by_other_task ? `put there by ${thread} while serving ${name}` : `delivered by ${name} to ${thread}`;
  return `${purpose === undefined ? '' : `${purpose}, `}${delivery} ${at}`;
}
