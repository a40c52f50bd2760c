// T32 encodings of data processing: 16-bit forms, modified and plain immediates, shifted registers (ARM ARM A6.2.1, A6.2.2,
// A6.3.1, A6.3.3, A6.3.11, A6.3.12). Rows; orn and writes to r15 have semantics of their own. No state.

import { orn, orns } from '../data_processing.ts';
import { SHIFT_ASR, SHIFT_LSL, SHIFT_LSR, SHIFT_ROR } from '../instruction.ts';
import type { Execute, Instruction, Row } from '../instruction.ts';
import { rm } from '../operands.ts';
import { REG_PC, REG_SP } from '../registers.ts';
import {
  a32Row,
  badD,
  badDM,
  badDMS,
  decodePlainImmediate,
  decodeThumbImmediate,
  fromAlignedPc,
  isBad,
  isBadThumbImmediate,
  last,
  never,
  t32,
} from './row.ts';
import type { Options } from './row.ts';

const destinationIsSource = (i: Instruction): void => {
  i.rn = i.rd;
};

/** A 16-bit encoding that sets flags outside of IT blocks only. `model` is an A32 form: immediate, register, ... */
const flagged = (name: string, encoding: string, bits: string, operation: string, model: string, options: Options = {}): Row =>
  t32(`${name}s (${encoding})`, bits, `${operation}s (${model})`, { inBlock: `${operation} (${model})`, ...options });

const SHIFTS = [
  { name: 'lsl', shift: SHIFT_LSL, immediate: '00', narrow: '0010', wide: '00' },
  { name: 'lsr', shift: SHIFT_LSR, immediate: '01', narrow: '0011', wide: '01' },
  { name: 'asr', shift: SHIFT_ASR, immediate: '10', narrow: '0100', wide: '10' },
  { name: 'ror', shift: SHIFT_ROR, immediate: null, narrow: '0111', wide: '11' },
] as const;

const SHIFT_ROWS: readonly Row[] = SHIFTS.flatMap(({ name, shift, immediate, narrow, wide }) => {
  const arrange = (i: Instruction): void => {
    i.shift = shift;
  };
  const model = 'register-shifted register';
  return [
    ...(immediate === null ? [] : [flagged(name, 'immediate, T1', `000 ${immediate} hhhhh mmm ddd`, 'mov', 'register', { arrange })]),
    flagged(name, 'register, T1', `010000 ${narrow} sss ddd`, 'mov', model, {
      arrange: (i) => {
        i.shift = shift;
        i.rm = i.rd;
      },
    }),
    t32(`${name} (register, T2)`, `1111 1010 0 ${wide} 0 mmmm 1111 dddd 0000 ssss`, `mov (${model})`, { arrange, unpredictable: badDMS }),
    t32(`${name}s (register, T2)`, `1111 1010 0 ${wide} 1 mmmm 1111 dddd 0000 ssss`, `movs (${model})`, { arrange, unpredictable: badDMS }),
  ];
});

const NARROW_DYADIC = [
  ['and', '0000'],
  ['eor', '0001'],
  ['adc', '0101'],
  ['sbc', '0110'],
  ['orr', '1100'],
  ['bic', '1110'],
] as const;
const NARROW_COMPARE = [
  ['tst', '1000'],
  ['cmp', '1010'],
  ['cmn', '1011'],
] as const;

const addToPc: Execute = (c, i) => c.branchThumb((c.r[REG_PC] as number) + rm(c, i));
const movToPc: Execute = (c, i) => c.branchThumb(rm(c, i));

const NARROW: readonly Row[] = [
  t32('movs (register, T2)', '0000 0000 00 mmm ddd', 'movs (register)', { place: never, over: ['lsls (immediate, T1)'] }),
  ...SHIFT_ROWS,
  flagged('add', 'register, T1', '0001 100 mmm nnn ddd', 'add', 'register'),
  flagged('sub', 'register, T1', '0001 101 mmm nnn ddd', 'sub', 'register'),
  flagged('add', 'immediate, T1', '0001 110 iii nnn ddd', 'add', 'immediate'),
  flagged('sub', 'immediate, T1', '0001 111 iii nnn ddd', 'sub', 'immediate'),
  flagged('mov', 'immediate, T1', '0010 0 ddd iiiiiiii', 'mov', 'immediate'),
  t32('cmp (immediate, T1)', '0010 1 nnn iiiiiiii', 'cmp (immediate)'),
  flagged('add', 'immediate, T2', '0011 0 ddd iiiiiiii', 'add', 'immediate', { arrange: destinationIsSource }),
  flagged('sub', 'immediate, T2', '0011 1 ddd iiiiiiii', 'sub', 'immediate', { arrange: destinationIsSource }),
  ...NARROW_DYADIC.map(([name, code]) =>
    flagged(name, 'register, T1', `010000 ${code} mmm ddd`, name, 'register', { arrange: destinationIsSource }),
  ),
  ...NARROW_COMPARE.map(([name, code]) => t32(`${name} (register, T1)`, `010000 ${code} mmm nnn`, `${name} (register)`)),
  flagged('mvn', 'register, T1', '010000 1111 mmm ddd', 'mvn', 'register'),
  flagged('rsb', 'immediate, T1', '010000 1001 nnn ddd', 'rsb', 'immediate'),
  t32('add (pc, T2)', '0100 0100 1 mmmm 111', 'add (register)', {
    execute: addToPc,
    text: 'add<c> pc, <rm>',
    unpredictable: (i) => i.rm === REG_PC,
    place: last,
    over: ['add (register, T2)'],
  }),
  t32('add (register, T2)', '0100 0100 d mmmm ddd', 'add (register)', { arrange: destinationIsSource }),
  t32('cmp (register, T2)', '0100 0101 n mmmm nnn', 'cmp (register)', {
    unpredictable: (i) => (i.rn < 8 && i.rm < 8) || i.rn === REG_PC || i.rm === REG_PC,
  }),
  t32('mov (pc, T1)', '0100 0110 1 mmmm 111', 'mov (register)', {
    execute: movToPc,
    text: 'mov<c> pc, <rm>',
    place: last,
    over: ['mov (register, T1)'],
  }),
  t32('mov (register, T1)', '0100 0110 d mmmm ddd', 'mov (register)'),
];

const baseIs =
  (base: number) =>
  (i: Instruction): void => {
    i.rn = base;
    i.imm *= 4;
  };
const spIsBoth = (i: Instruction): void => {
  i.rd = REG_SP;
  baseIs(REG_SP)(i);
};
const PLAIN: Options = { decode: decodePlainImmediate };
/** The stack pointer may be moved by another amount, but is no result of arithmetic with other registers. */
const badSum = (i: Instruction): boolean => i.rd === REG_PC || i.rn === REG_PC || (i.rd === REG_SP && i.rn !== REG_SP);

const ADDRESSES: readonly Row[] = [
  t32('adr (T1)', '1010 0 ddd iiiiiiii', 'add (immediate)', {
    ...PLAIN,
    arrange: baseIs(REG_PC),
    execute: fromAlignedPc(a32Row('add (immediate)').execute),
    text: 'adr<c> <rd>, <literal>',
  }),
  t32('add (sp plus immediate, T1)', '1010 1 ddd iiiiiiii', 'add (immediate)', { ...PLAIN, arrange: baseIs(REG_SP) }),
  t32('add (sp plus immediate, T2)', '1011 0000 0 iiiiiii', 'add (immediate)', { ...PLAIN, arrange: spIsBoth }),
  t32('sub (sp minus immediate, T1)', '1011 0000 1 iiiiiii', 'sub (immediate)', { ...PLAIN, arrange: spIsBoth }),
  ...(['add', 'sub'] as const).flatMap((name) => {
    const code = name === 'add' ? '00000' : '01010';
    return [
      t32(`adr (${name === 'add' ? 'T3' : 'T2'})`, `1111 0 i 1 ${code} 1111 0 iii dddd iiiiiiii`, `${name} (immediate)`, {
        ...PLAIN,
        arrange: (i) => {
          i.rn = REG_PC;
        },
        unpredictable: badD,
        execute: fromAlignedPc(a32Row(`${name} (immediate)`).execute),
        text: name === 'add' ? 'adr<c> <rd>, <literal>' : 'adr<c> <rd>, <literal before>',
        over: [`${name}w (immediate, T4)`],
      }),
      t32(`${name}w (immediate, T4)`, `1111 0 i 1 ${code} nnnn 0 iii dddd iiiiiiii`, `${name} (immediate)`, {
        ...PLAIN,
        unpredictable: badSum,
        text: `${name}w<c> <rd>, <rn>, <imm>`,
      }),
    ];
  }),
];

interface Operation {
  readonly name: string;
  readonly code: string;
  /** What it is called without its result (rd = 1111 and flags), or without its first source (rn = 1111). */
  readonly compare?: string;
  readonly move?: string;
}
const OPERATIONS: readonly Operation[] = [
  { name: 'and', code: '0000', compare: 'tst' },
  { name: 'bic', code: '0001' },
  { name: 'orr', code: '0010', move: 'mov' },
  { name: 'orn', code: '0011', move: 'mvn' },
  { name: 'eor', code: '0100', compare: 'teq' },
  { name: 'add', code: '1000', compare: 'cmn' },
  { name: 'adc', code: '1010' },
  { name: 'sbc', code: '1011' },
  { name: 'sub', code: '1101', compare: 'cmp' },
  { name: 'rsb', code: '1110' },
];
type Form = 'immediate' | 'register';

/** Which of destination and first source may not be r13 or r15; the second source is looked at by `badOperand`. */
function badRegisters(name: string): (i: Instruction) => boolean {
  switch (name) {
    case 'mov':
    case 'mvn':
      return badD;
    case 'tst':
    case 'teq':
      return (i) => isBad(i.rn);
    case 'cmp':
    case 'cmn':
      return (i) => i.rn === REG_PC;
    case 'add':
    case 'sub':
      return badSum;
    case 'orr':
    case 'orn':
      return (i) => isBad(i.rd) || i.rn === REG_SP;
    default:
      return (i) => isBad(i.rd) || isBad(i.rn);
  }
}

const isUnshifted = (i: Instruction): boolean => i.shift === SHIFT_LSL && i.amount === 0;
function badOperand(name: string, form: Form): (i: Instruction) => boolean {
  if (form === 'immediate') return isBadThumbImmediate;
  if (name !== 'add' && name !== 'sub') return (i) => isBad(i.rm);
  return (i) => isBad(i.rm) || (i.rd === REG_SP && (i.shift !== SHIFT_LSL || i.amount > 3));
}
/** A plain move may name r13 once. */
function badMove(i: Instruction): boolean {
  if (!isUnshifted(i)) return badDM(i);
  return i.rd === REG_PC || i.rm === REG_PC || (i.rd === REG_SP && i.rm === REG_SP);
}
function badWide(name: string, form: Form, flags: boolean): (i: Instruction) => boolean {
  if (name === 'mov' && form === 'register' && !flags) return badMove;
  const registers = badRegisters(name);
  const operand = badOperand(name, form);
  return (i) => registers(i) || operand(i);
}

function wide(name: string, form: Form, code: string, flags: boolean, registers: string, over: readonly string[] = []): Row {
  const suffix = flags && !['tst', 'teq', 'cmp', 'cmn'].includes(name) ? 's' : '';
  const bits =
    form === 'immediate'
      ? `1111 0 i 0 ${code} ${flags ? 1 : 0} ${registers.replace('D', '0 iii dddd').replace('-', '0 iii 1111')} iiiiiiii`
      : `1110 101 ${code} ${flags ? 1 : 0} ${registers.replace('D', '0 hhh dddd').replace('-', '0 hhh 1111')} hh kk mmmm`;
  const options: Options = {
    unpredictable: badWide(name, form, flags),
    over,
    ...(form === 'immediate' ? { decode: decodeThumbImmediate } : {}),
  };
  const title = `${name}${suffix} (${form}, wide)`;
  if (name !== 'orn') return t32(title, bits, `${name}${suffix} (${form})`, options);
  return t32(title, bits, `orr${suffix} (${form})`, { ...options, execute: flags ? orns : orn, text: `orn${suffix}<c> <rd>, <rn>, <op2>` });
}

function wideRows({ name, code, compare, move }: Operation, form: Form): readonly Row[] {
  return [
    ...(compare === undefined ? [] : [wide(compare, form, code, true, 'nnnn -', [`${name}s (${form}, wide)`])]),
    ...(move === undefined ? [] : [false, true]).map((flags) =>
      wide(move ?? '', form, code, flags, '1111 D', [`${name}${flags ? 's' : ''} (${form}, wide)`]),
    ),
    ...[false, true].map((flags) => wide(name, form, code, flags, 'nnnn D')),
  ];
}

/** The value is imm4:i:imm3:imm8, the encoding i, imm4, imm3, imm8. */
const arrangeHalf = (i: Instruction): void => {
  i.imm = ((i.imm & 0x7800) << 1) | (i.x << 11) | (i.imm & 0x7ff);
  i.x = 0;
};
const HALVES = ['movw', 'movt'].map((name) =>
  t32(`${name} (wide)`, `1111 0 x 10 ${name === 'movw' ? '0' : '1'}100 iiii 0 iii dddd iiiiiiii`, name, {
    arrange: arrangeHalf,
    unpredictable: badD,
  }),
);

export const T32_DATA_PROCESSING: readonly Row[] = [
  ...NARROW,
  ...ADDRESSES,
  ...OPERATIONS.flatMap((operation) => [...wideRows(operation, 'immediate'), ...wideRows(operation, 'register')]),
  ...HALVES,
];
