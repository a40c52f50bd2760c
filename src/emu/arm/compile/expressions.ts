// The code of the expressions of semantics: what is known is worked out now. Owns no state but whom it asks.
// A call is its procedure in place, whose steps whoever owns the expressions knows how to make.

import { arithmetic, choice, clz, comparison, INT_MAX, INT_MIN, isKnown, magnitude, not, number, power, product32, quotient, remainder } from './code.ts';
import type { Arithmetic, Code, Comparison, Flag, Statement } from './code.ts';
import type { Locals } from './locals.ts';
import { accessMemory } from './memory_access.ts';
import { type Return, ReturnInPlace } from './return.ts';
import { ofCode, Scope, STATE } from './scope.ts';
import type { Value } from './scope.ts';
import type { Expression, Procedure, Program } from './semantics.ts';
import { isPlain } from './syntax.ts';

/** What is known of a field before the instruction is: its value, or the interval it lies in. */
export type FieldKnowledge = (name: string) => Code;

/** Puts the steps of procedures in place. */
export interface Procedures {
  /** @returns whether the end of the body can be reached, which for a function with a value it cannot */
  inline(procedure: Procedure, outer: Scope | null, values: readonly Value[], result: Return, into: Statement[]): boolean;
}

export const FLAGS: Readonly<Record<string, Flag>> = { n: 'n', z: 'z', carry: 'carry', v: 'v' };
const ARITHMETIC: readonly string[] = ['+', '-', '*', '&', '|', '^', '<<', '>>', '>>>'];

export class Expressions {
  readonly #program: Program;
  readonly #fields: FieldKnowledge;
  readonly #locals: Locals;
  readonly #procedures: Procedures;

  constructor(program: Program, fields: FieldKnowledge, locals: Locals, procedures: Procedures) {
    this.#program = program;
    this.#fields = fields;
    this.#locals = locals;
    this.#procedures = procedures;
  }

  /** The procedure that a call means, and the values it is called with; null where that is no procedure of the semantics. */
  callee(call: Expression, scope: Scope, into: Statement[]): { procedure: Procedure; scope: Scope | null; values: readonly Value[] } | null {
    const all = (values: readonly Expression[]): readonly Value[] => values.map((value) => this.#locals.bound(this.value(value, scope, into), into));
    if (call.op === 'call') {
      const callee = this.value(call.callee, scope, into);
      if (callee.is !== 'function') throw new Error('a call of something that is no function');
      return { procedure: callee.procedure, scope: callee.scope, values: all(call.values) };
    }
    if (call.op !== 'method' || this.value(call.object, scope, into).is !== 'state') return null;
    return { ...this.member(call.name), values: all(call.values) };
  }

  /** A method or accessor of the CPU state. */
  member(name: string): { procedure: Procedure; scope: Scope } {
    const procedure = this.#program.procedures[this.#program.members[name] ?? -1];
    if (procedure === undefined) throw new Error(`the CPU state has no ${name}`);
    const scope = new Scope(null);
    scope.declare('this', STATE);
    return { procedure, scope };
  }

  /** An expression that is a number. */
  code(expression: Expression, scope: Scope, into: Statement[]): Code {
    const value = this.value(expression, scope, into);
    if (value.is !== 'code') throw new Error(`a number was wanted, not ${value.is}`);
    return value.code;
  }

  /** An expression of any kind. */
  value(expression: Expression, scope: Scope, into: Statement[]): Value {
    switch (expression.op) {
      case 'number':
        return ofCode(number(expression.value));
      case 'truth':
        return ofCode(number(Number(expression.value)));
      case 'local':
        return scope.cell(expression.name).value;
      case 'function': {
        const procedure = this.#program.procedures[expression.index];
        if (procedure === undefined) throw new Error(`no procedure ${expression.index}`);
        return { is: 'function', procedure, scope: null };
      }
      case 'lambda':
        return { is: 'function', procedure: expression.procedure, scope };
      case 'list':
        return { is: 'list', items: expression.items.map((item) => this.value(item, scope, into)) };
      case 'get':
        return this.#get(this.value(expression.object, scope, into), expression.name, into);
      case 'index':
        return this.#index(this.value(expression.object, scope, into), this.code(expression.index, scope, into));
      case 'unary': {
        const operand = this.code(expression.operand, scope, into);
        if (expression.operator === '!') return ofCode(not(operand));
        return ofCode(expression.operator === '-' ? arithmetic('-', number(0), operand) : arithmetic('^', operand, number(-1)));
      }
      case 'binary':
        return ofCode(this.#binary(expression, scope, into));
      case 'choose':
        return this.#choose(expression, scope, into);
      case 'math':
        return ofCode(this.#math(expression, scope, into));
      default: {
        const value = this.call(expression, scope, into, false);
        if (value === null) throw new Error('a call without a value');
        return value;
      }
    }
  }

  #get(object: Value, name: string, into: Statement[]): Value {
    if (object.is === 'instruction') return ofCode(this.#fields(name));
    if (object.is !== 'state') throw new Error(`${name} of ${object.is}`);
    if (name === 'r') return { is: 'registers' };
    if (name === 'mmu') return { is: 'mmu' };
    const flag = FLAGS[name];
    if (flag !== undefined) {
      const [low, high] = flag === 'carry' ? [0, 1] : [INT_MIN, INT_MAX];
      return ofCode({ kind: 'flag', flag, low, high });
    }
    const { procedure, scope } = this.member(`get ${name}`);
    return this.whole(procedure, scope, [], into) ?? STATE;
  }

  #index(object: Value, index: Code): Value {
    if (object.is === 'registers') return ofCode({ kind: 'register', index, low: INT_MIN, high: INT_MAX });
    const item = object.is === 'list' && isKnown(index) ? object.items[index.low] : undefined;
    if (item === undefined) throw new Error(`an index into ${object.is} that is not known`);
    return item;
  }

  #binary({ operator, left, right }: Expression & { op: 'binary' }, scope: Scope, into: Statement[]): Code {
    const a = this.code(left, scope, into);
    if (operator === '&&' || operator === '||') {
      if (isKnown(a)) return (a.low !== 0) === (operator === '&&') ? this.code(right, scope, into) : a;
      const { statements, code } = this.#arm(right, scope);
      const b: Code = statements.length === 0 ? code : { kind: 'after', statements, value: code, low: code.low, high: code.high };
      return operator === '&&' ? choice(a, b, number(0)) : choice(a, number(1), b);
    }
    const held = this.#held(a, right, into);
    const b = this.code(right, scope, into);
    if (operator === '/') {
      if (isKnown(held) && isKnown(b)) return number(held.low / b.low);
      throw new Error('a division that is not rounded');
    }
    if (operator === '%') return remainder(held, b.low);
    if (operator === '**') {
      if (!isKnown(held) || held.low !== 2) throw new Error('a power of something but two');
      return power(b);
    }
    return ARITHMETIC.includes(operator) ? arithmetic(operator as Arithmetic, held, b) : comparison(operator as Comparison, held, b);
  }

  /** The left operand, kept from what the right one may change. */
  #held(code: Code, right: Expression, into: Statement[]): Code {
    if (isKnown(code) || code.kind === 'local' || isPlain(right)) return code;
    return this.#locals.hold(code, code.low, code.high, into);
  }

  #arm(expression: Expression, scope: Scope): { readonly statements: Statement[]; readonly code: Code } {
    const statements: Statement[] = [];
    const code = this.code(expression, scope, statements);
    return { statements, code };
  }

  #choose({ condition, yes, no }: Expression & { op: 'choose' }, scope: Scope, into: Statement[]): Value {
    const chosen = this.code(condition, scope, into);
    if (isKnown(chosen)) return this.value(chosen.low === 0 ? no : yes, scope, into);
    const arms = [yes, no].map((arm): Code => {
      const { statements, code } = this.#arm(arm, scope);
      return statements.length === 0 ? code : { kind: 'after', statements, value: code, low: code.low, high: code.high };
    });
    return ofCode(choice(chosen, arms[0] as Code, arms[1] as Code));
  }

  #math({ name, values }: Expression & { op: 'math' }, scope: Scope, into: Statement[]): Code {
    const [first, second] = values;
    if (first === undefined) throw new Error(`Math.${name} of nothing`);
    if (name === 'floor' && first.op === 'binary' && first.operator === '/') {
      return quotient(this.code(first.left, scope, into), this.code(first.right, scope, into).low);
    }
    const a = this.code(first, scope, into);
    if (name === 'clz32') return clz(a);
    if (name === 'abs') {
      const value = this.#locals.bound(ofCode(a), into);
      return magnitude(value.is === 'code' ? value.code : a);
    }
    if (name !== 'imul' || second === undefined) throw new Error(`Math.${name} of ${values.length} values`);
    const b = this.code(second, scope, into);
    return product32(a, b);
  }

  /** @returns the value of a call; null for one that has none, which must then be a statement */
  call(call: Expression, scope: Scope, into: Statement[], isStatement: boolean): Value | null {
    if (call.op === 'method') {
      const object = this.value(call.object, scope, into);
      if (object.is === 'mmu') return this.#access(call.name, call.values, scope, into);
    }
    const target = this.callee(call, scope, into);
    if (target === null) throw new Error(`a call of unknown form: ${call.op}`);
    const value = this.whole(target.procedure, target.scope, target.values, into);
    return isStatement ? null : value;
  }

  #access(name: string, values: readonly Expression[], scope: Scope, into: Statement[]): Value | null {
    const bound = values.map((value) => {
      const kept = this.#locals.bound(ofCode(this.code(value, scope, into)), into);
      return kept.is === 'code' ? kept.code : number(0);
    });
    const loaded = accessMemory(name, bound, this.#locals, into);
    return loaded === null ? null : ofCode(loaded);
  }

  /** A procedure in place, for its value. */
  whole(procedure: Procedure, outer: Scope | null, values: readonly Value[], into: Statement[]): Value | null {
    const result = new ReturnInPlace();
    const statements: Statement[] = [];
    const open = this.#procedures.inline(procedure, outer, values, result, statements);
    return result.place(statements, open, this.#locals, into);
  }
}
