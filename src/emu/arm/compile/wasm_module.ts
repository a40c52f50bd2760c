// The binary form of a WebAssembly module with one imported memory, imported functions, and a table of its own functions
// (WebAssembly core specification 1.0, 5.5). Pure.

import { I32, unsignedLeb } from './assembler.ts';

/** A function type: so many numbers of 32 bits in, and one out. */
export interface FunctionType {
  readonly parameters: number;
}

export interface ModuleParts {
  readonly types: readonly FunctionType[];
  /** Imported from `engine`; they have the first numbers. */
  readonly imports: readonly { readonly name: string; readonly type: number }[];
  readonly functions: readonly { readonly type: number; readonly code: readonly number[] }[];
  readonly exports: readonly { readonly name: string; readonly function: number }[];
  /** Functions that can be called by their place in the table. */
  readonly table: readonly number[];
}

/** Pages of 64 KiB: any memory will do. */
const MEMORY_PAGES_MAX = 65536;
/** Limits of a memory: shared, with a maximum (threads proposal; why shared, physical_memory.ts says). */
const SHARED = 3;

function vector(items: readonly (readonly number[])[]): readonly number[] {
  const bytes: number[] = [];
  unsignedLeb(items.length, bytes);
  for (const item of items) for (const byte of item) bytes.push(byte);
  return bytes;
}

function leb(value: number): readonly number[] {
  const bytes: number[] = [];
  unsignedLeb(value, bytes);
  return bytes;
}

const text = (value: string): readonly number[] => [...leb(value.length), ...Array.from(value, (character) => character.charCodeAt(0))];

function section(id: number, content: readonly number[], into: number[]): void {
  into.push(id, ...leb(content.length));
  for (const byte of content) into.push(byte);
}

export function encodeModule({ types, imports, functions, exports, table }: ModuleParts): Uint8Array {
  const bytes: number[] = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  section(1, vector(types.map(({ parameters }) => [0x60, ...leb(parameters), ...new Array<number>(parameters).fill(I32), 1, I32])), bytes);
  const memory = [...text('engine'), ...text('memory'), 2, SHARED, ...leb(1), ...leb(MEMORY_PAGES_MAX)];
  section(2, vector([memory, ...imports.map(({ name, type }) => [...text('engine'), ...text(name), 0, ...leb(type)])]), bytes);
  section(3, vector(functions.map(({ type }) => leb(type))), bytes);
  if (table.length > 0) section(4, vector([[0x70, 1, ...leb(table.length), ...leb(table.length)]]), bytes);
  section(7, vector(exports.map(({ name, function: index }) => [...text(name), 0, ...leb(index)])), bytes);
  if (table.length > 0) section(9, vector([[0, 0x41, 0, 0x0b, ...vector(table.map(leb))]]), bytes);
  section(10, vector(functions.map(({ code }) => [...leb(code.length), ...code])), bytes);
  return Uint8Array.from(bytes);
}
