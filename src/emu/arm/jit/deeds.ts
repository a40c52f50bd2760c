// What the code of an instruction does, as far as it decides how a region goes on behind it: stores, changes of r15, effects.
// Pure.

import type { Code, Statement } from '../compile/code.ts';
import { REG_PC } from '../registers.ts';
import { unreachable } from '../../unreachable.ts';

/** The effects that a number can be, or null where anything is possible. */
function effectsOf(code: Code): readonly number[] | null {
  if (code.kind === 'number') return [code.low];
  if (code.kind !== 'choice') return code.low === code.high ? [code.low] : null;
  const [yes, no] = [effectsOf(code.yes), effectsOf(code.no)];
  return yes === null || no === null ? null : [...yes, ...no];
}

/** What statements do, however deep, as far as it decides how a region goes on behind them. */
export class Deeds {
  stores = false;
  setsPc = false;
  /** -1 where anything is possible. */
  readonly effects = new Set<number>();

  constructor(statements: readonly Statement[]) {
    this.#all(statements);
  }

  #all(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'store':
        this.stores = true;
        this.#inside(statement.address);
        this.#inside(statement.value);
        break;
      case 'probe':
        this.#inside(statement.address);
        this.#inside(statement.count);
        break;
      case 'require_aligned':
        this.#inside(statement.address);
        break;
      case 'set_register':
        this.setsPc ||= statement.index.kind === 'number' && statement.index.low === REG_PC;
        this.#inside(statement.index);
        this.#inside(statement.value);
        break;
      case 'set':
      case 'set_flag':
        this.#inside(statement.value);
        break;
      case 'if':
        this.#inside(statement.condition);
        this.#all(statement.yes);
        this.#all(statement.no);
        break;
      case 'loop':
        this.#inside(statement.condition);
        this.#all(statement.body);
        break;
      case 'scope':
        this.#all(statement.statements);
        break;
      case 'leave':
        if (statement.value !== null) this.#inside(statement.value);
        break;
      case 'finish':
        this.#inside(statement.effect);
        for (const effect of effectsOf(statement.effect) ?? [-1]) this.effects.add(effect);
        break;
      default:
        unreachable(statement);
    }
  }

  /** Statements stand in numbers as well. */
  #inside(code: Code): void {
    switch (code.kind) {
      case 'after':
        this.#all(code.statements);
        this.#inside(code.value);
        break;
      case 'block':
        this.#all(code.statements);
        break;
      case 'arithmetic':
      case 'comparison':
        this.#inside(code.left);
        this.#inside(code.right);
        break;
      case 'choice':
        this.#inside(code.condition);
        this.#inside(code.yes);
        this.#inside(code.no);
        break;
      case 'clz':
        this.#inside(code.operand);
        break;
      case 'power':
        this.#inside(code.exponent);
        break;
      case 'quotient':
      case 'remainder':
        this.#inside(code.dividend);
        break;
      case 'register':
        this.#inside(code.index);
        break;
      case 'load':
        this.#inside(code.address);
        break;
      case 'number':
      case 'local':
      case 'field':
      case 'flag':
        break;
      default:
        unreachable(code);
    }
  }
}
