// Script: writes a32.vectors.gz anew from the instruction table and qemu-arm.
// Usage: node --import tsx test/emu/arm/vectors/generate.ts

import { writeFileSync } from 'node:fs';
import { generate } from './generator.ts';
import { isComparable, runUnderQemu } from './qemu.ts';
import { printVectors } from './vector_file.ts';

const SEED = 20161208;
const CASES_PER_ROW = 14;

const cases = generate(SEED, CASES_PER_ROW);
const states = runUnderQemu(cases);
const vectors = cases.flatMap((subject, index) => {
  const expected = states[index];
  return expected !== undefined && isComparable(expected) ? [{ subject, expected }] : [];
});
const bytes = printVectors('qemu-arm -cpu cortex-a9', vectors);
writeFileSync(new URL('a32.vectors.gz', import.meta.url), bytes);
process.stdout.write(`${vectors.length} vectors, ${bytes.length} bytes\n`);
