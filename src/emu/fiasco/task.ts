// A task: a capability table, an address space, kernel-user memory. Owner of all three.
// Source modelled: fiasco-kernel.md 3.4 to 3.7.

import { MemorySpace } from '../memory/memory_space.ts';
import { RIGHT_READ, RIGHT_WRITE } from '../memory/translation.ts';
import { type DebugId, PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import { KERNEL_COST } from './cost.ts';
import { ERRNO, IPC_ERROR } from './errors.ts';
import { CAP_S, CAP_W, FLEXPAGE_MEMORY, FLEXPAGE_OBJECT, type Flexpage, WHOLE_SPACE, bytesOfOrder, flexpageOf, isWholeSpace } from './flexpage.ts';
import type { Kernel } from './kernel.ts';
import { KernelObject } from './kernel_object.ts';
import { mapMemory } from './message_transfer.ts';
import { TAG_ERROR, failure, labelOf, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability } from './object_call.ts';
import { ObjectSpace, mapCapabilities, unmapCapabilities, unmapSlot } from './object_space.ts';
import { OPERATIONS, PROTOCOL } from './protocols.ts';
import type { Utcb } from './utcb.ts';
import { USER_END } from '../memory/mapping_database.ts';

export const KU_ORDER_MIN = PAGE_SHIFT;
export const KU_ORDER_MAX = 20;
const UNMAP_OWN = 0x8000_0000;
const UNMAP_ALL_RIGHTS = 0xf;
const UNMAP_DELETE = 0xc000_0000;

/** Memory that the kernel gave to a task for UTCBs; it is in no mapping database. */
export interface KuArea {
  readonly address: number;
  readonly size_bytes: number;
  /** Byte index of its first frame; the frames are adjacent. */
  readonly frame: number;
}

export class Task extends KernelObject {
  readonly type = 'Task';
  readonly objects = new ObjectSpace(this);
  readonly memory: MemorySpace;
  readonly kernel: boolean;
  readonly kuAreas: KuArea[] = [];

  constructor(id: DebugId, kernel = false) {
    super(id);
    this.memory = new MemorySpace(id);
    this.kernel = kernel;
  }
}

/** Gives a task zeroed kernel-user memory. @returns 0, or the error number */
export function addKuMemory(kernel: Kernel, task: Task, address: number, order: number): number {
  if (order < KU_ORDER_MIN || order > KU_ORDER_MAX) return ERRNO.INVAL;
  const size_bytes = 2 ** order;
  // Only the largest areas are sections, and must begin where these do; others begin at any page.
  const base = order === KU_ORDER_MAX ? address - (address % size_bytes) : address;
  if (base + size_bytes > USER_END) return ERRNO.INVAL;
  if (task.memory.occupied(base, size_bytes)) return ERRNO.EXIST;
  const frame = kernel.frames.allocate(size_bytes >>> PAGE_SHIFT);
  if (frame < 0) return ERRNO.NOMEM;
  enterKuArea(task, { address: base, size_bytes, frame });
  return 0;
}

export function enterKuArea(task: Task, area: KuArea): void {
  task.kuAreas.push(area);
  for (let at = 0; at < area.size_bytes; at += PAGE_BYTES) task.memory.setFixed(area.address + at, (area.frame + at) | RIGHT_READ | RIGHT_WRITE);
}

/** Byte index of a piece of a task's kernel-user memory, or -1 where it does not lie in one area as a whole. */
export function kuIndex(task: Task, address: number, size: number): number {
  for (const area of task.kuAreas) if (address >= area.address && address + size <= area.address + area.size_bytes) return area.frame + (address - area.address);
  return -1;
}

const HANDLERS: Handlers<'Task', Task> = { map, unmap, cap_info: ({ object, tag, input }) => capInfo(object, tag, input), add_ku_mem: addKuMem };

export function invokeTask(call: ObjectCall<Task>): Result {
  if (labelOf(call.tag) !== PROTOCOL.TASK) return failure(ERRNO.BADPROTO);
  return dispatch('Task', call.input.mr(0), call, HANDLERS);
}

/** Maps from the task that the item names into the invoked task. */
function map(call: ObjectCall<Task>): Result {
  const { kernel, object, input } = call;
  if ((call.rights & CAP_W) === 0) return failure(ERRNO.PERM);
  const named = itemCapability(call);
  if (wordsOf(call.tag) < 3 || typeof named === 'string' || !(named.object instanceof Task)) return failure(ERRNO.INVAL);
  const source = named.object;
  const item = input.mr(1);
  const send = flexpageOf(input.mr(2));
  const strong = (call.rights & named.rights & CAP_S) !== 0;
  let mapped = true;
  if (send.type === FLEXPAGE_MEMORY) mapped = mapMemory(kernel, source, send, object, WHOLE_SPACE, item);
  if (send.type === FLEXPAGE_OBJECT) {
    mapped = mapCapabilities(kernel, { source: source.objects, send, target: object.objects, receive: WHOLE_SPACE, item, rights: strong ? 0xf : 0xf & ~CAP_S });
  }
  if (mapped) return success();
  input.error = IPC_ERROR.SEND_MAP_FAILED;
  return TAG_ERROR;
}

function unmap({ kernel, object, tag, input, output }: ObjectCall<Task>): Result {
  const mask = input.mr(1);
  for (let at = 2; at < wordsOf(tag); at++) {
    const word = input.mr(at);
    const named = flexpageOf(word);
    const all = isWholeSpace(named);
    const page = all ? { ...WHOLE_SPACE, rights: named.rights } : named;
    if (all || page.type === FLEXPAGE_OBJECT) unmapCapabilities(kernel, object.objects, page, mask);
    if (all || page.type === FLEXPAGE_MEMORY) unmapMemory(kernel, object, page, (mask & UNMAP_OWN) !== 0);
    output.setMr(at, (word & ~0xf) >>> 0);
  }
  return success(wordsOf(tag));
}

function unmapMemory(kernel: Kernel, task: Task, page: Flexpage, own: boolean): void {
  if (page.order < PAGE_SHIFT) return;
  const size = bytesOfOrder(page.order);
  const before = kernel.memoryMappings.count;
  kernel.memoryMappings.unmap(task.memory, page.base - (page.base % size), size, page.rights, own);
  kernel.charge(KERNEL_COST.unmap_memory * Math.max(1, before - kernel.memoryMappings.count));
}

/** The operation that is asked for more often than all others together. */
export const CAP_INFO = OPERATIONS.find(({ object, name }) => object === 'Task' && name === 'cap_info')?.op;

/** What a slot of the invoked task holds: how a checkpointer probes its target. */
export function capInfo(object: Task, tag: number, input: Utcb): number {
  const first = input.mr(1);
  if (wordsOf(tag) === 2) {
    const mapping = isSpecial(first) ? undefined : object.objects.get(first >>> 12);
    if ((first & 1) === 0) return success(0, mapping === undefined ? 0 : 1);
    return success(0, mapping?.object.counted ?? 0);
  }
  if (wordsOf(tag) !== 3) return failure(ERRNO.INVAL);
  const second = input.mr(2);
  if (first === second) return success(0, 1);
  if (isSpecial(first) || isSpecial(second)) return success(0, isSpecial(first) && isSpecial(second) && first >>> 11 === second >>> 11 ? 1 : 0);
  return success(0, object.objects.get(first >>> 12)?.object === object.objects.get(second >>> 12)?.object ? 1 : 0);
}

/** A selector that names no slot. */
const isSpecial = (selector: number): boolean => (selector & 0x800) !== 0;

function addKuMem({ kernel, object, tag, input }: ObjectCall<Task>): Result {
  for (let at = 1; at < wordsOf(tag); at++) {
    const page = flexpageOf(input.mr(at));
    if (page.type !== FLEXPAGE_MEMORY) return failure(ERRNO.INVAL);
    const error = addKuMemory(kernel, object, page.base, page.order);
    if (error !== 0) return failure(error);
  }
  return success();
}

/** The task's last capability went: everything it holds is unmapped with the delete flag. Its memory stays until its threads are gone. */
export function destroyTask(kernel: Kernel, task: Task): void {
  kernel.memoryMappings.clearSpace(task.memory);
  for (const { slot } of task.objects.mappings()) unmapSlot(kernel, task.objects, slot, UNMAP_ALL_RIGHTS, UNMAP_DELETE);
}

/** The last reference went, too: the kernel-user memory is free again. */
export function freeTask(kernel: Kernel, task: Task): void {
  for (const { address, frame, size_bytes } of task.kuAreas.splice(0)) {
    for (let at = 0; at < size_bytes; at += PAGE_BYTES) task.memory.clearFixed(address + at);
    kernel.frames.free(frame, size_bytes >>> PAGE_SHIFT);
  }
}
