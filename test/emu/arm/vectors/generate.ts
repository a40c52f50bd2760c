// Script: writes a32.vectors.gz and t32.vectors.gz anew from the instruction tables and qemu-arm, and the program of the lock-step
// test. Usage: node --import tsx test/emu/arm/vectors/generate.ts [a32] [t32] [program]

import { writeFileSync } from 'node:fs';
import { SETS } from './case.ts';
import type { Set } from './case.ts';
import { generate } from './generator.ts';
import { compileProgram } from './program.ts';
import { isComparable, runUnderQemu } from './qemu.ts';
import { printVectors } from './vector_file.ts';

const SEED = 20161208;
const CASES_PER_ROW: Readonly<Record<Set, number>> = { a32: 14, t32: 14 };

function write(name: string, bytes: Uint8Array, what: string): void {
  writeFileSync(new URL(name, import.meta.url), bytes);
  process.stdout.write(`${name}: ${what}, ${bytes.length} bytes\n`);
}

const asked = process.argv.slice(2);
const isAsked = (name: string): boolean => asked.length === 0 || asked.includes(name);

for (const set of SETS.filter(isAsked)) {
  const cases = generate(set, SEED, CASES_PER_ROW[set]);
  const states = runUnderQemu(set, cases);
  const vectors = cases.flatMap((subject, index) => {
    const expected = states[index];
    return expected !== undefined && isComparable(expected) ? [{ subject, expected }] : [];
  });
  write(`${set}.vectors.gz`, printVectors('qemu-arm -cpu cortex-a9', set, vectors), `${vectors.length} vectors`);
}
if (isAsked('program')) write('program.json', compileProgram(), 'program');
