// Reads ELF32 little-endian ARM executables: header, program headers, interpreter, symbols. Pure; owns no state.
// A malformed file gives an error with its offset, never an exception. Source modelled: ELF gABI 4.1, genode-16.08-abi.md 3.1.

import type { VirtAddr } from '../emu/numbers.ts';

/** Far above what Genode programs have, far below what would hurt. */
export const ELF_LIMITS = { programHeaders: 128, sectionHeaders: 4096, symbols: 1 << 20, nameBytes: 4096, interpreterBytes: 256 } as const;

export type ElfErrorCode =
  | 'truncated'
  | 'magic'
  | 'class'
  | 'byte-order'
  | 'version'
  | 'type'
  | 'machine'
  | 'header-size'
  | 'limit'
  | 'segment-file-range'
  | 'segment-memory-range'
  | 'segment-size'
  | 'segment-align'
  | 'segment-overlap'
  | 'interpreter'
  | 'section-range'
  | 'section-link'
  | 'section-entry-size'
  | 'name';

export interface ElfError {
  readonly kind: 'elf-error';
  readonly code: ElfErrorCode;
  /** Offset in the file of the field that is wrong. */
  readonly offset: number;
  readonly message: string;
}

export interface ElfSegment {
  readonly offset: number;
  readonly address: VirtAddr;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  readonly align: number;
}

export interface ElfProgram {
  readonly kind: 'elf';
  readonly entry: VirtAddr;
  /** e_flags: ABI version and float ABI. */
  readonly flags: number;
  /** PT_LOAD headers that occupy memory, in the order of the file. */
  readonly segments: readonly ElfSegment[];
  /** Path in PT_INTERP; a dynamic program has one and a PT_DYNAMIC. */
  readonly interpreter?: string;
  readonly dynamic: boolean;
}

export type ElfSymbolType = 'none' | 'object' | 'function' | 'other';

export interface ElfSymbol {
  readonly name: string;
  readonly address: VirtAddr;
  readonly bytes: number;
  readonly type: ElfSymbolType;
  readonly global: boolean;
}

export interface ElfSymbols {
  readonly kind: 'elf-symbols';
  /** Defined symbols with a name, mapping symbols left out; ascending by address, then in the order of the file. */
  readonly symbols: readonly ElfSymbol[];
}

const [MAGIC, MAGIC_BYTES] = [0x7f454c46, 4];
const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const SECTION_HEADER_BYTES = 40;
const SYMBOL_BYTES = 16;
const ADDRESS_SPACE_BYTES = 2 ** 32;
const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];
const [SHT_SYMTAB, SHT_STRTAB] = [2, 3];
const [ET_EXEC, ET_DYN, EM_ARM] = [2, 3, 40];
const [PF_X, PF_W, PF_R] = [1, 2, 4];
const SHN_UNDEF = 0;

const fail = (code: ElfErrorCode, offset: number, message: string): ElfError => ({ kind: 'elf-error', code, offset, message });
const viewOf = (file: Uint8Array): DataView => new DataView(file.buffer, file.byteOffset, file.byteLength);

/** Bytes up to the terminating zero as ASCII; undefined when there is none within `limit` bytes or before `end`. */
const textAt = (file: Uint8Array, offset: number, end: number, limit: number): string | undefined => {
  let text = '';
  for (let at = offset; at < end && at - offset < limit; at++) {
    const byte = file[at] ?? 0;
    if (byte === 0) return text;
    text += String.fromCharCode(byte);
  }
  return undefined;
};

/** Checks the file header up to the tables it points to. */
const checkHeader = (file: Uint8Array): ElfError | undefined => {
  const view = viewOf(file);
  if (file.length >= MAGIC_BYTES && view.getUint32(0) !== MAGIC) return fail('magic', 0, 'the file does not start with the ELF magic');
  if (file.length < HEADER_BYTES) return fail('truncated', file.length, `an ELF header has ${HEADER_BYTES} bytes, the file ${file.length}`);
  if (view.getUint8(4) !== 1) return fail('class', 4, 'the file is not a 32-bit object');
  if (view.getUint8(5) !== 1) return fail('byte-order', 5, 'the file is not little-endian');
  if (view.getUint8(6) !== 1 || view.getUint32(20, true) !== 1) return fail('version', 6, 'the ELF version is not 1');
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN) return fail('type', 16, `the object is no program (type ${type})`);
  const machine = view.getUint16(18, true);
  if (machine !== EM_ARM) return fail('machine', 18, `the program is for machine ${machine}, not for ARM (${EM_ARM})`);
  const entryBytes = view.getUint16(42, true);
  if (view.getUint16(44, true) > 0 && entryBytes !== PROGRAM_HEADER_BYTES)
    return fail('header-size', 42, `a program header has ${PROGRAM_HEADER_BYTES} bytes, the file says ${entryBytes}`);
  return undefined;
};

const readSegment = (file: Uint8Array, at: number): ElfSegment | ElfError => {
  const view = viewOf(file);
  const word = (index: number): number => view.getUint32(at + 4 * index, true);
  const [offset, address, fileBytes, memoryBytes, flags, align] = [word(1), word(2), word(4), word(5), word(6), word(7)];
  if (offset + fileBytes > file.length) return fail('segment-file-range', at + 4, `segment content ends at ${offset + fileBytes}, the file at ${file.length}`);
  if (fileBytes > memoryBytes) return fail('segment-size', at + 16, `segment has ${fileBytes} bytes in the file but only ${memoryBytes} in memory`);
  if (address + memoryBytes > ADDRESS_SPACE_BYTES) return fail('segment-memory-range', at + 8, 'segment reaches beyond the address space');
  if (align !== 0 && (align & (align - 1)) !== 0) return fail('segment-align', at + 28, `segment alignment ${align} is no power of two`);
  return {
    offset,
    address: address as VirtAddr,
    fileBytes,
    memoryBytes,
    readable: (flags & PF_R) !== 0,
    writable: (flags & PF_W) !== 0,
    executable: (flags & PF_X) !== 0,
    align,
  };
};

const overlap = (a: ElfSegment, b: ElfSegment): boolean => a.address < b.address + b.memoryBytes && b.address < a.address + a.memoryBytes;

const readInterpreter = (file: Uint8Array, at: number): string | ElfError => {
  const view = viewOf(file);
  const [offset, bytes] = [view.getUint32(at + 4, true), view.getUint32(at + 16, true)];
  const text = offset + bytes <= file.length ? textAt(file, offset, offset + bytes, ELF_LIMITS.interpreterBytes) : undefined;
  return text ?? fail('interpreter', at + 4, 'the name of the interpreter is not a terminated text within the file');
};

/** Header and program headers. */
export const readElf = (file: Uint8Array): ElfProgram | ElfError => {
  const problem = checkHeader(file);
  if (problem !== undefined) return problem;
  const view = viewOf(file);
  const [table, count] = [view.getUint32(28, true), view.getUint16(44, true)];
  if (count > ELF_LIMITS.programHeaders) return fail('limit', 44, `${count} program headers, at most ${ELF_LIMITS.programHeaders} are read`);
  if (table + count * PROGRAM_HEADER_BYTES > file.length) return fail('truncated', 28, 'the program headers reach beyond the end of the file');

  const segments: ElfSegment[] = [];
  let interpreter: string | undefined;
  let dynamic = false;
  for (let n = 0; n < count; n++) {
    const at = table + n * PROGRAM_HEADER_BYTES;
    const type = view.getUint32(at, true);
    if (type === PT_DYNAMIC) dynamic = true;
    if (type === PT_INTERP) {
      const name = readInterpreter(file, at);
      if (typeof name !== 'string') return name;
      interpreter = name;
    }
    if (type !== PT_LOAD) continue;
    const segment = readSegment(file, at);
    if ('kind' in segment) return segment;
    if (segment.memoryBytes === 0) continue;
    if (segments.some((other) => overlap(other, segment))) return fail('segment-overlap', at + 8, 'segment overlaps another one');
    segments.push(segment);
  }
  return {
    kind: 'elf',
    entry: view.getUint32(24, true) as VirtAddr,
    flags: view.getUint32(36, true),
    segments,
    ...(interpreter === undefined ? {} : { interpreter }),
    dynamic,
  };
};

interface Section {
  readonly at: number;
  readonly type: number;
  readonly offset: number;
  readonly bytes: number;
  readonly link: number;
  readonly entryBytes: number;
}

const sectionAt = (view: DataView, at: number): Section => ({
  at,
  type: view.getUint32(at + 4, true),
  offset: view.getUint32(at + 16, true),
  bytes: view.getUint32(at + 20, true),
  link: view.getUint32(at + 24, true),
  entryBytes: view.getUint32(at + 36, true),
});

const readSections = (file: Uint8Array): readonly Section[] | ElfError => {
  const view = viewOf(file);
  const [table, entryBytes, count] = [view.getUint32(32, true), view.getUint16(46, true), view.getUint16(48, true)];
  if (table === 0 || count === 0) return [];
  if (entryBytes !== SECTION_HEADER_BYTES) return fail('header-size', 46, `a section header has ${SECTION_HEADER_BYTES} bytes, the file says ${entryBytes}`);
  if (count > ELF_LIMITS.sectionHeaders) return fail('limit', 48, `${count} section headers, at most ${ELF_LIMITS.sectionHeaders} are read`);
  if (table + count * SECTION_HEADER_BYTES > file.length) return fail('truncated', 32, 'the section headers reach beyond the end of the file');
  return Array.from({ length: count }, (_, n) => sectionAt(view, table + n * SECTION_HEADER_BYTES));
};

const symbolType = (info: number): ElfSymbolType => (['none', 'object', 'function'] as const)[info & 0xf] ?? 'other';

/** Marks of code and data that ARM tools leave; they say nothing to a reader. */
const isMappingSymbol = (name: string): boolean => /^\$[atd](\.|$)/.test(name);

const readTable = (file: Uint8Array, symbols: Section, names: Section): readonly ElfSymbol[] | ElfError => {
  const view = viewOf(file);
  const count = Math.floor(symbols.bytes / SYMBOL_BYTES);
  if (count > ELF_LIMITS.symbols) return fail('limit', symbols.at + 20, `${count} symbols, at most ${ELF_LIMITS.symbols} are read`);
  const result: ElfSymbol[] = [];
  for (let n = 1; n < count; n++) {
    const at = symbols.offset + n * SYMBOL_BYTES;
    const info = view.getUint8(at + 12);
    if (view.getUint16(at + 14, true) === SHN_UNDEF) continue;
    const start = view.getUint32(at, true);
    const name = start < names.bytes ? textAt(file, names.offset + start, names.offset + names.bytes, ELF_LIMITS.nameBytes) : undefined;
    if (name === undefined) return fail('name', at, `symbol ${n} has no terminated name in the string table`);
    if (name === '' || isMappingSymbol(name)) continue;
    const address = view.getUint32(at + 4, true) as VirtAddr;
    result.push({ name, address, bytes: view.getUint32(at + 8, true), type: symbolType(info), global: info >> 4 !== 0 });
  }
  return result.sort((a, b) => a.address - b.address);
};

/** The symbol table; a stripped file has an empty one. */
export const readElfSymbols = (file: Uint8Array): ElfSymbols | ElfError => {
  const problem = checkHeader(file);
  if (problem !== undefined) return problem;
  const sections = readSections(file);
  if ('kind' in sections) return sections;
  const table = sections.find((section) => section.type === SHT_SYMTAB);
  if (table === undefined) return { kind: 'elf-symbols', symbols: [] };
  const names = sections[table.link];
  if (names === undefined || names.type !== SHT_STRTAB) return fail('section-link', table.at + 24, 'the symbol table has no string table');
  if (table.entryBytes !== SYMBOL_BYTES) return fail('section-entry-size', table.at + 36, `a symbol has ${SYMBOL_BYTES} bytes, the file says ${table.entryBytes}`);
  for (const section of [table, names])
    if (section.offset + section.bytes > file.length) return fail('section-range', section.at + 16, 'the section reaches beyond the end of the file');
  const symbols = readTable(file, table, names);
  return 'kind' in symbols ? symbols : { kind: 'elf-symbols', symbols };
};

/** The address a scenario means by a symbol's name: the global one if several have it. */
export const addressOfSymbol = (symbols: readonly ElfSymbol[], name: string): VirtAddr | undefined => {
  const matches = symbols.filter((symbol) => symbol.name === name);
  return (matches.find((symbol) => symbol.global) ?? matches[0])?.address;
};

/** The function or object that contains `address`, with the distance from its start. */
export const symbolAt = (symbols: readonly ElfSymbol[], address: number): { readonly symbol: ElfSymbol; readonly offset: number } | undefined => {
  let [low, high] = [0, symbols.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((symbols[middle]?.address ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  for (let n = low - 1; n >= 0; n--) {
    const symbol = symbols[n];
    if (symbol === undefined) return undefined;
    const offset = address - symbol.address;
    if (offset < Math.max(symbol.bytes, 1)) return { symbol, offset };
    /* a sized symbol that ends before the address hides nothing that could contain it, except local labels without size */
    if (symbol.bytes > 0) return undefined;
  }
  return undefined;
};
