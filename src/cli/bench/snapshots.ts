// Snapshots inside the process: machines of three sizes of which nothing, a hundredth and everything is changed, beside a plain copy
// of the same bytes. Owns no state.

import type { MemorySnapshot } from '../../emu/memory/frame_history.ts';
import { PhysicalMemory } from '../../emu/memory/physical_memory.ts';
import { PAGE_BYTES } from '../../emu/numbers.ts';
import { type Bench, cpu_ms, type Figure, ratios } from './figures.ts';
import { booter, runUntil, scenarioNamed } from './systems.ts';

const MEGABYTE = 1 << 20;
const SIZES_MB = [1, 64, 1024];
const SHARES = [0, 0.01, 1];
/** At most so many pages are changed at once, spread evenly over the RAM. */
const CHANGED_MB_MAX = 64;
/** Pages that one sample changes, in as many rounds as that takes: a page costs less than the clock can tell. */
const PAGES_PER_SAMPLE = 16_384;
/** So many samples at least, whatever the number of runs: other work on the machine makes single ones ten times as long. */
const SAMPLES_MIN = 15;
const REPEATS = 20;
const SYSTEM = 'sheep_counter';

const samplesOf = ({ runs }: Bench): number => Math.max(runs, SAMPLES_MIN);

/** What one round costs: taking a snapshot, the first write to each of some pages after it, and going back. */
interface Round {
  readonly taking_us: number;
  readonly keeping_us: number;
  readonly going_back_us: number;
}

class Ram {
  readonly memory: PhysicalMemory;
  readonly #size_mb: number;

  constructor(size_mb: number) {
    this.#size_mb = size_mb;
    this.memory = new PhysicalMemory(0, size_mb * MEGABYTE);
    for (const index of this.pages(1)) {
      this.memory.open(index);
      this.memory.u8[index] = 1;
    }
  }

  /** Byte indices of a share of the pages. */
  pages(share: number): readonly number[] {
    const all = (Math.min(this.#size_mb, CHANGED_MB_MAX) * MEGABYTE) / PAGE_BYTES;
    const step = this.memory.size_bytes / PAGE_BYTES / all;
    return Array.from({ length: Math.ceil(all * share) }, (_, i) => Math.floor(i * step) * PAGE_BYTES);
  }

  /** The same number of rounds for every share, each so long that the clock can tell. */
  rounds(pages: readonly number[]): Round {
    const { memory } = this;
    const count = Math.max(1, Math.round(PAGES_PER_SAMPLE / Math.max(1, pages.length)));
    const snapshots: MemorySnapshot[] = [];
    const begin = memory.snapshot();
    // All first writes of a sample follow a snapshot each; then everything is gone back over.
    const change = (): void => {
      for (const index of pages) memory.open(index);
    };
    const keeping = cpu_ms(() => {
      for (let k = 0; k < count; k++) {
        change();
        snapshots.push(memory.snapshot());
      }
    });
    const taking = cpu_ms(() => {
      for (let k = 0; k < REPEATS; k++) snapshots.push(memory.snapshot());
    });
    const back = cpu_ms(() => memory.rewind(begin));
    for (const snapshot of [...snapshots, begin]) memory.release(snapshot);
    const changed = Math.max(1, count * pages.length);
    return { taking_us: (taking * 1000) / REPEATS, keeping_us: (keeping * 1000) / changed, going_back_us: (back * 1000) / changed };
  }
}

function ramFigures(bench: Bench, size_mb: number): Figure[] {
  const ram = new Ram(size_mb);
  const name = (share: number): string => `RAM of ${size_mb} MB, ${share * 100} % changed`;
  return SHARES.flatMap((share) => {
    const pages = ram.pages(share);
    // The host has to find memory for copies the first time only.
    ram.rounds(pages);
    const rounds = Array.from({ length: samplesOf(bench) }, () => ram.rounds(pages));
    const taken: Figure = { name: `${name(share)}: snapshot`, unit: 'us', samples: rounds.map(({ taking_us }) => taking_us) };
    if (pages.length === 0) return [taken];
    return [
      taken,
      { name: `${name(share)}: first write to a page after it`, unit: 'us', samples: rounds.map(({ keeping_us }) => keeping_us) },
      { name: `${name(share)}: going back, per page`, unit: 'us', samples: rounds.map(({ going_back_us }) => going_back_us) },
    ];
  });
}

/** Of pages as many and as far apart as the copies of a snapshot are. */
function copyFigure(bench: Bench): Figure {
  const from = new Uint8Array(CHANGED_MB_MAX * MEGABYTE).fill(1);
  const to = new Uint8Array(from.length).fill(2);
  const copy = (): void => {
    for (let at = 0; at < from.length; at += PAGE_BYTES) to.set(from.subarray(at, at + PAGE_BYTES), at);
  };
  copy();
  return { name: 'plain copy of the same bytes, per page', unit: 'us', samples: Array.from({ length: samplesOf(bench) }, () => (cpu_ms(copy) * 1000) / (from.length / PAGE_BYTES)) };
}

/** The whole system: kernel, components and RAM. */
function systemFigures(bench: Bench): Figure[] {
  const system = booter(scenarioNamed(SYSTEM, bench.context), bench.context)();
  runUntil(system, '1 sheep.');
  const taking: number[] = [];
  const goingBack: number[] = [];
  const start = system.snapshot();
  for (let i = 0; i < samplesOf(bench); i++) {
    taking.push((cpu_ms(() => {
      for (let k = 0; k < REPEATS; k++) system.release(system.snapshot());
    }) * 1000) / REPEATS);
    system.machine.run({ instructions: 10_000 });
    goingBack.push(cpu_ms(() => system.rewind(start)) * 1000);
  }
  return [
    { name: `${SYSTEM}: snapshot of the whole system`, unit: 'us', samples: taking },
    { name: `${SYSTEM}: going back after 10000 instructions`, unit: 'us', samples: goingBack },
  ];
}

export function snapshots(bench: Bench): Figure[] {
  const copy = copyFigure(bench);
  const ram = SIZES_MB.flatMap((size) => ramFigures(bench, size));
  const whole = ram.filter(({ name }) => name.includes(' 100 %') && name.endsWith('after it'));
  const compared = whole.map(({ name, samples }) => ({ name: `${name}, against the plain copy`, unit: 'times', samples: ratios([...samples].sort(ascending), [...copy.samples].sort(ascending)) }));
  return [copy, ...ram, ...compared, ...systemFigures(bench)];
}

const ascending = (a: number, b: number): number => a - b;
