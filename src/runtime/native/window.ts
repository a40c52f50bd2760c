// Receive windows and the transfer of messages between values and the UTCB: what clients and servers have in common.
// Source modelled: genode-16.08-abi.md 1.3, genode-base-foc.md 2.5 (copy_msgbuf_to_utcb, extract_msg_from_utcb).

import type { Message } from '../rpc/wire.ts';
import { CAPS_MAX, decodeMessage, WORDS_MAX, writeMessage } from '../rpc/wire.ts';
import { capId, insertMap } from './cap_space.ts';
import { COST } from './cost.ts';
import type { Execution } from './execution.ts';
import { capValid, writeItems } from './kernel_calls.ts';
import { makeTag, receiveSlot, tagWords, UTCB } from './utcb.ts';

export const WINDOW_SLOTS = CAPS_MAX;

/** Opens a window of four slots for the next message. Clients keep the other bits of the descriptor, servers clear them. */
export function setReceiveWindow(x: Execution, first: number): void {
  const { utcb } = x.cpu;
  utcb[UTCB.bdr] = (utcb[UTCB.bdr] ?? 0) & 0xfff0_0000;
  for (let i = 0; i < WINDOW_SLOTS; i++) utcb[UTCB.br + i] = receiveSlot(first + i);
}

/**
 * Puts a message into the UTCB and returns its tag, or undefined if it is too long. Capabilities whose kernel slot went stale
 * are sent as invalid.
 */
export function putMessage(x: Execution, protocol: number, caps: readonly (number | null)[], payload: readonly number[]): number | undefined {
  const ids: (number | null)[] = [];
  const items: number[] = [];
  for (let i = 0; i < caps.length; i++) {
    const slot = caps[i] as number | null;
    const valid = slot !== null && capValid(x, slot);
    ids.push(valid ? capId(x, slot) : null);
    if (valid) items.push(slot);
  }
  const count = writeMessage(x.cpu.utcb, { protocol, ids, payload });
  if (count > WORDS_MAX) return undefined;
  writeItems(x.cpu.utcb, count, items);
  x.charge(COST.rpc_marshal + COST.sent_capability * caps.length + COST.word * count);
  return makeTag(0, count, items.length);
}

/** Reads the message of a tag from the UTCB; capabilities are not yet taken in. */
export function getMessage(x: Execution, tag: number): Message {
  const count = tagWords(tag);
  x.charge(COST.word * count);
  const { utcb } = x.cpu;
  const words = new Array<number>(count);
  for (let i = 0; i < count; i++) words[i] = utcb[i] as number;
  return decodeMessage(words);
}

/** Takes in the capabilities of a received message from the window: one slot (or null = invalid) per announced capability. */
export function takeCaps(x: Execution, message: Message, window: number): (number | null)[] {
  x.charge(COST.received_capability * message.ids.length);
  const caps: (number | null)[] = [];
  let next = window;
  for (let i = 0; i < message.ids.length; i++) {
    const id = message.ids[i] as number | null;
    caps.push(id === null ? null : insertMap(x, id & 0xffff, next++));
  }
  return caps;
}
