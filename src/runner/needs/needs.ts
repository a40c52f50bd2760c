// Which extensions a scenario needs, found by running it: without each one as it stands, then with the strategies that do without
// it. Owns no state. Architecture, law 6.

import { RTCR_EXTENSIONS, type RtcrExtension, type StockWay } from '../../runtime/rtcr/extensions.ts';
import type { Scenario, Step } from '../../scenario/model.ts';
import type { RunResult } from '../result.ts';

/** What a scenario does without one extension. */
export interface Need {
  readonly extension: string;
  /** `needed`: it fails in every way; `avoidable`: it passes with the strategy `how`; `idle`: it passes as it stands. */
  readonly outcome: 'needed' | 'avoidable' | 'idle';
  /** `stop="pause"`: the strategy that does without it, where there is one. */
  readonly how: string;
  /** What failed first, with that strategy where there is one; empty unless needed. */
  readonly reason: string;
}

export interface ScenarioNeeds {
  readonly needs: readonly Need[];
  /** Extensions that remain when one after the other is left out for good, with its strategy where that is needed. */
  readonly smallest: readonly string[];
}

export type RunWith = (scenario: Scenario) => RunResult;

export const restores = (scenario: Scenario): boolean => scenario.steps.some(({ kind }) => kind === 'restore');

/** @param used extensions that the scenario uses as it stands */
export function needsOf(scenario: Scenario, used: readonly string[], run: RunWith): ScenarioNeeds {
  const extensions: readonly RtcrExtension[] = RTCR_EXTENSIONS;
  const asked = extensions.filter(({ name }) => used.includes(name));
  const needs = asked.map((extension) => tried(scenario, extension, run));
  let least = scenario;
  const smallest: string[] = [];
  for (const [at, extension] of asked.entries()) {
    const without = needs[at]?.outcome === 'needed' ? undefined : passing(least, extension, run);
    if (without === undefined) smallest.push(extension.name);
    else least = without;
  }
  return { needs, smallest };
}

function tried(scenario: Scenario, extension: RtcrExtension, run: RunWith): Need {
  const plain = run(leftOut(scenario, extension.name));
  if (plain.verdict === 'passed') return { extension: extension.name, outcome: 'idle', how: '', reason: '' };
  let reason = firstFailure(plain);
  let how = '';
  for (const [at, way] of extension.without.entries()) {
    const result = run(withWay(leftOut(scenario, extension.name), way));
    if (result.verdict === 'passed') return { extension: extension.name, outcome: 'avoidable', how: wayWords(way), reason: '' };
    if (at === 0) [reason, how] = [firstFailure(result), wayWords(way)];
  }
  return { extension: extension.name, outcome: 'needed', how, reason };
}

/** The scenario without an extension, in the first way in which it passes. */
function passing(scenario: Scenario, extension: RtcrExtension, run: RunWith): Scenario | undefined {
  const plain = leftOut(scenario, extension.name);
  return [plain, ...extension.without.map((way) => withWay(plain, way))].find((one) => run(one).verdict === 'passed');
}

const leftOut = (scenario: Scenario, extension: string): Scenario => ({ ...scenario, extensions: new Set([...scenario.extensions].filter((name) => name !== extension)) });

/** What a step itself says goes before. */
function withWay(scenario: Scenario, way: StockWay): Scenario {
  const changed = (step: Step): Step => {
    if (step.kind === 'checkpoint') return { ...step, strategy: { ...way.checkpoint, ...step.strategy } };
    return step.kind === 'restore' ? { ...step, strategy: { ...way.restore, ...step.strategy } } : step;
  };
  return { ...scenario, steps: scenario.steps.map(changed) };
}

function firstFailure(result: RunResult): string {
  const failed = result.steps.find(({ state }) => state === 'failed');
  if (failed === undefined) return result.reason;
  const [first = result.reason, second] = failed.message;
  // The first difference says more than that there is one.
  return first.startsWith('the capability space differs') && second !== undefined ? second : first;
}

/** `stop="pause", thread-order="start-late"`: every attribute once. */
export function wayWords({ checkpoint, restore }: StockWay): string {
  const both = Object.entries({ ...checkpoint, ...restore }).filter(([name, value]) => checkpoint[name] === undefined || restore[name] === undefined || checkpoint[name] === value && restore[name] === value);
  const differing = Object.keys(checkpoint).filter((name) => restore[name] !== undefined && restore[name] !== checkpoint[name]);
  return [...both.map(([name, value]) => `${name}="${value}"`), ...differing.map((name) => `${name}="${checkpoint[name] ?? ''}" then "${restore[name] ?? ''}"`)].join(', ');
}
