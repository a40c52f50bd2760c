// The process `rescap`: hands the real world to the command line. Entry point of the bundle.
// Owner of the process's exit code.

import { availableParallelism } from 'node:os';
import { EXIT_STATUS } from '../runner/result.ts';
import { bootSystem, hostedProgramImage, restoreSystem } from '../runtime/boot_system.ts';
import { askLine } from './ask_line.ts';
import { type Context, findPackageRoot } from './context.ts';
import { main } from './main.ts';
import { outputTo } from './output.ts';
import type { Job } from './run/one_scenario.ts';
import { terminalKeys } from './terminal_keys.ts';
import { watchFiles } from './watch_files.ts';

/** The argument by which the program knows that it is a worker (run/worker_process.ts). */
const WORKER_ARGUMENT = '--rescap-worker';

/** A closed pipe (rescap ... | head) is the reader's decision, no failure; all else that keeps output from its reader is one. */
function outputLost({ code, message }: NodeJS.ErrnoException): never {
  if (code === 'EPIPE') process.exit(EXIT_STATUS.passed);
  error.write(`rescap: exit ${EXIT_STATUS.internal} (the output cannot be written: ${message})\n`);
  process.exit(EXIT_STATUS.internal);
}

const output = outputTo(1, outputLost);
/** Nobody reads what is said beside the output, which says nothing about the output and the exit status. */
const error = outputTo(2, () => undefined);

/** Not `performance.now()`: its first use loads a dozen of Node's own modules. */
function wall_ms(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

function makeWorld(): Context {
  const { terminal } = output;
  return {
    cwd: process.cwd(),
    env: process.env,
    out: output.write,
    err: error.write,
    terminal: terminal !== null,
    columns: () => terminal?.columns ?? 80,
    // Standard input is not looked at where it is not wanted: to make a stream of it takes a dozen of Node's modules.
    ...(terminal !== null && process.stdin.isTTY ? { keys: terminalKeys(process.stdin), ask: (question: string) => askLine(question, process.stdin, terminal) } : {}),
    wall_ms,
    boot: bootSystem,
    restore: restoreSystem,
    hostedProgram: hostedProgramImage,
    packageRoot: findPackageRoot(),
    script: import.meta.filename,
    get parallelism() {
      return availableParallelism();
    },
    startWorker: async () => {
      const { startWorkerProcess } = await import('./worker_process.ts');
      return startWorkerProcess(import.meta.filename, WORKER_ARGUMENT);
    },
    watch: watchFiles,
  };
}

async function begin(): Promise<void> {
  const world = makeWorld();
  if (process.argv[2] === WORKER_ARGUMENT && process.send !== undefined) {
    const { answerJob } = await import('./run/execution.ts');
    process.on('message', (job) => void process.send?.(answerJob(job as Job, world)));
    process.on('disconnect', () => process.exit());
  } else {
    process.exitCode = await main(process.argv.slice(2), world);
    // All is said and done: what is in memory need not be taken down piece by piece. What a pipe has not taken yet keeps the process.
    if (output.isDone() && error.isDone()) process.exit();
  }
}

void begin();
