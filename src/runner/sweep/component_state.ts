// All that there is of a component at one moment, and in what two such states differ: the one that was checkpointed and the one that was
// restored, before it goes on. Owns no state; looks with probes on the board, not with the checkpointer's eyes.

import type { SlotEntry } from '../../emu/jdb/model.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { ComponentMemory, MemoryPiece } from '../../runtime/component_memory.ts';
import type { RamAccount, System } from '../../runtime/system.ts';
import { idAddress } from '../../runtime/rtcr/cap_map_reader.ts';
import { compareMemory, type FormerIds } from '../memory_comparison.ts';
import { INSTRUCTION_POINTER, threadDifference, type ThreadState } from './thread_comparison.ts';
import type { Subject } from './subject.ts';

/** What has come for a component and was not taken yet. While it stands still there may come more. */
export interface Pending {
  /** Signals that core holds, by the number by which the component knows their context. */
  readonly signals: ReadonlyMap<number, number>;
  /** Triggers that nobody has received, by slot of the IRQ object. */
  readonly irqs: ReadonlyMap<number, number>;
}

export interface ComponentState {
  readonly memory: ComponentMemory | undefined;
  readonly ram: RamAccount | null;
  /** By address of the UTCB, which stays the same. */
  readonly threads: ReadonlyMap<number, ThreadState>;
  readonly pending: Pending;
  /** Slots with a capability. */
  readonly occupied: ReadonlySet<number>;
  /** Ids that the capabilities in slots really have. */
  readonly labels: ReadonlyMap<number, number>;
  readonly given: ReadonlySet<number>;
}

/** Undefined where the component does not live. */
export function stateOf(subject: Subject): ComponentState | undefined {
  const { system, task, label } = subject;
  const final = subject.final();
  if (task === undefined || final === undefined) return undefined;
  return {
    memory: final.memory,
    ram: system.equipment.ramAccount(label, task),
    threads: threadsOf(system, task),
    pending: pendingAt(subject) ?? NOTHING,
    occupied: new Set(final.space.slots.map(({ slot }) => slot)),
    labels: labelsOf(system, final.space.slots),
    given: final.given,
  };
}

const NOTHING: Pending = { signals: new Map(), irqs: new Map() };

/** Undefined where the component does not live. */
export function pendingAt({ system, space, task }: Subject): Pending | undefined {
  if (space === undefined || task === undefined) return undefined;
  const irqs = space.slots.flatMap(({ slot, id }) => {
    const count = system.inspector.irqCount(id);
    return count === undefined ? [] : [[slot, count] as const];
  });
  return { signals: new Map(system.equipment.pendingSignals(task).map(({ imprint, count }) => [imprint, count])), irqs: new Map(irqs) };
}

function labelsOf(system: System, slots: readonly SlotEntry[]): ReadonlyMap<number, number> {
  return new Map(slots.flatMap(({ slot, id }) => {
    const label = system.gateLabel(id);
    return label === undefined ? [] : [[slot, label] as const];
  }));
}

function threadsOf(system: System, task: number): ReadonlyMap<number, ThreadState> {
  const { inspector } = system;
  const paused = system.equipment.pausedThreads();
  const nameOf = (id: DebugId | undefined): string | undefined => {
    const view = id === undefined ? undefined : inspector.thread(id);
    return view === undefined ? undefined : `${view.task === task ? '' : 'another component, '}${hex(view.utcb)}`;
  };
  return new Map(system.threads().flatMap(({ id, name = '' }) => {
    const [view, course] = [inspector.thread(id), inspector.course(id)];
    if (view === undefined || course === undefined || view.task !== task || view.utcb === 0) return [];
    const { kind, left_us, goes_on_at, goes_on_with, triggered } = course;
    const registers = view.registers.map((word, i) => (i === INSTRUCTION_POINTER && goes_on_at !== null ? goes_on_at : word));
    return [[view.utcb, { name, kind, left_us, paused: paused.has(id), triggered, partner: nameOf(course.partner), owes: nameOf(course.owes), calls: view.calls, registers, cpsr: goes_on_with ?? view.cpsr, utcb: inspector.utcb(id) }] as const];
  }));
}

/** What the ids of the capability records are called since the restore. */
export function formerIds({ memory: before }: ComponentState, { memory: after }: ComponentState): FormerIds {
  const now = new Map(after?.records.map(({ slot, id }) => [slot, id]));
  return new Map((before?.records ?? []).flatMap(({ slot, id }) => {
    const other = now.get(slot);
    return other === undefined || other === id ? [] : [[id, other] as const];
  }));
}

/** An id in a record. */
const ID_BYTES = 2;

const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * The first difference in words; null if the states are one, up to the ids of kernel objects. `still`: what was pending when the component stood still. `told`: the restore
 * itself has sent signals, about modules that have changed. `ran_on_us`: for how long the checkpoint let some threads run while others stood.
 */
export function stateDifference(before: ComponentState, after: ComponentState, still: Pending, told = false, ran_on_us = 0): string | null {
  return regionsDifference(before, after) ?? memoryDifference(before, after) ?? recordsDifference(before, after) ?? threadsDifference(before, after, ran_on_us) ?? ramDifference(before, after) ?? pendingDifference(still, told ? null : before.pending, after.pending);
}

function regionsDifference({ memory: before }: ComponentState, { memory: after }: ComponentState): string | null {
  const words = (memory: ComponentMemory | undefined): string[] => (memory?.regions ?? []).map(({ address, bytes, writable }) => `${hex(bytes)} bytes at ${hex(address)}${writable ? '' : ', read-only'}`);
  const [one, other] = [words(before), words(after)];
  const missing = one.find((text) => !other.includes(text));
  const more = other.find((text) => !one.includes(text));
  return missing !== undefined ? `not attached any more: ${missing}` : more !== undefined ? `attached, and was not: ${more}` : null;
}

/** What of two memories lies at the same addresses: parts of managed dataspaces are attached when they are needed. */
function common(one: readonly MemoryPiece[], other: readonly MemoryPiece[]): MemoryPiece[] {
  return one.flatMap((piece) => other.flatMap(({ address, bytes }) => {
    const from = Math.max(piece.address, address);
    const to = Math.min(piece.address + piece.bytes.length, address + bytes.length);
    return from >= to ? [] : [{ address: from, bytes: piece.bytes.subarray(from - piece.address, to - piece.address) }];
  }));
}

function memoryDifference(before: ComponentState, after: ComponentState): string | null {
  if (before.memory === undefined || after.memory === undefined) return before.memory === after.memory ? null : 'the one has memory, the other has not';
  const [one, other] = [before.memory, after.memory];
  // A record whose object is gone has an id that may stand for anything by now.
  const gone = one.records.filter(({ slot }) => !before.occupied.has(slot) && !after.occupied.has(slot)).map(({ slot }) => slot);
  const dead = gone.map((slot) => idAddress(one.cap_map_address, slot)).map((from) => ({ from, to: from + ID_BYTES }));
  const lasting = (memory: ComponentMemory, others: readonly MemoryPiece[]): ComponentMemory => {
    const pieces = common(memory.pieces, others);
    const isKnown = (at: number): boolean => pieces.some(({ address, bytes }) => at >= address && at < address + bytes.length);
    return { ...memory, pieces, records: memory.records.filter(({ slot }) => !gone.includes(slot) && isKnown(idAddress(memory.cap_map_address, slot))) };
  };
  const found = compareMemory(lasting(one, other.pieces), lasting(other, one.pieces), dead, { expected: before.given, actual: after.given });
  return found === null ? null : `the memory is another one: ${found.words}`;
}

/** The map in memory says of each capability what it is: where an id was that of its object, it must be again. Some records have ids of their own. */
function recordsDifference(before: ComponentState, { memory, labels }: ComponentState): string | null {
  const true_slots = new Set(before.memory?.records.flatMap(({ slot, id }) => (before.labels.get(slot) === id ? [slot] : [])));
  const wrong = memory?.records.find(({ slot, id }) => true_slots.has(slot) && labels.get(slot) !== id);
  return wrong === undefined ? null : `the capability record of slot ${hex(wrong.slot)} has id ${hex(wrong.id)}, the capability there has ${hex(labels.get(wrong.slot) ?? 0)}`;
}

function threadsDifference(before: ComponentState, after: ComponentState, ran_on_us: number): string | null {
  const names = new Ids(before, after);
  for (const [utcb, thread] of before.threads) {
    const found = threadDifference(thread, after.threads.get(utcb), (one, other) => names.equal(one, other), ran_on_us);
    if (found !== null) return `thread "${thread.name}"${found}`;
  }
  const more = [...after.threads].find(([utcb]) => !before.threads.has(utcb));
  return more === undefined ? null : `there is a thread "${more[1].name}" more`;
}

const RIGHTS_MASK = 3;

/** Ids of objects in registers and messages: those of the records, with or without the rights bits of a label. */
class Ids {
  readonly #there: ReadonlyMap<number, number>;

  constructor({ labels: before }: ComponentState, { labels: after }: ComponentState) {
    this.#there = new Map([...before].flatMap(([slot, id]) => {
      const other = after.get(slot);
      return other === undefined ? [] : [[id, other] as const];
    }));
  }

  equal(before: number, after: number): boolean {
    if (before === after) return true;
    const other = this.#there.get(before & ~RIGHTS_MASK);
    return other !== undefined && (other | (before & RIGHTS_MASK)) === after;
  }
}

function ramDifference({ ram }: ComponentState, { ram: now }: ComponentState): string | null {
  return ram?.quota === now?.quota && ram?.used === now?.used ? null : `RAM: ${now?.used ?? 0} of ${now?.quota ?? 0} bytes are used, and were ${ram?.used ?? 0} of ${ram?.quota ?? 0}`;
}

/** What came in while the checkpoint was taken may be part of it or come again, as the remaining time of a timer says. */
function pendingDifference(least: Pending, most: Pending | null, now: Pending): string | null {
  const wrong = (kind: keyof Pending, key: number): boolean => {
    const count = now[kind].get(key) ?? 0;
    return count < (least[kind].get(key) ?? 0) || (most !== null && count > (most[kind].get(key) ?? 0));
  };
  const had = most ?? least;
  const signal = [...had.signals.keys(), ...now.signals.keys()].find((imprint) => wrong('signals', imprint));
  if (signal !== undefined) return `core holds ${now.signals.get(signal) ?? 0} signals of context ${hex(signal)}, and held ${had.signals.get(signal) ?? 0}`;
  const irq = [...had.irqs.keys()].find((slot) => wrong('irqs', slot));
  return irq === undefined ? null : `the IRQ object in slot ${hex(irq)} has ${now.irqs.get(irq) ?? 0} pending triggers, and had ${had.irqs.get(irq) ?? 0}`;
}
