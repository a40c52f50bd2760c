// The instruction tables as sets of encodings: no row hides another unnoticed, every row can be reached.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { A32, T32 } from '../../../src/emu/arm/decoder.ts';
import type { Row } from '../../../src/emu/arm/instruction.ts';
import { matches, overlaps } from '../../../src/emu/arm/pattern.ts';
import { suite } from '../../kit.ts';

const test = suite('arm decoder');

/** A word of a row: its fixed bits, the others random; a condition is never 1111. */
const wordOf = (row: Row): fc.Arbitrary<number> =>
  fc
    .integer({ min: 0, max: 0xffff_ffff })
    .map((noise) => ((noise & ~row.encoding.mask) | row.encoding.value) >>> 0)
    .filter((word) => matches(row.encoding, word));

/** Opcodes of any kind: 16-bit ones are numbers below 0x10000. */
const anyWord = {
  a32: fc.integer({ min: 0, max: 0xffff_ffff }),
  t32: fc.oneof(fc.integer({ min: 0, max: 0xe7ff }), fc.integer({ min: 0xe800_0000, max: 0xffff_ffff })),
};

for (const [set, decoder] of [['a32', A32] as const, ['t32', T32] as const]) {
  const { table } = decoder;
  const anyRow = fc.constantFrom(...table);

  test(`${set}: row names are unique`, () => {
    assert.is(new Set(table.map((row) => row.name)).size, table.length);
  });

  test(`${set}: where two rows overlap, the one that stands first says so`, () => {
    const silent: string[] = [];
    table.forEach((winner, index) => {
      for (const loser of table.slice(index + 1)) {
        const said = winner.over?.includes(loser.name) ?? false;
        if (overlaps(winner.encoding, loser.encoding) !== said) silent.push(`${winner.name} / ${loser.name}`);
      }
    });
    assert.equal(silent, []);
  });

  test(`${set}: a row wins only over rows that exist and stand after it`, () => {
    table.forEach((row, index) => {
      for (const name of row.over ?? []) assert.ok(table.findIndex((other) => other.name === name) > index, `${row.name} over ${name}`);
    });
  });

  test(`${set}: every row decodes some word`, () => {
    for (const row of table) {
      const found = fc.sample(wordOf(row), { numRuns: 400, seed: 1 }).some((word) => decoder.decode(word).row === row);
      assert.ok(found, row.name);
    }
  });

  test(`${set}: the index finds the first row that matches`, () => {
    fc.assert(
      fc.property(fc.oneof(anyWord[set], anyWord.a32, anyRow.chain(wordOf)), (opcode) => {
        const expected = table.find((row) => matches(row.encoding, opcode));
        assert.is(decoder.rowOf(opcode).name, expected?.name ?? 'unallocated');
      }),
      { numRuns: 3000 },
    );
  });

  test(`${set}: signed and unsigned forms of a word decode alike`, () => {
    fc.assert(fc.property(anyRow.chain(wordOf), (opcode) => assert.equal(decoder.decode(opcode), decoder.decode(opcode | 0))));
  });

  test(`${set}: numbers of a decoded instruction are 32-bit integers`, () => {
    fc.assert(
      fc.property(anyRow.chain(wordOf), (opcode) => {
        for (const [name, value] of Object.entries(decoder.decode(opcode))) {
          if (typeof value === 'number') assert.ok(Object.is(value, value | 0), name);
        }
      }),
      { numRuns: 2000 },
    );
  });
}

test('a T32 opcode has the length that its first halfword says', () => {
  fc.assert(fc.property(anyWord.t32, (opcode) => assert.is(T32.decode(opcode).bytes, opcode >>> 16 === 0 ? 2 : 4)), { numRuns: 2000 });
});

test('every pattern of T32 is of the length that its first halfword says', () => {
  for (const { name, encoding } of T32.table) assert.is(encoding.bytes === 4, encoding.value >>> 16 >= 0xe800, name);
});

test.run();
