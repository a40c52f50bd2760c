// Script: writes a32.vectors.gz, t32.vectors.gz and sequence.vectors.gz anew from the instruction tables and qemu-arm, and the program
// of the lock-step test. Usage: node --import tsx test/emu/arm/vectors/generate.ts [a32] [t32] [sequence] [program]

import { writeFileSync } from 'node:fs';
import { SETS } from './case.ts';
import type { Set } from './case.ts';
import { generate } from './generator.ts';
import { compileProgram } from './program.ts';
import { isComparable, runUnderQemu } from './qemu.ts';
import { generateSequences } from './sequence.ts';
import { printSequences, printVectors } from './vector_file.ts';

const SEED = 20161208;
const REFERENCE = 'qemu-arm -cpu cortex-a9';
const SEQUENCES = 400;
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
  write(`${set}.vectors.gz`, printVectors(REFERENCE, set, vectors), `${vectors.length} vectors`);
}
if (isAsked('sequence')) {
  const cases = generateSequences(SEED, SEQUENCES);
  const vectors = runUnderQemu('a32', cases).flatMap((expected, index) => {
    const subject = cases[index];
    return subject === undefined ? [] : [{ subject, expected }];
  });
  write('sequence.vectors.gz', printSequences(REFERENCE, vectors), `${vectors.length} sequences`);
}
if (isAsked('program')) write('program.json', compileProgram(), 'program');
