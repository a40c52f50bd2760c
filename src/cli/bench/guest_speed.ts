// Guest speed: the endless loop of a guest program against the same loop in the host, alternating. Owns a counter that the host's
// loop works on.

import { type Bench, type Figure, cpu_ms } from './figures.ts';
import { booter, scenarioNamed } from './systems.ts';

const SPINNING = 'endless_loop';
/** Instructions per measured piece of the guest's loop, and rounds of the same loop in the host. */
const LOOP_INSTRUCTIONS = 20_000_000;
const LOOP_ROUNDS = 20_000_000;
/** Instructions of one round of the guest's loop (programs/spin.c: load, add, store, branch). */
const ROUND_INSTRUCTIONS = 4;

/** The guest's endless loop against the same loop in the host, alternating. */
export function guestSpeed(bench: Bench): Figure[] {
  const { runs, context } = bench;
  const system = booter(scenarioNamed(SPINNING, context), context)();
  const { machine } = system;
  let begun = false;
  const quiet = machine.events.listen(['console'], (event) => {
    begun ||= event.kind === 'console' && event.text.includes('spinning');
  });
  while (!begun && machine.run({ time_us: 1000 }) !== 'idle_forever');
  quiet();
  machine.run({ instructions: LOOP_INSTRUCTIONS });
  const mips: number[] = [];
  const slowdown: number[] = [];
  for (let i = 0; i < runs; i++) {
    const guest_ms = cpu_ms(() => machine.run({ instructions: LOOP_INSTRUCTIONS }));
    const host_ms = cpu_ms(hostLoop);
    mips.push(LOOP_INSTRUCTIONS / guest_ms / 1000);
    slowdown.push(guest_ms / LOOP_INSTRUCTIONS / (host_ms / (LOOP_ROUNDS * ROUND_INSTRUCTIONS)));
  }
  return [
    { name: 'guest speed, endless loop', unit: 'MIPS', samples: mips },
    { name: 'guest against host, same loop', unit: 'times slower', samples: slowdown },
  ];
}

const counter = new Uint32Array(1);
function hostLoop(): void {
  for (let i = 0; i < LOOP_ROUNDS; i++) counter[0] = ((counter[0] as number) + 1) >>> 0;
}
