// A task's capability table. Owner of its slots. Mapping and unmapping as the kernel's map code does it: an occupied destination
// is first unmapped as if with the delete flag. Source modelled: fiasco-kernel.md 1.3, 3.4, 3.5, Appendix C.3.

import { LIMIT_CAPABILITIES } from '../limits.ts';
import { hex } from '../numbers.ts';
import { newStamp } from '../rewind.ts';
import { CAP_D, CAP_R, CAP_S, CAP_W, FLAG_COUNTED, FLAG_EXTRA, type Flexpage, ITEM_GRANT, isWholeSpace } from './flexpage.ts';
import { KERNEL_COST } from './cost.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { type Mapping, link, replace, unlink } from './mapping_list.ts';
import { addressAndNumber } from './object_address.ts';
import type { Task } from './task.ts';

export const SLOTS = 1 << 20;
const MASK_OWN_SPACE = 0x8000_0000;
const MASK_DELETE = 0x4000_0000;
/** What an overwritten slot is unmapped with. */
export const UNMAP_DELETE = (MASK_OWN_SPACE | MASK_DELETE) >>> 0;

interface CapturedSlots {
  readonly stamp: number;
  readonly slots: readonly { readonly mapping: Mapping; readonly rights: number; readonly flags: number }[];
}

export class ObjectSpace {
  readonly task: Task;
  readonly #slots = new Map<number, Mapping>();
  #stamp = newStamp();
  #captured: CapturedSlots | null = null;

  constructor(task: Task) {
    this.task = task;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(slot: number): Mapping | undefined {
    return this.#slots.get(slot);
  }

  /** Occupied slots in ascending order. */
  mappings(): Mapping[] {
    return [...this.#slots.values()].sort((a, b) => a.slot - b.slot);
  }

  /** Enters a capability into an empty slot. */
  insert(slot: number, object: KernelObject, rights: number, flags: number): Mapping {
    if (this.#slots.has(slot)) throw new Error(`slot ${slot} is occupied`);
    const mapping: Mapping = { object, rights, flags, space: this, slot };
    this.#slots.set(slot, mapping);
    this.#stamp = newStamp();
    link(mapping);
    return mapping;
  }

  /** Enters a granted capability into an empty slot: it has the place of the one before in the object's list. */
  takeOver(slot: number, before: Mapping, rights: number, flags: number): void {
    const mapping: Mapping = { object: before.object, rights, flags, space: this, slot };
    this.#slots.set(slot, mapping);
    this.#stamp = newStamp();
    replace(before, mapping);
  }

  /** Takes rights and flags from a capability of this table. */
  reduce(mapping: Mapping, rights: number, flags: number): void {
    mapping.rights &= ~rights;
    mapping.flags &= ~flags;
    this.#stamp = newStamp();
  }

  /** Empties a slot; the object's list is the caller's. */
  clear(slot: number): void {
    this.#slots.delete(slot);
    this.#stamp = newStamp();
  }

  capture(): CapturedSlots {
    if (this.#captured?.stamp !== this.#stamp) {
      const slots = [...this.#slots.values()].map((mapping) => ({ mapping, rights: mapping.rights, flags: mapping.flags }));
      this.#captured = { stamp: this.#stamp, slots };
    }
    return this.#captured;
  }

  rewind(captured: CapturedSlots): void {
    if (captured.stamp === this.#stamp) return;
    this.#slots.clear();
    for (const { mapping, rights, flags } of captured.slots) {
      mapping.rights = rights;
      mapping.flags = flags;
      this.#slots.set(mapping.slot, mapping);
    }
    this.#stamp = captured.stamp;
    this.#captured = captured;
  }
}

/** Slots of a range in ascending order, without walking over a million empty ones. */
function occupied(space: ObjectSpace, first: number, count: number): Mapping[] {
  if (count <= 64) {
    const found: Mapping[] = [];
    for (let slot = first; slot < first + count; slot++) {
      const mapping = space.get(slot);
      if (mapping !== undefined) found.push(mapping);
    }
    return found;
  }
  return space.mappings().filter((mapping) => mapping.slot >= first && mapping.slot < first + count);
}

/** Number of slots of an object flexpage; everything from the 20th order on is the whole table. */
const slotsOf = (page: Flexpage): number => (page.order >= 20 ? SLOTS : 1 << page.order);
const alignDown = (value: number, size: number): number => value - (value % size);

export interface CapTransfer {
  readonly source: ObjectSpace;
  readonly send: Flexpage;
  readonly target: ObjectSpace;
  readonly receive: Flexpage;
  /** Word 0 of the map item: hot spot, attributes, grant. */
  readonly item: number;
  /** Rights that pass at most (the strong right is dropped on the way through a weak capability). */
  readonly rights: number;
}

/** Maps or grants capabilities. @returns false if the table is out of memory */
export function mapCapabilities(kernel: Kernel, transfer: CapTransfer): boolean {
  const { source, send, target, receive } = transfer;
  const hot = transfer.item >>> 12;
  const sendSlots = slotsOf(send);
  const receiveSlots = isWholeSpace(receive) ? SLOTS : slotsOf(receive);
  const count = Math.min(sendSlots, receiveSlots);
  let from = alignDown(send.base, sendSlots);
  let to = isWholeSpace(receive) ? 0 : alignDown(receive.base, receiveSlots);
  if (receiveSlots >= sendSlots) to += alignDown(hot % receiveSlots, count);
  else from += alignDown(hot % sendSlots, count);
  let any = false;
  for (const mapping of occupied(source, from, count)) {
    any = true;
    if (!mapOne(kernel, transfer, mapping, to + (mapping.slot - from))) return false;
  }
  if (!any) kernel.warn(`nothing mapped: (Obj_space) from [${addressAndNumber(source.task)}]: ${hex(from, 8)} size: ${hex(count, 8)} to [${addressAndNumber(target.task)}]`);
  return true;
}

function mapOne(kernel: Kernel, { source, target, send, item, rights }: CapTransfer, mapping: Mapping, slot: number): boolean {
  if (slot >= SLOTS) return true;
  // Overwriting may destroy the very object that is being mapped, or empty the slot that it is mapped from, even by mapping it to itself: then
  // there is nothing left to map.
  unmapSlot(kernel, target, slot, CAP_R | CAP_S | CAP_W | CAP_D, UNMAP_DELETE);
  const { object } = mapping;
  if (source.get(mapping.slot) !== mapping || !object.alive) return true;
  const grant = (item & ITEM_GRANT) !== 0;
  if (!grant && kernel.capabilities >= LIMIT_CAPABILITIES) return false;
  const newRights = mapping.rights & send.rights & rights;
  const newFlags = (mapping.flags & send.rights & rights & CAP_D) | (mapping.flags & ~item & FLAG_COUNTED) | (mapping.flags & item & FLAG_EXTRA);
  kernel.charge(KERNEL_COST.map_capability);
  if (grant) {
    source.clear(mapping.slot);
    kernel.reportUnmapped(object, source, mapping.slot);
    target.takeOver(slot, mapping, newRights, newFlags);
  } else {
    target.insert(slot, object, newRights, newFlags);
    kernel.capabilities++;
  }
  kernel.reportMapped(object, target, slot, grant ? 'grant' : 'map');
  return true;
}

/** Enters a new object into its creator's table with all rights. */
export function insertNew(kernel: Kernel, space: ObjectSpace, slot: number, object: KernelObject, rights: number, flags: number): void {
  unmapSlot(kernel, space, slot, CAP_R | CAP_S | CAP_W | CAP_D, UNMAP_DELETE);
  space.insert(slot, object, rights, flags);
  kernel.capabilities++;
  kernel.reportMapped(object, space, slot, 'create');
}

export function unmapCapabilities(kernel: Kernel, space: ObjectSpace, page: Flexpage, mask: number): void {
  const count = slotsOf(page);
  for (const { slot } of occupied(space, alignDown(page.base, count), count)) unmapSlot(kernel, space, slot, page.rights, mask);
}

/** Unmaps one slot; what loses its last capability is destroyed at once. */
export function unmapSlot(kernel: Kernel, space: ObjectSpace, slot: number, rights: number, mask: number): void {
  const mapping = space.get(slot);
  // Capabilities have no children, so there is nothing to take from "other spaces".
  if (mapping === undefined || (mask & MASK_OWN_SPACE) === 0) return;
  if ((rights & CAP_R) === 0) {
    space.reduce(mapping, rights & (CAP_W | CAP_S), rights & CAP_D);
    return;
  }
  const { object } = mapping;
  let destroyAll = (mask & MASK_DELETE) !== 0 && (mapping.flags & CAP_D) !== 0;
  if (!destroyAll && (mapping.flags & FLAG_COUNTED) !== 0) destroyAll = --object.counted <= 0;
  drop(kernel, mapping);
  if (destroyAll) revokeAll(kernel, object);
  if (object.mappings.length === 0) kernel.destroy(object);
}

/** Clears every capability of an object, in all tasks, newest first. */
export function revokeAll(kernel: Kernel, object: KernelObject): void {
  for (let mapping = object.mappings.at(-1); mapping !== undefined; mapping = object.mappings.at(-1)) drop(kernel, mapping);
  object.counted = 0;
}

function drop(kernel: Kernel, mapping: Mapping): void {
  kernel.charge(KERNEL_COST.unmap_capability);
  mapping.space.clear(mapping.slot);
  unlink(mapping);
  kernel.capabilities--;
  kernel.reportUnmapped(mapping.object, mapping.space, mapping.slot);
}
