// Page faults: classification, the message to the pager, and what its answer means. Owns no state; the nested frame is the
// thread's activity. Source modelled: fiasco-kernel.md 8.1, 8.2, 5.8.

import { USER_END } from '../memory/mapping_database.ts';
import { hex } from '../numbers.ts';
import { KERNEL_COST } from './cost.ts';
import { IPC_ERROR } from './errors.ts';
import { ERROR_DATA, ERROR_PREFETCH, ERROR_READ, ERROR_USER, raiseException } from './exception.ts';
import { callResolved, lendBuffers, resolveSlot, restoreBuffers } from './fault_call.ts';
import type { Kernel } from './kernel.ts';
import { TAG_ERROR, makeTag } from './message_tag.ts';
import { PROTOCOL } from './protocols.ts';
import { type Activity, IN_USER_MODE, type Thread, utcbOf } from './thread.ts';
import { ALIEN, CANCEL } from './thread_state.ts';

export type FaultCause = 'translation' | 'permission' | 'alignment';

export interface Fault {
  readonly address: number;
  readonly pc: number;
  readonly access: 'read' | 'write' | 'fetch';
  readonly cause: FaultCause;
}

/** Fault status register (short descriptors): alignment, and translation and permission faults of sections and pages. */
const FSR_ALIGNMENT = 1;
const FSR_WRITE = 0x800;
const FSR_SECTION = { translation: 5, permission: 0xd } as const;
const FSR_PAGE = 2;
/** The pager's first word when it refuses. */
const REJECTED = 0xffff_ffff;

/** A user access that the memory refused. */
export function pageFault(kernel: Kernel, thread: Thread, fault: Fault): void {
  const { address, pc, access, cause } = fault;
  const error = errorWord(thread, fault);
  thread.state &= ~CANCEL;
  kernel.charge(KERNEL_COST.fault);
  if (kernel.wanted.page_fault) kernel.emit({ kind: 'page_fault', address, pc, write: access === 'write' });
  if (cause === 'alignment') {
    kernel.console(`KERNEL: Alignment error at ${hex(address, 8)} (PC: ${hex(pc, 8)}, FSR: ${hex(error & 0xffff)})\n`);
    return raiseException(kernel, thread, address, error, 'alignment');
  }
  if ((thread.state & ALIEN) !== 0) return raiseException(kernel, thread, address, error, 'page fault of an alien');
  if (address >= USER_END) return raiseException(kernel, thread, address, error, 'kernel address');
  const utcb = utcbOf(thread);
  const saved = [utcb.mr(0), utcb.mr(1), utcb.bufferDescriptor, utcb.buffer(0), utcb.buffer(1)];
  lendBuffers(utcb);
  utcb.setMr(0, ((address & ~3) | (cause === 'translation' ? 1 : 0) | (access === 'write' ? 2 : 0)) >>> 0);
  utcb.setMr(1, pc);
  thread.activity = { kind: 'page_fault', tag: makeTag(PROTOCOL.PAGE_FAULT, 2), label: 0, address, error, pc, saved };
  const pager = resolveSlot(thread, thread.pager);
  if (pager === null) {
    kernel.warn(`CPU0: Pager of ${hex(thread.id)} is invalid (pfa=${hex(address)}, errorcode=${hex(error)}) to ${hex(thread.pager)} (pc=${hex(pc)})`);
  }
  callResolved(kernel, thread, pager);
}

function errorWord(thread: Thread, { address, access, cause }: Fault): number {
  const write = access === 'write' ? FSR_WRITE : 0;
  if (cause === 'alignment') return ERROR_DATA | ERROR_USER | FSR_ALIGNMENT | write;
  const section = cause === 'translation' ? FSR_SECTION.translation : FSR_SECTION.permission;
  const fsr = thread.task.memory.table.hasTable(address >>> 12) ? section | FSR_PAGE : section;
  return access === 'fetch' ? ERROR_PREFETCH | ERROR_USER | ERROR_READ | fsr : ERROR_DATA | ERROR_USER | write | fsr;
}

/** Any answer lets the thread try again; a refusal, or a pager that does not exist, becomes an exception. */
export function finishPageFault(kernel: Kernel, thread: Thread, activity: Extract<Activity, { kind: 'page_fault' }>): void {
  const utcb = utcbOf(thread);
  const failed = (activity.tag & TAG_ERROR) !== 0;
  const rejected = failed ? utcb.error === IPC_ERROR.NOT_EXISTENT : utcb.mr(0) === REJECTED;
  const { saved } = activity;
  utcb.setMr(0, saved[0] ?? 0);
  utcb.setMr(1, saved[1] ?? 0);
  restoreBuffers(utcb, saved, 2);
  thread.activity = IN_USER_MODE;
  if (rejected) raiseException(kernel, thread, activity.address, activity.error, 'page fault refused');
}
