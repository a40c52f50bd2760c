// The engines on a compute program (src/guest/bare/compute.c): each for itself, beside qemu-arm on the same file where that is
// installed, and the first million instructions of a cold process. Owns no state.

import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { join } from 'node:path';
import { ENGINES } from '../../emu/arm/engine.ts';
import type { Engine, EngineName } from '../../emu/arm/engine.ts';
import { makeEngine } from '../../emu/arm/engines.ts';
import { CpuRegisters } from '../../emu/arm/registers.ts';
import { newSpaceNumber } from '../../emu/memory/address_space.ts';
import { PhysicalMemory } from '../../emu/memory/physical_memory.ts';
import type { Context } from '../context.ts';
import { bareFile, type BareImage, bareImage } from './bare_image.ts';
import { type Bench, cpu_ms, type Figure, ratios, wall_ms } from './figures.ts';

const PROGRAM = 'compute.elf';
/** What the program exits with: the low seven bits of its result. */
const STATUS = 26;
const RAM_BYTES = 1 << 20;
/** Instructions measured of each engine at a time, after as many to warm up; fewer where the program would end. */
const PIECE: Readonly<Record<EngineName, number>> = { reference: 10_000_000, fast: 50_000_000, jit: 50_000_000 };
/** Whole runs before that: translated code is made good by the host only when it has run for a while. */
const WARM_UPS: Readonly<Record<EngineName, number>> = { reference: 0, fast: 0, jit: 2 };
/** A time slice of the kernel: 1 ms. */
const SLICE = 62_500;
const QEMU = 'qemu-arm';
const LIMIT_MS = 60_000;
const MILLION = 1_000_000;
/** Argument by which `rescap bench` is asked for the one figure that needs a process of its own. */
export const COLD_OPTION = 'first-million';

/** The program on a bare engine: its memory mapped as it stands, and nothing else. */
class Bare {
  readonly #image: BareImage;
  readonly #memory = new PhysicalMemory(0, RAM_BYTES);
  readonly #registers = new CpuRegisters();
  readonly #engine: Engine;

  constructor(engine: EngineName, image: BareImage) {
    this.#image = image;
    this.#engine = makeEngine(engine, this.#memory);
    this.#engine.switchTo(this.#registers, { number: newSpaceNumber(), version: 0, entry: (page) => (page < RAM_BYTES >>> 12 ? (page << 12) | 7 : 0) });
    this.restart();
  }

  /** The program again, on the same engine, which keeps what it knows. */
  restart(): void {
    const { entry, segments } = this.#image;
    for (const { address, bytes } of segments) this.#memory.write(address, bytes);
    this.#registers.r[15] = entry;
    this.#registers.r[13] = RAM_BYTES;
  }

  /** @returns how many instructions were executed: fewer than asked for where the program ended, with the right result */
  run(instructions: number): number {
    let done = 0;
    while (done < instructions) {
      const exit = this.#engine.run(Math.min(SLICE, instructions - done));
      done += exit.retired;
      if (exit.kind === 'budget') continue;
      if (exit.kind !== 'svc' || this.#registers.r[0] !== STATUS) throw new Error(`the compute program ended with ${JSON.stringify(exit)}`);
      break;
    }
    return done;
  }
}

const programOf = (context: Context): BareImage => bareImage(PROGRAM, context);

/** Milliseconds of the processor from nothing but the loaded program to the end of its first million instructions, in this process. */
export function firstMillion_ms(context: Context, engine: EngineName): number {
  const program = programOf(context);
  return cpu_ms(() => void new Bare(engine, program).run(MILLION));
}

/**
 * Engines and qemu-arm in turns, on the wall clock, because qemu-arm is a process of its own. The fast engine's first run counts the
 * program's instructions.
 */
export function engines(bench: Bench): Figure[] {
  const { context, runs } = bench;
  const image = programOf(context);
  const whole = new Bare('fast', image).run(Infinity);
  const piece = (name: EngineName): number => Math.min(PIECE[name], Math.floor(whole / (runs + 2)));
  const bare = ENGINES.map((name) => ({ name, program: new Bare(name, image), mips: [] as number[] }));
  for (const { name, program } of bare) {
    for (let k = 0; k < WARM_UPS[name]; k++) {
      program.run(Infinity);
      program.restart();
    }
    program.run(piece(name));
  }
  const qemu: number[] = [];
  const cold: number[] = [];
  const missing = qemuProblem(context);
  const hasQemu = missing === null;
  if (!hasQemu) bench.leaveOut(`the engines beside ${QEMU}: ${missing}`);
  for (let k = 0; k < runs; k++) {
    for (const { name, program, mips } of bare) mips.push(piece(name) / wall_ms(bench, () => program.run(piece(name))) / 1000);
    if (hasQemu) qemu.push(whole / wall_ms(bench, () => runQemu(context)) / 1000);
    cold.push(firstMillionElsewhere(context));
  }
  return [
    ...bare.map(({ name, mips }) => ({ name: `compute program, ${name}`, unit: 'MIPS', samples: mips })),
    ...(hasQemu ? [{ name: 'compute program, qemu-arm', unit: 'MIPS', samples: qemu }, ...bare.filter(({ name }) => name !== 'reference').map(({ name, mips }) => ({ name: `qemu-arm against ${name}`, unit: 'times faster', samples: ratios(qemu, mips) }))] : []),
    { name: 'first million instructions of a cold process', unit: 'ms', samples: cold },
  ];
}

const runQemu = (context: Context, command = QEMU): SpawnSyncReturns<Buffer> => spawnSync(command, [bareFile(PROGRAM, context)], { timeout: LIMIT_MS, stdio: 'ignore' });

/** Why there is nothing to compare with, or null where there is. */
export function qemuProblem(context: Context, command = QEMU): string | null {
  const { error, status, signal } = runQemu(context, command);
  if (error !== undefined) return 'code' in error && error.code === 'ENOENT' ? 'it is not installed (Debian: qemu-user)' : error.message;
  return status === STATUS ? null : `it ended with ${signal ?? status} instead of ${STATUS}`;
}

/** The figure that needs a process of its own: the command line is started anew for it. */
function firstMillionElsewhere({ packageRoot }: Context): number {
  const bundle = join(packageRoot, 'dist/rescap.cjs');
  const { status, stdout } = spawnSync(process.execPath, [bundle, 'bench', `--${COLD_OPTION}`], { cwd: packageRoot, encoding: 'utf8', timeout: LIMIT_MS });
  if (status !== 0) throw new Error(`bench --${COLD_OPTION} ended with ${status}`);
  return Number(stdout);
}
