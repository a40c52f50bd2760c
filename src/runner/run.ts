// Runs one scenario: its steps as a state machine over the machine's events. A run is a function of scenario, boot modules and seed.
// Owner of marks, kept spaces and step outcomes of the run; files, clock and terminal are ports.

import type { BootModule, BootSystem, System } from '../runtime/system.ts';
import { place } from '../scenario/diagnostic.ts';
import type { Scenario, Step, StepOf } from '../scenario/model.ts';
import { beside, pathsOf } from './beside.ts';
import type { KeptStates } from './expectations.ts';
import { isExecuted, notExecutable } from './executable.ts';
import { commandStep } from './command_step.ts';
import { expectLog, expectNoLog } from './expect_log.ts';
import { stateProblems } from './expect_state.ts';
import { type GoldenStore, metadataProblem, obsolete } from './golden.ts';
import type { LogLine } from './log_lines.ts';
import { gravest, notRun, type RunResult, runName, type StepOutcome, told, type Verdict } from './result.ts';
import { Images, type ImageStore } from './images.ts';
import { systemConfig } from './system_config.ts';
import { bootFurther, Station } from './station.ts';
import { Spaces, takeSpace } from './spaces.ts';
import { fatal, PASSED, type StepEnd } from './step_end.ts';
import { stepWords } from './step_words.ts';
import { findTask } from './task_name.ts';
import type { OperationRecord } from './run_record.ts';
import { unreachable } from '../scenario/unreachable.ts';

export interface RunObserver {
  line(line: LogLine): void;
  stepDone(step: StepOutcome): void;
}

export interface RunPorts {
  readonly boot: BootSystem;
  readonly goldens: GoldenStore;
  /** With CI set nothing is written, and an obsolete golden fails. */
  readonly ci: boolean;
  readonly observer: RunObserver;
  /** Left out: steps with image files fail. */
  readonly images?: ImageStore;
  readonly wall_ms: () => number;
  readonly wall_limit_ms: number;
}

const US_PER_MS = 1000;

/** Steps that a checkpointer carries out, shown on the timeline. */
const OPERATIONS: ReadonlySet<Step['kind']> = new Set(['checkpoint', 'restore', 'kill', 'save-image', 'load-image']);

export function runScenario(scenario: Scenario, modules: readonly BootModule[], ports: RunPorts): RunResult {
  const name = runName(scenario.name, scenario.variant);
  const [missing, ...more] = notExecutable(scenario);
  if (missing !== undefined) return notRun(name, scenario.source.name, 'invalid', missing.message, [missing, ...more].map(told));
  const problem = metadataProblem(ports.goldens, scenario);
  if (problem?.fatal === true) return notRun(name, scenario.source.name, 'golden', problem.message);
  const system = ports.boot(systemConfig(scenario, modules));
  if ('error' in system) return notRun(name, scenario.source.name, 'failed', `the system does not boot: ${system.error}`);
  const further = bootFurther(scenario, modules, ports.boot);
  if ('error' in further) return notRun(name, scenario.source.name, 'failed', further.error);
  return new ScenarioRun(scenario, modules, system, further, ports, problem === undefined ? [] : [problem.message]).run();
}

class ScenarioRun {
  readonly #scenario: Scenario;
  readonly #system: System;
  readonly #ports: RunPorts;
  readonly #notes: string[];
  readonly #first: Station;
  readonly #further: readonly Station[];
  readonly #images: Images;
  readonly #spaces = new Spaces();
  /** Name of a mark to the number of lines that stood before it. */
  readonly #marks = new Map<string, number>();
  readonly #outcomes: StepOutcome[] = [];
  readonly #operations: OperationRecord[] = [];

  constructor(scenario: Scenario, modules: readonly BootModule[], system: System, further: readonly { readonly name: string; readonly system: System }[], ports: RunPorts, notes: readonly string[]) {
    this.#scenario = scenario;
    this.#system = system;
    this.#ports = ports;
    this.#notes = [...notes];
    const states: KeptStates = new Map();
    const station = (name: string, machine: System): Station => new Station(name, scenario, modules, machine, this.#spaces, states, { ...ports, line: (line) => ports.observer.line(line) });
    this.#first = station('', system);
    this.#further = further.map((machine) => station(machine.name, machine.system));
    this.#images = new Images(scenario, modules, ports.images);
  }

  run(): RunResult {
    const ends: { verdict: Verdict; reason: string }[] = [];
    let stack: string | undefined;
    try {
      this.#steps(ends);
    } catch (thrown) {
      // Whatever is thrown below the runner is a defect of Rescap, never the scenario's.
      ends.push({ verdict: 'internal', reason: thrown instanceof Error ? thrown.message : String(thrown) });
      stack = thrown instanceof Error ? thrown.stack : undefined;
    }
    for (const { progress } of [this.#first, ...this.#further]) progress.finish();
    this.#addUnreached();
    return this.#result(ends, stack);
  }

  #steps(ends: { verdict: Verdict; reason: string }[]): void {
    for (const [index, step] of this.#scenario.steps.entries()) {
      const at = this.#station(step);
      const start_us = at.progress.time_us;
      const end = this.#execute(step, at, index + 1);
      this.#outcome(index, step, end, start_us, at);
      if (end.verdict === 'passed') continue;
      ends.push({ verdict: end.verdict, reason: end.message[0] ?? stepWords(step) });
      if (end.fatal === true) return;
    }
    const { criteria, progress } = this.#first;
    const stop = criteria.satisfied ? null : progress.advance(() => criteria.satisfied);
    if (stop !== null) ends.push(stop);
    else {
      this.#faultsToCome(ends);
      this.#closeGoldens(ends);
    }
  }

  #station(step: Step): Station {
    const found = step.on === undefined ? this.#first : this.#further.find(({ name }) => name === step.on);
    if (found === undefined) throw new Error(`machine '${step.on ?? ''}' was not declared and not refused`);
    return found;
  }

  #execute(step: Step, at: Station, number: number): StepEnd {
    if (!isExecuted(step)) throw new Error('a step is not executed and was not refused');
    switch (step.kind) {
      case 'await':
        return at.awaiting.wait(step);
      case 'checkpoint':
        return commandStep(at, { kind: 'checkpoint', of: step.of, ...beside(step), name: step.name, strategy: step.strategy, ...(step.base === undefined ? {} : { base: step.base }) }, () => this.#keepAll(step, at), step.refused);
      case 'restore':
        return commandStep(at, { kind: 'restore', from: step.from, as: step.as, ...beside(step), strategy: step.strategy }, () => PASSED, step.refused);
      case 'kill':
        return commandStep(at, { kind: 'kill', child: step.child, ...beside(step) }, () => PASSED);
      case 'dump':
        return this.#keep(step.name, step.task, at);
      case 'expect-caps':
        return at.caps.check(step);
      case 'expect-log':
        return expectLog(step, this.#since(step.since, at), at.goldens);
      case 'expect-no-log':
        return expectNoLog(step, this.#since(step.since, at));
      case 'pause':
      case 'resume':
        return at.harm.freeze(step.child, step.kind === 'pause');
      case 'fault':
        return at.harm.fault(step.of, step.fault, number);
      case 'expect-threads':
        return at.expectations.threads(step);
      case 'expect-memory':
        return at.expectations.memory(step);
      case 'expect-quota':
        return at.expectations.quota(step);
      case 'expect-routes':
        return at.expectations.routes(step);
      case 'expect-state':
        return this.#expectState(step, at);
      case 'reconfigure':
        return this.#reconfigure(step, at);
      case 'save-image':
        return this.#images.save(step, at);
      case 'load-image':
        return this.#images.load(step, at);
      case 'mark':
        this.#marks.set(step.name, at.progress.lines.count);
        return PASSED;
      default:
        return unreachable(step);
    }
  }

  /** The spaces of all components of a checkpoint, the one that `of` names first. */
  #keepAll({ name, of, with: others }: StepOf<'checkpoint'>, at: Station): StepEnd {
    const ends = pathsOf(of, others).map((task, index) => this.#keep(name, task, at, index > 0));
    return ends.find(({ verdict }) => verdict !== 'passed') ?? PASSED;
  }

  #keep(point: string, task: string, { system, expectations }: Station, further = false): StepEnd {
    const found = findTask(task, system.components());
    if (!found.ok) return { verdict: 'failed', message: [found.message], fatal: true };
    this.#spaces.keep(takeSpace(system, found.component, point), further);
    expectations.keep(point, found.component, further);
    return PASSED;
  }

  #reconfigure({ config_text }: StepOf<'reconfigure'>, { system, awaiting }: Station): StepEnd {
    awaiting.restart();
    const refused = system.equipment.replaceModule('config', new TextEncoder().encode(config_text));
    return refused === null ? PASSED : { verdict: 'failed', message: [`the configuration cannot be replaced: ${refused}`], fatal: true };
  }

  /** Looks at the report once, or every millisecond until it matches. */
  #expectState({ pattern, within_ms = 0 }: StepOf<'expect-state'>, { system, progress }: Station): StepEnd {
    const end_us = progress.time_us + within_ms * US_PER_MS;
    for (;;) {
      const report = system.equipment.initState('init');
      if (report === null) return { verdict: 'failed', message: ['there is no state of init: it has not started, or it is a guest program'] };
      const problems = stateProblems(report, pattern);
      if (problems.length === 0) return PASSED;
      if (progress.time_us >= end_us) return { verdict: 'failed', message: [...problems, ...report.trimEnd().split('\n')] };
      const stop = progress.advance(() => false, { moment: Math.min(end_us, progress.time_us + US_PER_MS), stop: null });
      if (stop !== null) return fatal(stop);
    }
  }

  /** The log lines after a mark; all without one. */
  #since(mark: string | undefined, { progress }: Station): readonly LogLine[] {
    return progress.lines.all.slice(mark === undefined ? 0 : (this.#marks.get(mark) ?? 0));
  }

  /** Only of a run that came to its end can be said that a fault never came due: then the step that put it in has failed after all. */
  #faultsToCome(ends: { verdict: Verdict; reason: string }[]): void {
    for (const station of [this.#first, ...this.#further]) {
      for (const number of [...station.harm.toCome()].sort((a, b) => a - b)) {
        const step = this.#outcomes[number - 1];
        if (step === undefined) throw new Error(`a fault of step ${number}, which was not done`);
        const end = { verdict: 'failed', reason: `${step.words}: never came due` } as const;
        const outcome: StepOutcome = { ...step, state: 'failed', message: ['it never came due'] };
        this.#outcomes[number - 1] = outcome;
        this.#ports.observer.stepDone(outcome);
        ends.push(end);
      }
    }
  }

  /** Only a run that came to its end may call a golden obsolete. */
  #closeGoldens(ends: { verdict: Verdict; reason: string }[]): void {
    const { goldens, ci } = this.#ports;
    for (const result of obsolete(goldens, this.#scenario)) {
      this.#first.goldens.results.push(result);
      const reason = `golden obsolete: no step names ${goldens.folder}/${result.file}`;
      if (ci) ends.push({ verdict: 'golden', reason });
      else this.#notes.push(reason);
    }
  }

  #outcome(index: number, step: Step, end: StepEnd, start_us: number, { progress }: Station): void {
    const end_us = progress.time_us;
    if (OPERATIONS.has(step.kind)) this.#operation(index, step, end, start_us, end_us);
    const outcome: StepOutcome = {
      number: index + 1,
      kind: step.kind,
      words: stepWords(step),
      place: place(step.span),
      state: end.verdict === 'passed' ? 'passed' : 'failed',
      start_us,
      end_us,
      message: end.message,
      ...(end.facts === undefined ? {} : { facts: end.facts }),
    };
    this.#outcomes.push(outcome);
    this.#ports.observer.stepDone(outcome);
  }

  #operation(index: number, step: Step, end: StepEnd, start_us: number, end_us: number): void {
    const told = end.facts?.['stop_us'];
    const stop_us = typeof told === 'number' ? told : end_us - start_us;
    this.#operations.push({ kind: step.kind, step: index + 1, words: stepWords(step), start_us, end_us, stop_us, ok: end.verdict === 'passed' });
  }

  #addUnreached(): void {
    const now_us = this.#first.progress.time_us;
    for (const [index, step] of this.#scenario.steps.entries()) {
      if (index < this.#outcomes.length) continue;
      this.#outcomes.push({ number: index + 1, kind: step.kind, words: stepWords(step), place: place(step.span), state: 'not reached', start_us: now_us, end_us: now_us, message: [] });
    }
  }

  #result(ends: readonly { verdict: Verdict; reason: string }[], stack: string | undefined): RunResult {
    const verdict = ends.length === 0 ? 'passed' : gravest(ends.map((end) => end.verdict));
    const { progress, faults } = this.#first;
    const all = [this.#first, ...this.#further];
    const dropped = all.reduce((sum, station) => sum + station.progress.lines.dropped, 0);
    if (dropped > 0) this.#notes.push(`${dropped} log lines beyond the limit were dropped`);
    return {
      scenario: runName(this.#scenario.name, this.#scenario.variant),
      file: this.#scenario.source.name,
      verdict,
      reason: ends.find((end) => end.verdict === verdict)?.reason ?? 'all steps passed',
      steps: this.#outcomes,
      faults: faults.list,
      faults_more: faults.more,
      dumps: this.#spaces.dumps,
      goldens: all.flatMap(({ goldens }) => goldens.results),
      extensions: [...this.#scenario.extensions].sort(),
      extensions_used: [...new Set(all.flatMap(({ system }) => system.extensionsUsed()))].sort(),
      notes: this.#notes,
      diagnostics: [],
      seed: this.#scenario.seed,
      time_us: progress.time_us,
      instructions: this.#system.machine.instructions,
      log_lines: progress.lines.count,
      timeline: this.#first.recorder.finish(progress.lines.all, this.#operations),
      ...(stack === undefined ? {} : { stack }),
    };
  }
}
