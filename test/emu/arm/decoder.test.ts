// The instruction table as a set of encodings: no row hides another unnoticed, every row can be reached.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decode, rowOf } from '../../../src/emu/arm/decoder.ts';
import type { Row } from '../../../src/emu/arm/instruction.ts';
import { matches, overlaps } from '../../../src/emu/arm/pattern.ts';
import { TABLE } from '../../../src/emu/arm/table.ts';
import { suite } from '../../kit.ts';

const test = suite('arm decoder');

/** A word of a row: its fixed bits, the others random; a condition is never 1111. */
const wordOf = (row: Row): fc.Arbitrary<number> =>
  fc
    .integer({ min: 0, max: 0xffff_ffff })
    .map((noise) => ((noise & ~row.a32.mask) | row.a32.value) >>> 0)
    .filter((word) => matches(row.a32, word));

const anyRow = fc.constantFrom(...TABLE);

test('row names are unique', () => {
  assert.is(new Set(TABLE.map((row) => row.name)).size, TABLE.length);
});

test('where two rows overlap, the one that stands first says so', () => {
  const silent: string[] = [];
  TABLE.forEach((winner, index) => {
    for (const loser of TABLE.slice(index + 1)) {
      if (overlaps(winner.a32, loser.a32) !== (winner.over?.includes(loser.name) ?? false)) silent.push(`${winner.name} / ${loser.name}`);
    }
  });
  assert.equal(silent, []);
});

test('a row wins only over rows that exist and stand after it', () => {
  TABLE.forEach((row, index) => {
    for (const name of row.over ?? []) assert.ok(TABLE.findIndex((other) => other.name === name) > index, `${row.name} over ${name}`);
  });
});

test('every row decodes some word', () => {
  for (const row of TABLE) {
    const found = fc.sample(wordOf(row), { numRuns: 400, seed: 1 }).some((word) => decode(word).row === row);
    assert.ok(found, row.name);
  }
});

test('the index finds the first row that matches', () => {
  const word = fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), anyRow.chain(wordOf));
  fc.assert(
    fc.property(word, (opcode) => {
      const expected = TABLE.find((row) => matches(row.a32, opcode));
      assert.is(rowOf(opcode).name, expected?.name ?? 'unallocated');
    }),
    { numRuns: 3000 },
  );
});

test('signed and unsigned forms of a word decode alike', () => {
  fc.assert(fc.property(anyRow.chain(wordOf), (opcode) => assert.equal(decode(opcode), decode(opcode | 0))));
});

test('numbers of a decoded instruction are 32-bit integers', () => {
  fc.assert(
    fc.property(anyRow.chain(wordOf), (opcode) => {
      for (const [name, value] of Object.entries(decode(opcode))) if (typeof value === 'number') assert.ok(Object.is(value, value | 0), name);
    }),
    { numRuns: 2000 },
  );
});

test.run();
