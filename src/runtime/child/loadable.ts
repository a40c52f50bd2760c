// The headers of an executable that is a dataspace: only they are read, because a loader touches the content of writable
// segments and nothing else. Source modelled: genode-16.08-abi.md 4.2 step 9 (attach, headers, segments).

import { type ElfError, type ElfProgram, readElf } from '../elf.ts';

const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
/** No segment of a program ends farther from its beginning. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** Reads a stretch of the file; asked for the file header and for the program headers. */
export type ReadFile = (offset: number, length: number) => Uint8Array;

/** Entry point and segments of a file of unknown length. The ELF reader gets a file that is blank beside its headers. */
export function readLoadable(read: ReadFile): ElfProgram | ElfError {
  const header = read(0, HEADER_BYTES);
  const alone = readElf(header);
  // Without its program headers a sound file is merely cut off.
  if (alone.kind === 'elf' || alone.code !== 'truncated') return alone;
  const view = viewOf(header);
  const offset = view.getUint32(28, true);
  const bytes = view.getUint16(44, true) * PROGRAM_HEADER_BYTES;
  if (offset + bytes > FILE_BYTES_MAX) return alone;
  const headers = read(offset, bytes);
  const file = new Uint8Array(Math.max(HEADER_BYTES, offset + bytes, contentEnd(headers)));
  file.set(headers, offset);
  file.set(header);
  return readElf(file);
}

function contentEnd(headers: Uint8Array): number {
  const view = viewOf(headers);
  let end = 0;
  for (let at = 0; at < headers.length; at += PROGRAM_HEADER_BYTES) end = Math.max(end, view.getUint32(at + 4, true) + view.getUint32(at + 16, true));
  return Math.min(end, FILE_BYTES_MAX);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
