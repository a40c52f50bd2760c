// The region translator, translating at once what else would have to be hot: results of qemu-arm, exact budgets, faults in the middle
// of a block, code that changes under it. Lock-step with the other engines is in lock_step.test.ts.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { disassemble, disassembleThumb } from '../../../src/emu/arm/disassembler.ts';
import type { Engine } from '../../../src/emu/arm/engine.ts';
import { makeEngine } from '../../../src/emu/arm/engines.ts';
import { JitCpu, type JitLimits } from '../../../src/emu/arm/jit/jit_cpu.ts';
import { CpuRegisters } from '../../../src/emu/arm/registers.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { suite } from '../../kit.ts';
import { AT_ONCE, HEAP, Pages, PROGRAM, RW, RWX } from './board.ts';
import { CaseBoard, differences, ENTRY, SETS } from './vectors/case.ts';
import { parseVectors } from './vectors/vector_file.ts';

const test = suite('arm jit');
/** Every so many vectors: each is a translation of its own. All of them, when the translator is worked on. */
const STEP = process.env['RESCAP_EVERY'] === '1' ? 1 : 12;

for (const set of SETS) {
  test(`${set}: results of qemu-arm are reproduced by translated instructions`, () => {
    const vectors = parseVectors(readFileSync(new URL(`vectors/${set}.vectors.gz`, import.meta.url))).filter((_, k) => k % STEP === 0);
    // A block longer than the budget would not be compared with memory.
    const inOrder = [...vectors].sort((a, b) => a.subject.words.length - b.subject.words.length);
    let jit: JitCpu | null = null;
    // An IT block is translated as one.
    const board = new CaseBoard(set, (memory) => (jit = new JitCpu(memory, { ...AT_ONCE, block: set === 'a32' ? 1 : 5 })));
    const text = set === 'a32' ? disassemble : disassembleThumb;
    const before = (): number => jit?.translated ?? 0;
    let translated = 0;
    const wrong = inOrder.flatMap(({ subject, expected }) => {
      const from = before();
      const { exit, after } = board.run(subject);
      if (before() > from) translated++;
      const different = [...(exit.kind === 'budget' ? [] : [`stopped by ${exit.kind}`]), ...differences(expected, after)];
      return different.length === 0 ? [] : [`${subject.words.map((word) => text(word, ENTRY)).join('; ')}: ${different.slice(0, 3).join(', ')}`];
    });
    assert.equal(wrong.slice(0, 10), []);
    assert.ok(translated > vectors.length * 0.9, `only ${translated} of ${vectors.length} were translated`);
  });
}

interface Side {
  readonly memory: PhysicalMemory;
  readonly registers: CpuRegisters;
  readonly pages: Pages;
  readonly engine: Engine;
}

/** The same program on the reference and on the translator. */
function both(program: readonly number[], limits = AT_ONCE): readonly Side[] {
  return ([(memory) => makeEngine('reference', memory), (memory) => new JitCpu(memory, limits)] satisfies ((memory: PhysicalMemory) => Engine)[]).map((make) => {
    const memory = new PhysicalMemory(0x7000_0000, 8 * 4096);
    const pages = new Pages();
    pages.map(PROGRAM, 1, RWX);
    pages.map(HEAP, 2, RW);
    memory.u32.set(program, 1024);
    const registers = new CpuRegisters();
    registers.r[15] = PROGRAM;
    const engine = make(memory);
    engine.switchTo(registers, pages);
    return { memory, registers, pages, engine };
  });
}

/** Runs both in slices. @returns the last exit, the same on both sides as everything before it */
function alike(sides: readonly Side[], slices: readonly number[]): unknown {
  let last: unknown;
  slices.forEach((slice, k) => {
    const [reference, jit] = sides.map(({ engine, registers, memory }) => ({ exit: engine.run(slice), registers: registers.save(), page: Array.from(memory.u32.subarray(1024, 3072)) }));
    assert.equal(jit, reference, `slice ${k} of ${slice}`);
    last = reference?.exit;
  });
  return last;
}

/** add r0,#1; cmp r0,#20; addlt r1,r1,r0; strlt r1,[r2],#4; blt -5; mov r3,r1,lsr #1; b 0. */
const LOOP = [0xe280_0001, 0xe350_0014, 0xb081_1000, 0xb482_1004, 0xbaff_fffa, 0xe1a0_30a1, 0xeaff_fff8];

test('budgets of every length end at the same instruction', () => {
  const sides = both(LOOP);
  for (const { registers } of sides) registers.r[2] = HEAP;
  alike(sides, Array.from({ length: 60 }, (_, k) => 1 + ((k * 7) % 23)));
});

test('a store that faults in the middle of a block tells its address and leaves the rest undone', () => {
  const sides = both(LOOP);
  for (const { registers } of sides) registers.r[2] = HEAP + 4096 - 12;
  const exit = alike(sides, [1000]);
  assert.equal(exit, { kind: 'data_abort', retired: 18, pc: PROGRAM + 12, address: HEAP + 4096, write: true, cause: 'translation' });
  for (const { pages } of sides) pages.map(HEAP + 4096, 3, RW);
  alike(sides, [5, 1000]);
});

test('code that stores over itself, in the block that runs, executes what it stored', () => {
  // ldr r1,[pc,#24]; mov r4,#0; str r1,[pc,#4]; add r4,#1; nop; add r4,#2; add r4,#3; b 0; the stored word is add r4,#64.
  alike(both([0xe59f_1018, 0xe3a0_4000, 0xe58f_1004, 0xe284_4001, 0xe1a0_0000, 0xe284_4002, 0xe284_4003, 0xeaff_fff7, 0xe284_4040]), [3, 7, 8, 30, 100]);
});

test('code that others change is translated anew', () => {
  const sides = both(LOOP);
  for (const { registers } of sides) registers.r[2] = HEAP;
  alike(sides, [40]);
  for (const { memory } of sides) memory.u32[1024] = 0xe280_0002;
  alike(sides, [40, 40]);
});

/** Of each of three pages: add r4,#1; b to the next one, of the last back to the first. @returns what was translated how often */
function roundThreePages(limits: JitLimits): { readonly translated: number; readonly translations: number } {
  const sides = both([], limits);
  for (const { memory, pages } of sides) {
    [1, 3, 4].forEach((frame, k) => {
      pages.map(PROGRAM + 4096 * k, frame, RWX);
      memory.u32.set([0xe284_4001, (0xea00_0000 | ((k < 2 ? 1021 : -2051) & 0xff_ffff)) >>> 0], 1024 * frame);
    });
  }
  alike(sides, [50, 1, 7, 2000]);
  const jit = sides[1];
  assert.is(jit?.registers.r[4], 1029, 'one addition in two instructions');
  if (!(jit?.engine instanceof JitCpu)) throw new Error('no translator');
  return jit.engine;
}

test('pages beyond the limit of regions, or of their bytes, drop the others, which are translated anew when they are come to', () => {
  assert.is(roundThreePages(AT_ONCE).translations, 3, 'with room for all');
  for (const limit of [{ regions: 2 }, { bytes: 700 }]) {
    const { translated, translations } = roundThreePages({ ...AT_ONCE, ...limit });
    assert.ok(translated > 1500, `${translated} instructions ran translated`);
    assert.ok(translations > 100, `${translations} translations with ${JSON.stringify(limit)}`);
  }
});

test('code that calls the kernel often is not translated, code that computes is', () => {
  // add r4,#1; subs r5,#1; bne -2; svc; b 0: stretches of thrice r5 instructions.
  const program = [0xe284_4001, 0xe255_5001, 0x1aff_fffc, 0xef00_0000, 0xeaff_fffa];
  const translatedOf = (length: number): number => {
    const sides = both(program, { ...AT_ONCE, stretch: 100 });
    for (let k = 0; k < 20; k++) {
      for (const { registers } of sides) [registers.r[5], registers.r[15]] = [length, PROGRAM];
      alike(sides, [1000]);
    }
    const engine = sides[1]?.engine;
    if (!(engine instanceof JitCpu)) throw new Error('no translator');
    return engine.translated;
  };
  assert.is(translatedOf(30), 0);
  assert.ok(translatedOf(40) > 1500, 'twenty stretches of 121 instructions');
});

test('no page is watched before the program has computed for long', () => {
  const sides = both(LOOP, { ...AT_ONCE, patience: 5000 });
  const engine = sides[1]?.engine;
  if (!(engine instanceof JitCpu)) throw new Error('no translator');
  for (const { registers } of sides) registers.r[2] = HEAP;
  alike(sides, [4000, 999]);
  assert.is(engine.translated, 0);
  alike(sides, [1, 4000]);
  assert.ok(engine.translated > 3000, `${engine.translated} instructions ran translated`);
  engine.forget();
  for (const { registers, pages } of sides) engine.switchTo(registers, pages);
  assert.is(engine.regions, 0);
});

test('of a hot page what has been executed is translated, and what is executed later with the next translation', () => {
  // subs r0,#1; bne -1; subs r1,#1; bne -1; b 0.
  const sides = both([0xe250_0001, 0x1aff_fffd, 0xe251_1001, 0x1aff_fffd, 0xeaff_fff9], { ...AT_ONCE, heat: 2000, translations: 10 });
  const engine = sides[1]?.engine;
  if (!(engine instanceof JitCpu)) throw new Error('no translator');
  for (const { registers } of sides) [registers.r[0], registers.r[1]] = [10_000, 10_000];
  alike(sides, [20_000]);
  assert.is(engine.translations, 1);
  const { translated } = engine;
  assert.ok(translated > 15_000, `${translated} instructions of the first loop ran translated`);
  // The other loop is not in the region: it is stepped through until that has cost as much as waiting for heat did.
  alike(sides, [60]);
  assert.is(engine.translated, translated);
  alike(sides, [19_000]);
  assert.is(engine.translations, 2);
  assert.ok(engine.translated > translated + 15_000, `${engine.translated - translated} instructions of the second loop ran translated`);
});

test.run();
