// The engines side by side on random code of both tables: the same exits, registers and memory after every slice, with pages that
// are mapped on demand, code that is overwritten, and supervisor calls on the way.

import * as assert from 'uvu/assert';
import { A32, T32 } from '../../../src/emu/arm/decoder.ts';
import { ENGINES } from '../../../src/emu/arm/engine.ts';
import type { Engine, EngineName } from '../../../src/emu/arm/engine.ts';
import { makeEngine } from '../../../src/emu/arm/engines.ts';
import type { CpuExit } from '../../../src/emu/arm/exit.ts';
import type { Row } from '../../../src/emu/arm/instruction.ts';
import { CPSR_T, CpuRegisters } from '../../../src/emu/arm/registers.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { suite } from '../../kit.ts';
import { JitCpu } from '../../../src/emu/arm/jit/jit_cpu.ts';
import { AT_ONCE, Pages, READ_ONLY, RW, RWX } from './board.ts';
import { noise } from './vectors/case.ts';

const test = suite('arm lock-step');

const CODE = 0x0010_0000;
const CODE_PAGES = 3;
const DATA = 0x0020_0000;
const DATA_PAGES = 4;
/** Slices from which a program is left for fresh registers. */
const ROUNDS = 40;
const PAGE = 4096;
/** Translated at once, in blocks that fit into short slices. Random code keeps the translator busy: it takes part in one program of each kind. */
const JIT = { ...AT_ONCE, translations: 12, block: 6 };
const SEED_OF_JIT = 3;

/** A machine of its own for one engine. Frame k belongs to page k of code, then of data. */
class Side {
  readonly memory = new PhysicalMemory(0x7000_0000, 16 * PAGE);
  readonly pages = new Pages();
  readonly registers = new CpuRegisters();
  readonly engine: Engine;

  constructor(engine: EngineName) {
    this.engine = engine === 'jit' ? new JitCpu(this.memory, JIT) : makeEngine(engine, this.memory);
    this.engine.switchTo(this.registers, this.pages);
  }

  /** Maps what lies at an address; false where nothing does. Code may be written, the last page of data may not. */
  map(address: number): boolean {
    const code = (address - CODE) >> 12;
    if (code >= 0 && code < CODE_PAGES) this.pages.map(address, code, RWX);
    const data = (address - DATA) >> 12;
    if (data >= 0 && data < DATA_PAGES) this.pages.map(address, CODE_PAGES + data, data === DATA_PAGES - 1 ? READ_ONLY : RW);
    return this.pages.entry(address >>> 12) !== 0;
  }
}

/** Code from the rows of a table in turn, so that long programs contain them all. */
function randomCode(rows: readonly Row[], seed: number, bytes: number): Uint8Array {
  const code = new DataView(new ArrayBuffer(bytes + 4));
  for (let at = 0, k = 0; at < bytes; k++) {
    const { encoding } = rows[noise(seed, 3 * k) % rows.length] as Row;
    const always = encoding.conditional && noise(seed, 3 * k + 1) % 3 > 0 ? 0xe000_0000 : 0;
    let word = ((noise(seed, 3 * k + 2) & ~encoding.mask) | encoding.value | always) >>> 0;
    if (encoding.conditional && always !== 0) word = ((word & 0x0fff_ffff) | always) >>> 0;
    const isNarrow = encoding.bytes === 2;
    if (isNarrow) code.setUint16(at, word, true);
    else if (rows === A32.table) code.setUint32(at, word, true);
    else {
      code.setUint16(at, word >>> 16, true);
      code.setUint16(at + 2, word & 0xffff, true);
    }
    at += isNarrow ? 2 : 4;
  }
  return new Uint8Array(code.buffer, 0, bytes);
}

/** Half of the registers point into data or code, some of them badly; the others hold anything. */
function randomRegisters(seed: number, thumb: boolean): Uint32Array {
  const words = Uint32Array.from({ length: 17 }, (_, k) => {
    const value = noise(seed, k);
    if (value % 8 < 5) return DATA + (value >>> 8) % (DATA_PAGES * PAGE);
    if (value % 8 === 5) return (CODE + (value >>> 8) % (CODE_PAGES * PAGE)) & ~3;
    return value % 8 === 6 ? value >>> 24 : value;
  });
  for (let k = 0; k < 13; k++) if (noise(seed, 20 + k) % 3 > 0) words[k] = (words[k] as number) & ~7;
  words[15] = CODE + ((noise(seed, 40) % (CODE_PAGES * PAGE)) & ~3);
  words[16] = ((noise(seed, 41) & 0xf80f_0000) | 0x10 | (thumb ? CPSR_T : 0)) >>> 0;
  return words;
}

interface Outcome {
  readonly exits: ReadonlySet<CpuExit['kind']>;
  readonly retired: number;
}

/** Runs a program on all engines, `slice` instructions at a time. */
function lockStep(thumb: boolean, seed: number, slice: number, slices: number): Outcome {
  const sides = ENGINES.filter((engine) => engine !== 'jit' || seed % 1000 === SEED_OF_JIT).map((engine) => new Side(engine));
  const code = randomCode((thumb ? T32 : A32).table, seed, CODE_PAGES * PAGE);
  const data = Uint8Array.from({ length: DATA_PAGES * PAGE }, (_, k) => noise(seed + 1, k));
  for (const { memory } of sides) {
    memory.write(0, code);
    memory.write(CODE_PAGES * PAGE, data);
  }
  const exits = new Set<CpuExit['kind']>();
  let retired = 0;
  for (let k = 0; k < slices; k++) {
    if (k % ROUNDS === 0) startAnew(sides, seed + k, thumb);
    const [first, ...others] = sides.map((side) => ({ exit: side.engine.run(slice), registers: side.registers.save() }));
    if (first === undefined) throw new Error('there are no engines');
    const where = `${thumb ? 't32' : 'a32'}, seed ${seed}, slice ${slice}, number ${k}`;
    for (const other of others) assert.equal(other, first, where);
    exits.add(first.exit.kind);
    retired += first.exit.retired;
    for (const side of sides) goOn(side, first.exit, seed + k);
  }
  const [reference, ...rest] = sides;
  for (const { memory } of rest) assert.equal(Buffer.compare(memory.u8, reference?.memory.u8 ?? new Uint8Array()), 0, `memory, seed ${seed}`);
  return { exits, retired };
}

function startAnew(sides: readonly Side[], seed: number, thumb: boolean): void {
  const words = randomRegisters(seed, thumb);
  for (const { registers, pages } of sides) {
    registers.r.set(words.subarray(0, 16));
    registers.cpsr = words[16] as number;
    registers.clearExclusive();
    for (let page = 0; page < DATA_PAGES; page++) if (noise(seed, 50 + page) % 2 === 0) pages.unmap(DATA + page * PAGE);
  }
}

/** What a kernel does about an exit: maps the page, or goes on somewhere else. */
function goOn(side: Side, exit: CpuExit, seed: number): void {
  if (exit.kind === 'budget') return;
  const isAbort = exit.kind === 'data_abort' || exit.kind === 'prefetch_abort';
  if (isAbort && exit.cause === 'translation' && side.map(exit.address)) return;
  if (exit.kind === 'svc') return side.registers.passTrap();
  side.registers.r.set(randomRegisters(seed, side.registers.thumb).subarray(0, 16));
}

for (const thumb of [false, true]) {
  for (const [slice, slices] of [[1, 12_000], [13, 5_000], [997, 3_000]] as const) {
    test(`${thumb ? 't32' : 'a32'}: random code runs alike on all engines in slices of ${slice}`, () => {
      const exits = new Set<string>();
      let retired = 0;
      for (const seed of [1, 2, 3]) {
        const outcome = lockStep(thumb, 1000 * slice + seed, slice, slices);
        for (const kind of outcome.exits) exits.add(kind);
        retired += outcome.retired;
      }
      /** Long slices of random code never end for their own sake. */
      const ends = slice < 100 ? ['budget'] : [];
      for (const kind of [...ends, 'svc', 'undefined', 'data_abort', 'prefetch_abort']) assert.ok(exits.has(kind), `no exit was ${kind}`);
      assert.ok(retired > 10_000, `only ${retired} instructions`);
    });
  }
}

test.run();
