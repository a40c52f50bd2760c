// From the shell to the first guest instruction, which is core's, and to the first line that a component logs: the command line in a
// process of its own, beside a bare `node -e 0`, on the wall and in time of the processor. Owns no state.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type Figure, ratios } from './figures.ts';

const ARGUMENTS = ['run', 'log_only', '--keep', 'never'];
/** What the component logs. */
const LINE = 'log_only: hello';

/**
 * Loaded before the command line itself: to load the bundle from a text of our own would be another start than users have. Notes the
 * clock and the time of the processor when the engine has returned for the first time, when that line is written, and at the end.
 */
const TELL = (file: string): string => `
  const files = require('node:fs');
  const now = () => {
    const [s, ns] = process.hrtime();
    const { user, system } = process.cpuUsage();
    return { clock_ms: s * 1e3 + ns / 1e6, processor_ms: (user + system) / 1e3 };
  };
  let executed, said;
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (...made) {
    const timed = (execute) => (budget) => {
      const reason = execute(budget);
      executed ??= now();
      return reason;
    };
    return { exports: Object.fromEntries(Object.entries(new Instance(...made).exports).map(([name, execute]) => [name, timed(execute)])) };
  };
  const { writeSync } = files;
  files.writeSync = (fd, bytes, ...rest) => {
    if (fd === 1 && said === undefined && String(bytes).includes(${JSON.stringify(LINE)})) said = now();
    return writeSync(fd, bytes, ...rest);
  };
  process.on('exit', () => files.writeFileSync(${JSON.stringify(file)}, JSON.stringify({ executed, said, end: now() })));
`;

interface Told {
  readonly clock_ms: number;
  readonly processor_ms: number;
}

/** One process from its start on; what of it was not seen is no number. */
interface Course {
  readonly executed_ms: number;
  readonly executed_processor_ms: number;
  readonly said_ms: number;
  /** Until it was gone for the one who waited. */
  readonly gone_ms: number;
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
    const { executed, said, end } = JSON.parse(readFileSync(file, 'utf8')) as { readonly executed?: Told; readonly said?: Told; readonly end: Told };
    const after_ms = (told?: Told): number => (told?.clock_ms ?? Number.NaN) - begun_ms;
    return { executed_ms: after_ms(executed), executed_processor_ms: executed?.processor_ms ?? Number.NaN, said_ms: after_ms(said), gone_ms, processor_ms: end.processor_ms };
  };
  try {
    const turns = Array.from({ length: runs }, () => ({ bare: course('-e', '0'), first: course(bundle, ...ARGUMENTS) }));
    if (turns.some(({ first }) => Number.isNaN(first.executed_ms) || Number.isNaN(first.said_ms))) throw new Error('rescap executed nothing, or the component logged nothing');
    const figure = (name: string, of: (turn: (typeof turns)[number]) => number): Figure => ({ name, unit: 'ms', samples: turns.map(of) });
    const above = figure('first guest instruction above node, of the processor', ({ bare, first }) => first.executed_processor_ms - bare.processor_ms);
    const bare = figure('node -e 0, of the processor', (turn) => turn.bare.processor_ms);
    return [
      figure('node -e 0', (turn) => turn.bare.gone_ms),
      figure('rescap to the first guest instruction', ({ first }) => first.executed_ms),
      figure('first guest instruction above node', ({ bare: node, first }) => first.executed_ms - node.gone_ms),
      figure("a component's first line above node", ({ bare: node, first }) => first.said_ms - node.gone_ms),
      bare,
      above,
      { name: 'first guest instruction above node against node, of the processor', unit: 'times', samples: ratios(above.samples, bare.samples) },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
