// Exclusive loads and stores, and the older swaps. The local monitor marks one address and size; it lives in the register file,
// so that a thread stopped between load and store goes on exactly (ARM ARM A3.4, A8.8.75 ff.). Rows and semantics; no state.

import type { CpuState } from './cpu_state.ts';
import { NEXT } from './instruction.ts';
import type { Effect, Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { rm, rn, rt } from './operands.ts';
import { pattern } from './pattern.ts';
import { REG_EXCLUSIVE_ADDRESS, REG_EXCLUSIVE_BYTES, REG_PC } from './registers.ts';

function mark(c: CpuState, address: number, bytes: number): void {
  c.r[REG_EXCLUSIVE_ADDRESS] = address;
  c.r[REG_EXCLUSIVE_BYTES] = bytes;
}

const isMarked = (c: CpuState, address: number, bytes: number): boolean =>
  c.r[REG_EXCLUSIVE_BYTES] === bytes && c.r[REG_EXCLUSIVE_ADDRESS] === address;

/** Only T32 has an offset; in A32 it is 0. */
const addressOf = (c: CpuState, i: Instruction): number => (rn(c, i) + i.imm) | 0;

function load(c: CpuState, i: Instruction, bytes: number, read: (address: number) => number): Effect {
  const address = addressOf(c, i);
  c.mmu.requireAligned(address, bytes, false);
  const value = read(address);
  mark(c, address, bytes);
  c.r[i.rt] = value;
  return NEXT;
}

/** Without a mark nothing is stored and nothing faults but a misaligned address. */
function store(c: CpuState, i: Instruction, bytes: number, write: (address: number) => void): Effect {
  const address = addressOf(c, i);
  c.mmu.requireAligned(address, bytes, true);
  const marked = isMarked(c, address, bytes);
  if (marked) write(address);
  mark(c, 0, 0);
  c.r[i.rd] = marked ? 0 : 1;
  return NEXT;
}

const ldrex: Execute = (c, i) => load(c, i, 4, (address) => c.mmu.loadWord(address));
const ldrexb: Execute = (c, i) => load(c, i, 1, (address) => c.mmu.loadByte(address));
const ldrexh: Execute = (c, i) => load(c, i, 2, (address) => c.mmu.loadHalf(address));
const ldrexd: Execute = (c, i) => {
  const address = rn(c, i);
  load(c, i, 8, () => c.mmu.loadWord(address));
  c.r[i.rt2] = c.mmu.loadWord((address + 4) | 0);
  return NEXT;
};
const strex: Execute = (c, i) => store(c, i, 4, (address) => c.mmu.storeWord(address, rt(c, i)));
const strexb: Execute = (c, i) => store(c, i, 1, (address) => c.mmu.storeByte(address, rt(c, i)));
const strexh: Execute = (c, i) => store(c, i, 2, (address) => c.mmu.storeHalf(address, rt(c, i)));
const strexd: Execute = (c, i) =>
  store(c, i, 8, (address) => {
    c.mmu.storeWord(address, rt(c, i));
    c.mmu.storeWord((address + 4) | 0, c.r[i.rt2] as number);
  });

const clrex: Execute = (c) => {
  mark(c, 0, 0);
  return NEXT;
};

const swp: Execute = (c, i) => {
  const address = rn(c, i);
  c.mmu.requireAligned(address, 4, true);
  const value = c.mmu.loadWord(address);
  c.mmu.storeWord(address, rm(c, i));
  c.r[i.rt] = value;
  return NEXT;
};
const swpb: Execute = (c, i) => {
  const address = rn(c, i);
  const value = c.mmu.loadByte(address);
  c.mmu.storeByte(address, rm(c, i));
  c.r[i.rt] = value;
  return NEXT;
};

const badLoad = (i: Instruction): boolean => i.rn === REG_PC || i.rt === REG_PC;
const badPair = (i: Instruction): boolean => (i.rt & 1) !== 0 || i.rt === 14;
const badStore = (i: Instruction): boolean => badLoad(i) || i.rd === REG_PC || i.rd === i.rn || i.rd === i.rt;
const badSwap = (i: Instruction): boolean => badLoad(i) || i.rm === REG_PC || i.rn === i.rt || i.rn === i.rm;

type Check = (i: Instruction) => boolean;
const row = (name: string, bits: string, execute: Execute, unpredictable: Check, text: string): Row => ({
  name,
  encoding: pattern(bits),
  execute,
  unpredictable,
  text,
  decode: (i) => {
    i.rt2 = i.rt + 1;
  },
});

export const exclusiveRows = once((): readonly Row[] => [
  row('strex', 'cccc 0001 1000 nnnn dddd 1111 1001 tttt', strex, badStore, 'strex<c> <rd>, <rt>, [<rn><offset>]'),
  row('ldrex', 'cccc 0001 1001 nnnn tttt 1111 1001 1111', ldrex, badLoad, 'ldrex<c> <rt>, [<rn><offset>]'),
  row(
    'strexd',
    'cccc 0001 1010 nnnn dddd 1111 1001 tttt',
    strexd,
    (i) => badStore(i) || badPair(i) || i.rd === i.rt + 1,
    'strexd<c> <rd>, <rt>, <rt2>, [<rn>]',
  ),
  row('ldrexd', 'cccc 0001 1011 nnnn tttt 1111 1001 1111', ldrexd, (i) => badLoad(i) || badPair(i), 'ldrexd<c> <rt>, <rt2>, [<rn>]'),
  row('strexb', 'cccc 0001 1100 nnnn dddd 1111 1001 tttt', strexb, badStore, 'strexb<c> <rd>, <rt>, [<rn>]'),
  row('ldrexb', 'cccc 0001 1101 nnnn tttt 1111 1001 1111', ldrexb, badLoad, 'ldrexb<c> <rt>, [<rn>]'),
  row('strexh', 'cccc 0001 1110 nnnn dddd 1111 1001 tttt', strexh, badStore, 'strexh<c> <rd>, <rt>, [<rn>]'),
  row('ldrexh', 'cccc 0001 1111 nnnn tttt 1111 1001 1111', ldrexh, badLoad, 'ldrexh<c> <rt>, [<rn>]'),
  row('clrex', '1111 0101 0111 1111 1111 0000 0001 1111', clrex, () => false, 'clrex<c>'),
  row('swp', 'cccc 0001 0000 nnnn tttt 0000 1001 mmmm', swp, badSwap, 'swp<c> <rt>, <rm>, [<rn>]'),
  row('swpb', 'cccc 0001 0100 nnnn tttt 0000 1001 mmmm', swpb, badSwap, 'swpb<c> <rt>, <rm>, [<rn>]'),
]);
