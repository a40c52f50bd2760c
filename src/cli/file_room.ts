// Files of the installation, read one after the other into the same memory, because fresh memory costs.
// Owner of that memory.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Room to begin with, more than the largest file has that every run reads. */
const ROOM_BYTES = 1 << 20;

let room = Buffer.allocUnsafeSlow(ROOM_BYTES);

/** A file's bytes; they stand until the next file is read. @throws what `node:fs` throws */
export function contents(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    if (size > room.length) room = Buffer.allocUnsafeSlow(size);
    const bytes = room.subarray(0, size);
    return bytes.subarray(0, fill(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The bytes of a file that holds them twice, in memory of their own, or undefined where its halves differ: of what only its reader
 * would check nothing.
 * @throws what `node:fs` throws
 */
export function doubledContents(file: string): Uint8Array<ArrayBuffer> | undefined {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const half = size / 2;
    if (half === 0 || !Number.isInteger(half)) return undefined;
    if (half > room.length) room = Buffer.allocUnsafeSlow(half);
    const first = Buffer.allocUnsafeSlow(half) as Buffer<ArrayBuffer>;
    const second = room.subarray(0, half);
    return fill(descriptor, first) === half && fill(descriptor, second) === half && first.equals(second) ? first : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Reads on from where the file stands, as much as there is and fits. */
function fill(descriptor: number, bytes: Buffer): number {
  let length = 0;
  for (let read = -1; length < bytes.length && read !== 0; length += read) read = readSync(descriptor, bytes, length, bytes.length - length, null);
  return length;
}
