// What names mean while code is made of semantics: numbers that may be known, functions, and the parts of the CPU.
// Owns the cells of one scope; their values change as long as they are known.

import type { Code } from './code.ts';
import type { Procedure } from './semantics.ts';

/** Anything that an expression can be while code is made. */
export type Value =
  | { readonly is: 'code'; readonly code: Code }
  | { readonly is: 'state' }
  | { readonly is: 'registers' }
  | { readonly is: 'mmu' }
  | { readonly is: 'instruction' }
  | { readonly is: 'function'; readonly procedure: Procedure; readonly scope: Scope | null }
  | { readonly is: 'list'; readonly items: readonly Value[] };

export const STATE: Value = { is: 'state' };
export const ofCode = (code: Code): Value => ({ is: 'code', code });

/** Locals by name, inside those of the function around. A cell is changed in place while its value is known. */
export class Scope {
  readonly #outer: Scope | null;
  readonly #cells = new Map<string, { value: Value }>();

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  declare(name: string, value: Value): void {
    this.#cells.set(name, { value });
  }

  cell(name: string): { value: Value } {
    const cell = this.#cells.get(name) ?? this.#outer?.cell(name);
    if (cell === undefined) throw new Error(`semantics without a local ${name}`);
    return cell;
  }

  has(name: string): boolean {
    return this.#cells.has(name) || this.#outer?.has(name) === true;
  }
}
