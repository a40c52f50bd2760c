// Where a `return` of semantics goes, and what becomes of a procedure's body that stands in place of its call: nothing but its code where
// it returns at its end only, else a block that is left. Owner of what one procedure returned.

import type { Label, Statement } from './code.ts';
import type { Locals } from './locals.ts';
import { ofCode, type Value } from './scope.ts';

/** Where a `return` goes. */
export interface Return {
  /** Adds what ends the function with this value. */
  readonly leave: (value: Value | null, into: Statement[]) => void;
}

type Leave = Statement & { kind: 'leave' };

/** The returns of a procedure that is put in place of its call. */
export class ReturnInPlace implements Return {
  readonly #label: Label = { of: 'block' };
  readonly #returned: { readonly value: Value | null; readonly statement: Leave | null }[] = [];

  leave(value: Value | null, into: Statement[]): void {
    if (value !== null && value.is !== 'code') {
      this.#returned.push({ value, statement: null });
      return;
    }
    const statement: Leave = { kind: 'leave', label: this.#label, value: value?.code ?? null };
    this.#returned.push({ value, statement });
    into.push(statement);
  }

  /** Adds the body. `open`: its end can be reached. @returns its value, null if it has none */
  place(statements: Statement[], open: boolean, locals: Locals, into: Statement[]): Value | null {
    const [first] = this.#returned;
    if (first === undefined) {
      into.push(...statements);
      return null;
    }
    const isLast = first.statement === null || statements.at(-1) === first.statement;
    if (this.#returned.length === 1 && isLast && !open) {
      if (first.statement !== null) statements.pop();
      into.push(...statements);
      return first.value;
    }
    const codes = this.#returned.map(({ value }) => (value?.is === 'code' ? value.code : null));
    if (codes.every((code) => code === null)) {
      into.push({ kind: 'scope', label: this.#label, statements });
      return null;
    }
    if (open) throw new Error('a function that returns a value sometimes');
    const low = Math.min(...codes.map((code) => code?.low ?? 0));
    const high = Math.max(...codes.map((code) => code?.high ?? 0));
    return locals.bound(ofCode({ kind: 'block', label: this.#label, statements, low, high }), into);
  }
}
