// What happened to capability slots and kernel objects since power-on: what filled and emptied a slot, which message brought it,
// who created an object and what it was used for. Owner of these records, derived from the event stream alone (architecture, law 5).

import type { EventStream, StampedEvent } from '../../emu/event.ts';
import type { DebugId, Microseconds } from '../../emu/numbers.ts';
import { type InterfaceLookup, rpcWords } from '../provenance.ts';
import { LIMIT_PASSED, LIMIT_RESULTS, LIMIT_STAYS } from './limits.ts';
import { type Request, Requests, type Transfer } from './request.ts';

/** How a message brought a capability: the item-th of its capabilities. */
export interface Delivery {
  readonly request: Request;
  readonly as: 'argument' | 'result';
  /** From 0. */
  readonly item: number;
  /** The slot of the receive window that it came into. */
  readonly window: number;
  readonly time_us: Microseconds;
}

/** One object's stay in one slot. */
export interface Stay {
  readonly object: DebugId;
  readonly how: 'create' | 'map' | 'grant';
  /** The thread that put it there. */
  readonly by: DebugId;
  /** Whether that was a thread of another task. */
  readonly by_other_task: boolean;
  /** What that thread was serving. */
  readonly serving: Request | null;
  readonly delivery: Delivery | null;
  readonly from_us: Microseconds;
  end: { readonly time_us: Microseconds; readonly by: DebugId; readonly serving: Request | null } | null;
}

export interface Life {
  readonly type: string;
  readonly created_us: Microseconds;
  /** The thread that asked for it; 0 for the kernel itself. */
  readonly by: DebugId;
  readonly serving: Request | null;
  /** The first requests that were answered with it, each kind once. */
  readonly results: Request[];
  /** IRQ objects: to which thread, by which. */
  attached: { readonly to: DebugId; readonly by: DebugId; readonly time_us: Microseconds } | null;
  deleted: { readonly time_us: Microseconds; readonly by: DebugId } | null;
  /** Requests through it, by function. */
  readonly calls: Map<string, { count: number; last_us: Microseconds }>;
  /** Requests that carried it as an argument, the last ones. */
  readonly passed: { readonly request: Request; readonly argument: string }[];
  passed_more: number;
}

/** A session as it was asked for. */
export interface SessionName {
  readonly service: string;
  /** Empty where the client gave none: its parent then labels the session with the client's name. */
  readonly label: string;
  readonly asked_by: DebugId;
}

const KINDS = ['ipc_transfer', 'cap_mapped', 'cap_unmapped', 'object_created', 'object_deleted', 'object_named', 'irq_attached', 'irq_detached', 'syscall_enter', 'syscall_leave'] as const;
type Mapped = StampedEvent & { readonly kind: 'cap_mapped' };

/** What a component calls the sessions that its parent opened for it. */
const ENVIRONMENT = /^Env::([a-z]+)_session$/;
/** Service names of sessions whose servers are compiled programs, by the interface that they speak. */
const SESSION_INTERFACES: Readonly<Record<string, string>> = { Timer: 'Timer_session', Report: 'Report_session', LOG: 'Log_session', ROM: 'Rom_session', RM: 'Rm_session' };

export class SlotHistory {
  readonly #slots = new Map<DebugId, Map<number, Stay[]>>();
  readonly #objects = new Map<DebugId, Life>();
  readonly #names = new Map<DebugId, string>();
  readonly #homes = new Map<DebugId, DebugId>();
  readonly #requests: Requests;
  /** Mappings since the last system call began: those of a message come right before it is reported. */
  #fresh: { readonly event: Mapped; readonly stay: Stay }[] = [];
  /** What each thread's last message brought, until it has put it elsewhere. */
  readonly #arrived = new Map<DebugId, Map<DebugId, Delivery>>();

  constructor(lookup: InterfaceLookup) {
    this.#requests = new Requests((gate, label) => lookup(gate, label) ?? this.#bySession(gate));
  }

  follow(events: EventStream): () => void {
    return events.listen(KINDS, (event) => this.#note(event));
  }

  /** All that was ever in a slot, in order. */
  stays(task: DebugId, slot: number): readonly Stay[] {
    return this.#slots.get(task)?.get(slot) ?? [];
  }

  /** Slots of a task that ever held something, ascending. */
  slotsOf(task: DebugId): readonly number[] {
    return [...(this.#slots.get(task)?.keys() ?? [])].sort((a, b) => a - b);
  }

  life(object: DebugId): Life | undefined {
    return this.#objects.get(object);
  }

  /** The debugger's name, of dead objects too. */
  name(object: DebugId): string | undefined {
    return this.#names.get(object);
  }

  /** Task of a thread that ever ran. */
  homeOf(thread: DebugId): DebugId | undefined {
    return this.#homes.get(thread);
  }

  /** Service and label of the session that an object is, or was got from; null if it has to do with none. */
  sessionOf(object: DebugId, depth = 4): SessionName | null {
    if (depth === 0) return null;
    const results = this.#objects.get(object)?.results ?? [];
    for (const request of results) {
      const session = sessionRequested(request);
      if (session !== null) return session;
    }
    // A gate that a server allocated is no part of the session on which it allocated it.
    const source = results.find(({ rpc }) => rpc.function !== 'alloc_rpc_cap');
    return source === undefined ? null : this.sessionOf(source.gate, depth - 1);
  }

  #bySession(gate: DebugId): string | null {
    for (const request of this.#objects.get(gate)?.results ?? []) {
      const session = sessionRequested(request);
      if (session !== null) return SESSION_INTERFACES[session.service] ?? null;
    }
    return null;
  }

  #note(event: StampedEvent): void {
    this.#homes.set(event.thread, event.task);
    switch (event.kind) {
      case 'ipc_transfer':
        return this.#transfer(event);
      case 'cap_mapped':
        return this.#mapped(event);
      case 'cap_unmapped':
        return this.#unmapped(event);
      case 'object_created':
        this.#objects.set(event.object, {
          type: event.type, created_us: event.time_us, by: event.thread, serving: this.#requests.servedBy(event.thread),
          results: [], attached: null, deleted: null, calls: new Map(), passed: [], passed_more: 0,
        });
        return;
      case 'object_deleted':
        return this.#change(event.object, (life) => { life.deleted = { time_us: event.time_us, by: event.thread }; });
      case 'object_named':
        this.#names.set(event.object, event.name);
        return;
      case 'irq_attached':
        return this.#change(event.irq, (life) => { life.attached = { to: event.to, by: event.thread, time_us: event.time_us }; });
      case 'irq_detached':
        return this.#change(event.irq, (life) => { life.attached = null; });
      default:
        this.#fresh = [];
    }
  }

  #change(object: DebugId, change: (life: Life) => void): void {
    const life = this.#objects.get(object);
    if (life !== undefined) change(life);
  }

  #transfer(event: Transfer): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    if (event.phase !== 'request' && event.phase !== 'reply') return;
    const request = event.phase === 'request' ? this.#requests.request(event) : this.#requests.reply(event);
    if (request === null) return;
    if (event.phase === 'request') this.#change(request.gate, ({ calls }) => count(calls, rpcWords(request.rpc), event.time_us));
    const as = event.phase === 'request' ? 'argument' : 'result';
    const items = itemsOf(event);
    const arrived = new Map<DebugId, Delivery>();
    for (const [at, { event: mapped, stay }] of fresh.entries()) {
      const delivery: Delivery = { request, as, item: items[at] ?? at, window: mapped.slot, time_us: event.time_us };
      arrived.set(mapped.object, delivery);
      this.#replace(mapped, stay, { ...stay, delivery });
      if (as === 'result') this.#change(mapped.object, ({ results }) => noteResult(results, request));
      else this.#change(mapped.object, (life) => this.#passed(life, request, items[at] ?? at));
    }
    this.#arrived.set(event.to, arrived);
  }

  #passed(life: Life, request: Request, item: number): void {
    life.passed.push({ request, argument: request.capabilities[item] ?? `capability ${item + 1}` });
    if (life.passed.length <= LIMIT_PASSED) return;
    life.passed.shift();
    life.passed_more++;
  }

  #replace(event: Mapped, old: Stay, now: Stay): void {
    const stays = this.#slots.get(event.into)?.get(event.slot);
    const at = stays?.indexOf(old) ?? -1;
    if (at >= 0) stays?.splice(at, 1, now);
  }

  #mapped(event: Mapped): void {
    const other = event.task !== event.into;
    const delivery = event.how === 'grant' && !other ? (this.#arrived.get(event.thread)?.get(event.object) ?? null) : null;
    const stay: Stay = {
      object: event.object, how: event.how, by: event.thread, by_other_task: other, serving: this.#requests.servedBy(event.thread), delivery, from_us: event.time_us, end: null,
    };
    const slots = this.#slots.get(event.into) ?? new Map<number, Stay[]>();
    const stays = slots.get(event.slot) ?? [];
    stays.push(stay);
    if (stays.length > LIMIT_STAYS) stays.shift();
    slots.set(event.slot, stays);
    this.#slots.set(event.into, slots);
    this.#fresh.push({ event, stay });
  }

  #unmapped(event: StampedEvent & { readonly kind: 'cap_unmapped' }): void {
    const stay = this.stays(event.from, event.slot).at(-1);
    if (stay !== undefined && stay.end === null) stay.end = { time_us: event.time_us, by: event.thread, serving: this.#requests.servedBy(event.thread) };
  }
}

/** Servers hand out what they got from core, so an object has several results; `alloc_rpc_cap` tells least of it. */
export const originalOf = (results: readonly Request[]): Request | undefined => results.find(({ rpc }) => rpc.function !== 'alloc_rpc_cap') ?? results[0];

function noteResult(results: Request[], request: Request): void {
  if (results.length < LIMIT_RESULTS && !results.some((known) => rpcWords(known.rpc) === rpcWords(request.rpc))) results.push(request);
}

function count(calls: Life['calls'], name: string, time_us: Microseconds): void {
  const known = calls.get(name);
  if (known === undefined) calls.set(name, { count: 1, last_us: time_us });
  else {
    known.count++;
    known.last_us = time_us;
  }
}

/** Positions of the capabilities of a message that are no "none", as those have no item. */
function itemsOf({ words }: Transfer): readonly number[] {
  const ids = words.slice(2, 2 + Math.min(words[1] ?? 0, 4));
  return ids.flatMap((id, at) => (id >>> 0 === 0xffff_ffff ? [] : [at]));
}

/** The session that a request opens, if it opens one. */
export function sessionRequested({ rpc, args, from }: Request): SessionName | null {
  if (rpc.interface !== 'Parent' || rpc.function !== 'session') return null;
  const label = /label="([^"]*)"/.exec(String(args['args'] ?? ''))?.[1] ?? '';
  const service = String(args['name'] ?? '');
  return { service: ENVIRONMENT.exec(service)?.[1]?.toUpperCase() ?? service, label, asked_by: from };
}
