// One specialisation of semantics: what is known of the fields is worked out now, calls are put in place, loops whose count is known are
// unrolled, and what is left is code. Here the steps; owner of the locals and of what makes the code of expressions.

import { type Code, isKnown, type Statement } from './code.ts';
import { Expressions, type FieldKnowledge, FLAGS, type Procedures } from './expressions.ts';
import { Locals } from './locals.ts';
import type { Return } from './return.ts';
import { ofCode, Scope, STATE } from './scope.ts';
import type { Value } from './scope.ts';
import type { Expression, Procedure, Program, Step } from './semantics.ts';

const LIMIT_UNROLLED = 64;

export class Specialisation implements Procedures {
  readonly #locals = new Locals();
  readonly #expressions: Expressions;

  constructor(program: Program, fields: FieldKnowledge) {
    this.#expressions = new Expressions(program, fields, this.#locals, this);
  }

  /** A body for its effects; whatever it returns goes where `result` says. */
  inline(procedure: Procedure, outer: Scope | null, values: readonly Value[], result: Return, into: Statement[]): boolean {
    const scope = new Scope(outer);
    procedure.parameters.forEach((name, k) => scope.declare(name, this.#locals.bound(values[k] ?? STATE, into)));
    return this.#steps(procedure.body, scope, result, into);
  }

  /** The value of a method of the CPU state. */
  member(name: string, values: readonly Code[], into: Statement[]): Code {
    const { procedure, scope } = this.#expressions.member(name);
    const value = this.#expressions.whole(procedure, scope, values.map(ofCode), into);
    if (value?.is !== 'code') throw new Error(`${name} has no value`);
    return value.code;
  }

  /** The value of a function. */
  function(procedure: Procedure, values: readonly Code[], into: Statement[]): Code {
    const value = this.#expressions.whole(procedure, null, values.map(ofCode), into);
    if (value?.is !== 'code') throw new Error('a function without a value');
    return value.code;
  }

  /** A method of the CPU state that has no value. */
  effect(name: string, into: Statement[]): void {
    const { procedure, scope } = this.#expressions.member(name);
    if (this.#expressions.whole(procedure, scope, [], into) !== null) throw new Error(`${name} has a value`);
  }

  /** @returns whether the step behind these can be reached */
  #steps(steps: readonly Step[], scope: Scope, result: Return, into: Statement[]): boolean {
    return steps.every((step) => this.#step(step, scope, result, into));
  }

  #step(step: Step, scope: Scope, result: Return, into: Statement[]): boolean {
    switch (step.op) {
      case 'let':
        scope.declare(step.name, this.#locals.bound(this.#expressions.value(step.value, scope, into), into));
        return true;
      case 'assign':
        this.#locals.assign(scope.cell(step.name), this.#expressions.value(step.value, scope, into), into);
        return true;
      case 'set':
        this.#set(this.#expressions.value(step.object, scope, into), step.name, step.value, scope, into);
        return true;
      case 'store': {
        const index = this.#expressions.code(step.index, scope, into);
        into.push({ kind: 'set_register', index, value: this.#expressions.code(step.value, scope, into) });
        return true;
      }
      case 'if':
        return this.#if(step, scope, result, into);
      case 'loop':
        return this.#loop(step, scope, result, into);
      case 'block':
        return this.#steps(step.body, new Scope(scope), result, into);
      case 'return':
        this.#return(step.value, scope, result, into);
        return false;
      default: {
        const value = this.#expressions.call(step.value, scope, into, true);
        if (value !== null) throw new Error('a value that nobody uses');
        return true;
      }
    }
  }

  /** A call in place of a return value returns for its caller. */
  #return(value: Expression, scope: Scope, result: Return, into: Statement[]): void {
    if (value.op === 'choose') {
      const step: Step = { op: 'if', condition: value.condition, yes: [{ op: 'return', value: value.yes }], no: [{ op: 'return', value: value.no }] };
      this.#if(step, scope, result, into);
      return;
    }
    const target = this.#expressions.callee(value, scope, into);
    if (target === null) {
      const isCall = value.op === 'method';
      result.leave(isCall ? this.#expressions.call(value, scope, into, false) : this.#expressions.value(value, scope, into), into);
    } else if (this.inline(target.procedure, target.scope, target.values, result, into)) result.leave(null, into);
  }

  #if(step: Step & { op: 'if' }, scope: Scope, result: Return, into: Statement[]): boolean {
    const condition = this.#expressions.code(step.condition, scope, into);
    if (isKnown(condition)) return this.#steps(condition.low === 0 ? step.no : step.yes, new Scope(scope), result, into);
    this.#locals.settle([...step.yes, ...step.no], scope, into);
    const yes: Statement[] = [];
    const no: Statement[] = [];
    const afterYes = this.#steps(step.yes, new Scope(scope), result, yes);
    const afterNo = this.#steps(step.no, new Scope(scope), result, no);
    into.push({ kind: 'if', condition, yes, no });
    return afterYes || afterNo;
  }

  #loop(step: Step & { op: 'loop' }, scope: Scope, result: Return, into: Statement[]): boolean {
    for (let count = 0; count <= LIMIT_UNROLLED; count++) {
      const before: Statement[] = [];
      const condition = this.#expressions.code(step.condition, scope, before);
      if (!isKnown(condition)) {
        if (count > 0 || before.length > 0) throw new Error('a loop that becomes unknown on its way');
        this.#locals.settle(step.body, scope, into);
        const body: Statement[] = [];
        const again = this.#expressions.code(step.condition, scope, before);
        this.#steps(step.body, new Scope(scope), result, body);
        into.push({ kind: 'loop', condition: again, body });
        return true;
      }
      if (condition.low === 0) return true;
      if (!this.#steps(step.body, scope, result, into)) return false;
    }
    throw new Error('a loop without end');
  }

  #set(object: Value, name: string, value: Expression, scope: Scope, into: Statement[]): void {
    if (object.is !== 'state') throw new Error(`a change of ${name} of something that is not the CPU state`);
    const flag = FLAGS[name];
    const assigned = this.#expressions.value(value, scope, into);
    if (flag === undefined) {
      const { procedure, scope: outer } = this.#expressions.member(`set ${name}`);
      this.#expressions.whole(procedure, outer, [assigned], into);
    } else if (assigned.is === 'code') into.push({ kind: 'set_flag', flag, value: assigned.code });
  }
}
