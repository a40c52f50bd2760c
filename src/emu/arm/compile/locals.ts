// Locals of the code that is being made: values that are used more than once, and variables, which are set more than once.
// Owner of the set of variables of one specialisation.

import { type Code, INT_MAX, INT_MIN, isKnown, isSigned32, type Local, type Statement } from './code.ts';
import { ofCode, type Scope, type Value } from './scope.ts';
import type { Step } from './semantics.ts';
import { assigned } from './syntax.ts';

export class Locals {
  /** Locals that are set more than once. */
  readonly #variables = new Set<Local>();

  /** A local that holds a value between these bounds from here on. */
  hold(value: Code, low: number, high: number, into: Statement[]): Code {
    const local: Local = { low, high, wide: false, slot: -1 };
    into.push({ kind: 'set', local, value });
    return { kind: 'local', local, low, high };
  }

  /** A value that may be used any number of times: code is put into a local. */
  bound(value: Value, into: Statement[]): Value {
    if (value.is !== 'code' || isKnown(value.code) || value.code.kind === 'local') return value;
    return ofCode(this.hold(value.code, value.code.low, value.code.high, into));
  }

  /** A local that changes is known for as long as its values are; then it is a variable (`settle`). */
  assign(cell: { value: Value }, value: Value, into: Statement[]): void {
    const { value: before } = cell;
    if (value.is !== 'code') throw new Error('a local that changes is no number');
    if (before.is === 'code' && before.code.kind === 'local' && this.#variables.has(before.code.local)) {
      if (!isSigned32(value.code)) throw new Error('a variable leaves 32 bits');
      into.push({ kind: 'set', local: before.code.local, value: value.code });
    } else cell.value = this.bound(value, into);
  }

  /** Makes variables of all locals that these steps assign to: whether they are executed is not known. */
  settle(steps: readonly Step[], scope: Scope, into: Statement[]): void {
    for (const name of assigned(steps)) {
      if (!scope.has(name)) continue;
      const cell = scope.cell(name);
      const { value } = cell;
      if (value.is !== 'code') throw new Error(`the local ${name} changes and is no number`);
      if (value.code.kind === 'local' && this.#variables.has(value.code.local)) continue;
      const variable = this.hold(value.code, INT_MIN, INT_MAX, into);
      if (variable.kind === 'local') this.#variables.add(variable.local);
      cell.value = ofCode(variable);
    }
  }
}
