// The committed module of the fast engine is the one that the instruction tables give today, and has code for all of them.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { A32, T32 } from '../../src/emu/arm/decoder.ts';
import { Plans } from '../../src/emu/arm/fast/decoded.ts';
import { READS_PC, RECORD_OPERATION } from '../../src/emu/arm/fast/layout.ts';
import { INSIDE_COUNT, OPERATION_COUNT } from '../../src/emu/arm/fast/module.ts';
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

/** What compiled A32 code consists of, for the most part. */
const FREQUENT = {
  'add r0, r0, #1': 0xe280_0001, 'sub sp, sp, #8': 0xe24d_d008, 'subs r0, r0, #1': 0xe250_0001, 'cmp r0, #0': 0xe350_0000, 'mov r0, #1': 0xe3a0_0001, 'movw r0, #1': 0xe300_0001,
  'add r0, r1, r2, lsl #2': 0xe081_0102, 'ldr r0, [r1, #4]': 0xe591_0004, 'str r0, [r1, #4]': 0xe581_0004, 'ldrd r0, [r2]': 0xe1c2_00d0, 'push {r4, lr}': 0xe92d_4010, 'pop {r4, pc}': 0xe8bd_8010,
  'ldm r0, {r1, r2}': 0xe890_0006, 'b': 0xea00_0000, 'bne': 0x1a00_0000, 'bl': 0xeb00_0000, 'bx lr': 0xe12f_ff1e, 'mov pc, lr': 0xe1a0_f00e, 'mvn pc, #11': 0xe3e0_f00b, 'ldrex r0, [r1]': 0xe191_0f9f,
} as const;

test('what compiled code consists of stands inside of the loop', () => {
  const plans = new Plans();
  const isInside = (word: number) => ((plans.of(A32.decoded(word | 0))[RECORD_OPERATION >>> 2] as number) & (READS_PC - 1)) < INSIDE_COUNT;
  assert.equal(Object.entries(FREQUENT).filter(([, word]) => !isInside(word)).map(([text]) => text), []);
  assert.not.ok(isInside(0xe104_2051), 'qadd is rare');
});

test.run();
