// The step `expect-caps`: which two capability spaces are compared, and what becomes of a golden that is missing or different.
// Owns no state; the comparison is caps_check's, the golden's outcome golden_check's.

import type { ObjectSpace } from '../emu/jdb/model.ts';
import { printObjectSpace } from '../emu/jdb/object_space.ts';
import { readObjectSpace } from '../emu/jdb/serial.ts';
import type { Origin, System } from '../runtime/system.ts';
import type { StepOf } from '../scenario/model.ts';
import { type CapsQuestion, checkCaps, expectedLosses } from './caps_check.ts';
import type { GoldenCheck } from './golden_check.ts';
import type { GoldenResult } from './result.ts';
import { type KeptSpace, type Spaces, takeSpace } from './spaces.ts';
import type { StepEnd } from './step_end.ts';
import { findTask } from './task_name.ts';

export class CapsExpectations {
  readonly #system: System;
  readonly #spaces: Spaces;
  readonly #goldens: GoldenCheck;

  constructor(system: System, spaces: Spaces, goldens: GoldenCheck) {
    this.#system = system;
    this.#spaces = spaces;
    this.#goldens = goldens;
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
    const failed = (state: GoldenResult['state'], ...message: readonly string[]): StepEnd => this.#goldens.failed(state, file, 'the space as it is now', printObjectSpace(actual.space), message);
    const text = this.#goldens.read(file);
    if (text === undefined) return failed('missing', `golden missing: ${this.#goldens.shown(file)}`);
    const golden = readObjectSpace(text);
    const [error] = golden.errors;
    if (error !== undefined) return failed('unreadable', `golden unreadable: ${this.#goldens.shown(file)}:${error.line}:${error.column}: ${error.message}`);
    const { space, rows, partial } = golden.value;
    const lines = checkCaps(this.#question(step, space, actual, actual.origins, partial ? rows : undefined));
    if (lines.length > 0) return failed('different', `golden mismatch: ${file}`, ...lines);
    const end = this.#goldens.same(file);
    return partial ? { verdict: 'passed', message: [`${file} is part of a table: its ${rows.length} rows were compared`] } : end;
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
