// How many bits numbers take: finds the locals of an instruction's code of which more than 32 bits are needed, and marks them.
// Owns nothing beyond one instruction.

import { fits32, isSigned32, isUnsigned32 } from './code.ts';
import type { Code, Label, Statement } from './code.ts';

/** How two numbers can be compared in 32 bits; null where they cannot. */
export const sameSide = (a: Code, b: Code): 'signed' | 'unsigned' | null =>
  isSigned32(a) && isSigned32(b) ? 'signed' : isUnsigned32(a) && isUnsigned32(b) ? 'unsigned' : null;

/** Marks the wide locals. What one needs may make another one wide: until nothing changes. */
export function settleWidths(statements: readonly Statement[]): void {
  while (new Widths().settle(statements));
}

/** Finds the locals of which more than 32 bits are needed. */
class Widths {
  #changed = false;
  readonly #exactBlocks = new Map<Label, boolean>();

  /** @returns whether another round may find more */
  settle(statements: readonly Statement[]): boolean {
    this.#walkAll(statements);
    return this.#changed;
  }

  #walkAll(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'set':
        return this.#walk(statement.value, statement.local.wide);
      case 'set_register':
        this.#walk(statement.index, false);
        return this.#walk(statement.value, false);
      case 'set_flag':
        return this.#walk(statement.value, false);
      case 'store':
        this.#walk(statement.address, false);
        return this.#walk(statement.value, false);
      case 'probe':
        this.#walk(statement.address, false);
        return this.#walk(statement.count, false);
      case 'require_aligned':
        return this.#walk(statement.address, false);
      case 'if':
        this.#walk(statement.condition, false);
        this.#walkAll(statement.yes);
        return this.#walkAll(statement.no);
      case 'loop':
        this.#walk(statement.condition, false);
        return this.#walkAll(statement.body);
      case 'leave':
        if (statement.value !== null) this.#walk(statement.value, this.#exactBlocks.get(statement.label) === true);
        return;
      case 'scope':
        return this.#walkAll(statement.statements);
      default:
        return this.#walk(statement.effect, false);
    }
  }

  /** `exact` where all bits are pushed: then nothing of 32 bits is asked for more. */
  #walk(code: Code, exact: boolean): void {
    const wide = exact && !fits32(code);
    switch (code.kind) {
      case 'local':
        if (wide && !code.local.wide) {
          code.local.wide = true;
          this.#changed = true;
        }
        return;
      case 'register':
        return this.#walk(code.index, false);
      case 'arithmetic':
        this.#walk(code.left, wide);
        return this.#walk(code.right, wide);
      case 'comparison': {
        const narrow = sameSide(code.left, code.right) !== null;
        this.#walk(code.left, !narrow);
        return this.#walk(code.right, !narrow);
      }
      case 'clz':
        return this.#walk(code.operand, false);
      case 'power':
        return this.#walk(code.exponent, false);
      case 'quotient':
        return this.#walk(code.dividend, !(fits32(code.dividend) && code.shift < 32));
      case 'remainder':
        return this.#walk(code.dividend, false);
      case 'choice':
        this.#walk(code.condition, false);
        this.#walk(code.yes, wide);
        return this.#walk(code.no, wide);
      case 'after':
        this.#walkAll(code.statements);
        return this.#walk(code.value, wide);
      case 'block':
        this.#exactBlocks.set(code.label, wide);
        return this.#walkAll(code.statements);
      case 'load':
        return this.#walk(code.address, false);
      default:
    }
  }
}
