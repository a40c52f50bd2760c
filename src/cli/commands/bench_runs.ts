// What a person waits for: from the command to the verdict of the smallest scenario, and many scenarios one after the other or at once.
// Owns no state; every sample is this program started anew. The ratio compares calls made side by side.

import type { Context } from '../context.ts';

export interface RunFigure {
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly number[];
}

const SMALLEST = 'log_only';
/** A mixture of boots and restores that takes seconds, not minutes. */
const SUITE = ['log_only', 'two_components', 'page_fault', 'undefined_instruction', 'fresh_bootstrap', 'mail_2017', 'lost_semaphore', 'elf_twice'];
/** Calls of the whole suite; each is long enough to be a sample of its own. */
const SUITE_RUNS_MAX = 3;
const TIMEOUT_MS = 300_000;

/** Undefined where the program does not run from a file of its own, as in tests. */
export async function runFigures(script: string | undefined, runs: number, context: Context): Promise<readonly RunFigure[]> {
  if (script === undefined) return [];
  const { execaNode } = await import('execa');
  const timed = async (args: readonly string[]): Promise<number> => {
    const begin = context.wall_ms();
    const { exitCode, stderr } = await execaNode(script, [...args], { cwd: context.cwd, reject: false, timeout: TIMEOUT_MS, stdin: 'ignore' });
    if (exitCode !== 0) throw new Error(`'rescap ${args.join(' ')}' ended with exit status ${exitCode ?? 'unknown'}: ${stderr}`);
    return context.wall_ms() - begin;
  };
  const smallest: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < runs; i++) {
    smallest.push(await timed(['run', '-q', '--keep', 'never', SMALLEST]));
    bare.push(await timed(['--help']));
  }
  const width = Math.max(2, context.parallelism ?? 2);
  const single: number[] = [];
  const parallel: number[] = [];
  for (let i = 0; i < Math.min(runs, SUITE_RUNS_MAX); i++) {
    single.push(await timed(['run', '--keep', 'never', '-j', '1', ...SUITE]));
    parallel.push(await timed(['run', '--keep', 'never', '-j', String(width), ...SUITE]));
  }
  const perSecond = (samples: readonly number[]) => samples.map((ms) => SUITE.length / (ms / 1000));
  return [
    { name: `command to verdict, ${SMALLEST}`, unit: 'ms', samples: smallest },
    { name: 'command to help, the program started for nothing', unit: 'ms', samples: bare },
    { name: `suite of ${SUITE.length}, one at a time`, unit: 'scenarios/s', samples: perSecond(single) },
    { name: `suite of ${SUITE.length}, ${width} at once`, unit: 'scenarios/s', samples: perSecond(parallel) },
    { name: `suite, ${width} at once against one at a time`, unit: 'times faster', samples: single.map((ms, i) => ms / (parallel[i] ?? ms)) },
  ];
}
