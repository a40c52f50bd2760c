// The binary form of a WebAssembly module with one imported memory, imported functions, and a table of its own functions
// (WebAssembly core specification 1.0, 5.5). Pure.

import { I32 } from './assembler.ts';
import { ByteWriter } from './byte_writer.ts';

/** A function type: so many numbers of 32 bits in, and one out. */
export interface FunctionType {
  readonly parameters: number;
}

export interface ModuleParts {
  readonly types: readonly FunctionType[];
  /** Imported from `engine`; they have the first numbers. */
  readonly imports: readonly { readonly name: string; readonly type: number }[];
  readonly functions: readonly { readonly type: number; readonly code: Uint8Array }[];
  readonly exports: readonly { readonly name: string; readonly function: number }[];
  /** Functions that can be called by their place in the table. */
  readonly table: readonly number[];
}

/** Pages of 64 KiB: any memory will do. */
const MEMORY_PAGES_MAX = 65536;
/** Limits of a memory: shared, with a maximum (threads proposal; why shared, physical_memory.ts says). */
const SHARED = 3;

type Write = (into: ByteWriter) => void;

function vector<T>(items: readonly T[], write: (item: T, into: ByteWriter) => void): Write {
  return (into) => {
    into.unsigned(items.length);
    for (const item of items) write(item, into);
  };
}

function text(value: string, into: ByteWriter): void {
  into.unsigned(value.length);
  for (let k = 0; k < value.length; k++) into.byte(value.charCodeAt(k));
}

function section(id: number, write: Write, into: ByteWriter): void {
  const content = new ByteWriter();
  write(content);
  into.byte(id);
  into.unsigned(content.bytes.length);
  into.append(content.bytes);
}

export function encodeModule({ types, imports, functions, exports, table }: ModuleParts): Uint8Array {
  const module = new ByteWriter();
  module.append([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  section(1, vector(types, ({ parameters }, into) => into.append([0x60, parameters, ...new Array<number>(parameters).fill(I32), 1, I32])), module);
  section(2, (into) => importsOf(imports, into), module);
  section(3, vector(functions, ({ type }, into) => into.unsigned(type)), module);
  if (table.length > 0) {
    section(4, (into) => {
      into.append([1, 0x70, 1]);
      into.unsigned(table.length);
      into.unsigned(table.length);
    }, module);
  }
  section(7, vector(exports, ({ name, function: index }, into) => {
    text(name, into);
    into.byte(0);
    into.unsigned(index);
  }), module);
  if (table.length > 0) {
    section(9, (into) => {
      into.append([1, 0, 0x41, 0, 0x0b]);
      vector(table, (index, to) => to.unsigned(index))(into);
    }, module);
  }
  section(10, vector(functions, ({ code }, into) => {
    into.unsigned(code.length);
    into.append(code);
  }), module);
  return module.bytes;
}

/** The memory, then the functions. */
function importsOf(imports: ModuleParts['imports'], into: ByteWriter): void {
  into.unsigned(imports.length + 1);
  text('engine', into);
  text('memory', into);
  into.append([2, SHARED, 1]);
  into.unsigned(MEMORY_PAGES_MAX);
  for (const { name, type } of imports) {
    text('engine', into);
    text(name, into);
    into.byte(0);
    into.unsigned(type);
  }
}
