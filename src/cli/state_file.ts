// A saved system as a file: header with magic, version, lengths and checksum, then the encoded state, compressed. Owns no state.
// Reading trusts nothing: lengths are looked at before anything is unpacked, the checksum comes first (emu/machine_state.ts has its own).

import { LIMIT_STATE_BYTES } from '../emu/limits.ts';
import { checksum, decodeMachineState, encodeMachineState } from '../emu/machine_state.ts';
import type { SystemState } from '../runtime/boot_system.ts';
import { packed, unpacked } from './packing.ts';

/** "RSCF" little endian. */
const MAGIC = 0x4643_5352;
const VERSION = 1;
const HEADER_BYTES = 24;
/** Quality 1 packs pages of memory nearly as well as higher ones, several times faster. */
const QUALITY = 1;

/** `plain` leaves the compression out: for comparison. */
export function encodeStateFile(state: SystemState, form: 'packed' | 'plain' = 'packed'): Uint8Array {
  const plain = encodeMachineState(state);
  if (form === 'plain') return plain;
  const content = packed(plain, QUALITY);
  const bytes = new Uint8Array(HEADER_BYTES + content.length);
  const view = new DataView(bytes.buffer);
  const [low, high] = checksum(content);
  [MAGIC, VERSION, plain.length, content.length, low, high].forEach((word, i) => view.setUint32(4 * i, word, true));
  bytes.set(content, HEADER_BYTES);
  return bytes;
}

/** @throws Error that says in words what is wrong with the file */
export function decodeStateFile(bytes: Uint8Array): SystemState {
  if (bytes.length < HEADER_BYTES) throw new Error('saved system: shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (index: number): number => view.getUint32(4 * index, true);
  if (word(0) !== MAGIC) throw new Error('saved system: this is no saved system (magic number)');
  if (word(1) !== VERSION) throw new Error(`saved system: format version ${word(1)}, this program knows ${VERSION}`);
  const [plainBytes, packedBytes] = [word(2), word(3)];
  if (plainBytes > LIMIT_STATE_BYTES) throw new Error(`saved system: ${plainBytes} bytes of content, the limit is ${LIMIT_STATE_BYTES}`);
  const content = bytes.subarray(HEADER_BYTES);
  if (content.length !== packedBytes) throw new Error(`saved system: ${content.length} bytes instead of ${packedBytes}, the file is cut or has something behind it`);
  const [low, high] = checksum(content);
  if (low !== word(4) || high !== word(5)) throw new Error('saved system: checksum does not match, the file is damaged');
  return decodeMachineState(unpack(content, plainBytes));
}

function unpack(content: Uint8Array, bytes: number): Uint8Array {
  let plain: Uint8Array;
  try {
    plain = unpacked(content, bytes);
  } catch {
    throw new Error('saved system: its content cannot be unpacked');
  }
  if (plain.length !== bytes) throw new Error(`saved system: ${plain.length} bytes of content instead of ${bytes}`);
  return plain;
}
