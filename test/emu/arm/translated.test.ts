// Translated code in lock-step with the other engines: random programs that run for long, in slices, with pages mapped on demand, faults,
// stores into code, code changed from outside, snapshots and rewinds; and how much of it the translator really executed.

import * as assert from 'uvu/assert';
import type { Engine } from '../../../src/emu/arm/engine.ts';
import { makeEngine } from '../../../src/emu/arm/engines.ts';
import type { CpuExit } from '../../../src/emu/arm/exit.ts';
import type { JitLimits } from '../../../src/emu/arm/jit/jit_cpu.ts';
import { JitCpu } from '../../../src/emu/arm/jit/jit_cpu.ts';
import { CpuRegisters } from '../../../src/emu/arm/registers.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { suite } from '../../kit.ts';
import { AT_ONCE, Pages, READ_ONLY, RW, RWX } from './board.ts';
import { randomProgram, randomRegisters } from './random_program.ts';
import type { Layout } from './random_program.ts';
import { noise } from './vectors/case.ts';

const test = suite('arm translated', { timeout_ms: 120_000 });

const PAGE = 4096;
const DATA = 0x0020_0000;
const DATA_PAGES = 4;
const LAYOUTS = {
  a32: { code: 0x0010_0000, sets: ['a32', 'a32', 'a32'] },
  t32: { code: 0x0010_0000, sets: ['t32', 't32', 't32'] },
  mixed: { code: 0x0010_0000, sets: ['a32', 't32', 't32', 'a32'] },
} as const satisfies Readonly<Record<string, Layout>>;

/** A machine of its own for one engine. Frame k belongs to page k of code, then of data. */
class Side {
  readonly memory = new PhysicalMemory(0x7000_0000, 16 * PAGE);
  readonly pages = new Pages();
  readonly registers = new CpuRegisters();
  readonly engine: Engine;
  readonly #layout: Layout;

  constructor(layout: Layout, engineOf: (memory: PhysicalMemory) => Engine) {
    this.#layout = layout;
    this.engine = engineOf(this.memory);
    this.engine.switchTo(this.registers, this.pages);
  }

  /** Maps what lies at an address; false where nothing does. Code may be written, the last page of data may not. */
  map(address: number): boolean {
    const { code, sets } = this.#layout;
    const page = (address - code) >> 12;
    if (page >= 0 && page < sets.length) this.pages.map(address, page, RWX);
    const data = (address - DATA) >> 12;
    if (data >= 0 && data < DATA_PAGES) this.pages.map(address, sets.length + data, data === DATA_PAGES - 1 ? READ_ONLY : RW);
    return this.pages.entry(address >>> 12) !== 0;
  }

  enter(words: Uint32Array): void {
    this.registers.r.set(words.subarray(0, 16));
    this.registers.cpsr = words[16] as number;
    this.registers.clearExclusive();
  }
}

interface Course {
  readonly seed: number;
  readonly slice: number;
  /** Slices from one set of fresh registers, and how often these are made. */
  readonly slices: number;
  readonly rounds: number;
}

interface Outcome {
  readonly exits: ReadonlySet<CpuExit['kind']>;
  readonly retired: number;
  readonly translated: number;
}

class LockStep {
  readonly #layout: Layout;
  readonly #course: Course;
  readonly #sides: readonly Side[];
  readonly #jit: JitCpu;
  readonly #program: Uint8Array;
  readonly #exits = new Set<CpuExit['kind']>();
  #retired = 0;

  constructor(layout: Layout, course: Course, limits: JitLimits) {
    this.#layout = layout;
    this.#course = course;
    const jit = new Side(layout, (memory) => new JitCpu(memory, limits));
    this.#jit = jit.engine as JitCpu;
    this.#sides = [new Side(layout, (memory) => makeEngine('reference', memory)), new Side(layout, (memory) => makeEngine('fast', memory)), jit];
    this.#program = randomProgram(layout, course.seed);
    const data = Uint8Array.from({ length: DATA_PAGES * PAGE }, (_, k) => noise(course.seed + 1, k));
    for (const { memory } of this.#sides) memory.write(layout.sets.length * PAGE, data);
  }

  run(): Outcome {
    for (let round = 0; round < this.#course.rounds; round++) {
      // What stores have made of the code goes now and then; a store from outside, as the kernel's and other tasks' are.
      if (round % 4 === 0) for (const { memory } of this.#sides) memory.write(0, this.#program);
      const snapshots = this.#sides.map(({ memory }) => memory.snapshot());
      this.#round(round, 0);
      if (round % 3 === 0) {
        // The same again from the same memory, and on other ways.
        this.#sides.forEach(({ memory }, k) => memory.rewind(snapshots[k] as (typeof snapshots)[number]));
        this.#round(round, round % 2);
      }
      this.#sides.forEach(({ memory }, k) => memory.release(snapshots[k] as (typeof snapshots)[number]));
    }
    return { exits: this.#exits, retired: this.#retired, translated: this.#jit.translated };
  }

  #round(round: number, way: number): void {
    const { seed, slice, slices } = this.#course;
    const from = noise(seed, 1000 * round + way);
    const words = randomRegisters(this.#layout, from, DATA, DATA_PAGES * PAGE);
    for (const side of this.#sides) {
      side.enter(words);
      for (let page = 0; page < DATA_PAGES; page++) if (noise(from, 50 + page) % 2 === 0) side.pages.unmap(DATA + page * PAGE);
    }
    for (let k = 0; k < slices; k++) {
      const [reference, ...others] = this.#sides.map((side) => ({ side, exit: side.engine.run(slice) }));
      if (reference === undefined) throw new Error('there are no engines');
      const { exit } = reference;
      for (const other of others) this.#compare(reference, other, `${other.side.engine === this.#jit ? 'jit' : 'fast'}, seed ${seed}, slices of ${slice}, round ${round}, slice ${k}`);
      this.#exits.add(exit.kind);
      this.#retired += exit.retired;
      if (exit.kind !== 'budget') for (const side of this.#sides) this.#goOn(side, exit, noise(from, 200 + k));
    }
    const [reference, ...others] = this.#sides;
    for (const { memory } of others) {
      const where = `seed ${seed}, slices of ${slice}, round ${round}`;
      assert.equal(memory.changed, reference?.memory.changed, `frames changed, ${where}`);
      assert.is(Buffer.compare(memory.u8, reference?.memory.u8 ?? new Uint8Array()), 0, `memory, ${where}`);
    }
  }

  #compare(one: { side: Side; exit: CpuExit }, other: { side: Side; exit: CpuExit }, where: string): void {
    const [a, b] = [one.side.registers.words, other.side.registers.words];
    if (JSON.stringify(one.exit) !== JSON.stringify(other.exit)) assert.equal(other.exit, one.exit, where);
    if (a.some((word, k) => word !== b[k])) assert.equal(other.side.registers.save(), one.side.registers.save(), where);
  }

  /** What a kernel does about an exit: maps the page, or goes on somewhere else. */
  #goOn(side: Side, exit: CpuExit, seed: number): void {
    const isAbort = exit.kind === 'data_abort' || exit.kind === 'prefetch_abort';
    if (isAbort && exit.cause === 'translation' && side.map(exit.address)) return;
    if (exit.kind === 'svc') side.registers.passTrap();
    else side.enter(randomRegisters(this.#layout, seed, DATA, DATA_PAGES * PAGE));
  }
}

/**
 * Blocks are as short as the slices want them, which in the shortest leaves IT blocks out. Everything is translated at once, or what
 * has been executed once its page is hot.
 */
const COURSES = [
  { slice: 1, slices: 1500, rounds: 9, block: 1, heat: 0, least: 0.35 },
  { slice: 13, slices: 400, rounds: 12, block: 6, heat: 0, least: 0.5 },
  { slice: 997, slices: 40, rounds: 13, block: 48, heat: 0, least: 0.9 },
  { slice: 997, slices: 40, rounds: 13, block: 48, heat: 400, least: 0.5 },
] as const;

for (const [name, layout] of Object.entries(LAYOUTS)) {
  for (const { block, heat, least, ...course } of COURSES) {
    test(`${name}: random programs run alike on all engines in slices of ${course.slice}${heat === 0 ? '' : ', translated when hot'}, at least ${100 * least} % of it translated`, () => {
      const { exits, retired, translated } = new LockStep(layout, { ...course, seed: course.slice }, { ...AT_ONCE, translations: 12, block, heat }).run();
      for (const kind of ['budget', 'svc', 'data_abort'] as const) assert.ok(exits.has(kind), `no exit was ${kind}`);
      assert.ok(translated > retired * least, `only ${translated} of ${retired} instructions were executed by translated code`);
    });
  }
}

test.run();
