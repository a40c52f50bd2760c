// Runs cases under qemu-arm through executor.c, if both qemu-arm and a cross compiler are installed. Owns a temporary folder for
// the duration of a batch.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CPSR_T } from '../../../../src/emu/arm/registers.ts';
import { before, codeOf, ENTRY_BYTES, EXECUTOR, FILL, FLAGS_COMPARED, WINDOW_BYTES } from './case.ts';
import type { Case, Set, State } from './case.ts';

const COMPILER = 'arm-none-eabi-gcc';
const EMULATOR = 'qemu-arm';
const SOURCE = fileURLToPath(new URL('executor.c', import.meta.url));
const OPTIONS = [
  ...['-O1', '-marm', '-mcpu=cortex-a9', '-mfloat-abi=soft'],
  ...['-ffreestanding', '-nostdlib', '-static', `-Wl,-Ttext=0x${EXECUTOR.toString(16)}`],
];
const HEAD_BYTES = 4;
const INPUT_BYTES = ENTRY_BYTES + 4 * (16 + 1) + WINDOW_BYTES;
const OUTPUT_BYTES = 4 * (1 + 16 + 1) + WINDOW_BYTES;

const isInstalled = (tool: string): boolean => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;

/** Names of the tools that are missing here. */
export const missingTools = (): readonly string[] => [EMULATOR, COMPILER].filter((tool) => !isInstalled(tool));

function encode(set: Set, cases: readonly Case[]): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + cases.length * INPUT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, FILL[set], true);
  cases.forEach((subject, index) => {
    const { registers, window } = before(subject);
    const at = HEAD_BYTES + index * INPUT_BYTES;
    codeOf(subject).forEach((half, k) => view.setUint16(at + 2 * k, half, true));
    registers.forEach((word, k) => view.setUint32(at + ENTRY_BYTES + 4 * k, word, true));
    bytes.set(window, at + INPUT_BYTES - WINDOW_BYTES);
  });
  return bytes;
}

function decodeStates(bytes: Uint8Array): readonly State[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / OUTPUT_BYTES }, (_, index) => {
    const at = index * OUTPUT_BYTES;
    const registers = Uint32Array.from({ length: 17 }, (_unused, k) => view.getUint32(at + 4 + 4 * k, true));
    registers[16] = ((registers[16] as number) & FLAGS_COMPARED) >>> 0;
    return { registers, window: bytes.slice(at + OUTPUT_BYTES - WINDOW_BYTES, at + OUTPUT_BYTES) };
  });
}

/** What each case, all of that instruction set, does on the reference. */
export function runUnderQemu(set: Set, cases: readonly Case[]): readonly State[] {
  const folder = mkdtempSync(join(tmpdir(), 'rescap-vectors-'));
  try {
    const program = join(folder, 'executor');
    execFileSync(COMPILER, [...OPTIONS, '-o', program, SOURCE]);
    const output = execFileSync(EMULATOR, ['-cpu', 'cortex-a9', program], { input: encode(set, cases), maxBuffer: 1 << 28 });
    if (output.length !== cases.length * OUTPUT_BYTES) throw new Error(`reference answered ${output.length / OUTPUT_BYTES} of ${cases.length} cases`);
    return decodeStates(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** False where the instruction branched to a target that is UNPREDICTABLE: bit 1 set in A32 state. */
export const isComparable = ({ registers }: State): boolean => ((registers[15] as number) & 2) === 0 || ((registers[16] as number) & CPSR_T) !== 0;
