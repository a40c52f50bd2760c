// From the shell to the first guest instruction: the command line in a process of its own, beside a bare `node -e 0`, on the wall and
// in time of the processor, which each process tells when it ends. Owns no state.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type Figure, inTurns, ratios, wall_ms } from './figures.ts';

/** Stops before the first step of a scenario is done: what is left is start-up, boot modules and the first instructions. */
const ARGUMENTS = ['replay', 'log_only', '--to', '1', '--log=1'];

export function startUp(bench: Bench): Figure[] {
  const { context } = bench;
  const bundle = join(context.packageRoot, 'dist/rescap.cjs');
  // Node reads further certificates when it starts, for tens of milliseconds: neither side is to have that in it.
  const env = { ...context.env, NODE_EXTRA_CA_CERTS: undefined };
  const run = (args: readonly string[]): void => {
    const { status } = spawnSync(process.execPath, args, { cwd: context.packageRoot, env, stdio: 'ignore', timeout: 60_000 });
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  };
  const ms = inTurns(bench, { bare: () => run(['-e', '0']), first: () => run([bundle, ...ARGUMENTS]) }, (work) => wall_ms(bench, work));
  const folder = mkdtempSync(join(tmpdir(), 'rescap-bench-'));
  try {
    const file = join(folder, 'used');
    // Before the command line itself: to load the bundle from a text of our own would be another start than users have.
    const tell = join(folder, 'tell.cjs');
    writeFileSync(tell, `process.on('exit', () => { const { user, system } = process.cpuUsage(); require('node:fs').writeFileSync(${JSON.stringify(file)}, String((user + system) / 1000)); });`);
    const used = (...args: readonly string[]) => {
      run(['--require', tell, ...args]);
      return Number(readFileSync(file, 'utf8'));
    };
    const turns = Array.from({ length: bench.runs }, () => ({ bare: used('-e', '0'), first: used(bundle, ...ARGUMENTS) }));
    const bare = turns.map((turn) => turn.bare);
    const above = turns.map((turn) => turn.first - turn.bare);
    return [
      { name: 'node -e 0', unit: 'ms', samples: ms.bare },
      { name: 'rescap to the first guest instruction', unit: 'ms', samples: ms.first },
      { name: 'rescap above node', unit: 'ms', samples: ms.first.map((first, i) => first - (ms.bare[i] ?? 0)) },
      { name: 'node -e 0, of the processor', unit: 'ms', samples: bare },
      { name: 'rescap above node, of the processor', unit: 'ms', samples: above },
      { name: 'rescap above node against node, of the processor', unit: 'times', samples: ratios(above, bare) },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
