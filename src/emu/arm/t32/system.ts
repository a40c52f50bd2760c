// T32 encodings of status registers, hints, barriers and coprocessors (ARM ARM A6.3.4, A6.3.18). Rows only: semantics are A32's.
// Coprocessor instructions are A32's opcodes, with condition 1110.

import { executeUndefined } from '../instruction.ts';
import type { Row } from '../instruction.ts';
import { pattern } from '../pattern.ts';
import { cpsText } from '../system.ts';
import { T32_IT } from './branch.ts';
import { a32Row, isBad, never, t32 } from './row.ts';

const NARROW_HINTS = ['nop', 'yield', 'wfe', 'wfi', 'sev'];

const bits = (number: number): string => number.toString(2).padStart(4, '0');

const HINTS: readonly Row[] = [
  ...NARROW_HINTS.map((name, number) => t32(`${name} (T1)`, `1011 1111 ${bits(number)} 0000`, name, { over: ['hint (T1)', 'it'] })),
  t32('hint (T1)', '1011 1111 iiii 0000', 'hint', { over: ['it'] }),
  T32_IT,
  ...NARROW_HINTS.map((name, number) =>
    t32(`${name} (T2)`, `1111 0011 1010 1111 1000 0000 0000 ${bits(number)}`, name, { over: ['hint (T2)', 'cps (T2)'] }),
  ),
  t32('dbg (T1)', '1111 0011 1010 1111 1000 0000 1111 oooo', 'dbg', { over: ['hint (T2)', 'cps (T2)'] }),
  t32('hint (T2)', '1111 0011 1010 1111 1000 0000 iiii iiii', 'hint', { over: ['cps (T2)'] }),
  t32('cps (T2)', '1111 0011 1010 1111 1000 0--- ---- ----', 'cps', {
    place: never,
    text: ({ word }) => cpsText((word >>> 9) & 3, (word >>> 5) & 7, (word >>> 8) & 1, word & 31),
  }),
  t32('cps (T1)', '1011 0110 011 - 0 ---', 'cps', { place: never, text: ({ word }) => cpsText(2 | ((word >>> 4) & 1), word & 7, 0, 0) }),
  t32('setend le (T1)', '1011 0110 0101 0000', 'setend le', { place: never }),
  t32('setend be (T1)', '1011 0110 0101 1000', 'setend be', { place: never }),
];

const STATUS: readonly Row[] = [
  t32('mrs (T1)', '1111 0011 1110 1111 1000 dddd 0000 0000', 'mrs', { unpredictable: (i) => isBad(i.rd) }),
  t32('msr (T1)', '1111 0011 1000 mmmm 1000 oooo 0000 0000', 'msr (register)', { unpredictable: (i) => isBad(i.rm) }),
  t32('dsb (T1)', '1111 0011 1011 1111 1000 1111 0100 oooo', 'dsb'),
  t32('dmb (T1)', '1111 0011 1011 1111 1000 1111 0101 oooo', 'dmb'),
  t32('isb (T1)', '1111 0011 1011 1111 1000 1111 0110 oooo', 'isb'),
];

const absent = (name: string, encoding: string, detail: NonNullable<Row['detail']>, text: string): Row => ({
  name,
  encoding: pattern(encoding),
  execute: executeUndefined,
  detail,
  text,
});

const PRIVILEGED: readonly Row[] = [
  t32('mrs (spsr, T1)', '1111 0011 1111 1111 1000 dddd 0000 0000', 'mrs (spsr)'),
  t32('msr (spsr, T1)', '1111 0011 1001 mmmm 1000 oooo 0000 0000', 'msr (spsr, register)'),
  t32('smc (T1)', '1111 0111 1111 iiii 1000 0000 0000 0000', 'smc'),
  absent('rfe (T1)', '1110 1000 00-1 ---- 1100 0000 0000 0000', 'privileged', '.inst <word> ; rfe'),
  absent('rfe (T2)', '1110 1001 10-1 ---- 1100 0000 0000 0000', 'privileged', '.inst <word> ; rfe'),
  absent('srs (T1)', '1110 1000 00-0 1101 1100 0000 000- ----', 'privileged', '.inst <word> ; srs'),
  absent('srs (T2)', '1110 1001 10-0 1101 1100 0000 000- ----', 'privileged', '.inst <word> ; srs'),
  absent('subs pc, lr', '1111 0011 1101 1110 1000 1111 iiii iiii', 'unpredictable', 'subs<c> pc, lr, <imm>'),
  absent('enterx, leavex', '1111 0011 1011 1111 1000 1111 000- 1111', 'thumb', '.inst <word> ; enterx or leavex'),
];

/** In this order, as in A32: what user mode may reach, then what is absent. */
const COPROCESSOR = [
  ...['mrc (tpidruro)', 'mrc (tpidrurw)', 'mcr (tpidrurw)', 'mcr (dsb)', 'mcr (dmb)', 'mcr (isb)'],
  ...['vfp (load, store, two-register transfer)', 'vfp (data processing, transfer)'],
  ...['ldc, stc, mcrr, mrrc', 'cdp', 'mcr', 'mrc', 'ldc2, stc2, mcrr2, mrrc2', 'cdp2, mcr2, mrc2'],
].map((name): Row => {
  const model = a32Row(name);
  return t32(name, model.encoding.text.replace('cccc', '1110'), name, {
    ...(model.over === undefined ? {} : { over: model.over }),
    unpredictable: (i) => model.detail === undefined && i.rt === 13,
  });
});

const SIMD: readonly Row[] = [
  t32('simd (data processing)', '111- 1111 ---- ---- ---- ---- ---- ----', 'simd (data processing)'),
  t32('simd (load, store)', '1111 1001 ---0 ---- ---- ---- ---- ----', 'simd (load, store)'),
];

export const T32_SYSTEM: readonly Row[] = [...HINTS, ...STATUS, ...PRIVILEGED, ...COPROCESSOR, ...SIMD];
