// The disassembler against fixed texts, against every row, and against objdump where a cross toolchain is installed.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decode } from '../../../src/emu/arm/decoder.ts';
import { disassemble } from '../../../src/emu/arm/disassembler.ts';
import { TABLE } from '../../../src/emu/arm/table.ts';
import { suite } from '../../kit.ts';
import { comparableRows, generate } from './vectors/generator.ts';

const test = suite('arm disassembler');

const TEXTS: readonly (readonly [number, string])[] = [
  [0xe280_1004, 'add r1, r0, #4'],
  [0xe3e0_0001, 'mvn r0, #1'],
  [0x0280_1f41, 'addeq r1, r0, #260'],
  [0xe3a0_0f01, 'mov r0, #1, 30'],
  [0xe3a0_0b01, 'mov r0, #1024'],
  [0xe3a0_0cff, 'mov r0, #65280'],
  [0xe3a0_0102, 'mov r0, #-2147483648'],
  [0xe1a0_0001, 'mov r0, r1'],
  [0xe1b0_0061, 'rrxs r0, r1'],
  [0xe1a0_0251, 'asr r0, r1, r2'],
  [0xe79f_0102, 'ldr r0, [pc, r2, lsl #2]'],
  [0xe51b_0008, 'ldr r0, [r11, #-8]'],
  [0xe52d_e004, 'push {lr}'],
  [0xe92d_4010, 'push {r4, lr}'],
  [0xe8bd_8010, 'pop {r4, pc}'],
  [0xe891_000c, 'ldm r1, {r2, r3}'],
  [0xe0d1_20f2, 'ldrsh r2, [r1], #2'],
  [0xe1c4_20d8, 'ldrd r2, r3, [r4, #8]'],
  [0xebff_fffe, 'bl 0x8000'],
  [0xe12f_ff1e, 'bx lr'],
  [0xef00_0000, 'svc 0x00000000'],
  [0xee1d_0f70, 'mrc p15, #0, r0, c13, c0, #3'],
  [0xf57f_f05f, 'dmb sy'],
  [0xe6cf_2071, 'uxtb16 r2, r1'],
  [0xe7fe_5cfa, 'udf #58826'],
  [0xed9d_0a00, '.inst 0xed9d0a00 ; vfp'],
  [0xe16f_0f11, 'clz r0, r1'],
];

test('texts are as UAL writes them', () => {
  for (const [word, text] of TEXTS) assert.is(disassemble(word, 0x8000), text, word.toString(16));
});

test('every word has a text without unresolved marks', () => {
  const any = fc.integer({ min: 0, max: 0xffff_ffff });
  const inRow = fc.tuple(fc.constantFrom(...TABLE), any).map(([row, noise]) => ((noise & ~row.a32.mask) | row.a32.value) >>> 0);
  fc.assert(
    fc.property(fc.oneof(any, inRow), (word) => {
      assert.match(disassemble(word, 0x8000), /^[^<>]+$/);
      assert.not.match(disassemble(word, 0x8000), /undefined|NaN/);
    }),
    { numRuns: 5000 },
  );
});

const OBJDUMP = 'arm-none-eabi-objdump';
const AGREES = 'texts agree with objdump';

/** Without what is only another style of objdump's: names of registers, the second register of a pair, comments, ia. */
function normalised(text: string): string {
  return text
    .toLowerCase()
    .replace(/\s*[;@<].*$/, '')
    .replace(/\s+/g, ' ')
    .replace(/^((?:ld|st)rd\S*|ldrexd\S*|strexd\S* \w+,)( \w+), \w+, \[/, '$1$2, [')
    .replace(/^stmia/, 'stm')
    .replace(/\b(sl|fp|ip|r13)\b/g, (name) => ({ sl: 'r10', fp: 'r11', ip: 'r12', r13: 'sp' })[name] ?? name)
    .trim();
}

function objdump(words: readonly number[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rescap-objdump-'));
  try {
    const file = join(folder, 'code.bin');
    writeFileSync(file, Uint8Array.from(words.flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 255))));
    const listing = execFileSync(OBJDUMP, ['-D', '-z', '-b', 'binary', '-m', 'armv7', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
    return [...listing.matchAll(/^\s*[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$/gm)].map((match) => normalised(match[1] ?? ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (spawnSync(OBJDUMP, ['--version'], { stdio: 'ignore' }).status !== 0) test.skip(AGREES, `${OBJDUMP} not installed`);
else {
  test(AGREES, () => {
    /** Spelled differently there: barriers and hints with options, status registers, coprocessor numbers. */
    const compared = comparableRows().filter((row) => !/^(mcr|msr|mrs|dbg|hint|cps|memory hint|isb|dsb|dmb|nop)/.test(row.name));
    const words = generate(7, 4, compared).map((subject) => subject.words.at(-1) ?? 0);
    const theirs = objdump(words);
    assert.is(theirs.length, words.length);
    const wrong = words.flatMap((word, index) => {
      const ours = normalised(disassemble(word, 4 * index));
      return ours === theirs[index] ? [] : [`${decode(word).row.name} ${word.toString(16)}: ${ours} | ${theirs[index]}`];
    });
    assert.is(wrong.length, 0, `${wrong.length} of ${words.length} differ:\n${wrong.slice(0, 40).join('\n')}`);
  });
}

test.run();
