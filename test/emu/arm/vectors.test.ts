// The CPU against qemu-arm, on single instructions and on sequences of both sets: the committed vectors always, and a fresh random
// batch where qemu-arm and a cross compiler exist.

import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { CpuState } from '../../../src/emu/arm/cpu_state.ts';
import { ENGINES } from '../../../src/emu/arm/engine.ts';
import type { Engine, EngineName } from '../../../src/emu/arm/engine.ts';
import { makeEngine } from '../../../src/emu/arm/engines.ts';
import { disassemble, disassembleThumb } from '../../../src/emu/arm/disassembler.ts';
import { JitCpu } from '../../../src/emu/arm/jit/jit_cpu.ts';
import { CPSR_T, CpuRegisters } from '../../../src/emu/arm/registers.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { suite } from '../../kit.ts';
import { AT_ONCE } from './board.ts';
import { before, CaseBoard, differences, ENTRY, SETS } from './vectors/case.ts';
import type { Case, Set } from './vectors/case.ts';
import { comparableRows, decoderOf, generate } from './vectors/generator.ts';
import { generateSequences } from './vectors/sequence.ts';
import { isComparable, missingTools, runUnderQemu } from './vectors/qemu.ts';
import { parseSequences, parseVectors, printSequences, printVectors } from './vectors/vector_file.ts';
import type { Vector } from './vectors/vector_file.ts';

const test = suite('arm vectors');

const read = (set: Set): readonly Vector[] => parseVectors(readFileSync(new URL(`vectors/${set}.vectors.gz`, import.meta.url)));
const FRESH_CASES_PER_ROW = 6;
const FAILURES_SHOWN = 10;

/** What differs from the reference, in words. */
function failures(set: Set, vectors: readonly Vector[], engine: EngineName): readonly string[] {
  const board = new CaseBoard(set, (memory) => makeEngine(engine, memory));
  const text = set === 'a32' ? disassemble : disassembleThumb;
  return vectors.flatMap(({ subject, expected }) => {
    const { exit, after } = board.run(subject);
    const wrong = [...(exit.kind === 'budget' ? [] : [`stopped by ${exit.kind}`]), ...differences(expected, after)];
    if (wrong.length === 0) return [];
    return [`${subject.words.map((word) => text(word, ENTRY)).join('; ')} (seed ${subject.seed}): ${wrong.slice(0, 4).join(', ')}`];
  });
}

const state = new CpuState(new PhysicalMemory(0, 4096));

/** Whether a case's row is still that of its instruction, and the condition of it, or of the IT block around it, holds. */
function executes(subject: Case): boolean {
  const { set, row, words } = subject;
  const at = row === 'it' ? 0 : words.length - 1;
  const word = words[at] ?? 0;
  if (decoderOf(set).rowOf(word).name !== row) return false;
  const file = new CpuRegisters();
  file.cpsr = before(subject).registers[16] ?? 0;
  state.r = file.words;
  state.unpackFlags();
  const [first] = words;
  if (set === 'a32') return decoderOf(set).rowOf(word).encoding.conditional ? state.passes(word >>> 28) : true;
  return at === 0 || first === undefined || first >>> 8 !== 0xbf || state.passes((first >>> 4) & 15);
}

function assertNone(wrong: readonly string[], context: string): void {
  assert.is(wrong.length, 0, [`${wrong.length} differ${context}`, ...wrong.slice(0, FAILURES_SHOWN)].join('\n'));
}

const missing = missingTools();

for (const set of SETS) {
  const recorded = read(set);

  for (const engine of ENGINES) {
    test(`${set}, ${engine}: recorded results of qemu-arm are reproduced`, () => assertNone(failures(set, recorded, engine), ''));
  }

  test(`${set}: every row with a comparable result has at least four vectors of its own that execute it`, () => {
    const counts = new Map<string, number>();
    for (const { subject } of recorded) if (executes(subject)) counts.set(subject.row, (counts.get(subject.row) ?? 0) + 1);
    const thin = comparableRows(set).filter((row) => (counts.get(row.name) ?? 0) < 4);
    assert.equal(thin.map((row) => row.name), []);
  });

  test(`${set}: a vector file survives printing and parsing`, () => {
    const some = fc.subarray(recorded.slice(0, 200));
    fc.assert(fc.property(some, (vectors) => assert.equal(parseVectors(printVectors('test', set, vectors)), vectors)), { numRuns: 20 });
  });

  test(`${set}: a wrong result is noticed`, () => {
    const [first] = recorded;
    if (first === undefined) throw new Error('the vector file is empty');
    const registers = first.expected.registers.map((value, index) => (index === 3 ? value ^ 1 : value));
    for (const engine of ENGINES) assert.is(failures(set, [{ ...first, expected: { ...first.expected, registers } }], engine).length, 1);
  });

  const fresh = `${set}: fresh random cases agree with qemu-arm`;
  if (missing.length > 0) test.skip(fresh, `${missing.join(' and ')} not installed`);
  else {
    test(fresh, () => {
      const seed = randomInt(2 ** 31);
      const cases = generate(set, seed, FRESH_CASES_PER_ROW);
      const states = runUnderQemu(set, cases);
      const vectors = cases.flatMap((subject, index) => {
        const expected = states[index];
        return expected !== undefined && isComparable(expected) ? [{ subject, expected }] : [];
      });
      for (const engine of ENGINES) assertNone(failures(set, vectors, engine), ` (${engine}, batch seed ${seed})`);
    });
  }
}

const SEQUENCES_FRESH = 120;
/** So many are run on the engine jit with everything translated at once, which takes 40 ms each; the others are not translated at all. */
const SEQUENCES_TRANSLATED = 25;
const sequences = parseSequences(readFileSync(new URL('vectors/sequence.vectors.gz', import.meta.url)));

/** What differs from the reference, in words; a sequence ends in what is undefined behind it. */
function sequenceFailures(vectors: readonly Vector[], engineOf: (memory: PhysicalMemory) => Engine): readonly string[] {
  const board = new CaseBoard('a32', engineOf);
  return vectors.flatMap(({ subject, expected }) => {
    const { exit, after } = board.run(subject);
    const wrong = [...(exit.kind === 'undefined' ? [] : [`stopped by ${exit.kind}`]), ...differences(expected, after)];
    if (wrong.length === 0) return [];
    const code = (subject.code ?? []).map((half) => half.toString(16).padStart(4, '0')).join(' ');
    return [`${subject.set} ${code} (seed ${subject.seed}): ${wrong.slice(0, 4).join(', ')}`];
  });
}

function assertSequences(vectors: readonly Vector[], context: string): void {
  for (const engine of ENGINES) assertNone(sequenceFailures(vectors, (memory) => makeEngine(engine, memory)), ` (${engine}${context})`);
  assertNone(sequenceFailures(vectors.slice(0, SEQUENCES_TRANSLATED), (memory) => new JitCpu(memory, AT_ONCE)), ` (jit, all translated${context})`);
}

test('sequences: recorded results of qemu-arm are reproduced', () => assertSequences(sequences, ''));

test('sequences: every way between the sets, every condition and both lengths of instructions are in them', () => {
  const ways = new Set<string>();
  const conditions = new Set<number>();
  for (const { subject, expected } of sequences) {
    ways.add(`${subject.set} to ${((expected.registers[16] as number) & CPSR_T) === 0 ? 'a32' : 't32'}`);
    for (const half of subject.code ?? []) if (half >>> 8 === 0xbf && (half & 15) !== 0) conditions.add((half >>> 4) & 15);
  }
  assert.is(ways.size, 4);
  assert.ok(conditions.size >= 15, [...conditions].join());
});

test('sequences: a file survives printing and parsing, and a wrong result is noticed', () => {
  const some = sequences.slice(0, 50);
  assert.equal(parseSequences(printSequences('test', some)), some);
  const [first] = some;
  if (first === undefined) throw new Error('there are no sequences');
  const registers = first.expected.registers.map((value, index) => (index === 3 ? value ^ 1 : value));
  const wrong = { ...first, expected: { ...first.expected, registers } };
  for (const engine of ENGINES) assert.is(sequenceFailures([wrong], (memory) => makeEngine(engine, memory)).length, 1);
});

const freshSequences = 'sequences: fresh random ones agree with qemu-arm';
if (missing.length > 0) test.skip(freshSequences, `${missing.join(' and ')} not installed`);
else {
  test(freshSequences, () => {
    const seed = randomInt(2 ** 31);
    const cases = generateSequences(seed, SEQUENCES_FRESH);
    const states = runUnderQemu('a32', cases);
    assert.is(states.length, cases.length);
    assertSequences(
      states.flatMap((expected, index) => {
        const subject = cases[index];
        return subject === undefined ? [] : [{ subject, expected }];
      }),
      `, batch seed ${seed}`,
    );
  });
}

test.run();
