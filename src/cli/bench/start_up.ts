// From the shell to the first guest instruction: the command line in a process of its own, beside a bare `node -e 0`.
// Owns no state.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Bench, type Figure, inTurns, wall_ms } from './figures.ts';

/** Stops before the first step of a scenario is done: what is left is start-up, boot modules and the first instructions. */
const ARGUMENTS = ['replay', 'log_only', '--to', '1', '--log=1'];

export function startUp(bench: Bench): Figure[] {
  const { context } = bench;
  const bundle = join(context.packageRoot, 'dist/rescap.mjs');
  const run = (args: readonly string[]): void => {
    const { status } = spawnSync(process.execPath, args, { cwd: context.packageRoot, stdio: 'ignore', timeout: 60_000 });
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  };
  const ms = inTurns(bench, { bare: () => run(['-e', '0']), first: () => run([bundle, ...ARGUMENTS]) }, (work) => wall_ms(bench, work));
  return [
    { name: 'node -e 0', unit: 'ms', samples: ms.bare },
    { name: 'rescap to the first guest instruction', unit: 'ms', samples: ms.first },
    { name: 'rescap above node', unit: 'ms', samples: ms.first.map((first, i) => first - (ms.bare[i] ?? 0)) },
  ];
}
