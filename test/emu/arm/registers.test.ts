// The register file as saved state.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { CpuRegisters } from '../../../src/emu/arm/registers.ts';
import { suite } from '../../kit.ts';

const test = suite('arm registers');

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const state = fc.record(
  {
    version: fc.constant(1),
    r: fc.array(word, { minLength: 16, maxLength: 16 }),
    cpsr: word,
    tpidruro: word,
    tpidrurw: word,
    exclusive_address: word,
    exclusive_bytes: fc.constantFrom(0, 1, 2, 4, 8),
  },
  { noNullPrototype: true },
);

test('a file survives saving and restoring', () => {
  fc.assert(
    fc.property(state, (saved) => {
      const registers = new CpuRegisters();
      registers.restore(saved);
      assert.equal(registers.save(), saved);
    }),
  );
});

test('unknown fields, versions and values that are no words are refused', () => {
  const saved = new CpuRegisters().save();
  const refused = (change: Record<string, number | number[]>, message: RegExp): void =>
    assert.throws(() => new CpuRegisters().restore({ ...saved, ...change }), message);
  refused({ r16: 0 }, /unknown field r16/);
  refused({ version: 2 }, /unknown version 2/);
  refused({ cpsr: -1 }, /cpsr is not a 32-bit word/);
  refused({ tpidruro: 2 ** 32 }, /tpidruro/);
  refused({ r: [1, 2, 3] }, /r is not a list of 16 words/);
});

test.run();
