// The committed module of the fast engine is the one that the instruction tables give today, and has code for all of them.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { A32, T32 } from '../../src/emu/arm/decoder.ts';
import { Plans } from '../../src/emu/arm/fast/decoded.ts';
import { RECORD_OPERATION } from '../../src/emu/arm/fast/layout.ts';
import { OPERATION_COUNT } from '../../src/emu/arm/fast/module.ts';
import { moduleFile } from '../../src/translator/module_file.ts';
import { readProgram } from '../../src/translator/program.ts';
import { semanticsFile } from '../../src/translator/semantics_file.ts';
import { noise } from '../emu/arm/vectors/case.ts';
import { suite } from '../kit.ts';

const test = suite('fast engine module');

test('module.ts is up to date with the tables and the translator (else: make engine)', () => {
  const committed = readFileSync(new URL('../../src/emu/arm/fast/module.ts', import.meta.url), 'utf8');
  assert.ok(committed === moduleFile(readProgram()), 'run `make engine` and commit src/emu/arm/fast/module.ts');
});

test('semantics_text.ts is up to date with the tables (else: make engine)', () => {
  const committed = readFileSync(new URL('../../src/emu/arm/jit/semantics_text.ts', import.meta.url), 'utf8');
  assert.ok(committed === semanticsFile(readProgram()), 'run `make engine` and commit src/emu/arm/jit/semantics_text.ts');
});

test('every instruction of both tables has an operation of its own, none is left to the reference', () => {
  const plans = new Plans();
  const without = new Set<string>();
  for (const decoder of [A32, T32]) {
    decoder.table.forEach(({ name, encoding }, row) => {
      for (let k = 0; k < 200; k++) {
        const free = noise(77, 1000 * row + k) & (encoding.bytes === 2 ? 0xffff : -1);
        const always = encoding.conditional ? 0xe000_0000 : 0;
        const instruction = decoder.decode(((free & ~encoding.mask) | encoding.value | always) >>> 0);
        for (const each of [instruction, instruction.inBlock]) {
          if (each !== null && ((plans.of(each, decoder === T32)[RECORD_OPERATION >>> 2] as number) & 0xffff) === OPERATION_COUNT) without.add(name);
        }
      }
    });
  }
  assert.equal([...without], []);
});

test.run();
