// Carries out jobs: one after the other in this process, or several at once in workers, reported in their order either way.
// Owner of the workers while they run. A worker that hangs or dies costs its scenario, not the run.

import { type Judged, fails, judge } from '../../runner/judgement.ts';
import { notRun, type Verdict } from '../../runner/result.ts';
import type { Context, Worker } from '../context.ts';
import type { LoadedScenario } from '../scenarios.ts';
import { type Finished, type Job, runJob } from './one_scenario.ts';

/** A worker may take so much longer than the limits of its runs before it is ended from outside. */
const GRACE_MS = 15_000;

export interface Execution {
  readonly jobs: readonly Job[];
  /** What was read of each job's scenario; processes of their own read it again. */
  readonly loaded: readonly LoadedScenario[];
  /** Scenarios at once. */
  readonly width: number;
  /** Failures after which no more are begun; infinite for all. */
  readonly bail: number;
  readonly write: (text: string) => void;
  readonly begun: (name: string) => void;
  /** In the order of the jobs. */
  readonly finished: (one: Finished) => void;
}

/** What a worker answers. */
export interface Answer {
  readonly finished: Finished;
  readonly shown: string;
}

/** A job as a worker carries it out. */
export function answerJob(job: Job, context: Context): Answer {
  let shown = '';
  const finished = runJob(job, context, (text) => {
    shown += text;
  });
  return { finished, shown };
}

export async function execute(execution: Execution, context: Context): Promise<readonly Finished[]> {
  const { startWorker } = context;
  if (execution.width <= 1 || startWorker === undefined) return executeHere(execution, context);
  return new Parallel(execution, startWorker).run();
}

async function executeHere({ jobs, loaded, bail, write, begun, finished }: Execution, context: Context): Promise<readonly Finished[]> {
  const all: Finished[] = [];
  for (const [k, job] of jobs.entries()) {
    if (all.filter(({ judged }) => fails(judged)).length >= bail) break;
    begun(job.name);
    const one = runJob(job, context, write, loaded[k]);
    all.push(one);
    finished(one);
  }
  return all;
}

class Parallel {
  readonly #execution: Execution;
  readonly #startWorker: () => Worker | Promise<Worker>;
  readonly #answers: (Answer | undefined)[] = [];
  readonly #all: Finished[] = [];
  #next = 0;
  #failures = 0;

  constructor(execution: Execution, startWorker: () => Worker | Promise<Worker>) {
    this.#execution = execution;
    this.#startWorker = startWorker;
  }

  async run(): Promise<readonly Finished[]> {
    const width = Math.min(this.#execution.width, this.#execution.jobs.length);
    await Promise.all(Array.from({ length: width }, () => this.#lane()));
    return this.#all;
  }

  /** One worker after the other until no job is left; usually there is one. */
  async #lane(): Promise<void> {
    let worker: Worker | undefined;
    for (;;) {
      const index = this.#next;
      const job = this.#execution.jobs[index];
      if (job === undefined || this.#failures >= this.#execution.bail) break;
      this.#next += 1;
      this.#execution.begun(job.name);
      worker ??= await this.#startWorker();
      const { answer, alive } = await answerOf(worker, job);
      if (!alive) worker = undefined;
      if (fails(answer.finished.judged)) this.#failures += 1;
      this.#answers[index] = answer;
      this.#report();
    }
    worker?.kill();
  }

  #report(): void {
    for (;;) {
      const answer = this.#answers[this.#all.length];
      if (answer === undefined) return;
      this.#execution.write(answer.shown);
      this.#all.push(answer.finished);
      this.#execution.finished(answer.finished);
    }
  }
}

async function answerOf(worker: Worker, job: Job): Promise<{ readonly answer: Answer; readonly alive: boolean }> {
  const limit_ms = job.wall_limit_ms * (job.retry + 1) * job.repeat + GRACE_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), Math.min(limit_ms, 0x7fff_ffff));
  });
  try {
    const answer = await Promise.race([worker.run(job), late]);
    if (answer !== null) return { answer: answer as Answer, alive: true };
    worker.kill();
    return { answer: broken(job, 'timeout', `the process that ran it did not answer within ${limit_ms} ms`), alive: false };
  } catch (thrown) {
    return { answer: broken(job, 'internal', thrown instanceof Error ? thrown.message : String(thrown)), alive: false };
  } finally {
    clearTimeout(timer);
  }
}

function broken(job: Job, verdict: Verdict, reason: string): Answer {
  const result = notRun(job.name, job.file, verdict, reason);
  const judged: Judged = judge(result, [{ verdict, reason, seed: 0, time_us: 0, wall_ms: 0 }]);
  return { finished: { judged, serial: [], source: '' }, shown: `${judged.class.padEnd(7)} ${judged.name}  ${reason}\n` };
}
