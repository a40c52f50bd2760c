// `rescap sweep SCENARIO`: a checkpoint, kill and restore at every moment of a scenario's component, each compared with the run that
// nobody disturbed. Owner of the record file; the work is the runner's, on all cores if wanted.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { quiet } from '../../report/colors.ts';
import { progressLine, sweepText } from '../../report/sweep.ts';
import type { MomentResult } from '../../runner/sweep/experiment.ts';
import { choiceWords, MOMENT_CLASSES, type MomentChoice, type MomentClass } from '../../runner/sweep/moments.ts';
import { emptyRecord, parseRecord, printRecord, type SweepIdentity, type SweepRecord, withResults } from '../../runner/sweep/record.ts';
import { type Mark, marksOf, markWords } from '../../runner/sweep/mark.ts';
import { runningMark, sweep, type SweepRequest } from '../../runner/sweep/sweep.ts';
import { attempt } from '../../runtime/attempt.ts';
import { attributesOf, decideStrategy, type StrategyCommand } from '../../runtime/rtcr/strategies.ts';
import type { BootModule } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { type Arguments, type Command, ENGINE_OPTION, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { writeFile } from '../files.ts';
import { type OpenScenario, openScenario } from '../open_scenario.ts';
import { findScenarios } from '../scenarios.ts';
import { sweepLosing } from './sweep_losing.ts';
import { parseFault, sweepCycles, sweepFaults } from './sweep_modes.ts';

const JOBS_MAX = 64;
const SHARDS_MAX = 10_000;
const CYCLES_MAX = 10_000_000;

export const SWEEP: Command = {
  name: 'sweep',
  summary: 'Takes a checkpoint, kills and restores at every moment of a component, and compares with the undisturbed run.',
  usage: 'sweep SCENARIO [--at CLASS | --every N | --cycles N | --faults] [--jobs N] [--shard I/N] [--resume]',
  example: ['rescap sweep sheep_counter', 'rescap sweep sheep_counter --every 1 --jobs 2', 'rescap sweep sheep_counter --restore semaphore=skip', 'rescap sweep sheep_counter --only 1834120', 'rescap sweep sheep_counter --cycles 10000', 'rescap sweep sheep_counter --faults --shard 1/20'],
  options: {
    engine: ENGINE_OPTION,
    of: { type: 'string', value: 'PATH', doc: "the component; default: what the scenario's checkpoint steps name, or all children of its checkpointer" },
    with: { type: 'string', value: 'NAME[,NAME]', doc: 'with --of: further children of the same checkpointer, checkpointed together with it' },
    at: { type: 'string', value: 'CLASS', doc: `moments: ${MOMENT_CLASSES.join(', ')}; default: syscall (entry and exit)` },
    every: { type: 'string', value: 'N', doc: 'every N-th instruction instead' },
    only: { type: 'string', value: 'N[,N]', doc: 'only these moments, as instruction counts' },
    checkpoint: { type: 'string', value: 'A=V[,A=V]', doc: 'strategy attributes of the checkpoint' },
    restore: { type: 'string', value: 'A=V[,A=V]', doc: 'strategy attributes of the restore' },
    jobs: { type: 'string', short: 'j', value: 'N', doc: 'processes; default: 1' },
    shard: { type: 'string', value: 'I/N', doc: 'only part I of N, for several machines; merge with: rescap report --merge' },
    resume: { type: 'boolean', doc: 'go on with what the record file holds' },
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'the record; default: reports/NAME/sweep.json' },
    'max-failures': { type: 'string', value: 'N', doc: 'end after N failures' },
    cycles: { type: 'string', value: 'N', doc: 'instead: N cycles in a row, after which nothing may have grown' },
    faults: { type: 'boolean', doc: 'instead: every RPC of a checkpoint and of a restore fails once; --only restore:29:denied for one' },
    losing: { type: 'boolean', doc: 'instead: the sweep with each strategy that loses something, as a table' },
    lines: { type: 'boolean', doc: 'print each result as a line of JSON on standard output, and nothing else' },
  },
  run: async (args, context) => {
    const { values } = args;
    const faults = values['faults'] === true;
    const asked = request(faults ? { ...args, values: { ...values, only: '' } } : args, context);
    if ('verdict' in asked) return asked;
    if (faults) return sweepFaults(asked, String(values['only'] ?? '').split(',').filter((text) => text !== '').map(parseFault), context);
    if (typeof values['cycles'] === 'string') return sweepCycles(asked, count('--cycles', values['cycles'], 1, CYCLES_MAX), context);
    return values['losing'] === true ? sweepLosing(asked, context) : carryOut(asked, args, context);
  },
};

interface Asked extends Omit<SweepRequest, 'done'> {
  readonly identity: SweepIdentity;
  readonly output: string;
}

function request({ values, positionals }: Arguments, context: Context): Asked | Exit {
  const [name] = positionals;
  if (name === undefined || positionals.length !== 1) throw new UsageError('sweep needs one scenario', 'for example: rescap sweep sheep_counter');
  const text = (option: string): string | undefined => (typeof values[option] === 'string' ? values[option] : undefined);
  const [file = ''] = findScenarios([name], context);
  const opened = openScenario(file, context);
  if ('verdict' in opened) return opened;
  const { scenario, modules } = opened;
  const mark = markAsked(text('of'), text('with')) ?? markOf(opened, context);
  if ('error' in mark) return { verdict: 'invalid', reason: mark.error };
  const choice = choiceOf(text('at'), text('every'));
  const strategy = { checkpoint: attributes('checkpoint', text('checkpoint')), restore: attributes('restore', text('restore')) };
  const identity = { scenario: scenario.name, hash: hashOf(scenario, modules), component: markWords(mark), moments_of: choiceWords(choice), strategy };
  const output = text('output') ?? join('reports', scenario.name, 'sweep.json');
  return { scenario, modules, ...mark, choice, strategy, shard: shardAsked(text('shard')), only: momentsAsked(text('only')), identity, output };
}

function markAsked(of: string | undefined, others: string | undefined): Mark | null {
  if (of === undefined && others !== undefined) throw new UsageError('--with needs --of', 'for example: --of "rtcr -> server" --with client');
  const names = (others ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  return of === undefined ? null : { path: of, ...(names.length === 0 ? {} : { with: names }) };
}

/** What the scenario itself checkpoints; where it does not, what runs under its checkpointer. */
function markOf({ scenario, modules }: OpenScenario, context: Context): Mark | { readonly error: string } {
  const [mark, ...others] = marksOf(scenario);
  if (mark === undefined) return runningMark({ scenario, modules }, context.boot);
  if (others.length === 0) return mark;
  throw new UsageError(`scenario '${scenario.name}' checkpoints several components or groups: ${[mark, ...others].map(markWords).join('; ')}`, 'name one with --of "rtcr -> NAME", and others to go with it with --with NAME');
}

function choiceOf(at: string | undefined, every: string | undefined): MomentChoice {
  if (every !== undefined) {
    if (at !== undefined) throw new UsageError('--at and --every exclude each other');
    return { kind: 'every', instructions: count('--every', every, 1, Number.MAX_SAFE_INTEGER) };
  }
  const of = at ?? 'syscall';
  if (!(MOMENT_CLASSES as readonly string[]).includes(of)) throw new UsageError(`there is no class of moments '${of}'`, `there are: ${MOMENT_CLASSES.join(', ')}`);
  return { kind: 'events', of: of as MomentClass };
}

function count(option: string, text: string, min: number, max: number): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min || value > max) throw new UsageError(`${option} takes a whole number from ${min} to ${max}, not '${text}'`);
  return value;
}

const momentsAsked = (text: string | undefined): number[] => (text ?? '').split(',').filter((part) => part !== '').map((part) => count('--only', part.trim(), 0, Number.MAX_SAFE_INTEGER));

function shardAsked(text: string | undefined): { readonly index: number; readonly of: number } {
  if (text === undefined) return { index: 1, of: 1 };
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || of < 1 || of > SHARDS_MAX || index < 1 || index > of) throw new UsageError(`--shard takes I/N with I from 1 to N, not '${text}'`);
  return { index, of };
}

/** The strategy as it is given to every checkpoint or restore; one that these would refuse is refused here, before the sweep. */
function attributes(command: StrategyCommand, text: string | undefined): Readonly<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const part of (text ?? '').split(',').filter((part) => part.trim() !== '')) {
    const [, name, value] = /^\s*([a-z-]+)=(\S.*?)\s*$/.exec(part) ?? [];
    if (name === undefined || value === undefined) throw new UsageError(`--${command} takes ATTRIBUTE=VALUE, not '${part}'`, `for example: --${command} registers=ip-sp`);
    if (Object.hasOwn(given, name)) throw new UsageError(`--${command} has two values for '${name}'`);
    given[name] = value;
  }
  const decision = decideStrategy(command, given);
  if (!decision.ok) throw new UsageError(`--${decision.message}`, `attributes of ${command}: ${attributesOf(command).join(', ')}`);
  return given;
}

function hashOf(scenario: Scenario, modules: readonly BootModule[]): string {
  const hash = createHash('sha256').update(scenario.source.text);
  for (const { name, bytes } of modules) hash.update(name).update(bytes);
  return hash.digest('hex').slice(0, 16);
}

/** What is known while a sweep goes on; the record is written at the end, at every interruption that can be caught, and every second. */
class Course {
  #record: SweepRecord;
  /** Results that are not in the record yet. */
  #fresh: MomentResult[] = [];
  #failed: number;
  #mine = 0;
  /** Lines that the scenario awaits and the undisturbed run has not. */
  missing: readonly string[] = [];
  #done = 0;
  #saved_ms: number;
  readonly #started_ms: number;
  readonly #asked: Asked;
  readonly #context: Context;

  constructor(record: SweepRecord, asked: Asked, context: Context) {
    this.#record = record;
    this.#failed = record.failures.length + record.failures_more;
    this.#asked = asked;
    this.#context = context;
    this.#started_ms = context.wall_ms();
    this.#saved_ms = this.#started_ms;
  }

  get record(): SweepRecord {
    this.#record = withResults(this.#record, this.#fresh);
    this.#fresh = [];
    return this.#record;
  }

  get failed(): number {
    return this.#failed;
  }

  begins(total: number, mine: number, missing: readonly string[]): void {
    this.#record = { ...this.#record, total };
    this.#mine += mine;
    this.missing = missing;
  }

  result(result: MomentResult): void {
    this.#fresh.push(result);
    this.#done += 1;
    if (result.outcome === 'failed') this.#failed += 1;
    const now_ms = this.#context.wall_ms();
    if (now_ms - this.#saved_ms < 1000) return;
    this.#saved_ms = now_ms;
    this.save();
    if (!this.#context.terminal) return;
    this.#context.err(`\r\u001b[K${progressLine(this.#asked.identity.scenario, { done: this.#done, total: this.#mine, failed: this.#failed, elapsed_ms: now_ms - this.#started_ms }, process.stderr.columns ?? 80)}`);
  }

  save(): void {
    writeFile(resolve(this.#context.cwd, this.#asked.output), printRecord(this.record));
  }

  end(): void {
    if (this.#context.terminal) this.#context.err('\r\u001b[K');
    this.save();
  }
}

async function carryOut(asked: Asked, args: Arguments, context: Context): Promise<Exit> {
  const { values } = args;
  const earlier = recordOf(asked, values['resume'] === true, context);
  const done = new Set(earlier.tried);
  if (values['lines'] === true) return lines({ ...asked, done }, context);
  const jobs = typeof values['jobs'] === 'string' ? count('--jobs', values['jobs'], 1, JOBS_MAX) : 1;
  const failures_max = typeof values['max-failures'] === 'string' ? count('--max-failures', values['max-failures'], 1, Number.MAX_SAFE_INTEGER) : Number.POSITIVE_INFINITY;
  const course = new Course(earlier, asked, context);
  const goesOn = (): boolean => course.failed < failures_max;
  const problem = jobs === 1 ? alone(asked, done, course, goesOn, context) : await together(asked, args, jobs, course, goesOn, context);
  course.end();
  if (problem !== null) return { verdict: 'failed', reason: problem };
  return conclude(asked, args, course, context);
}

function recordOf(asked: Asked, resume: boolean, context: Context): SweepRecord {
  const path = resolve(context.cwd, asked.output);
  if (!resume || !existsSync(path)) return emptyRecord(asked.identity, 0);
  const record = parseRecord(readFileSync(path, 'utf8'));
  if ('error' in record) throw new UsageError(`${asked.output} ${record.error}`, 'without --resume it is written anew');
  if (record.identity.hash !== asked.identity.hash || record.identity.moments_of !== asked.identity.moments_of || JSON.stringify(record.identity.strategy) !== JSON.stringify(asked.identity.strategy)) {
    throw new UsageError(`${asked.output} is the record of another sweep`, 'without --resume it is written anew');
  }
  return record;
}

function alone(asked: Asked, done: ReadonlySet<number>, course: Course, goesOn: () => boolean, context: Context): string | null {
  const result = (one: MomentResult): boolean => {
    course.result(one);
    return goesOn();
  };
  return sweep({ ...asked, done }, { boot: context.boot, attempt, begins: (total, mine, missing) => course.begins(total, mine, missing), result })?.error ?? null;
}

/** As a worker: what begins and each result as a line. */
function lines(asked: SweepRequest, context: Context): Exit {
  const print = (value: object): void => context.out(`${JSON.stringify(value)}\n`);
  const problem = sweep(asked, {
    boot: context.boot,
    attempt,
    begins: (total, mine, missing) => print({ total, mine, missing }),
    result: (result) => {
      print({ result });
      return true;
    },
  });
  return problem === null ? PASSED : { verdict: 'failed', reason: problem.error };
}

type WorkerLine = { readonly total: number; readonly mine: number; readonly missing: readonly string[] } | { readonly result: MomentResult };

/** Several processes, each doing a shard of this one's shard. */
async function together(asked: Asked, { values, positionals }: Arguments, jobs: number, course: Course, goesOn: () => boolean, context: Context): Promise<string | null> {
  const { index, of } = asked.shard;
  const passed = ['of', 'with', 'at', 'every', 'only', 'checkpoint', 'restore', 'output', 'engine'].flatMap((name) => (typeof values[name] === 'string' ? [`--${name}=${values[name]}`] : []));
  const bundle = join(context.packageRoot, 'dist/rescap.cjs');
  const workers = Array.from({ length: jobs }, (_, worker) =>
    execa(process.execPath, [bundle, 'sweep', ...positionals, ...passed, '--lines', ...(values['resume'] === true ? ['--resume'] : []), `--shard=${index + of * worker}/${of * jobs}`], {
      cwd: context.cwd, stdin: 'ignore', reject: false, buffer: { stdout: false, stderr: true },
    }),
  );
  const ends = workers.map(async (worker) => {
    for await (const line of worker) {
      const told = JSON.parse(line) as WorkerLine;
      if ('result' in told) course.result(told.result);
      else course.begins(told.total, told.mine, told.missing);
      if (!goesOn()) for (const one of workers) one.kill();
    }
    const { exitCode, stderr } = await worker;
    return exitCode === 0 || !goesOn() ? null : `a process of the sweep ended with ${exitCode ?? 'a signal'}: ${String(stderr).trim().split('\n').at(-1) ?? ''}`;
  });
  return (await Promise.all(ends)).find((problem) => problem !== null) ?? null;
}

function conclude(asked: Asked, { values }: Arguments, { record, missing }: Course, context: Context): Exit {
  const options = (['of', 'with', 'checkpoint', 'restore'] as const).flatMap((name) => (typeof values[name] === 'string' ? [`--${name} "${values[name]}"`] : []));
  if (missing.length > 0) context.out(quiet(`up to the last awaited line that comes undisturbed; not: ${missing.map((line) => `"${line}"`).join(', ')}\n`));
  context.out(sweepText(record, (moment) => ['rescap sweep', asked.scenario.name, ...options, `--only ${moment}`].join(' ')));
  const failed = record.failures.length + record.failures_more;
  if (record.tried.length === 0) return { verdict: 'nothing', reason: 'there was no moment to try' };
  return failed === 0 ? PASSED : { verdict: 'failed', reason: `${failed} of ${record.tried.length} moments failed, the smallest is instruction ${record.failures[0]?.moment ?? 0}` };
}
