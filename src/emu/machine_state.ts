// Machine states as bytes: magic, format version, length and checksum in front of plain data. Owns no state. Decoding trusts
// nothing: the length has a limit, the checksum comes first; plain_bytes.ts holds the limits of what is inside.

import { LIMIT_STATE_BYTES } from './limits.ts';
import type { MachineState } from './machine.ts';
import { decodePlain, encodePlain } from './plain_bytes.ts';
import { recordOf } from './saved.ts';

/** "RSCP" little endian. */
const MAGIC = 0x5043_5352;
const FORMAT_VERSION = 1;
const HEADER_BYTES = 24;

export function encodeMachineState(state: MachineState): Uint8Array {
  const body = encodePlain(state);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  const [low, high] = checksum(body);
  [MAGIC, FORMAT_VERSION, body.length, 0, low, high].forEach((word, i) => view.setUint32(i * 4, word, true));
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** @throws Error that says what is wrong with the bytes */
export function decodeMachineState(bytes: Uint8Array): MachineState {
  if (bytes.length < HEADER_BYTES) throw new Error('machine state: shorter than its header');
  if (bytes.length > LIMIT_STATE_BYTES) throw new Error(`machine state: longer than ${LIMIT_STATE_BYTES} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (index: number): number => view.getUint32(index * 4, true);
  if (word(0) !== MAGIC) throw new Error('machine state: no machine state (magic number)');
  if (word(1) !== FORMAT_VERSION) throw new Error(`machine state: format version ${word(1)}, this program knows ${FORMAT_VERSION}`);
  // A plain view, whatever kind of byte array this is: its pieces are copied by `slice`.
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, bytes.length - HEADER_BYTES);
  if (word(2) !== body.length) throw new Error(`machine state: ${body.length} bytes of content instead of ${word(2)}`);
  if (word(3) !== 0) throw new Error('machine state: reserved header word is not zero');
  const [low, high] = checksum(body);
  if (word(4) !== low || word(5) !== high) throw new Error('machine state: checksum does not match, the file is damaged');
  return recordOf('machine', decodePlain(body));
}

/** Two interleaved multiplicative hashes over the words; detects damage, not malice. */
export function checksum(bytes: Uint8Array): readonly [number, number] {
  let low = 0x811c_9dc5;
  let high = 0x9e37_79b9 ^ bytes.length;
  for (let i = 0; i < bytes.length; i++) {
    low = Math.imul(low ^ (bytes[i] as number), 0x0100_0193);
    high = Math.imul((high << 5) | (high >>> 27), 0x85eb_ca6b) ^ (low >>> 3);
  }
  return [low >>> 0, high >>> 0];
}
