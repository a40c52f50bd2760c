// T32 encodings of load and store multiple, push, pop, and the exclusives (ARM ARM A6.2.5, A6.3.5, A6.3.6). Rows only: semantics are
// A32's. The exclusives of a word have an offset here, and dual ones any two registers.

import type { Instruction, Row } from '../instruction.ts';
import { REG_PC, REG_SP } from '../registers.ts';
import { isBad, lastIf, t32 } from './row.ts';
import type { Options } from './row.ts';

const LR_BIT = 0x4000;
const PC_BIT = 0x8000;

const inList = (i: Instruction, register: number): boolean => ((i.list >>> register) & 1) === 1;
const isSingle = (i: Instruction): boolean => (i.list & (i.list - 1)) === 0;
const loadsPc = lastIf((i) => inList(i, REG_PC));

/** The ninth bit of a 16-bit list stands for lr or pc. */
const stack =
  (ninth: number) =>
  (i: Instruction): void => {
    i.rn = REG_SP;
    i.writeback = 1;
    i.list = (i.list & 0xff) | ((i.list & 0x100) === 0 ? 0 : ninth);
  };

const NARROW: readonly Row[] = [
  t32('push (T1)', '1011 010 ggggggggg', 'stmdb', { arrange: stack(LR_BIT), text: 'push<c> <list>' }),
  t32('pop (T1)', '1011 110 ggggggggg', 'ldmia', { arrange: stack(PC_BIT), text: 'pop<c> <list>', place: loadsPc }),
  t32('stm (T1)', '1100 0 nnn gggggggg', 'stmia', {
    arrange: (i) => {
      i.writeback = 1;
    },
  }),
  t32('ldm (T1)', '1100 1 nnn gggggggg', 'ldmia', {
    arrange: (i) => {
      i.writeback = inList(i, i.rn) ? 0 : 1;
    },
  }),
];

/** Bit 13 is fixed, so that the list comes without it. */
const arrangeList = (i: Instruction): void => {
  i.list = (i.list & 0x1fff) | ((i.list & 0x6000) << 1);
};
const STORE: Options = { arrange: arrangeList, unpredictable: (i) => isSingle(i) || (i.writeback === 1 && inList(i, i.rn)) };
const LOAD: Options = { arrange: arrangeList, unpredictable: (i) => isSingle(i) || i.list >= (PC_BIT | LR_BIT), place: loadsPc };

const MULTIPLE: readonly Row[] = [
  t32('stm (wide)', '1110 1000 10w0 nnnn 0g0g gggg gggg gggg', 'stmia', STORE),
  t32('stmdb (wide)', '1110 1001 00w0 nnnn 0g0g gggg gggg gggg', 'stmdb', STORE),
  t32('ldm (wide)', '1110 1000 10w1 nnnn gg0g gggg gggg gggg', 'ldmia', LOAD),
  t32('ldmdb (wide)', '1110 1001 00w1 nnnn gg0g gggg gggg gggg', 'ldmdb', LOAD),
];

const scaleByFour = (i: Instruction): void => {
  i.imm *= 4;
};
const anyPair = (): void => {};
const badLoad = (i: Instruction): boolean => isBad(i.rt);
const badStore = (i: Instruction): boolean => isBad(i.rt) || isBad(i.rd);
const badLoadPair = (i: Instruction): boolean => i.rn === REG_PC || isBad(i.rt) || isBad(i.rt2) || i.rt === i.rt2;
const badStorePair = (i: Instruction): boolean =>
  i.rn === REG_PC || badStore(i) || isBad(i.rt2) || i.rd === i.rn || i.rd === i.rt || i.rd === i.rt2;

const EXCLUSIVE: readonly Row[] = [
  t32('strex (T1)', '1110 1000 0100 nnnn tttt dddd iiii iiii', 'strex', { arrange: scaleByFour, unpredictable: badStore }),
  t32('ldrex (T1)', '1110 1000 0101 nnnn tttt 1111 iiii iiii', 'ldrex', { arrange: scaleByFour, unpredictable: badLoad }),
  t32('strexb (T1)', '1110 1000 1100 nnnn tttt 1111 0100 dddd', 'strexb', { unpredictable: badStore }),
  t32('strexh (T1)', '1110 1000 1100 nnnn tttt 1111 0101 dddd', 'strexh', { unpredictable: badStore }),
  t32('strexd (T1)', '1110 1000 1100 nnnn tttt bbbb 0111 dddd', 'strexd', { decode: anyPair, ownRules: true, unpredictable: badStorePair }),
  t32('ldrexb (T1)', '1110 1000 1101 nnnn tttt 1111 0100 1111', 'ldrexb', { unpredictable: badLoad }),
  t32('ldrexh (T1)', '1110 1000 1101 nnnn tttt 1111 0101 1111', 'ldrexh', { unpredictable: badLoad }),
  t32('ldrexd (T1)', '1110 1000 1101 nnnn tttt bbbb 0111 1111', 'ldrexd', { decode: anyPair, ownRules: true, unpredictable: badLoadPair }),
  t32('clrex (T1)', '1111 0011 1011 1111 1000 1111 0010 1111', 'clrex'),
];

export const T32_TRANSFER: readonly Row[] = [...NARROW, ...MULTIPLE, ...EXCLUSIVE];
