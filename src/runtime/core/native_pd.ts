// The kernel-specific part of PD sessions: the task capability, and the extensions that work on a domain's capability table.
// Source modelled: genode-16.08-abi.md 2 (rtcr patch), checkpoint-restore.md 3.5, 4.4. Owns nothing.

import { allocSlots, findCap, freeSlots } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { capEqual, capValid, taskMap, unmapSlot } from '../native/kernel_calls.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { table } from '../native/store.ts';
import { type CoreExtension, extended } from './config.ts';
import { coreError, coreWarning } from './console.ts';
import { pdSessions } from './pd_session.ts';

type Handler = (x: Execution, request: RpcRequest) => RpcAnswer;

/** What is switched off answers as a function that core has never had. */
const only = (extension: CoreExtension, handler: Handler): Handler => (x, request) =>
  extended(x, extension) ? handler(x, request) : { exception: 'Invalid_opcode' };

const SELECTOR_SHIFT = 12;
const SLOTS = 1 << 20;

const task_cap: Handler = (x, request) => ({ cap: pdSessions(x).require(request.ref).task.slot });

const install = only('install', (x, request) => {
  const slot = num(request, 'selector') >>> SELECTOR_SHIFT;
  const { task } = pdSessions(x).require(request.ref);
  if (capValid(x, slot, task.slot)) coreWarning(x, `Overriding valid capability at kcap=0x${(num(request, 'selector') >>> 0).toString(16)}`);
  const from = cap(request, 'cap');
  if (from === null || !capValid(x, from) || !taskMap(x, { task: task.slot, from, to: slot })) coreError(x, 'mapping cap failed');
  return {};
});

const cap_map_info = only('cap_map_info', (x, request) => ({ value: pdSessions(x).require(request.ref).cap_map_info }));

const set_cap_map_info = only('cap_map_info', (x, request) => {
  pdSessions(x).update(request.ref, { cap_map_info: num(request, 'address') });
  return {};
});

/**
 * The capability at a slot of the domain, under the id by which core knows the object. Every object that a component can have
 * was created by core, so core has a slot of its own for it; a slot that is empty gives an invalid capability.
 */
const request = only('request', (x, { ref, args }) => {
  const slot = (args['selector'] as number) >>> SELECTOR_SHIFT;
  const { task } = pdSessions(x).require(ref);
  if (slot >= SLOTS || !capValid(x, slot, task.slot)) return { cap: null };
  const probe = allocSlots(x, 1);
  taskMap(x, { source_task: task.slot, from: slot, to: probe });
  const known = coreSlotOf(x, probe, task.slot);
  unmapSlot(x, probe, { destroy: false });
  freeSlots(x, probe, 1);
  return { cap: known ?? null };
});

interface CapRecord {
  readonly id: number;
}

const records = table<CapRecord>('cap_records');
const NO_ID = 0xffff;

/** Core's own slot for the object that a probe slot names: mostly one made for the domain, hence after its task. */
function coreSlotOf(x: Execution, probe: number, taskSlot: number): number | undefined {
  const slots = records(x).keys();
  const first = (slots.indexOf(taskSlot) + slots.length) % Math.max(1, slots.length);
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[(first + i) % slots.length] as number;
    const { id } = records(x).require(slot);
    if (slot !== probe && id !== NO_ID && findCap(x, id) === slot && capEqual(x, slot, probe)) return slot;
  }
  return undefined;
}

export const nativePdService = { task_cap, install, cap_map_info, set_cap_map_info, request };
