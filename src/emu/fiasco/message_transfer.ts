// What a message carries: words, exception frames, map items with their receive buffers. Owns no state.
// Source modelled: fiasco-kernel.md 5.4 to 5.6, 8.4, 8.5.

import { type DebugId, PAGE_SHIFT, hex } from '../numbers.ts';
import { KERNEL_COST } from './cost.ts';
import { IPC_ERROR } from './errors.ts';
import { applyExceptionReply, writeExceptionMessage } from './exception_message.ts';
import {
  BUFFER_LOCAL_ID,
  BUFFER_SMALL,
  CAP_S,
  FLEXPAGE_IO,
  FLEXPAGE_MEMORY,
  FLEXPAGE_OBJECT,
  type Flexpage,
  ITEM_COMPOUND,
  ITEM_GRANT,
  ITEM_MAP,
  bytesOfOrder,
  flexpageOf,
  isWholeSpace,
} from './flexpage.ts';
import { IpcGate } from './ipc_gate.ts';
import type { Kernel } from './kernel.ts';
import { TAG_ERROR, TAG_PROPAGATE, itemsOf, labelOf, wordsOf } from './message_tag.ts';
import { addressAndNumber, objectAddress } from './object_address.ts';
import { mapCapabilities } from './object_space.ts';
import type { Task } from './task.ts';
import { type Thread, frameLabel, frameTag, nestedFrame, utcbOf } from './thread.ts';
import { BUFFER_REGISTERS, MESSAGE_REGISTERS, type Utcb } from './utcb.ts';

/** Copies the message of a thread into the frame and the UTCB of another one. @returns the error of the send phase, 0 if none */
export function transferMessage(kernel: Kernel, sender: Thread, receiver: Thread, gate: IpcGate | null): number {
  const sent = nestedFrame(sender);
  const answered = nestedFrame(receiver);
  const tag = sent === null ? (sender.registers.r[0] as number) : sent.tag;
  const words = Math.min(wordsOf(tag), MESSAGE_REGISTERS);
  kernel.charge(KERNEL_COST.ipc + KERNEL_COST.word * words + KERNEL_COST.item * itemsOf(tag));
  const from = utcbOf(sender);
  const to = utcbOf(receiver);
  if (sent !== null && sent.kind === 'exception') writeExceptionMessage(sender, sent, to);
  else if (answered !== null && answered.kind === 'exception') applyExceptionReply(receiver, tag, from);
  else {
    to.open();
    // Most messages are short: copying them word by word is faster than making a view of them.
    const [source, target] = [from.words, to.words];
    for (let at = 0; at < words; at++) target[at] = source[at] as number;
  }
  const error = itemsOf(tag) === 0 ? 0 : transferItems(kernel, sender, receiver, words, itemsOf(tag));
  const received = (tag & ~(TAG_ERROR | TAG_PROPAGATE)) | (error === 0 ? 0 : TAG_ERROR);
  const label = sent === null ? (sender.registers.r[4] as number) : sent.label;
  if (answered === null) {
    const { r } = receiver.registers;
    r[0] = received;
    r[4] = label;
  } else {
    answered.tag = received >>> 0;
    answered.label = label >>> 0;
  }
  if (kernel.events.requests !== null || kernel.wanted.ipc_transfer) report(kernel, sender, receiver, gate?.id ?? kernel.noObject, tag, words);
  return error;
}

function report(kernel: Kernel, sender: Thread, receiver: Thread, object: DebugId, tag: number, words: number): void {
  const { events } = kernel;
  const { kind } = sender.activity;
  const phase = kind === 'page_fault' || kind === 'exception' ? kind : sender.ipc !== null && receiver.ipc?.partner === sender ? 'reply' : 'request';
  if (phase === 'request') events.requests?.(sender.id, receiver.id, object, frameLabel(receiver), utcbOf(sender).words, words);
  if (!events.wanted.ipc_transfer) return;
  const content = Array.from(utcbOf(kind === 'exception' ? receiver : sender).words.subarray(0, words));
  kernel.emit({ kind: 'ipc_transfer', from: sender.id, to: receiver.id, object, phase, tag, label: frameLabel(receiver), words: content });
}

interface Buffer {
  readonly page: Flexpage;
  readonly localId: boolean;
  readonly next: number;
}

/** The receive buffer at an index, or null where the list ends. */
function bufferAt(utcb: Utcb, index: number): Buffer | null {
  if (index >= BUFFER_REGISTERS) return null;
  const word = utcb.buffer(index);
  if ((word & ITEM_MAP) === 0) return null;
  const localId = (word & BUFFER_LOCAL_ID) !== 0;
  if ((word & BUFFER_SMALL) !== 0) return { page: { base: word >>> 12, order: 0, type: FLEXPAGE_OBJECT, rights: 0xf }, localId, next: index + 1 };
  if (index + 1 >= BUFFER_REGISTERS) return null;
  return { page: flexpageOf(utcb.buffer(index + 1)), localId, next: index + 2 };
}

/** Transfers the items behind the words. @returns the sender's error, 0 if all went well */
function transferItems(kernel: Kernel, sender: Thread, receiver: Thread, words: number, items: number): number {
  const from = utcbOf(sender);
  const to = utcbOf(receiver);
  /** For each type of flexpage; those of a whole space have no buffers. */
  const next = [BUFFER_REGISTERS, to.firstBuffer(FLEXPAGE_MEMORY), to.firstBuffer(FLEXPAGE_IO), to.firstBuffer(FLEXPAGE_OBJECT)];
  let at = words;
  /** Where the receiver is told of the next item: void ones leave nothing there. */
  let told = words;
  for (let left = items; left > 0; left--) {
    if (at >= MESSAGE_REGISTERS) return IPC_ERROR.SEND_OVERFLOW;
    const item = from.mr(at);
    if (item === 0) {
      at++;
      continue;
    }
    if ((item & ITEM_MAP) === 0 || at + 1 >= MESSAGE_REGISTERS) return IPC_ERROR.SEND_OVERFLOW;
    const word = from.mr(at + 1);
    const page = flexpageOf(word);
    const buffer = bufferAt(to, next[page.type] as number);
    if (buffer === null) return IPC_ERROR.SEND_OVERFLOW;
    to.setMr(told, ((item & ~0xff7) | (word & 0xff0)) >>> 0);
    if (!(buffer.localId && tellLocally(sender, receiver, page, word, told)) && !mapItem(kernel, sender, receiver, page, buffer.page, item)) return IPC_ERROR.SEND_MAP_FAILED;
    if ((item & ITEM_COMPOUND) === 0) next[page.type] = buffer.next;
    at += 2;
    told += 2;
  }
  return 0;
}

/** A receiver that asks for local ids is told of what it has anyway; nothing is mapped then. */
function tellLocally(sender: Thread, receiver: Thread, page: Flexpage, word: number, at: number): boolean {
  const to = utcbOf(receiver);
  if (sender.task === receiver.task) {
    to.setMr(at, to.mr(at) | 6);
    to.setMr(at + 1, word);
    return true;
  }
  const mapping = page.type === FLEXPAGE_OBJECT ? sender.task.objects.get(page.base) : undefined;
  if (mapping === undefined || !(mapping.object instanceof IpcGate) || mapping.object.thread?.task !== receiver.task) return false;
  to.setMr(at, to.mr(at) | 4);
  to.setMr(at + 1, (mapping.object.label | mapping.rights) >>> 0);
  return true;
}

/** A page and a buffer of different types fit, but nothing is mapped. @returns false if out of memory */
function mapItem(kernel: Kernel, sender: Thread, receiver: Thread, send: Flexpage, receive: Flexpage, item: number): boolean {
  if (send.type === FLEXPAGE_IO || (send.type !== receive.type && !isWholeSpace(receive))) return true;
  const strong = (sender.ipc?.rights ?? 0) & CAP_S;
  if (send.type === FLEXPAGE_MEMORY) return mapMemory(kernel, sender.task, send, receiver.task, receive, item);
  const rights = strong === 0 ? 0xf & ~CAP_S : 0xf;
  return mapCapabilities(kernel, { source: sender.task.objects, send, target: receiver.task.objects, receive, item, rights });
}

/** Maps a memory flexpage. @returns false if out of memory */
export function mapMemory(kernel: Kernel, source: Task, send: Flexpage, target: Task, receive: Flexpage, item: number): boolean {
  const sendBytes = bytesOfOrder(send.order);
  const receiveBytes = bytesOfOrder(isWholeSpace(receive) ? 32 : receive.order);
  if (send.order < PAGE_SHIFT || (!isWholeSpace(receive) && receive.order < PAGE_SHIFT)) return true;
  const size = Math.min(sendBytes, receiveBytes);
  const hot = (item & 0xffff_f000) >>> 0;
  let from = send.base - (send.base % sendBytes);
  let to = isWholeSpace(receive) ? 0 : receive.base - (receive.base % receiveBytes);
  const offset = (hot % Math.max(sendBytes, receiveBytes)) - (hot % size);
  if (receiveBytes >= sendBytes) to += offset;
  else from += offset;
  const range = { from, to, size, rights: send.rights & 7, cache: item & 0xf0, grant: (item & ITEM_GRANT) !== 0 };
  const before = kernel.memoryMappings.count;
  const { complete, demoted, hole } = kernel.memoryMappings.map(source.memory, target.memory, range);
  kernel.charge(KERNEL_COST.map_memory * Math.max(1, kernel.memoryMappings.count - before));
  if (demoted !== null) {
    // The words of the kernel; what they begin with would be taken for a mark of unfinished code here.
    const places = [[source, demoted], [target, to + (demoted - from)]] as const;
    kernel.warn(`\x58XX Can't GRANT page from superpage (${places.map(([task, at]) => `0x${objectAddress(task).toString(16)}: ${hex(at, 8)}`).join(' -> ')}), demoting to MAP`);
  }
  if (hole !== null) kernel.warn(`nothing mapped: (Mem_space) from [${addressAndNumber(source)}]: ${hex(hole, 8)} size: ${hex(size, 8)} to [${addressAndNumber(target)}]`);
  return complete;
}

/** The signed label of a message, for those who look at it while it is under way. */
export const messageLabel = (thread: Thread): number => labelOf(frameTag(thread));
