// The compiled program of the lock-step test: its printer and parser, and how it is made from program.c. The file holds the words of
// its memory image and what it writes under qemu-arm.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FORMAT = 'rescap t32 program';
const VERSION = 1;
/** Where the image is linked and entered, in A32 state, and where its variables are, all 0 at first. */
export const IMAGE = 0x0001_0000;
export const VARIABLES = 0x0001_2000;
const OPTIONS = [
  ...['-O2', '-mthumb', '-mcpu=cortex-a9', '-mfloat-abi=soft', '-ffreestanding', '-nostdlib', '-static', '-fno-builtin'],
  ...['-fno-tree-vectorize', '-Wl,--build-id=none', '-Wl,-z,max-page-size=4096'],
  ...[`-Wl,--section-start=.first=0x${IMAGE.toString(16)}`, `-Wl,-Ttext=0x${(IMAGE + 0x40).toString(16)}`],
  `-Wl,-Tbss=0x${VARIABLES.toString(16)}`,
];

export interface Program {
  readonly words: Uint32Array;
  /** Bytes that it writes, in hexadecimal. */
  readonly output: string;
}

/** Compiles program.c and runs it under qemu-arm. */
export function compileProgram(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'rescap-program-'));
  try {
    const file = join(folder, 'program');
    execFileSync('arm-none-eabi-gcc', [...OPTIONS, '-o', file, fileURLToPath(new URL('program.c', import.meta.url))]);
    execFileSync('arm-none-eabi-objcopy', ['-O', 'binary', file, `${file}.bin`]);
    const image = readFileSync(`${file}.bin`);
    const words = Array.from({ length: Math.ceil(image.length / 4) }, (_, k) => image.subarray(4 * k, 4 * k + 4));
    const hex = words.map((word) => Buffer.from(word).reverse().toString('hex').padStart(8, '0'));
    const output = execFileSync('qemu-arm', ['-cpu', 'cortex-a9', file]).toString('hex');
    const lines = Array.from({ length: Math.ceil(hex.length / 12) }, (_, k) => hex.slice(12 * k, 12 * k + 12).join(' '));
    return Buffer.from(`${JSON.stringify({ format: FORMAT, version: VERSION, output, words: lines }, null, 1)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function parseProgram(text: string): Program {
  const file = JSON.parse(text) as { format: string; version: number; output: string; words: readonly string[] };
  if (file.format !== FORMAT || file.version !== VERSION) throw new Error(`not ${FORMAT} version ${VERSION}`);
  return { output: file.output, words: Uint32Array.from(file.words.join(' ').split(' '), (word) => Number.parseInt(word, 16)) };
}
