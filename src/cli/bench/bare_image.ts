// A bare program's ELF file as a board or an engine takes it: where it begins, and its pieces of memory. Owns no state.
// The programs are in src/guest/bare; nothing but what their linker writes is understood here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';

const FOLDER = 'src/guest/bare';
const LOADED = 1;
const HEADER_BYTES = 32;

export interface BareImage {
  readonly entry: number;
  readonly segments: readonly { readonly address: number; readonly bytes: Uint8Array }[];
}

export const bareFile = (name: string, { packageRoot }: Context): string => join(packageRoot, FOLDER, name);

export function bareImage(name: string, context: Context): BareImage {
  const elf = readFileSync(bareFile(name, context));
  const word = (at: number): number => elf.readUInt32LE(at);
  const [entry, headers, count] = [word(24), word(28), elf.readUInt16LE(44)];
  const places = Array.from({ length: count }, (_, k) => headers + k * HEADER_BYTES).filter((at) => word(at) === LOADED);
  const segments = places.map((at) => ({ address: word(at + 8), bytes: elf.subarray(word(at + 4), word(at + 4) + word(at + 16)) }));
  return { entry, segments };
}
