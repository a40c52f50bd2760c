// The step `expect-caps`: which two capability spaces are compared, and what becomes of a golden that is missing or different.
// Owner of the golden outcomes of a run; the comparison is caps_check's, the files are behind the store.

import type { ObjectSpace } from '../emu/jdb/model.ts';
import { printObjectSpace } from '../emu/jdb/object_space.ts';
import { readObjectSpace } from '../emu/jdb/serial.ts';
import type { Origin, System } from '../runtime/system.ts';
import type { Scenario, StepOf } from '../scenario/model.ts';
import { type CapsQuestion, checkCaps, expectedLosses } from './caps_check.ts';
import { type GoldenStore, PENDING_SUFFIX } from './golden.ts';
import type { GoldenResult } from './result.ts';
import { type KeptSpace, type Spaces, takeSpace } from './spaces.ts';
import { PASSED, type StepEnd } from './step_end.ts';
import { findTask } from './task_name.ts';

export class CapsExpectations {
  readonly goldens: GoldenResult[] = [];
  readonly #name: string;
  readonly #system: System;
  readonly #spaces: Spaces;
  readonly #store: GoldenStore;
  readonly #ci: boolean;

  constructor(scenario: Pick<Scenario, 'name'>, system: System, spaces: Spaces, store: GoldenStore, ci: boolean) {
    this.#name = scenario.name;
    this.#system = system;
    this.#spaces = spaces;
    this.#store = store;
    this.#ci = ci;
  }

  check(step: StepOf<'expect-caps'>): StepEnd {
    const reference = step.expected.kind === 'same-as' ? this.#spaces.at(step.expected.point, step.task) : undefined;
    const actual = this.#actualSpace(step, reference);
    if ('verdict' in actual) return actual;
    if (step.expected.kind === 'golden') return this.#compareGolden(step, step.expected.file, actual);
    if (reference === undefined) throw new Error(`no space was kept at '${step.expected.point}'`);
    const question = this.#question(step, reference.space, actual, reference.origins, undefined);
    const lines = checkCaps(question);
    if (lines.length === 0) return { verdict: 'passed', message: expectedLosses(question) };
    return { verdict: 'failed', message: [`the capability space differs from '${reference.point}'`, ...lines] };
  }

  /** The space a step is about: kept at a point, or as it is now. */
  #actualSpace(step: StepOf<'expect-caps'>, reference: KeptSpace | undefined): KeptSpace | StepEnd {
    const kept = step.at === undefined ? undefined : this.#spaces.at(step.at, step.task);
    if (kept === undefined) {
      const found = findTask(step.task ?? reference?.label ?? '', this.#system.components());
      return found.ok ? takeSpace(this.#system, found.component, 'now') : { verdict: 'failed', message: [found.message] };
    }
    if (step.task === undefined) return kept;
    const named = findTask(step.task, [{ label: kept.label, task: kept.task, alive: true }]);
    return named.ok ? kept : { verdict: 'failed', message: [`'${step.at}' holds the space of ${kept.label}, not of '${step.task}'`] };
  }

  #compareGolden(step: StepOf<'expect-caps'>, file: string, actual: KeptSpace): StepEnd {
    const text = this.#store.read(file);
    if (text === undefined) return this.#goldenFailed('missing', file, actual, [`golden missing: ${this.#store.folder}/${file}`]);
    const golden = readObjectSpace(text);
    const [error] = golden.errors;
    if (error !== undefined) {
      return this.#goldenFailed('unreadable', file, actual, [`golden unreadable: ${this.#store.folder}/${file}:${error.line}:${error.column}: ${error.message}`]);
    }
    const { space, rows, partial } = golden.value;
    const lines = checkCaps(this.#question(step, space, actual, actual.origins, partial ? rows : undefined));
    if (lines.length > 0) return this.#goldenFailed('different', file, actual, [`golden mismatch: ${file}`, ...lines]);
    if (!this.#ci && !isForeign(file)) this.#store.remove(file + PENDING_SUFFIX);
    this.goldens.push({ file, state: 'same' });
    return partial ? { verdict: 'passed', message: [`${file} is part of a table: its ${rows.length} rows were compared`] } : PASSED;
  }

  #goldenFailed(state: GoldenResult['state'], file: string, actual: KeptSpace, message: readonly string[]): StepEnd {
    if (this.#ci || isForeign(file)) {
      this.goldens.push({ file, state });
      return { verdict: 'golden', message };
    }
    const pending = file + PENDING_SUFFIX;
    this.#store.write(pending, printObjectSpace(actual.space));
    this.goldens.push({ file, state, pending });
    const accept = `the space as it is now: ${this.#store.folder}/${pending}; see the difference and accept it with: npx --no-install rescap review ${this.#name}`;
    return { verdict: 'golden', message: [...message, accept] };
  }

  #question(step: StepOf<'expect-caps'>, expected: ObjectSpace, actual: KeptSpace, origins: ReadonlyMap<number, Origin>, covered: readonly number[] | undefined): CapsQuestion {
    return {
      expected,
      actual: actual.space,
      compare: step.compare,
      rows: step.rows,
      missing: step.missing,
      covered,
      describe: (slot) => (origins.get(slot) ?? actual.origins.get(slot))?.words,
    };
  }
}

/** A golden of another scenario: it is looked at, and that scenario's run decides what it should be. */
function isForeign(file: string): boolean {
  return file.startsWith('../');
}
