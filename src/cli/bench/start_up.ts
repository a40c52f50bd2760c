// From the shell to the first guest instruction: the command line in a process of its own, beside a bare `node -e 0`, on the wall and
// in time of the processor. Owns no state.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type Figure, ratios } from './figures.ts';

/** Says that the first instruction has been executed as soon as it has, before the first step of a scenario is done. */
const ARGUMENTS = ['replay', 'log_only', '--to', '1', '--log=1'];

/**
 * Loaded before the command line itself: to load the bundle from a text of our own would be another start than users have. Notes the
 * clock and the time of the processor when something is first written to the standard output, if that happens, and at the end.
 */
const TELL = (file: string): string => `
  const files = require('node:fs');
  const now = () => {
    const [s, ns] = process.hrtime();
    const { user, system } = process.cpuUsage();
    return { clock_ms: s * 1e3 + ns / 1e6, processor_ms: (user + system) / 1e3 };
  };
  const { writeSync } = files;
  let said;
  files.writeSync = (fd, ...rest) => {
    if (fd === 1) said ??= now();
    return writeSync(fd, ...rest);
  };
  process.on('exit', () => files.writeFileSync(${JSON.stringify(file)}, JSON.stringify({ said, end: now() })));
`;

interface Told {
  readonly clock_ms: number;
  readonly processor_ms: number;
}

/** One process from its start on: until it said something, until it was gone for the one who waited, and what the processor had done. */
interface Course {
  readonly said_ms: number;
  readonly gone_ms: number;
  readonly said_processor_ms: number;
  readonly processor_ms: number;
}

export function startUp({ context, runs }: Bench): Figure[] {
  const bundle = join(context.packageRoot, 'dist/rescap.cjs');
  // Node reads further certificates when it starts, for tens of milliseconds: neither side is to have that in it.
  const env = { ...context.env, NODE_EXTRA_CA_CERTS: undefined };
  const folder = mkdtempSync(join(tmpdir(), 'rescap-bench-'));
  const file = join(folder, 'told.json');
  const tell = join(folder, 'tell.cjs');
  writeFileSync(tell, TELL(file));
  const course = (...args: readonly string[]): Course => {
    const begun_ms = context.wall_ms();
    const { status } = spawnSync(process.execPath, ['--require', tell, ...args], { cwd: context.packageRoot, env, stdio: 'ignore', timeout: 60_000 });
    const gone_ms = context.wall_ms() - begun_ms;
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
    const { said, end } = JSON.parse(readFileSync(file, 'utf8')) as { readonly said?: Told; readonly end: Told };
    return { said_ms: (said?.clock_ms ?? Number.NaN) - begun_ms, gone_ms, said_processor_ms: said?.processor_ms ?? Number.NaN, processor_ms: end.processor_ms };
  };
  try {
    const turns = Array.from({ length: runs }, () => ({ bare: course('-e', '0'), first: course(bundle, ...ARGUMENTS) }));
    if (turns.some(({ first }) => Number.isNaN(first.said_ms))) throw new Error('rescap did not say when it executed the first guest instruction');
    const figure = (name: string, of: (turn: (typeof turns)[number]) => number): Figure => ({ name, unit: 'ms', samples: turns.map(of) });
    const above = figure('rescap above node, of the processor', ({ bare, first }) => first.said_processor_ms - bare.processor_ms);
    const bare = figure('node -e 0, of the processor', (turn) => turn.bare.processor_ms);
    return [
      figure('node -e 0', (turn) => turn.bare.gone_ms),
      figure('rescap to the first guest instruction', ({ first }) => first.said_ms),
      figure('rescap above node', ({ bare: node, first }) => first.said_ms - node.gone_ms),
      figure('rescap above node, with its end', ({ bare: node, first }) => first.gone_ms - node.gone_ms),
      bare,
      above,
      { name: 'rescap above node against node, of the processor', unit: 'times', samples: ratios(above.samples, bare.samples) },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
