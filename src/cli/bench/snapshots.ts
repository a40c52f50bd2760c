// Snapshots inside the process: machines of three sizes of which nothing, a hundredth and everything is changed, beside a plain copy
// of the same bytes. Owns no state.

import { PhysicalMemory } from '../../emu/memory/physical_memory.ts';
import { PAGE_BYTES } from '../../emu/numbers.ts';
import { type Bench, type Figure, ratios, scaled, cpu_ms } from './figures.ts';
import { booter, runUntil, scenarioNamed } from './systems.ts';

const MEGABYTE = 1 << 20;
const SIZES_MB = [1, 64, 1024];
const SHARES = [0, 0.01, 1];
/** A copy of everything is measured up to this size; beyond it, pages are written at this many. */
const COPIED_MB_MAX = 64;
const REPEATS = 20;
const SYSTEM = 'sheep_counter';

/** RAM of a size: what a snapshot costs, and what a page costs that is written after it, copy and going back included. */
function ramFigures(bench: Bench, size_mb: number): Figure[] {
  const memory = new PhysicalMemory(0, size_mb * MEGABYTE);
  const frames = memory.size_bytes / PAGE_BYTES;
  const used = Math.min(frames, (COPIED_MB_MAX * MEGABYTE) / PAGE_BYTES);
  const step = frames / used;
  const frame = (i: number): number => Math.floor(i * step) * PAGE_BYTES;
  for (let i = 0; i < used; i++) memory.open(frame(i));
  return SHARES.flatMap((share) => {
    const pages = Math.ceil(used * share);
    const taken: number[] = [];
    const paid: number[] = [];
    for (let i = 0; i < bench.runs; i++) {
      const begin = memory.snapshot();
      const changing = cpu_ms(() => {
        for (let page = 0; page < pages; page++) memory.open(frame(page));
      });
      const kept: ReturnType<PhysicalMemory['snapshot']>[] = [];
      taken.push((cpu_ms(() => {
        for (let k = 0; k < REPEATS; k++) kept.push(memory.snapshot());
      }) * 1000) / REPEATS);
      const back = cpu_ms(() => memory.rewind(begin));
      if (pages > 0) paid.push(((changing + back) * 1000) / pages);
      for (const snapshot of [...kept, begin]) memory.release(snapshot);
    }
    const name = `RAM of ${size_mb} MB, ${share * 100} % changed`;
    return [{ name: `${name}: snapshot`, unit: 'us', samples: taken }, ...(pages === 0 ? [] : [{ name: `${name}: per page, copy and going back`, unit: 'us', samples: paid }])];
  });
}

function copyFigure(bench: Bench): Figure {
  const from = new Uint8Array(COPIED_MB_MAX * MEGABYTE).fill(1);
  const to = new Uint8Array(from.length);
  const samples = Array.from({ length: bench.runs }, () => (cpu_ms(() => to.set(from)) * 1000) / (from.length / PAGE_BYTES));
  return { name: 'plain copy of the same bytes, per page', unit: 'us', samples };
}

/** The whole system: kernel, components and RAM. */
function systemFigures(bench: Bench): Figure[] {
  const system = booter(scenarioNamed(SYSTEM, bench.context), bench.context)();
  runUntil(system, '1 sheep.');
  const taking: number[] = [];
  const goingBack: number[] = [];
  const start = system.snapshot();
  for (let i = 0; i < bench.runs; i++) {
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
  const whole = ram.filter(({ name }) => name.includes(' 100 %') && name.includes('per page'));
  const compared = whole.map(({ name, samples }) => ({ name: `${name}, against the plain copy`, unit: 'times', samples: ratios(samples, scaled(copy.samples, 1)) }));
  return [copy, ...ram, ...compared, ...systemFigures(bench)];
}
