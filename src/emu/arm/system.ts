// Status register access, hints, barriers, preloads, coprocessors: what user mode sees of the system (ARM ARM A5.2.11 f., A5.7, B5).
// Rows and semantics; no state. Memory order is sequential, so barriers and preloads do nothing.

import type { CpuState } from './cpu_state.ts';
import { executeUndefined, FORM_IMMEDIATE, NEXT } from './instruction.ts';
import type { Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { decodeModifiedImmediate, decodeShift, operand, rm, rt } from './operands.ts';
import { pattern } from './pattern.ts';
import { CPSR_C, CPSR_GE, CPSR_N, CPSR_Q, CPSR_V, CPSR_Z, REG_CPSR, REG_PC, REG_TPIDRURO, REG_TPIDRURW } from './registers.ts';

/** What user mode reads: no T, J and IT. */
const CPSR_READABLE = 0xf8ff_03df;
const MASK_FLAGS = 8;
const MASK_STATUS = 4;

const nothing: Execute = () => NEXT;

const mrs: Execute = (c, i) => {
  c.packFlags();
  c.r[i.rd] = c.cpsr & CPSR_READABLE;
  return NEXT;
};

/** User mode can write the flags and GE; writes to the other fields are ignored. */
function writeStatus(c: CpuState, fields: number, value: number): void {
  const flags = (fields & MASK_FLAGS) === 0 ? 0 : CPSR_N | CPSR_Z | CPSR_C | CPSR_V | CPSR_Q;
  const mask = flags | ((fields & MASK_STATUS) === 0 ? 0 : CPSR_GE);
  c.packFlags();
  c.r[REG_CPSR] = (c.cpsr & ~mask) | (value & mask);
  c.unpackFlags();
}

const msr: Execute = (c, i) => {
  writeStatus(c, i.option, i.form === FORM_IMMEDIATE ? operand(c, i) : rm(c, i));
  return NEXT;
};

const readThreadRegister =
  (register: number): Execute =>
  (c, i) => {
    c.r[i.rt] = c.r[register] as number;
    return NEXT;
  };
const writeThreadRegister: Execute = (c, i) => {
  c.r[REG_TPIDRURW] = rt(c, i);
  return NEXT;
};

const transfersPc = (i: Instruction): boolean => i.rt === REG_PC;

const statusRows = (): readonly Row[] => [
  {
    name: 'mrs',
    encoding: pattern('cccc 0001 0000 1111 dddd 0000 0000 0000'),
    execute: mrs,
    text: 'mrs<c> <rd>, CPSR',
    unpredictable: (i) => i.rd === REG_PC,
  },
  {
    name: 'msr (register)',
    encoding: pattern('cccc 0001 0010 oooo 1111 0000 0000 mmmm'),
    execute: msr,
    decode: decodeShift,
    text: 'msr<c> CPSR_<fields>, <rm>',
    unpredictable: (i) => i.option === 0 || i.rm === REG_PC,
  },
];

/** Hints do nothing, allocated or not; they overlap msr with an immediate and no fields. */
const hintsRows = (): readonly Row[] => [
  ...[
    ['nop', '0000 0000'],
    ['yield', '0000 0001'],
    ['wfe', '0000 0010'],
    ['wfi', '0000 0011'],
    ['sev', '0000 0100'],
    ['dbg', '1111 oooo'],
  ].map(
    ([name, bits]): Row => ({
      name: `${name}`,
      encoding: pattern(`cccc 0011 0010 0000 1111 0000 ${bits}`),
      execute: nothing,
      text: name === 'dbg' ? 'dbg<c> #<option>' : `${name}<c>`,
      over: ['hint', 'msr (immediate)'],
    }),
  ),
  {
    name: 'hint',
    encoding: pattern('cccc 0011 0010 0000 1111 0000 iiii iiii'),
    execute: nothing,
    text: 'hint<c> <imm>',
    over: ['msr (immediate)'],
  },
  {
    name: 'msr (immediate)',
    encoding: pattern('cccc 0011 0010 oooo 1111 iiii iiii iiii'),
    execute: msr,
    decode: decodeModifiedImmediate,
    text: 'msr<c> CPSR_<fields>, <op2>',
    unpredictable: (i) => i.option === 0,
  },
];

const barriersRows = (): readonly Row[] => [
  { name: 'dsb', encoding: pattern('1111 0101 0111 1111 1111 0000 0100 oooo'), execute: nothing, text: 'dsb<c> <barrier>' },
  { name: 'dmb', encoding: pattern('1111 0101 0111 1111 1111 0000 0101 oooo'), execute: nothing, text: 'dmb<c> <barrier>' },
  { name: 'isb', encoding: pattern('1111 0101 0111 1111 1111 0000 0110 oooo'), execute: nothing, text: (i) => (i.option === 15 ? 'isb<c> sy' : 'isb<c> #<option>') },
];

const signedOffset = (i: Instruction): void => {
  i.imm = i.up === 1 ? i.imm : 0 - i.imm;
};
const preload = (name: string, immediate: string, register: string): readonly Row[] => [
  {
    name: `${name} (immediate)`,
    encoding: pattern(`1111 ${immediate} nnnn 1111 iiii iiii iiii`),
    execute: nothing,
    decode: signedOffset,
    text: `${name}<c> [<rn><offset>]`,
    unpredictable: (i) => name === 'pldw' && i.rn === REG_PC,
  },
  {
    name: `${name} (register)`,
    encoding: pattern(`1111 ${register} nnnn 1111 hhhhh kk 0 mmmm`),
    execute: nothing,
    decode: decodeShift,
    text: `${name}<c> [<rn><offset>]`,
    unpredictable: (i) => i.rm === REG_PC || (name === 'pldw' && i.rn === REG_PC),
  },
];
const memoryHintsRows = (): readonly Row[] => [
  ...preload('pld', '0101 u101', '0111 u101'),
  ...preload('pldw', '0101 u001', '0111 u001'),
  ...preload('pli', '0100 u101', '0110 u101'),
  { name: 'memory hint (immediate)', encoding: pattern('1111 0100 -001 ---- ---- ---- ---- ----'), execute: nothing, text: 'nop<c> ; <word>' },
  { name: 'memory hint (register)', encoding: pattern('1111 0110 -001 ---- ---- ---- ---0 ----'), execute: nothing, text: 'nop<c> ; <word>' },
];

const systemRegister = (name: string, bits: string, execute: Execute, text: string, over: string): Row => ({
  name,
  encoding: pattern(bits),
  execute,
  text,
  unpredictable: transfersPc,
  over: [over],
});
/** ARMv6 barriers as coprocessor writes: old code has them, and user mode may use them. */
const oldBarrier = (name: string, bits: string, text: string): Row => systemRegister(name, bits, nothing, text, 'mcr');

const systemRegistersRows = (): readonly Row[] => [
  systemRegister(
    'mrc (tpidruro)',
    'cccc 1110 0001 1101 tttt 1111 0111 0000',
    readThreadRegister(REG_TPIDRURO),
    'mrc<c> p15, #0, <rt>, c13, c0, #3',
    'mrc',
  ),
  systemRegister(
    'mrc (tpidrurw)',
    'cccc 1110 0001 1101 tttt 1111 0101 0000',
    readThreadRegister(REG_TPIDRURW),
    'mrc<c> p15, #0, <rt>, c13, c0, #2',
    'mrc',
  ),
  systemRegister(
    'mcr (tpidrurw)',
    'cccc 1110 0000 1101 tttt 1111 0101 0000',
    writeThreadRegister,
    'mcr<c> p15, #0, <rt>, c13, c0, #2',
    'mcr',
  ),
  oldBarrier('mcr (dsb)', 'cccc 1110 0000 0111 tttt 1111 1001 1010', 'mcr<c> p15, #0, <rt>, c7, c10, #4'),
  oldBarrier('mcr (dmb)', 'cccc 1110 0000 0111 tttt 1111 1011 1010', 'mcr<c> p15, #0, <rt>, c7, c10, #5'),
  oldBarrier('mcr (isb)', 'cccc 1110 0000 0111 tttt 1111 1001 0101', 'mcr<c> p15, #0, <rt>, c7, c5, #4'),
];

const undefinedRow = (name: string, bits: string, detail: NonNullable<Row['detail']>, text: string, over?: readonly string[]): Row => ({
  name,
  encoding: pattern(bits),
  execute: executeUndefined,
  detail,
  text,
  over,
});

/** Everything here is an undefined instruction to user mode; the row says why. */
const absentRows = (): readonly Row[] => [
  undefinedRow('vfp (load, store, two-register transfer)', 'cccc 110- ---- ---- ---- 101- ---- ----', 'vfp', '.inst <word> ; vfp', [
    'ldc, stc, mcrr, mrrc',
  ]),
  undefinedRow('vfp (data processing, transfer)', 'cccc 1110 ---- ---- ---- 101- ---- ----', 'vfp', '.inst <word> ; vfp', [
    'cdp',
    'mcr',
    'mrc',
  ]),
  undefinedRow('simd (data processing)', '1111 001- ---- ---- ---- ---- ---- ----', 'vfp', '.inst <word> ; simd'),
  undefinedRow('simd (load, store)', '1111 0100 ---0 ---- ---- ---- ---- ----', 'vfp', '.inst <word> ; simd'),
  undefinedRow('ldc, stc, mcrr, mrrc', 'cccc 110- ---- ---- ---- ---- ---- ----', 'coprocessor', '.inst <word> ; coprocessor'),
  undefinedRow('cdp', 'cccc 1110 ---- ---- ---- ---- ---0 ----', 'coprocessor', '.inst <word> ; coprocessor'),
  undefinedRow(
    'mcr',
    'cccc 1110 lll0 nnnn tttt oooo eee1 mmmm',
    'coprocessor',
    'mcr<c> p<option>, #<opc1>, <rt>, <crn>, <crm>, #<opc2>',
  ),
  undefinedRow(
    'mrc',
    'cccc 1110 lll1 nnnn tttt oooo eee1 mmmm',
    'coprocessor',
    'mrc<c> p<option>, #<opc1>, <rt>, <crn>, <crm>, #<opc2>',
  ),
  undefinedRow('ldc2, stc2, mcrr2, mrrc2', '1111 110- ---- ---- ---- ---- ---- ----', 'coprocessor', '.inst <word> ; coprocessor'),
  undefinedRow('cdp2, mcr2, mrc2', '1111 1110 ---- ---- ---- ---- ---- ----', 'coprocessor', '.inst <word> ; coprocessor'),
  undefinedRow('mrs (spsr)', 'cccc 0001 0100 1111 dddd 0000 0000 0000', 'privileged', 'mrs<c> <rd>, SPSR'),
  undefinedRow('msr (spsr, register)', 'cccc 0001 0110 oooo 1111 0000 0000 mmmm', 'privileged', 'msr<c> SPSR_<fields>, <rm>'),
  {
    ...undefinedRow('msr (spsr, immediate)', 'cccc 0011 0110 oooo 1111 iiii iiii iiii', 'privileged', 'msr<c> SPSR_<fields>, <op2>'),
    decode: decodeModifiedImmediate,
  },
  undefinedRow('smc', 'cccc 0001 0110 0000 0000 0000 0111 iiii', 'privileged', 'smc<c> <imm>'),
  undefinedRow('rfe', '1111 100- -0-1 ---- ---- ---- ---- ----', 'privileged', '.inst <word> ; rfe'),
  undefinedRow('srs', '1111 100- -1-0 ---- ---- ---- ---- ----', 'privileged', '.inst <word> ; srs'),
  undefinedRow('setend be', '1111 0001 0000 0001 0000 0010 0000 0000', 'setend', 'setend be'),
];

const bitsOf = (i: Instruction, from: number, count: number): number => (i.word >>> from) & ((1 << count) - 1);

/**
 * What cps would do in a privileged mode: `imod` 2 enables and 3 disables the interrupts `aif`, and with `m` the mode changes to `mode`.
 * UNPREDICTABLE combinations have no text.
 */
export function cpsText(imod: number, aif: number, m: number, mode: number): string {
  const changes = imod >>> 1 === 1;
  const isKnown = changes === (aif !== 0) && imod !== 1 && (changes || m === 1) && (m === 1 || mode === 0);
  if (!isKnown) return 'nop ; cps <word>';
  const masks = [...'aif'].filter((_, k) => ((aif << k) & 4) !== 0).join('');
  const operands = [...(changes ? [masks] : []), ...(m === 1 ? [`#${mode}`] : [])];
  return `cps${changes ? (imod === 2 ? 'ie' : 'id') : ''} ${operands.join(', ')}`;
}
const cpsTextA32 = (i: Instruction): string => cpsText(bitsOf(i, 18, 2), bitsOf(i, 6, 3), bitsOf(i, 17, 1), bitsOf(i, 0, 5));

export const systemRows = once((): readonly Row[] => [
  ...statusRows(),
  ...hintsRows(),
  ...barriersRows(),
  ...memoryHintsRows(),
  ...systemRegistersRows(),
  { name: 'setend le', encoding: pattern('1111 0001 0000 0001 0000 0000 0000 0000'), execute: nothing, text: 'setend le' },
  /** Ignored in user mode. */
  { name: 'cps', encoding: pattern('1111 0001 0000 --- 0 0000 000 --- 0 -----'), execute: nothing, text: cpsTextA32 },
  ...absentRows(),
]);
