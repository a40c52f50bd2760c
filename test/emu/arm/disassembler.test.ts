// The disassembler against fixed texts, against every row, and against objdump where a cross toolchain is installed.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { A32, T32 } from '../../../src/emu/arm/decoder.ts';
import { disassemble, disassembleThumb } from '../../../src/emu/arm/disassembler.ts';
import { PLACE_NEVER } from '../../../src/emu/arm/instruction.ts';
import { suite } from '../../kit.ts';
import type { Set } from './vectors/case.ts';
import { comparableRows, decoderOf, generate } from './vectors/generator.ts';

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
  [0xe320_f0fa, 'dbg #10'],
  [0xf57f_f06f, 'isb sy'],
  [0xf57f_f067, 'isb #7'],
  [0xe32c_f3c0, 'msr CPSR_fs, #192, 6'],
  [0xe36a_fa7c, 'msr SPSR_fx, #124, 20'],
  [0xf5d1_f004, 'pld [r1, #4]'],
  [0xf108_0080, 'cpsie i'],
  [0xf10e_01d3, 'cpsid aif, #19'],
  [0xf102_001e, 'cps #30'],
  [0xf104_0045, 'nop ; cps 0xf1040045'],
];

/** T32, at address 0x8000; with a third entry inside a block of that condition. */
const THUMB_TEXTS: readonly (readonly [opcode: number, text: string, condition?: number])[] = [
  [0x3105, 'adds r1, r1, #5'],
  [0x3105, 'addne r1, r1, #5', 1],
  [0x4348, 'muls r0, r0, r1'],
  [0x4648, 'mov r0, r9'],
  [0x44fe, 'add lr, lr, pc'],
  [0x4687, 'mov pc, r0'],
  [0xa102, 'adr r1, 0x800c'],
  [0xf2af_0104, 'adr r1, 0x8000'],
  [0xb085, 'sub sp, sp, #20'],
  [0xb500, 'push {lr}'],
  [0xbd10, 'pop {r4, pc}'],
  [0xbf14, 'ite ne'],
  [0xbf0d, 'iteet eq'],
  [0xbfe8, 'it al'],
  [0xd0fe, 'beq 0x8000'],
  [0xe7fe, 'b 0x8000'],
  [0xb131, 'cbz r1, 0x8010'],
  [0xf7ff_fffe, 'bl 0x8000'],
  [0xf000_e802, 'blx 0x8008'],
  [0x4770, 'bx lr'],
  [0xe8df_f001, 'tbb [pc, r1]'],
  [0xe8df_f011, 'tbh [pc, r1, lsl #1]'],
  [0xf44f_60ff, 'mov r0, #2040'],
  [0xf04f_30ff, 'mov r0, #-1'],
  [0xf241_2034, 'movw r0, #4660'],
  [0xea4f_0131, 'rrx r1, r1'],
  [0xe9d4_2302, 'ldrd r2, r3, [r4, #8]'],
  [0xf8d1_f004, 'ldr pc, [r1, #4]'],
  [0xf851_0c04, 'ldr r0, [r1, #-4]'],
  [0xf851_0e04, 'ldrt r0, [r1, #4]'],
  [0x4801, 'ldr r0, [pc, #4]'],
  [0xe851_0f02, 'ldrex r0, [r1, #8]'],
  [0xdf00, 'svc 0x00000000'],
  [0xde01, 'udf #1'],
  [0xb8ff, '.inst 0xb8ff'],
  [0xed9d_0a00, '.inst 0xed9d0a00 ; vfp'],
  [0xf3af_80f9, 'dbg #9'],
  [0xf3bf_8f63, 'isb #3'],
  [0xb664, 'cpsie a'],
  [0xb673, 'cpsid if'],
  [0xb660, 'nop ; cps 0xb660'],
  [0xf3af_856a, 'cpsie if, #10'],
  [0xf3af_8110, 'cps #16'],
  [0xf3af_8608, 'nop ; cps 0xf3af8608'],
  [0xf3af_865a, 'nop ; cps 0xf3af865a'],
  /** Branches in a block keep the condition that is theirs, but may not stand there. */
  [0xd0fe, 'beq 0x8000 ; unpredictable', 1],
  [0xf040_8001, 'bne 0x8006 ; unpredictable', 13],
  [0xb131, 'cbz r1, 0x8010 ; unpredictable', 2],
  [0x0019, 'movs r1, r3 ; unpredictable', 5],
  [0xf891_f004, 'pldlt [r1, #4]', 11],
  [0xf3bf_8f5f, 'dmble sy', 13],
  [0xf3bf_8f4f, 'dsbhi sy', 8],
  [0xf3bf_8f6f, 'isbvs sy', 6],
  [0xf3bf_8f2f, 'clrexmi', 4],
  [0xbe01, 'bkpt 0x00000001', 1],
];

test('texts are as UAL writes them', () => {
  for (const [word, text] of TEXTS) assert.is(disassemble(word, 0x8000), text, word.toString(16));
  for (const [opcode, text, condition] of THUMB_TEXTS) assert.is(disassembleThumb(opcode, 0x8000, condition), text, opcode.toString(16));
});

test('every word has a text without unresolved marks', () => {
  for (const [{ table }, text] of [[A32, disassemble] as const, [T32, disassembleThumb] as const]) {
    const any = fc.integer({ min: 0, max: 0xffff_ffff });
    const inRow = fc.tuple(fc.constantFrom(...table), any).map(([row, noise]) => ((noise & ~row.encoding.mask) | row.encoding.value) >>> 0);
    fc.assert(
      fc.property(fc.oneof(any, inRow), (word) => {
        assert.match(text(word, 0x8000), /^[^<>]+$/);
        assert.not.match(text(word, 0x8000), /undefined|NaN/);
      }),
      { numRuns: 5000 },
    );
  }
});

const OBJDUMP = 'arm-none-eabi-objdump';

/** A32, T32, and T32 in an IT block. */
type Where = Set | 'block';
const STEP: Readonly<Record<Where, number>> = { a32: 4, t32: 4, block: 8 };
/** Where the first instruction is. */
const FIRST: Readonly<Record<Where, number>> = { a32: 0, t32: 0, block: 2 };
const IT = 0xbf08;
const NOP = 0xbf00;
const conditionAt = (index: number): number => index % 14;
const WORDS_PER_ROW = 12;

/**
 * Without what is only another style of objdump's: names of registers, the second register of a pair, comments, ia, and for T32 marks
 * of width, a destination that is repeated as a source, unsigned constants, neg, shifted moves, push and pop, offsets of 0, and literals
 * taken for user accesses.
 */
function normalised(text: string): string {
  return text
    .toLowerCase()
    .replace(/\s*[;@<].*$/, '')
    .replace(/\s+/g, ' ')
    .replace(/^((?:ld|st)rd\S*|ldrexd\S*|strexd\S* \w+,)( \w+), \w+, \[/, '$1$2, [')
    .replace(/^(stm|ldm)ia/, '$1')
    .replace(/^(\S+)\.[wn]\b/, '$1')
    .replace(/^neg(\S*) (\w+), (\w+)$/, 'rsb$1 $2, $3, #0')
    .replace(/^mov(\w*) (\w+, \w+), (lsl|lsr|asr|ror) (#\d+)$/, '$3$1 $2, $4')
    .replace(/^mov(\w*) (\w+, \w+), rrx$/, 'rrx$1 $2')
    .replace(/^stmdb(\w*) sp!, /, 'push$1 ')
    .replace(/^ldm(?:ia)?(\w*) sp!, /, 'pop$1 ')
    .replace(/#(\d{10})\b/, (_, digits: string) => `#${Number(digits) | 0}`)
    .replace(', #0]', ']')
    .replace(/^(ldrs?[bh]?)t(\w* \w+, \[pc,)/, '$1$2')
    .replace(/\b(sl|fp|ip|r13)\b/g, (name) => ({ sl: 'r10', fp: 'r11', ip: 'r12', r13: 'sp' })[name] ?? name)
    .trim()
    .replace(/^(\S+ (\w+), )\2, (?!lsl|lsr|asr|ror|rrx)/, '$1');
}

/** Each opcode at an address of its own, `STEP[where]` bytes from the one before; those of 16 bits are followed by a nop, those in an IT block stand behind its it. */
function objdump(where: Where, words: readonly number[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rescap-objdump-'));
  try {
    const file = join(folder, 'code.bin');
    const halves = words.flatMap((word, index) => {
      if (where === 'a32') return [word & 0xffff, word >>> 16];
      const stored = word >>> 16 === 0 ? [word, NOP] : [word >>> 16, word & 0xffff];
      return where === 't32' ? stored : [IT | (conditionAt(index) << 4), ...stored, NOP];
    });
    writeFileSync(file, Uint8Array.from(halves.flatMap((half) => [half & 255, half >>> 8])));
    const options = ['-D', '-z', '-b', 'binary', '-m', 'armv7', ...(where === 'a32' ? [] : ['-M', 'force-thumb'])];
    const listing = execFileSync(OBJDUMP, [...options, file], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const lines = [...listing.matchAll(/^\s*([0-9a-f]+):\t[0-9a-f ]{4,9} *\t(.*)$/gm)];
    return lines.flatMap((match) => (Number.parseInt(match[1] ?? '', 16) % STEP[where] === FIRST[where] ? [normalised(match[2] ?? '')] : []));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Spelled differently there: barriers and hints with options, coprocessor numbers; a preload may be a load; setend is a state, adr an addition. */
const OTHER_STYLE = /^(mcr|mrc|hint|cps|memory hint|dsb|dmb|nop|adr|setend)/;

/** Which instructions may stand in a block, and read there as anywhere. */
const isOfBlock = (word: number): boolean => T32.decode(word).place !== PLACE_NEVER && !T32.rowOf(word).name.startsWith('bkpt');

/** The other program takes what stands behind one for the inside of a block, so only one is compared, at the end. */
const isIt = (word: number): boolean => T32.rowOf(word).name === 'it';

const textOf: Readonly<Record<Where, (word: number, index: number) => string>> = {
  a32: (word, index) => disassemble(word, STEP.a32 * index),
  t32: (word, index) => disassembleThumb(word, STEP.t32 * index),
  block: (word, index) => disassembleThumb(word, STEP.block * index + FIRST.block, conditionAt(index)),
};

for (const where of ['a32', 't32', 'block'] as const) {
  const agrees = `${where === 'block' ? 't32 in IT blocks' : where}: texts agree with objdump`;
  if (spawnSync(OBJDUMP, ['--version'], { stdio: 'ignore' }).status !== 0) test.skip(agrees, `${OBJDUMP} not installed`);
  else {
    test(agrees, () => {
      const set = where === 'a32' ? 'a32' : 't32';
      const compared = comparableRows(set).filter((row) => !OTHER_STYLE.test(row.name));
      const made = generate(set, 7, WORDS_PER_ROW, compared).map((subject) => (subject.row === 'it' ? subject.words[0] : subject.words.at(-1)) ?? 0);
      const words = where === 'block' ? made.filter(isOfBlock) : [...made.filter((word) => !isIt(word)), ...made.filter(isIt).slice(-1)];
      const theirs = objdump(where, words);
      assert.is(theirs.length, words.length);
      const wrong = words.flatMap((word, index) => {
        const ours = normalised(textOf[where](word, index));
        return ours === theirs[index] ? [] : [`${decoderOf(set).rowOf(word).name} ${word.toString(16)}: ${ours} | ${theirs[index]}`];
      });
      assert.is(wrong.length, 0, `${wrong.length} of ${words.length} differ:\n${wrong.slice(0, 40).join('\n')}`);
    });
  }
}

test.run();
