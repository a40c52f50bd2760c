// From code to WebAssembly: takes for every number as many bits as widths.ts has found, and leaves to a target what registers, fields, memory
// and the end of an instruction are. Owns nothing beyond one instruction.

import { I32, I64 } from './assembler.ts';
import type { Assembler, Depth, OpName, ValueType } from './assembler.ts';
import { fits32, isSigned32 } from './code.ts';
import { REG_PC } from '../registers.ts';
import type { Arithmetic, Code, Comparison, Flag, Label, Local, Statement } from './code.ts';
import { sameSide, settleWidths } from './widths.ts';

/** What surrounds the code of an instruction. Addresses and values are pushed before a method is called. */
export interface Target {
  /** Pushes a field of the decoded instruction. */
  pushField(name: string): void;
  /** Pushes the byte offset of a register whose number is such a field. */
  pushRegisterField(name: string): void;
  /** Offset of the register file in memory. */
  readonly registers: number;
  flagOffset(flag: Flag): number;
  /** WebAssembly local in which a register or a flag is kept; null where it is in memory. */
  registerLocal?(index: number): number | null;
  flagLocal?(flag: Flag): number;
  /** Pushes r15; false where that is a register like the others. */
  pushPc(): boolean;
  /** Takes the new r15 from the stack; null where that is a register like the others. */
  readonly setPc: (() => void) | null;
  /** Pushes what is at the address in this local. */
  load(bytes: 1 | 2 | 4, address: number): void;
  store(bytes: 1 | 2 | 4, address: number, value: number): void;
  probe(address: number, count: number, write: boolean): void;
  requireAligned(address: number, bytes: number, write: boolean): void;
  finish(effect: Code, emitter: Emitter): void;
}

const ARITHMETIC: Readonly<Record<Arithmetic, OpName>> = {
  '+': 'i32_add',
  '-': 'i32_sub',
  '*': 'i32_mul',
  '&': 'i32_and',
  '|': 'i32_or',
  '^': 'i32_xor',
  '<<': 'i32_shl',
  '>>': 'i32_shr_s',
  '>>>': 'i32_shr_u',
};
const WIDE_ARITHMETIC: Readonly<Record<string, OpName>> = { '+': 'i64_add', '-': 'i64_sub', '*': 'i64_mul' };
const SIGNED: Readonly<Record<Comparison, OpName>> = { '===': 'i32_eq', '!==': 'i32_ne', '<': 'i32_lt_s', '<=': 'i32_le_s', '>': 'i32_gt_s', '>=': 'i32_ge_s' };
const UNSIGNED: Readonly<Record<Comparison, OpName>> = { '===': 'i32_eq', '!==': 'i32_ne', '<': 'i32_lt_u', '<=': 'i32_le_u', '>': 'i32_gt_u', '>=': 'i32_ge_u' };
const WIDE: Readonly<Record<Comparison, OpName>> = { '===': 'i64_eq', '!==': 'i64_ne', '<': 'i64_lt_s', '<=': 'i64_le_s', '>': 'i64_gt_s', '>=': 'i64_ge_s' };

/** What both arms of a choice may cost to be worked out both. */
const LIMIT_SELECT = 5;

export class Emitter {
  readonly asm: Assembler;
  readonly #target: Target;
  readonly #blocks = new Map<Label, { readonly depth: Depth; readonly wide: boolean }>();
  readonly #taken: { readonly type: ValueType; readonly slot: number }[] = [];

  constructor(asm: Assembler, target: Target) {
    this.asm = asm;
    this.#target = target;
  }

  /** All of an instruction. */
  emit(statements: readonly Statement[]): void {
    settleWidths(statements);
    this.statements(statements);
    for (const { type, slot } of this.#taken.splice(0)) this.asm.giveBack(type, slot);
  }

  /** A local until the end of the instruction. */
  temporary(type: ValueType): number {
    const slot = this.asm.local(type);
    this.#taken.push({ type, slot });
    return slot;
  }

  statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #slot(local: Local): number {
    if (local.slot < 0) local.slot = this.temporary(local.wide ? I64 : I32);
    return local.slot;
  }

  #statement(statement: Statement): void {
    const { asm } = this;
    switch (statement.kind) {
      case 'set':
        this.#push(statement.value, statement.local.wide);
        asm.set(this.#slot(statement.local));
        return;
      case 'set_register': {
        if (isPc(statement.index) && this.#target.setPc !== null) {
          this.low(statement.value);
          this.#target.setPc();
          return;
        }
        const kept = this.#registerLocal(statement.index);
        if (kept !== null) {
          this.low(statement.value);
          asm.set(kept);
          return;
        }
        const offset = this.#registerAddress(statement.index);
        this.low(statement.value);
        asm.memory('i32_store', offset);
        return;
      }
      case 'set_flag':
        if (this.#target.flagLocal !== undefined) {
          this.low(statement.value);
          asm.set(this.#target.flagLocal(statement.flag));
          return;
        }
        asm.i32(0);
        this.low(statement.value);
        asm.memory('i32_store', this.#target.flagOffset(statement.flag));
        return;
      case 'store':
        this.#target.store(statement.bytes, this.#inLocal(statement.address), this.#inLocal(statement.value));
        return;
      case 'probe':
        this.#target.probe(this.#inLocal(statement.address), this.#inLocal(statement.count), statement.write);
        return;
      case 'require_aligned':
        this.#target.requireAligned(this.#inLocal(statement.address), statement.bytes, statement.write);
        return;
      case 'if':
        this.low(statement.condition);
        asm.open('if');
        this.statements(statement.yes);
        if (statement.no.length > 0) {
          asm.otherwise();
          this.statements(statement.no);
        }
        asm.end();
        return;
      case 'loop':
        this.#loop(statement.condition, statement.body);
        return;
      case 'leave': {
        const block = this.#blocks.get(statement.label);
        if (block === undefined) throw new Error('a block is left that is not open');
        if (statement.value !== null) this.#push(statement.value, block.wide);
        asm.br(block.depth);
        return;
      }
      case 'scope':
        this.#blocks.set(statement.label, { depth: asm.open('block'), wide: false });
        this.statements(statement.statements);
        asm.end();
        return;
      default:
        this.#target.finish(statement.effect, this);
    }
  }

  #loop(condition: Code, body: readonly Statement[]): void {
    const { asm } = this;
    const end = asm.open('block');
    const again = asm.open('loop');
    this.low(condition);
    asm.op('i32_eqz').brIf(end);
    this.statements(body);
    asm.br(again).end().end();
  }

  /** The local that holds the low 32 bits of a number. */
  #inLocal(code: Code): number {
    if (code.kind === 'local' && !code.local.wide) return this.#slot(code.local);
    const slot = this.temporary(I32);
    this.low(code);
    this.asm.set(slot);
    return slot;
  }

  /** Pushes the address of a register without the returned offset. */
  #registerAddress(index: Code): number {
    const { registers } = this.#target;
    if (index.kind === 'number') {
      this.asm.i32(0);
      return registers + 4 * index.low;
    }
    if (index.kind === 'field') this.#target.pushRegisterField(index.name);
    else {
      this.low(index);
      this.asm.i32(2).op('i32_shl');
    }
    return registers;
  }

  #registerLocal(index: Code): number | null {
    return index.kind === 'number' ? (this.#target.registerLocal?.(index.low) ?? null) : null;
  }

  #push(code: Code, wide: boolean): void {
    if (wide) this.exact(code);
    else this.low(code);
  }

  /** Pushes the low 32 bits. */
  low(code: Code): void {
    const { asm } = this;
    switch (code.kind) {
      case 'number':
        asm.i32(code.low);
        return;
      case 'local':
        asm.get(this.#slot(code.local));
        if (code.local.wide) asm.op('i32_wrap_i64');
        return;
      case 'field':
        this.#target.pushField(code.name);
        return;
      case 'register': {
        if (isPc(code.index) && this.#target.pushPc()) return;
        const kept = this.#registerLocal(code.index);
        if (kept !== null) {
          asm.get(kept);
          return;
        }
        const offset = this.#registerAddress(code.index);
        asm.memory('i32_load', offset);
        return;
      }
      case 'flag':
        if (this.#target.flagLocal !== undefined) asm.get(this.#target.flagLocal(code.flag));
        else asm.i32(0).memory('i32_load', this.#target.flagOffset(code.flag));
        return;
      case 'arithmetic':
        this.low(code.left);
        this.low(code.right);
        asm.op(ARITHMETIC[code.operator]);
        return;
      case 'comparison':
        this.#comparison(code);
        return;
      case 'clz':
        this.low(code.operand);
        asm.op('i32_clz');
        return;
      case 'power':
        if (code.high < 2 ** 32) {
          asm.i32(1);
          this.low(code.exponent);
          asm.op('i32_shl');
        } else {
          this.exact(code);
          asm.op('i32_wrap_i64');
        }
        return;
      case 'quotient':
        if (fits32(code.dividend) && code.shift < 32) {
          this.low(code.dividend);
          asm.i32(code.shift).op(isSigned32(code.dividend) ? 'i32_shr_s' : 'i32_shr_u');
        } else {
          this.exact(code.dividend);
          asm.i64(code.shift).op('i64_shr_s', 'i32_wrap_i64');
        }
        return;
      case 'remainder':
        this.low(code.dividend);
        asm.i32(code.divisor - 1).op('i32_and');
        return;
      case 'load':
        this.#target.load(code.bytes, this.#inLocal(code.address));
        return;
      default:
        this.#structured(code, false);
    }
  }

  #comparison({ operator, left, right }: Code & { kind: 'comparison' }): void {
    const side = sameSide(left, right);
    if (side === null) {
      this.exact(left);
      this.exact(right);
      this.asm.op(WIDE[operator]);
      return;
    }
    this.low(left);
    if (right.kind === 'number' && right.low === 0 && operator === '===') {
      this.asm.op('i32_eqz');
      return;
    }
    this.low(right);
    this.asm.op((side === 'signed' ? SIGNED : UNSIGNED)[operator]);
  }

  /** Pushes all 64 bits. */
  exact(code: Code): void {
    const { asm } = this;
    if (code.kind === 'number') asm.i64(code.low);
    else if (code.kind === 'local' && code.local.wide) asm.get(this.#slot(code.local));
    else if (fits32(code)) {
      this.low(code);
      asm.op(isSigned32(code) ? 'i64_extend_i32_s' : 'i64_extend_i32_u');
    } else if (code.kind === 'arithmetic') {
      this.exact(code.left);
      this.exact(code.right);
      const operation = WIDE_ARITHMETIC[code.operator];
      if (operation === undefined) throw new Error(`${code.operator} of more than 32 bits`);
      asm.op(operation);
    } else if (code.kind === 'quotient') {
      this.exact(code.dividend);
      asm.i64(code.shift).op('i64_shr_s');
    } else if (code.kind === 'power') {
      asm.i64(1);
      this.low(code.exponent);
      asm.op('i64_extend_i32_u', 'i64_shl');
    } else this.#structured(code, true);
  }

  #structured(code: Code, wide: boolean): void {
    const { asm } = this;
    const type = wide ? I64 : I32;
    if (code.kind === 'after') {
      this.statements(code.statements);
      this.#push(code.value, wide);
    } else if (code.kind === 'block') {
      this.#blocks.set(code.label, { depth: asm.open('block', type), wide });
      this.statements(code.statements);
      asm.op('unreachable').end();
    } else if (code.kind === 'choice') {
      if (costOf(code.yes) + costOf(code.no) <= LIMIT_SELECT) {
        this.#push(code.yes, wide);
        this.#push(code.no, wide);
        this.low(code.condition);
        asm.op('select');
        return;
      }
      this.low(code.condition);
      asm.open('if', type);
      this.#push(code.yes, wide);
      asm.otherwise();
      this.#push(code.no, wide);
      asm.end();
    } else throw new Error(`no code for ${code.kind}`);
  }
}

const isPc = (index: Code): boolean => index.kind === 'number' && index.low === REG_PC;

/** How much work a number is; infinite where it has effects. */
function costOf(code: Code): number {
  switch (code.kind) {
    case 'number':
    case 'local':
    case 'field':
    case 'flag':
      return 1;
    case 'arithmetic':
    case 'comparison':
      return 1 + costOf(code.left) + costOf(code.right);
    case 'choice':
      return 1 + costOf(code.condition) + costOf(code.yes) + costOf(code.no);
    default:
      return Infinity;
  }
}
