// System calls on kernel objects. Most complete at once: they neither block nor switch threads, so a step may do several.
// Encodings as genode-16.08-abi.md A and fiasco-kernel.md Appendix A.

import { COST } from './cost.ts';
import { DeadEnd, type Execution } from './execution.ts';
import { type Action, invoke } from './procedure.ts';
import { MAP_ITEM, MAP_ITEM_GRANT, makeTag, objectPage, OPERATION, receiveSlot, tagLabel, TAG_ERROR, UTCB } from './utcb.ts';

export const PROTOCOL = { irq: -1, task: -11, thread: -12, scheduler: -14, factory: -15 } as const;

/** Operations of a task. */
const TASK = { map: 0, unmap: 1, cap_info: 2 } as const;

export interface KernelCall {
  /** Invoked slot. */
  readonly slot: number;
  readonly label: number;
  readonly words: readonly number[];
  /** Capability items: slots that are sent along. */
  readonly items?: readonly number[];
  /** Slot that receives a created object. */
  readonly receive?: number;
}

export class KernelResult {
  readonly tag: number;
  /** Result label: 0 or positive on success, -errno otherwise. */
  readonly label: number;
  /** IPC error code if the tag's error flag is set, else 0. */
  readonly error: number;
  readonly #utcb: Uint32Array;

  constructor(tag: number, utcb: Uint32Array) {
    this.tag = tag;
    this.label = tagLabel(tag);
    this.error = (tag & TAG_ERROR) === 0 ? 0 : (utcb[UTCB.error] ?? 0);
    this.#utcb = utcb;
  }

  mr(index: number): number {
    return this.#utcb[index] ?? 0;
  }
}

/** Task capability of the own protection domain. */
export const OWN_TASK_SLOT = 1;

const NO_ITEMS: readonly number[] = [];

export function kernelCall(x: Execution, request: KernelCall): KernelResult {
  prepare(x, request);
  invokeNow(x);
  return new KernelResult(x.cpu.r[0] ?? 0, x.cpu.utcb);
}

/** The same for a call behind which other threads may run first; the next step gets the InvokeResult. */
export function kernelCallThen(x: Execution, request: KernelCall, then: string): Action {
  prepare(x, request);
  return invoke(then);
}

/** The original would go on with the answer of whoever is behind the slot now; ours does not. */
function invokeNow(x: Execution): void {
  if (!x.cpu.invokeNow()) throw new DeadEnd(`a call of the kernel went to something else: slot ${(x.cpu.r[2] ?? 0) >>> 12}`);
}

function prepare(x: Execution, request: KernelCall): void {
  const { r, utcb } = x.cpu;
  const items = request.items ?? NO_ITEMS;
  const { words } = request;
  for (let i = 0; i < words.length; i++) utcb[i] = words[i] as number;
  writeItems(utcb, words.length, items);
  if (request.receive !== undefined) {
    utcb[UTCB.bdr] = 0;
    utcb[UTCB.br] = receiveSlot(request.receive);
  }
  r[0] = makeTag(request.label, words.length, items.length);
  r[2] = (request.slot << 12) | OPERATION.call;
  r[3] = 0;
  r[4] = 0;
  x.charge(COST.system_call + COST.word * words.length);
}

/** A call of a task in three words, and with the capability of a further task or none. Frequent, hence without a list of words. */
function callTask(x: Execution, task: number, operation: number, first: number, second: number, source: number | null = null): KernelResult {
  const { r, utcb } = x.cpu;
  utcb[0] = operation;
  utcb[1] = first;
  utcb[2] = second;
  if (source !== null) {
    utcb[3] = MAP_ITEM;
    utcb[4] = objectPage(source);
  }
  r[0] = makeTag(PROTOCOL.task, 3, source === null ? 0 : 1);
  r[2] = (task << 12) | OPERATION.call;
  r[3] = 0;
  r[4] = 0;
  x.charge(COST.system_call + COST.word * 3);
  invokeNow(x);
  return new KernelResult(r[0] ?? 0, utcb);
}

/** Behind so many message words one map item per capability slot. */
export function writeItems(utcb: Uint32Array, count: number, items: readonly number[]): void {
  for (let i = 0; i < items.length; i++) {
    utcb[count + 2 * i] = MAP_ITEM;
    utcb[count + 2 * i + 1] = objectPage(items[i] as number);
  }
}

export interface TaskMap {
  /** Slot of the destination task's capability; own task by default. */
  readonly task?: number;
  /** Slot of the source task's capability; own task by default. */
  readonly source_task?: number;
  readonly from: number;
  readonly to: number;
  readonly grant?: boolean;
}

/** Maps (or grants) one capability between capability tables. True unless the kernel refused. */
export function taskMap(x: Execution, map: TaskMap): boolean {
  const item = map.grant === true ? MAP_ITEM_GRANT : MAP_ITEM;
  const result = callTask(x, map.task ?? OWN_TASK_SLOT, TASK.map, (map.to << 12) | item, objectPage(map.from), map.source_task ?? OWN_TASK_SLOT);
  return result.error === 0 && result.label >= 0;
}

const UNMAP_OWN = 0x8000_0000;
const UNMAP_DELETE = 0xc000_0000;

/** Clears an own slot; with `destroy` the object disappears everywhere if the slot holds the delete right. */
export function unmapSlot(x: Execution, slot: number, { destroy }: { readonly destroy: boolean }): void {
  callTask(x, OWN_TASK_SLOT, TASK.unmap, destroy ? UNMAP_DELETE : UNMAP_OWN, objectPage(slot));
}

/** Asked more often than anything else, hence without the means of `kernelCall`. */
export function capValid(x: Execution, slot: number, task = OWN_TASK_SLOT): boolean {
  const { r, utcb } = x.cpu;
  utcb[0] = TASK.cap_info;
  utcb[1] = (slot << 12) >>> 0;
  r[0] = TAG_OF_CAP_VALID;
  r[2] = (task << 12) | OPERATION.call;
  r[3] = 0;
  r[4] = 0;
  x.charge(COST.system_call + COST.word * 2);
  invokeNow(x);
  return tagLabel(r[0] ?? 0) > 0;
}

const TAG_OF_CAP_VALID = makeTag(PROTOCOL.task, 2, 0);

/** True if both slots name one object (two empty slots also count as equal). */
export function capEqual(x: Execution, a: number, b: number): boolean {
  return callTask(x, OWN_TASK_SLOT, TASK.cap_info, a << 12, b << 12).label > 0;
}
