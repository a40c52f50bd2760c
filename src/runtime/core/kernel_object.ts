// Kernel objects that core creates through the factory, each at the slot of a record in core's capability map.
// Source modelled: genode-base-foc.md 2.3, 2.4; fiasco-kernel.md 3.2. A record's last reference destroys the object.

import { COST } from '../native/cost.ts';
import { capId, dec, inc, insertCap } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { kernelCall, PROTOCOL, unmapSlot } from '../native/kernel_calls.ts';
import { allocId, freeId } from './cap_ids.ts';

/** A capability of core: its slot, and its id in the system. */
export type CoreCap = { readonly slot: number; readonly id: number };

const FACTORY_SLOT = 2;
/** Where a row has no capability (yet). */
export const NO_CAP: CoreCap = { slot: 0, id: 0 };

const TYPE = { gate: 0, irq: -1, task: -11, thread: -12 } as const;
/** Header of a machine-word argument; the kernel looks at positions only. */
const WORD_ARGUMENT = 0x4_0001;

/** Takes an id and a record for an object that is created later. */
export function reserve(x: Execution): CoreCap {
  const id = allocId(x);
  return { slot: insertCap(x, id), id };
}

function create(x: Execution, cap: CoreCap, words: readonly number[], items: readonly number[] = []): void {
  x.charge(COST.create_object);
  const result = kernelCall(x, { slot: FACTORY_SLOT, label: PROTOCOL.factory, words, items, receive: cap.slot });
  if (result.error !== 0 || result.label < 0) throw new Error(`factory refused ${words.join(',')}: error ${result.error}, label ${result.label}`);
  inc(x, cap.slot);
}

export const createThreadObject = (x: Execution, cap: CoreCap): void => create(x, cap, [TYPE.thread]);
export const createIrqObject = (x: Execution, cap: CoreCap): void => create(x, cap, [TYPE.irq]);
export const createTaskObject = (x: Execution, cap: CoreCap, utcbArea: number): void => create(x, cap, [TYPE.task, WORD_ARGUMENT, utcbArea]);

/** A gate labelled with its id and bound to a kernel thread. */
export function createGateObject(x: Execution, threadSlot: number, name: string): CoreCap {
  const cap = reserve(x);
  create(x, cap, [TYPE.gate, WORD_ARGUMENT, cap.id], [threadSlot]);
  x.cpu.nameObject((cap.slot << 12) >>> 0, name);
  return cap;
}

/** Program.dropped of core: nobody in core knows the object any more, so it disappears from the whole system. */
export function destroyObject(x: Execution, slot: number, id: number): void {
  x.charge(COST.destroy_object);
  unmapSlot(x, slot, { destroy: true });
  freeId(x, id);
}

/** Drops core's reference to an object. */
export const drop = (x: Execution, cap: CoreCap): void => dec(x, cap.slot);

/** A slot of core as a capability with its id. */
export const capAt = (x: Execution, slot: number): CoreCap => ({ slot, id: capId(x, slot) });

const IRQ_ATTACH = 1;
const IRQ_LABEL = 0;

/** Attaches an IRQ object to a thread. */
export function attachIrq(x: Execution, irqSlot: number, threadSlot: number): void {
  kernelCall(x, { slot: irqSlot, label: PROTOCOL.irq, words: [IRQ_ATTACH, IRQ_LABEL], items: [threadSlot] });
}
