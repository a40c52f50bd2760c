// The root pager as a thread that the kernel plays itself: it answers the sigma0 protocol and page faults one to one. Owns no
// state; what it knows is its thread's registers and UTCB. Source modelled: fiasco-kernel.md 9 (sigma0 protocol), 8.1.

import { ERRNO } from './errors.ts';
import { startIpc } from './ipc.ts';
import type { Kernel } from './kernel.ts';
import { TAG_ERROR, failure, labelOf, makeTag, wordsOf } from './message_tag.ts';
import { PROTOCOL } from './protocols.ts';
import { IN_SYSTEM_CALL, type Thread, utcbOf } from './thread.ts';
import type { Utcb } from './utcb.ts';

const REQUEST_MASK = 0xffff_ff00;
const REQUEST = { RAM: 0x60, IO_MEMORY: 0x70, CACHED_IO_MEMORY: 0x80, ANY_RAM: 0x90, KIP: 0xa0, TRACE_BUFFER: 0xb0, DUMP: 0xc0, NEW_CLIENT: 0xd0 } as const;
const ZERO_SEND_TIMEOUT = 0x0400;
const ITEM_MAP = 0x8;
const MEMORY_RWX = 0x17;
const PAGE_FLEXPAGE = (12 << 6) | MEMORY_RWX;
/** The answer to a fault that cannot be resolved. */
const REFUSED = 0xffff_ffff;

/** Instructions between receiving a request and answering it. Were it free, a fault that cannot be resolved could recur in no time. */
const ANSWER_COST = 250;

/** A slice of the root pager's user mode: pay for the answer, then give it and wait for the next request. */
export function runSigma0(kernel: Kernel, thread: Thread, budget: number): void {
  const paid = Math.min(thread.debt, budget);
  thread.debt -= paid;
  kernel.instructions += paid;
  if (thread.debt > 0) return;
  thread.debt = ANSWER_COST;
  answerAndWait(kernel, thread);
}

function answerAndWait(kernel: Kernel, thread: Thread): void {
  const { r } = thread.registers;
  const caller = (r[0] as number) & TAG_ERROR ? null : (thread.reply?.caller ?? null);
  thread.reply = null;
  r[0] = caller === null ? 0 : answer(kernel, r[0] as number, utcbOf(thread));
  r[4] = 0;
  thread.activity = IN_SYSTEM_CALL;
  const ipc = thread.beginIpc();
  if (caller !== null) {
    ipc.send = true;
    ipc.receiver = caller;
    ipc.send_timeout = ZERO_SEND_TIMEOUT;
  }
  ipc.receive = true;
  ipc.rights = 3;
  startIpc(kernel, thread, ipc);
}

/** Writes the answer into the UTCB. @returns its tag */
function answer(kernel: Kernel, tag: number, utcb: Utcb): number {
  if (labelOf(tag) === PROTOCOL.PAGE_FAULT) {
    const address = (utcb.mr(0) & 0xffff_f000) >>> 0;
    if (kernel.sigma0Task.memory.find(address) !== undefined) return mapPage(utcb, address, (address | PAGE_FLEXPAGE) >>> 0);
    utcb.setMr(0, REFUSED);
    return makeTag(0, 1);
  }
  if (labelOf(tag) !== PROTOCOL.SIGMA0 || wordsOf(tag) < 1 || (utcb.mr(0) & REQUEST_MASK) >>> 0 !== REQUEST_MASK) return failure(ERRNO.NOSYS);
  switch (utcb.mr(0) & 0xf0) {
    case REQUEST.KIP:
      return mapPage(utcb, kernel.kipAddress, (kernel.kipAddress | PAGE_FLEXPAGE) >>> 0);
    case REQUEST.RAM:
      return mapPage(utcb, (utcb.mr(1) & 0xffff_f000) >>> 0, ((utcb.mr(1) & ~0x3f) | MEMORY_RWX) >>> 0);
    case REQUEST.DUMP:
    case REQUEST.NEW_CLIENT:
      return makeTag(0, 0);
    case REQUEST.ANY_RAM:
    case REQUEST.IO_MEMORY:
    case REQUEST.CACHED_IO_MEMORY:
      // The root task owns all memory from the start, and there are no devices behind the I/O memory.
      kernel.unsupported(`sigma0 request ${(utcb.mr(0) & 0xff).toString(16)}`);
      return failure(ERRNO.NOMEM);
    default:
      return failure(ERRNO.NOSYS);
  }
}

function mapPage(utcb: Utcb, hotSpot: number, flexpage: number): number {
  utcb.setMr(0, (hotSpot | ITEM_MAP) >>> 0);
  utcb.setMr(1, flexpage);
  return makeTag(0, 0, 1);
}
