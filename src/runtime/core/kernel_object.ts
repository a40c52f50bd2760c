// Kernel objects that core creates through the factory, each at the slot of a record in core's capability map.
// Source modelled: genode-base-foc.md 2.3, 2.4; fiasco-kernel.md 3.2. A record's last reference destroys the object.

import { COST } from '../native/cost.ts';
import { capId, dec, inc, insertCap } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { kernelCall, PROTOCOL, unmapSlot } from '../native/kernel_calls.ts';
import { allocId, freeId } from './cap_ids.ts';
import { coreError, coreWarning } from './console.ts';

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

const NO_THREAD = (x: Execution): void => coreError(x, 'cannot create more thread kernel-objects!');
const NO_TASK = (x: Execution): void => coreError(x, 'pd creation failed');
const NO_GATE = (x: Execution): void => coreError(x, 'l4_factory_create_gate failed!');
/** By what the IRQ is for. */
const NO_IRQ = {
  thread: (x: Execution): void => coreWarning(x, "creating thread's irq failed"),
  signal_source: (x: Execution): void => coreError(x, 'Allocation of irq object failed!'),
  cpu_session: (x: Execution): void => coreWarning(x, 'Allocation of irq object failed!'),
} as const;

/** Where the kernel has no memory left for it core says so and goes on: its slot stays empty, and who is given it gets an invalid capability. */
function create(x: Execution, cap: CoreCap, refused: (x: Execution) => void, words: readonly number[], items: readonly number[] = []): void {
  x.charge(COST.create_object);
  const result = kernelCall(x, { slot: FACTORY_SLOT, label: PROTOCOL.factory, words, items, receive: cap.slot });
  if (result.error !== 0 || result.label < 0) refused(x);
  inc(x, cap.slot);
}

export const createThreadObject = (x: Execution, cap: CoreCap): void => create(x, cap, NO_THREAD, [TYPE.thread]);
export const createIrqObject = (x: Execution, cap: CoreCap, what: keyof typeof NO_IRQ): void => create(x, cap, NO_IRQ[what], [TYPE.irq]);
export const createTaskObject = (x: Execution, cap: CoreCap, utcbArea: number): void => create(x, cap, NO_TASK, [TYPE.task, WORD_ARGUMENT, utcbArea]);

/** A gate labelled with its id and bound to a kernel thread. */
export function createGateObject(x: Execution, threadSlot: number, name: string): CoreCap {
  const cap = reserve(x);
  create(x, cap, NO_GATE, [TYPE.gate, WORD_ARGUMENT, cap.id], [threadSlot]);
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
  const { error, label } = kernelCall(x, { slot: irqSlot, label: PROTOCOL.irq, words: [IRQ_ATTACH, IRQ_LABEL], items: [threadSlot] });
  if (error !== 0 || label < 0) coreWarning(x, "attaching thread's irq failed");
}
