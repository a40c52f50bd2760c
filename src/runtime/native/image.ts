// ELF images of programs written in TypeScript: real ARM executables whose entry points hold the hosted trap, so that
// boot modules, ELF loading, segments, quotas and page faults are the same as for compiled programs.

import { HOSTED_TRAP } from '../../emu/hosted.ts';
import { readElf } from '../elf.ts';
import type { Footprint } from './component.ts';

export const TEXT_BASE = 0x0100_0000;
/** Where new threads of a hosted program begin, behind its entry point. */
export const THREAD_ENTRY_OFFSET = 8;
export const THREAD_ENTRY = TEXT_BASE + THREAD_ENTRY_OFFSET;
const NAME_OFFSET = 0x10;
const NAME_BYTES_MAX = 31;
const FILE_TEXT_OFFSET = 0x1000;
/** Bytes of the writable segment that the file holds: the parent-capability area. */
const FILE_DATA_BYTES = 32;

/** Where the writable segment of a hosted program begins. */
export const dataBase = (program: Footprint): number => TEXT_BASE + pageAligned(program.text_bytes);

/** The trap words of a hosted text segment that is loaded at `base`. */
export function hostedText(name: string, base: number): Uint8Array {
  const text = new Uint8Array(NAME_OFFSET + NAME_BYTES_MAX + 1);
  const view = new DataView(text.buffer);
  for (const entry of [0, THREAD_ENTRY_OFFSET]) {
    view.setUint32(entry, HOSTED_TRAP, true);
    view.setUint32(entry + 4, base + NAME_OFFSET, true);
  }
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > NAME_BYTES_MAX) throw new Error(`program name '${name}' is longer than ${NAME_BYTES_MAX} bytes`);
  text.set(bytes, NAME_OFFSET);
  return text;
}

/** The ELF file of a program. Same program, same bytes. */
export function hostedImage(program: Footprint): Uint8Array {
  const textBytes = pageAligned(program.text_bytes);
  const dataOffset = FILE_TEXT_OFFSET + textBytes;
  const file = new Uint8Array(dataOffset + FILE_DATA_BYTES);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const half = (at: number, value: number): void => view.setUint16(at, value, true);
  const word = (at: number, value: number): void => view.setUint32(at, value, true);
  half(16, 2); // executable
  half(18, 40); // ARM
  word(20, 1);
  word(24, TEXT_BASE);
  word(28, 52);
  word(36, 0x0500_0200); // EABI 5, soft float
  half(40, 52);
  half(42, 32);
  half(44, 2);
  half(46, 40);
  const segment = (at: number, offset: number, address: number, filesz: number, memsz: number, flags: number): void =>
    [1, offset, address, address, filesz, memsz, flags, 0x1000].forEach((value, i) => word(at + 4 * i, value));
  segment(52, FILE_TEXT_OFFSET, TEXT_BASE, textBytes, textBytes, 5);
  segment(84, dataOffset, dataBase(program), FILE_DATA_BYTES, program.data_bytes, 6);
  file.set(hostedText(program.name, TEXT_BASE), FILE_TEXT_OFFSET);
  return file;
}

/** The hosted program whose image a boot module is, and where in it its text begins; null where it is none. */
export function hostedModule(file: Uint8Array): { readonly program: string; readonly text: number } | null {
  if (file.length < FILE_TEXT_OFFSET + NAME_OFFSET + NAME_BYTES_MAX + 1) return null;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(FILE_TEXT_OFFSET, true) !== HOSTED_TRAP) return null;
  const name = file.subarray(FILE_TEXT_OFFSET + NAME_OFFSET, FILE_TEXT_OFFSET + NAME_OFFSET + NAME_BYTES_MAX);
  const end = name.indexOf(0);
  return { program: new TextDecoder().decode(end < 0 ? name : name.subarray(0, end)), text: FILE_TEXT_OFFSET };
}

/** Whether an executable is the image of a hosted program: its entry point holds the trap. */
export function isHosted(file: Uint8Array): boolean {
  const elf = readElf(file);
  if (elf.kind !== 'elf') return false;
  const text = elf.segments.find(({ address, fileBytes }) => elf.entry >= address && elf.entry + 4 <= address + fileBytes);
  if (text === undefined) return false;
  return new DataView(file.buffer, file.byteOffset, file.byteLength).getUint32(text.offset + elf.entry - text.address, true) === HOSTED_TRAP;
}

function pageAligned(bytes: number): number {
  return (bytes + 0xfff) & ~0xfff;
}
