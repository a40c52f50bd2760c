// Scenarios per second on one core: machines booted anew, and machines brought back to a snapshot of a booted one. Owns no state.
// A fork is: going back to the snapshot, then a fixed number of instructions.

import { type Bench, type Figure, cpu_ms } from './figures.ts';
import { booter, runUntil, scenarioNamed } from './systems.ts';

const SMALL = 'log_only';
const LINE = '[init -> log_only]';
const BOOTS = 10;
const FORKS = 100;
/** Guest work of one fork, as performance.md 4 measures it. */
const FORK_INSTRUCTIONS = 100_000;

export function throughput(bench: Bench): Figure[] {
  const boot = booter(scenarioNamed(SMALL, bench.context), bench.context);
  const boots: number[] = [];
  const forks: number[] = [];
  const system = boot();
  runUntil(system, LINE);
  const start = system.snapshot();
  for (let i = 0; i < bench.runs; i++) {
    boots.push((BOOTS * 1000) / cpu_ms(() => {
      for (let k = 0; k < BOOTS; k++) {
        const fresh = boot();
        runUntil(fresh, LINE);
        fresh.close();
      }
    }));
    forks.push((FORKS * 1000) / cpu_ms(() => {
      for (let k = 0; k < FORKS; k++) {
        system.rewind(start);
        system.machine.run({ instructions: FORK_INSTRUCTIONS });
      }
    }));
  }
  return [
    { name: `${SMALL}: fresh boots to its line`, unit: 'per second', samples: boots },
    { name: `${SMALL}: forks of ${FORK_INSTRUCTIONS} instructions`, unit: 'per second', samples: forks },
  ];
}
