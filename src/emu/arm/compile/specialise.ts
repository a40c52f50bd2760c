// Specialises the semantics of an instruction: what is known of its fields is worked out now, calls are put in place, loops whose
// count is known are unrolled, and what is left is code. Owns the state of one specialisation.

import {
  arithmetic,
  choice,
  clz,
  comparison,
  INT_MAX,
  INT_MIN,
  isKnown,
  isSigned32,
  not,
  number,
  power,
  quotient,
  remainder,
} from './code.ts';
import type { Arithmetic, Code, Comparison, Flag, Label, Local, Statement } from './code.ts';
import { ofCode, Scope, STATE } from './scope.ts';
import type { Value } from './scope.ts';
import type { Expression, Procedure, Program, Step } from './semantics.ts';
import { assigned, isPlain } from './syntax.ts';

/** What is known of a field before the instruction is: its value, or the interval it lies in. */
export type FieldKnowledge = (name: string) => Code;

/** Where a `return` goes. */
interface Return {
  /** Adds what ends the function with this value. */
  readonly leave: (value: Value | null, into: Statement[]) => void;
}

const FLAGS: Readonly<Record<string, Flag>> = { n: 'n', z: 'z', carry: 'carry', v: 'v' };
const LIMIT_UNROLLED = 64;
const ARITHMETIC: readonly string[] = ['+', '-', '*', '&', '|', '^', '<<', '>>', '>>>'];
const LOADS: Readonly<Record<string, 1 | 2 | 4>> = { loadByte: 1, loadHalf: 2, loadWord: 4 };
const STORES: Readonly<Record<string, 1 | 2 | 4>> = { storeByte: 1, storeHalf: 2, storeWord: 4 };
const LOADED: Readonly<Record<1 | 2 | 4, readonly [number, number]>> = { 1: [0, 0xff], 2: [0, 0xffff], 4: [INT_MIN, INT_MAX] };

/** The code of an instruction with these semantics, of whose fields `fields` tells what is known. It always finishes. */
export function specialise(program: Program, execute: number, fields: FieldKnowledge): readonly Statement[] {
  const procedure = program.procedures[program.executes[execute] ?? -1];
  if (procedure === undefined) throw new Error(`no semantics have the number ${execute}`);
  const statements: Statement[] = [];
  const finish: Return = {
    leave: (value, into) => {
      if (value?.is !== 'code') throw new Error('semantics without an effect');
      into.push({ kind: 'finish', effect: value.code });
    },
  };
  new Specialisation(program, fields).inline(procedure, null, [STATE, { is: 'instruction' }], finish, statements);
  return statements;
}

/** The value of a method of the CPU state, which must not do anything else. */
export function specialiseMember(program: Program, name: string, values: readonly Code[]): Code {
  const statements: Statement[] = [];
  const fields: FieldKnowledge = (field) => {
    throw new Error(`${name} reads the field ${field}`);
  };
  const value = new Specialisation(program, fields).member(name, values, statements);
  if (statements.length > 0) throw new Error(`${name} does more than to give a value`);
  return value;
}

/** The value of a function of numbers; statements that come before it are added. */
export function specialiseFunction(program: Program, name: string, values: readonly Code[], into: Statement[]): Code {
  const procedure = program.procedures[program.functions[name] ?? -1];
  if (procedure === undefined) throw new Error(`no function ${name}`);
  const fields: FieldKnowledge = (field) => {
    throw new Error(`${name} reads the field ${field}`);
  };
  return new Specialisation(program, fields).function(procedure, values, into);
}

/** What a method of the CPU state does that has no value. */
export function specialiseEffect(program: Program, name: string): readonly Statement[] {
  const statements: Statement[] = [];
  const fields: FieldKnowledge = (field) => {
    throw new Error(`${name} reads the field ${field}`);
  };
  new Specialisation(program, fields).effect(name, statements);
  return statements;
}

class Specialisation {
  readonly #program: Program;
  readonly #fields: FieldKnowledge;

  constructor(program: Program, fields: FieldKnowledge) {
    this.#program = program;
    this.#fields = fields;
  }

  /** @returns whether the end of the body can be reached, which for a function with a value it cannot */
  inline(procedure: Procedure, outer: Scope | null, values: readonly Value[], result: Return, into: Statement[]): boolean {
    const scope = new Scope(outer);
    procedure.parameters.forEach((name, k) => scope.declare(name, this.#bound(values[k] ?? STATE, into)));
    return this.#steps(procedure.body, scope, result, into);
  }

  member(name: string, values: readonly Code[], into: Statement[]): Code {
    const { procedure, scope } = this.#member(name);
    const value = this.#whole(procedure, scope, values.map(ofCode), into);
    if (value?.is !== 'code') throw new Error(`${name} has no value`);
    return value.code;
  }

  function(procedure: Procedure, values: readonly Code[], into: Statement[]): Code {
    const value = this.#whole(procedure, null, values.map(ofCode), into);
    if (value?.is !== 'code') throw new Error('a function without a value');
    return value.code;
  }

  effect(name: string, into: Statement[]): void {
    const { procedure, scope } = this.#member(name);
    if (this.#whole(procedure, scope, [], into) !== null) throw new Error(`${name} has a value`);
  }

  /** A value that may be used any number of times: code is put into a local. */
  #bound(value: Value, into: Statement[]): Value {
    if (value.is !== 'code' || isKnown(value.code) || value.code.kind === 'local') return value;
    return ofCode(this.#local(value.code, value.code.low, value.code.high, into));
  }

  #local(value: Code, low: number, high: number, into: Statement[]): Code {
    const local: Local = { low, high, wide: false, slot: -1 };
    into.push({ kind: 'set', local, value });
    return { kind: 'local', local, low, high };
  }

  /** @returns whether the step behind these can be reached */
  #steps(steps: readonly Step[], scope: Scope, result: Return, into: Statement[]): boolean {
    return steps.every((step) => this.#step(step, scope, result, into));
  }

  #step(step: Step, scope: Scope, result: Return, into: Statement[]): boolean {
    switch (step.op) {
      case 'let':
        scope.declare(step.name, this.#bound(this.#value(step.value, scope, into), into));
        return true;
      case 'assign':
        this.#assign(scope.cell(step.name), this.#value(step.value, scope, into), into);
        return true;
      case 'set':
        this.#set(this.#value(step.object, scope, into), step.name, step.value, scope, into);
        return true;
      case 'store': {
        const index = this.#code(step.index, scope, into);
        into.push({ kind: 'set_register', index, value: this.#code(step.value, scope, into) });
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
        const value = this.#call(step.value, scope, into, true);
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
    const target = this.#callee(value, scope, into);
    if (target === null) {
      const isCall = value.op === 'method';
      result.leave(isCall ? this.#call(value, scope, into, false) : this.#value(value, scope, into), into);
    } else if (this.inline(target.procedure, target.scope, target.values, result, into)) result.leave(null, into);
  }

  /** The procedure that a call means, and the values it is called with; null where that is no procedure of the semantics. */
  #callee(call: Expression, scope: Scope, into: Statement[]): { procedure: Procedure; scope: Scope | null; values: readonly Value[] } | null {
    const all = (values: readonly Expression[]): readonly Value[] => values.map((value) => this.#bound(this.#value(value, scope, into), into));
    if (call.op === 'call') {
      const callee = this.#value(call.callee, scope, into);
      if (callee.is !== 'function') throw new Error('a call of something that is no function');
      return { procedure: callee.procedure, scope: callee.scope, values: all(call.values) };
    }
    if (call.op !== 'method' || this.#value(call.object, scope, into).is !== 'state') return null;
    return { ...this.#member(call.name), values: all(call.values) };
  }

  #member(name: string): { procedure: Procedure; scope: Scope } {
    const procedure = this.#program.procedures[this.#program.members[name] ?? -1];
    if (procedure === undefined) throw new Error(`the CPU state has no ${name}`);
    const scope = new Scope(null);
    scope.declare('this', STATE);
    return { procedure, scope };
  }

  /** A local that changes is known for as long as its values are; then it is a variable (`settle`). */
  #assign(cell: { value: Value }, value: Value, into: Statement[]): void {
    const { value: before } = cell;
    if (value.is !== 'code') throw new Error('a local that changes is no number');
    if (before.is === 'code' && before.code.kind === 'local' && this.#variables.has(before.code.local)) {
      if (!isSigned32(value.code)) throw new Error('a variable leaves 32 bits');
      into.push({ kind: 'set', local: before.code.local, value: value.code });
    } else cell.value = this.#bound(value, into);
  }

  /** Locals that are set more than once. */
  readonly #variables = new Set<Local>();

  /** Makes variables of all locals that these steps assign to: whether they are executed is not known. */
  #settle(steps: readonly Step[], scope: Scope, into: Statement[]): void {
    for (const name of assigned(steps)) {
      if (!scope.has(name)) continue;
      const cell = scope.cell(name);
      const { value } = cell;
      if (value.is !== 'code') throw new Error(`the local ${name} changes and is no number`);
      if (value.code.kind === 'local' && this.#variables.has(value.code.local)) continue;
      const variable = this.#local(value.code, INT_MIN, INT_MAX, into);
      if (variable.kind === 'local') this.#variables.add(variable.local);
      cell.value = ofCode(variable);
    }
  }

  #if(step: Step & { op: 'if' }, scope: Scope, result: Return, into: Statement[]): boolean {
    const condition = this.#code(step.condition, scope, into);
    if (isKnown(condition)) return this.#steps(condition.low === 0 ? step.no : step.yes, new Scope(scope), result, into);
    this.#settle([...step.yes, ...step.no], scope, into);
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
      const condition = this.#code(step.condition, scope, before);
      if (!isKnown(condition)) {
        if (count > 0 || before.length > 0) throw new Error('a loop that becomes unknown on its way');
        this.#settle(step.body, scope, into);
        const body: Statement[] = [];
        const again = this.#code(step.condition, scope, before);
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
    const assigned = this.#value(value, scope, into);
    if (flag === undefined) {
      const { procedure, scope: outer } = this.#member(`set ${name}`);
      this.#whole(procedure, outer, [assigned], into);
    } else if (assigned.is === 'code') into.push({ kind: 'set_flag', flag, value: assigned.code });
  }

  #code(expression: Expression, scope: Scope, into: Statement[]): Code {
    const value = this.#value(expression, scope, into);
    if (value.is !== 'code') throw new Error(`a number was wanted, not ${value.is}`);
    return value.code;
  }

  #value(expression: Expression, scope: Scope, into: Statement[]): Value {
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
        return { is: 'list', items: expression.items.map((item) => this.#value(item, scope, into)) };
      case 'get':
        return this.#get(this.#value(expression.object, scope, into), expression.name, into);
      case 'index':
        return this.#index(this.#value(expression.object, scope, into), this.#code(expression.index, scope, into));
      case 'unary': {
        const operand = this.#code(expression.operand, scope, into);
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
        const value = this.#call(expression, scope, into, false);
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
    const { procedure, scope } = this.#member(`get ${name}`);
    return this.#whole(procedure, scope, [], into) ?? STATE;
  }

  #index(object: Value, index: Code): Value {
    if (object.is === 'registers') return ofCode({ kind: 'register', index, low: INT_MIN, high: INT_MAX });
    const item = object.is === 'list' && isKnown(index) ? object.items[index.low] : undefined;
    if (item === undefined) throw new Error(`an index into ${object.is} that is not known`);
    return item;
  }

  #binary({ operator, left, right }: Expression & { op: 'binary' }, scope: Scope, into: Statement[]): Code {
    const a = this.#code(left, scope, into);
    if (operator === '&&' || operator === '||') {
      if (isKnown(a)) return (a.low !== 0) === (operator === '&&') ? this.#code(right, scope, into) : a;
      const { statements, code } = this.#arm(right, scope);
      const b: Code = statements.length === 0 ? code : { kind: 'after', statements, value: code, low: code.low, high: code.high };
      return operator === '&&' ? choice(a, b, number(0)) : choice(a, number(1), b);
    }
    const held = this.#held(a, right, into);
    const b = this.#code(right, scope, into);
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
    return this.#local(code, code.low, code.high, into);
  }

  #arm(expression: Expression, scope: Scope): { readonly statements: Statement[]; readonly code: Code } {
    const statements: Statement[] = [];
    const code = this.#code(expression, scope, statements);
    return { statements, code };
  }

  #choose({ condition, yes, no }: Expression & { op: 'choose' }, scope: Scope, into: Statement[]): Value {
    const chosen = this.#code(condition, scope, into);
    if (isKnown(chosen)) return this.#value(chosen.low === 0 ? no : yes, scope, into);
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
      return quotient(this.#code(first.left, scope, into), this.#code(first.right, scope, into).low);
    }
    const a = this.#code(first, scope, into);
    if (name === 'clz32') return clz(a);
    if (name === 'abs') {
      const value = this.#bound(ofCode(a), into);
      const code = value.is === 'code' ? value.code : a;
      return choice(comparison('<', code, number(0)), { ...arithmetic('-', number(0), code), low: 0, high: -a.low } as Code, { ...code, low: 0 } as Code);
    }
    if (name !== 'imul' || second === undefined) throw new Error(`Math.${name} of ${values.length} values`);
    const b = this.#code(second, scope, into);
    return product32(a, b);
  }

  /** @returns the value of a call; null for one that has none, which must then be a statement */
  #call(call: Expression, scope: Scope, into: Statement[], isStatement: boolean): Value | null {
    if (call.op === 'method') {
      const object = this.#value(call.object, scope, into);
      if (object.is === 'mmu') return this.#access(call.name, call.values, scope, into);
    }
    const target = this.#callee(call, scope, into);
    if (target === null) throw new Error(`a call of unknown form: ${call.op}`);
    const value = this.#whole(target.procedure, target.scope, target.values, into);
    return isStatement ? null : value;
  }

  /** A procedure in place, for its value: as code where it returns at its end only, else as a block that is left. */
  #whole(procedure: Procedure, outer: Scope | null, values: readonly Value[], into: Statement[]): Value | null {
    const label: Label = { of: 'block' };
    const returned: { value: Value | null; statement: (Statement & { kind: 'leave' }) | null }[] = [];
    const statements: Statement[] = [];
    const result: Return = {
      leave: (value, target) => {
        if (value !== null && value.is !== 'code') {
          returned.push({ value, statement: null });
          return;
        }
        const leave: Statement & { kind: 'leave' } = { kind: 'leave', label, value: value?.code ?? null };
        returned.push({ value, statement: leave });
        target.push(leave);
      },
    };
    const open = this.inline(procedure, outer, values, result, statements);
    const [first] = returned;
    if (first === undefined) {
      into.push(...statements);
      return null;
    }
    const isLast = first.statement === null || statements.at(-1) === first.statement;
    if (returned.length === 1 && isLast && !open) {
      if (first.statement !== null) statements.pop();
      into.push(...statements);
      return first.value;
    }
    const codes = returned.map(({ value }) => (value?.is === 'code' ? value.code : null));
    if (codes.every((code) => code === null)) {
      into.push({ kind: 'scope', label, statements });
      return null;
    }
    if (open) throw new Error('a function that returns a value sometimes');
    const low = Math.min(...codes.map((code) => code?.low ?? 0));
    const high = Math.max(...codes.map((code) => code?.high ?? 0));
    return this.#bound(ofCode({ kind: 'block', label, statements, low, high }), into);
  }

  #access(name: string, values: readonly Expression[], scope: Scope, into: Statement[]): Value | null {
    const [address, ...rest] = values.map((value) => {
      const bound = this.#bound(ofCode(this.#code(value, scope, into)), into);
      return bound.is === 'code' ? bound.code : number(0);
    });
    if (address === undefined) throw new Error(`${name} without an address`);
    const loaded = LOADS[name];
    if (loaded !== undefined) {
      const [low, high] = LOADED[loaded];
      return ofCode(this.#local({ kind: 'load', bytes: loaded, address, low, high }, low, high, into));
    }
    const second = rest[0] ?? number(0);
    const stored = STORES[name];
    if (stored !== undefined) into.push({ kind: 'store', bytes: stored, address, value: second });
    else if (name === 'probe') into.push({ kind: 'probe', address, count: second, write: rest[1]?.low === 1 });
    else if (name === 'requireAligned') into.push({ kind: 'require_aligned', address, bytes: second.low, write: rest[1]?.low === 1 });
    else throw new Error(`the MMU has no ${name}`);
    return null;
  }
}

/** The low 32 bits of a product, signed. */
const product32 = (a: Code, b: Code): Code =>
  isKnown(a) && isKnown(b)
    ? number(Math.imul(a.low, b.low))
    : { kind: 'arithmetic', operator: '*', left: a, right: b, low: INT_MIN, high: INT_MAX };
