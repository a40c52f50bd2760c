// Scenarios per second on one core: machines booted anew, each from its first instruction, and machines brought back to a snapshot of
// a booted one, then run for a fixed number of instructions. Owns no state. Two systems: the smallest that the kernel runs, a
// root task and a task of its own that talk (src/guest/bare/paths.c), and the smallest of Genode, core with init and one child.

import { Machine } from '../../emu/machine.ts';
import { type BareImage, bareImage } from './bare_image.ts';
import { type Bench, cpu_ms, type Figure } from './figures.ts';
import { booter, runUntil, scenarioNamed } from './systems.ts';

const BARE = { program: 'paths.elf', entry: 1, stack: 0x704f_0000, ram_bytes: 64 << 20 } as const;
const GENODE = 'log_only';
const LINE = '[init -> log_only]';
/** Guest work of one bare run and of one fork, as performance.md 4 measures it. */
const INSTRUCTIONS = 100_000;
const ROUNDS = { bare_boots: 200, genode_boots: 10, forks: 200 } as const;

/** What is made and run once for a figure, over and over. */
interface Work {
  readonly name: string;
  readonly rounds: number;
  readonly once: () => void;
}

/** The program's image begins with a table of its entries. */
function entryOf({ entry: table, segments }: BareImage): number {
  const place = segments.find(({ address, bytes }) => table >= address && table < address + bytes.length);
  if (place === undefined) throw new Error(`${BARE.program} has no table of entries`);
  return new DataView(place.bytes.buffer, place.bytes.byteOffset).getUint32(table - place.address + 4 * BARE.entry, true);
}

function bareWorks({ context }: Bench): Work[] {
  const image = bareImage(BARE.program, context);
  const boot = (): Machine => new Machine({ ram_bytes: BARE.ram_bytes, boot: { root_entry: entryOf(image), root_sp: BARE.stack, images: image.segments } });
  const once = (): void => {
    const machine = boot();
    machine.run({ instructions: INSTRUCTIONS });
    machine.close();
  };
  const machine = boot();
  machine.run({ instructions: INSTRUCTIONS });
  const start = machine.snapshot();
  const fork = (): void => {
    machine.rewind(start);
    machine.run({ instructions: INSTRUCTIONS });
  };
  return [
    { name: `two bare tasks: fresh boots and ${INSTRUCTIONS} instructions`, rounds: ROUNDS.bare_boots, once },
    { name: `two bare tasks: forks of ${INSTRUCTIONS} instructions`, rounds: ROUNDS.forks, once: fork },
  ];
}

function genodeWorks({ context }: Bench): Work[] {
  const boot = booter(scenarioNamed(GENODE, context), context);
  const once = (): void => {
    const fresh = boot();
    runUntil(fresh, LINE);
    fresh.close();
  };
  const system = boot();
  runUntil(system, LINE);
  const start = system.snapshot();
  const fork = (): void => {
    system.rewind(start);
    system.machine.run({ instructions: INSTRUCTIONS });
  };
  return [
    { name: `${GENODE}: fresh boots to its line`, rounds: ROUNDS.genode_boots, once },
    { name: `${GENODE}: forks of ${INSTRUCTIONS} instructions`, rounds: ROUNDS.forks, once: fork },
  ];
}

export function throughput(bench: Bench): Figure[] {
  const works = [...bareWorks(bench), ...genodeWorks(bench)];
  const run = ({ rounds, once }: Work): number =>
    (rounds * 1000) /
    cpu_ms(() => {
      for (let k = 0; k < rounds; k++) once();
    });
  // A host that has not seen the code yet is measured by the group of the start.
  for (const work of works) for (let k = 0; k < 3; k++) run(work);
  return works.map((work) => ({ name: work.name, unit: 'per second', samples: Array.from({ length: bench.runs }, () => run(work)) }));
}
