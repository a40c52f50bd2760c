// Data processing: the sixteen operations with immediate, shifted register and register-shifted register, and the 16-bit
// immediates (ARM ARM A5.2, A8.8). Rows and semantics; no state.

import type { CpuState } from './cpu_state.ts';
import { FORM_REGISTER, NEXT, SHIFT_RRX } from './instruction.ts';
import type { Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { decodeModifiedImmediate, decodeShift, decodeShiftByRegister, operand, operandCarry, rn, setNZ, setRd } from './operands.ts';
import { pattern } from './pattern.ts';
import { REG_PC } from './registers.ts';

/** a + b + carryIn with all four flags; subtraction is addition of the complement. */
function addWithFlags(c: CpuState, a: number, b: number, carryIn: number): number {
  const result = (a + b + carryIn) | 0;
  setNZ(c, result);
  c.carry = (a >>> 0) + (b >>> 0) + carryIn > 0xffff_ffff ? 1 : 0;
  c.v = ~(a ^ b) & (a ^ result);
  return result;
}

/** Result of a logical operation with flags: N and Z from it, C from the shifter, V as it was. */
function logical(c: CpuState, i: Instruction, result: number): number {
  c.carry = operandCarry(c, i);
  setNZ(c, result);
  return result;
}

const and: Execute = (c, i) => setRd(c, i, rn(c, i) & operand(c, i));
const ands: Execute = (c, i) => setRd(c, i, logical(c, i, rn(c, i) & operand(c, i)));
const eor: Execute = (c, i) => setRd(c, i, rn(c, i) ^ operand(c, i));
const eors: Execute = (c, i) => setRd(c, i, logical(c, i, rn(c, i) ^ operand(c, i)));
const sub: Execute = (c, i) => setRd(c, i, (rn(c, i) - operand(c, i)) | 0);
const subs: Execute = (c, i) => setRd(c, i, addWithFlags(c, rn(c, i), ~operand(c, i), 1));
const rsb: Execute = (c, i) => setRd(c, i, (operand(c, i) - rn(c, i)) | 0);
const rsbs: Execute = (c, i) => setRd(c, i, addWithFlags(c, ~rn(c, i), operand(c, i), 1));
const add: Execute = (c, i) => setRd(c, i, (rn(c, i) + operand(c, i)) | 0);
const adds: Execute = (c, i) => setRd(c, i, addWithFlags(c, rn(c, i), operand(c, i), 0));
const adc: Execute = (c, i) => setRd(c, i, (rn(c, i) + operand(c, i) + c.carry) | 0);
const adcs: Execute = (c, i) => setRd(c, i, addWithFlags(c, rn(c, i), operand(c, i), c.carry));
const sbc: Execute = (c, i) => setRd(c, i, (rn(c, i) + ~operand(c, i) + c.carry) | 0);
const sbcs: Execute = (c, i) => setRd(c, i, addWithFlags(c, rn(c, i), ~operand(c, i), c.carry));
const rsc: Execute = (c, i) => setRd(c, i, (~rn(c, i) + operand(c, i) + c.carry) | 0);
const rscs: Execute = (c, i) => setRd(c, i, addWithFlags(c, ~rn(c, i), operand(c, i), c.carry));
const orr: Execute = (c, i) => setRd(c, i, rn(c, i) | operand(c, i));
const orrs: Execute = (c, i) => setRd(c, i, logical(c, i, rn(c, i) | operand(c, i)));
const mov: Execute = (c, i) => setRd(c, i, operand(c, i));
const movs: Execute = (c, i) => setRd(c, i, logical(c, i, operand(c, i)));
const bic: Execute = (c, i) => setRd(c, i, rn(c, i) & ~operand(c, i));
const bics: Execute = (c, i) => setRd(c, i, logical(c, i, rn(c, i) & ~operand(c, i)));
/** In T32 only. */
export const orn: Execute = (c, i) => setRd(c, i, rn(c, i) | ~operand(c, i));
export const orns: Execute = (c, i) => setRd(c, i, logical(c, i, rn(c, i) | ~operand(c, i)));
const mvn: Execute = (c, i) => setRd(c, i, ~operand(c, i));
const mvns: Execute = (c, i) => setRd(c, i, logical(c, i, ~operand(c, i)));
const tst: Execute = (c, i) => {
  logical(c, i, rn(c, i) & operand(c, i));
  return NEXT;
};
const teq: Execute = (c, i) => {
  logical(c, i, rn(c, i) ^ operand(c, i));
  return NEXT;
};
const cmp: Execute = (c, i) => {
  addWithFlags(c, rn(c, i), ~operand(c, i), 1);
  return NEXT;
};
const cmn: Execute = (c, i) => {
  addWithFlags(c, rn(c, i), operand(c, i), 0);
  return NEXT;
};

interface Operation {
  readonly name: string;
  readonly code: string;
  /** Operands in the text and register fields of the encoding: both sources, only the second, or no destination. */
  readonly shape: 'dyadic' | 'move' | 'compare';
  readonly plain?: Execute;
  readonly flags: Execute;
}

const OPERATIONS: readonly Operation[] = [
  { name: 'and', code: '0000', shape: 'dyadic', plain: and, flags: ands },
  { name: 'eor', code: '0001', shape: 'dyadic', plain: eor, flags: eors },
  { name: 'sub', code: '0010', shape: 'dyadic', plain: sub, flags: subs },
  { name: 'rsb', code: '0011', shape: 'dyadic', plain: rsb, flags: rsbs },
  { name: 'add', code: '0100', shape: 'dyadic', plain: add, flags: adds },
  { name: 'adc', code: '0101', shape: 'dyadic', plain: adc, flags: adcs },
  { name: 'sbc', code: '0110', shape: 'dyadic', plain: sbc, flags: sbcs },
  { name: 'rsc', code: '0111', shape: 'dyadic', plain: rsc, flags: rscs },
  { name: 'tst', code: '1000', shape: 'compare', flags: tst },
  { name: 'teq', code: '1001', shape: 'compare', flags: teq },
  { name: 'cmp', code: '1010', shape: 'compare', flags: cmp },
  { name: 'cmn', code: '1011', shape: 'compare', flags: cmn },
  { name: 'orr', code: '1100', shape: 'dyadic', plain: orr, flags: orrs },
  { name: 'mov', code: '1101', shape: 'move', plain: mov, flags: movs },
  { name: 'bic', code: '1110', shape: 'dyadic', plain: bic, flags: bics },
  { name: 'mvn', code: '1111', shape: 'move', plain: mvn, flags: mvns },
];

const FORMS = [
  { name: 'immediate', opcode: '001', operand: 'iiiiiiiiiiii', decode: decodeModifiedImmediate },
  { name: 'register', opcode: '000', operand: 'hhhhhkk0mmmm', decode: decodeShift },
  { name: 'register-shifted register', opcode: '000', operand: 'ssss0kk1mmmm', decode: decodeShiftByRegister },
] as const;

/** With r15 as destination the flag-setting forms are exception returns, which user mode has not; register shifts allow no r15. */
function unpredictable(shape: Operation['shape'], setsFlags: boolean, byRegister: boolean): (i: Instruction) => boolean {
  return (i) => {
    if (shape !== 'compare' && i.rd === REG_PC && (setsFlags || byRegister)) return true;
    return byRegister && (i.rm === REG_PC || i.rs === REG_PC || (shape !== 'move' && i.rn === REG_PC));
  };
}

/** A moved register that is shifted is written with the name of the shift. */
function moveText(suffix: string): (i: Instruction) => string {
  return (i) => {
    if (i.form === FORM_REGISTER) return `mov${suffix}<c> <rd>, <rm>`;
    return i.shift === SHIFT_RRX ? `rrx${suffix}<c> <rd>, <rm>` : `<shift>${suffix}<c> <rd>, <rm>, <amount>`;
  };
}

function text(operation: Operation, suffix: string, form: string): Row['text'] {
  if (operation.shape === 'compare') return `${operation.name}<c> <rn>, <op2>`;
  if (operation.name === 'mov' && form !== 'immediate') return moveText(suffix);
  return operation.shape === 'move' ? `${operation.name}${suffix}<c> <rd>, <op2>` : `${operation.name}${suffix}<c> <rd>, <rn>, <op2>`;
}

function row(operation: Operation, form: (typeof FORMS)[number], execute: Execute, setsFlags: boolean): Row {
  const { name, code, shape } = operation;
  const suffix = setsFlags && shape !== 'compare' ? 's' : '';
  const first = shape === 'move' ? '0000' : 'nnnn';
  const second = shape === 'compare' ? '0000' : 'dddd';
  return {
    name: `${name}${suffix} (${form.name})`,
    encoding: pattern(`cccc ${form.opcode} ${code} ${setsFlags ? 1 : 0} ${first} ${second} ${form.operand}`),
    execute,
    decode: form.decode,
    text: text(operation, suffix, form.name),
    unpredictable: unpredictable(shape, setsFlags, form.decode === decodeShiftByRegister),
  };
}

const movt: Execute = (c, i) => setRd(c, i, ((c.r[i.rd] as number) & 0xffff) | (i.imm << 16));

export const dataProcessingRows = once((): readonly Row[] => [
  ...OPERATIONS.flatMap((operation) =>
    FORMS.flatMap((form) => [
      ...(operation.plain === undefined ? [] : [row(operation, form, operation.plain, false)]),
      row(operation, form, operation.flags, true),
    ]),
  ),
  {
    name: 'movw',
    encoding: pattern('cccc 0011 0000 iiii dddd iiiiiiiiiiii'),
    execute: mov,
    text: 'movw<c> <rd>, <imm>',
    unpredictable: (i) => i.rd === REG_PC,
  },
  {
    name: 'movt',
    encoding: pattern('cccc 0011 0100 iiii dddd iiiiiiiiiiii'),
    execute: movt,
    text: 'movt<c> <rd>, <imm>',
    unpredictable: (i) => i.rd === REG_PC,
  },
]);
