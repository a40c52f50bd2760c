// Transfers of one or two registers: word, byte, half, signed, dual, in every addressing mode, and the user-access (T) forms,
// which in user mode are ordinary post-indexed ones (ARM ARM A5.2.8, A5.3). Rows and semantics; no state.

import type { CpuState } from './cpu_state.ts';
import { FORM_IMMEDIATE, FORM_REGISTER, MODE_OFFSET, MODE_POST, MODE_PRE, NEXT } from './instruction.ts';
import type { Effect, Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { decodeShift, operand, rn, rt } from './operands.ts';
import { pattern } from './pattern.ts';
import { REG_PC } from './registers.ts';

/** The base moved by the offset. Immediate offsets are signed after decoding. */
function moved(c: CpuState, i: Instruction): number {
  const base = rn(c, i);
  if (i.form === FORM_IMMEDIATE) return (base + i.imm) | 0;
  return (i.up === 1 ? base + operand(c, i) : base - operand(c, i)) | 0;
}

const accessed = (c: CpuState, i: Instruction, target: number): number => (i.mode === MODE_POST ? rn(c, i) : target);

function writeBack(c: CpuState, i: Instruction, target: number): void {
  if (i.mode !== MODE_OFFSET) c.r[i.rn] = target;
}

/** After a load: base first, then the loaded register (they differ, else the encoding is UNPREDICTABLE). */
function finishLoad(c: CpuState, i: Instruction, target: number, value: number): Effect {
  writeBack(c, i, target);
  c.r[i.rt] = value;
  return NEXT;
}

const ldr: Execute = (c, i) => {
  const target = moved(c, i);
  const value = c.mmu.loadWord(accessed(c, i, target));
  writeBack(c, i, target);
  if (i.rt === REG_PC) return c.branchExchange(value);
  c.r[i.rt] = value;
  return NEXT;
};
const ldrb: Execute = (c, i) => {
  const target = moved(c, i);
  return finishLoad(c, i, target, c.mmu.loadByte(accessed(c, i, target)));
};
const ldrh: Execute = (c, i) => {
  const target = moved(c, i);
  return finishLoad(c, i, target, c.mmu.loadHalf(accessed(c, i, target)));
};
const ldrsb: Execute = (c, i) => {
  const target = moved(c, i);
  return finishLoad(c, i, target, (c.mmu.loadByte(accessed(c, i, target)) << 24) >> 24);
};
const ldrsh: Execute = (c, i) => {
  const target = moved(c, i);
  return finishLoad(c, i, target, (c.mmu.loadHalf(accessed(c, i, target)) << 16) >> 16);
};
const str: Execute = (c, i) => {
  const target = moved(c, i);
  c.mmu.storeWord(accessed(c, i, target), rt(c, i));
  writeBack(c, i, target);
  return NEXT;
};
const strb: Execute = (c, i) => {
  const target = moved(c, i);
  c.mmu.storeByte(accessed(c, i, target), rt(c, i));
  writeBack(c, i, target);
  return NEXT;
};
const strh: Execute = (c, i) => {
  const target = moved(c, i);
  c.mmu.storeHalf(accessed(c, i, target), rt(c, i));
  writeBack(c, i, target);
  return NEXT;
};

/** Word-aligned pairs may straddle a page: both words are probed before anything changes. */
const ldrd: Execute = (c, i) => {
  const target = moved(c, i);
  const address = accessed(c, i, target);
  c.mmu.requireAligned(address, 4, false);
  const first = c.mmu.loadWord(address);
  const second = c.mmu.loadWord((address + 4) | 0);
  writeBack(c, i, target);
  c.r[i.rt] = first;
  c.r[i.rt2] = second;
  return NEXT;
};
const strd: Execute = (c, i) => {
  const target = moved(c, i);
  const address = accessed(c, i, target);
  c.mmu.requireAligned(address, 4, true);
  c.mmu.probe(address, 8, true);
  c.mmu.storeWord(address, rt(c, i));
  c.mmu.storeWord((address + 4) | 0, c.r[i.rt2] as number);
  writeBack(c, i, target);
  return NEXT;
};

interface Mode {
  readonly suffix: string;
  readonly mode: typeof MODE_OFFSET | typeof MODE_PRE | typeof MODE_POST;
  /** The P and W bits. */
  readonly p: string;
  readonly w: string;
}
const OFFSET: Mode = { suffix: 'offset', mode: MODE_OFFSET, p: '1', w: '0' };
const PRE: Mode = { suffix: 'pre-indexed', mode: MODE_PRE, p: '1', w: '1' };
const POST: Mode = { suffix: 'post-indexed', mode: MODE_POST, p: '0', w: '0' };
const USER: Mode = { suffix: 'user', mode: MODE_POST, p: '0', w: '1' };
const ADDRESS_TEXT = { [MODE_OFFSET]: '[<rn><offset>]', [MODE_PRE]: '[<rn><offset>]!', [MODE_POST]: '[<rn>]<offset>' } as const;

interface Transfer {
  readonly name: string;
  readonly execute: Execute;
  readonly load: boolean;
  /** Bits of the encoding: `kind` is B for words and bytes, the SH bits for the others. */
  readonly kind: string;
}
const WORDS_AND_BYTES: readonly Transfer[] = [
  { name: 'str', execute: str, load: false, kind: '0' },
  { name: 'ldr', execute: ldr, load: true, kind: '0' },
  { name: 'strb', execute: strb, load: false, kind: '1' },
  { name: 'ldrb', execute: ldrb, load: true, kind: '1' },
];
const HALVES: readonly Transfer[] = [
  { name: 'strh', execute: strh, load: false, kind: '01' },
  { name: 'ldrh', execute: ldrh, load: true, kind: '01' },
  { name: 'ldrsb', execute: ldrsb, load: true, kind: '10' },
  { name: 'ldrsh', execute: ldrsh, load: true, kind: '11' },
];
const DUALS: readonly Transfer[] = [
  { name: 'ldrd', execute: ldrd, load: true, kind: '10' },
  { name: 'strd', execute: strd, load: false, kind: '11' },
];

const isWordSize = (transfer: Transfer): boolean => transfer.name === 'ldr' || transfer.name === 'str';
const isDual = (transfer: Transfer): boolean => DUALS.includes(transfer);

/** Register choices that are UNPREDICTABLE, by the rules common to all transfers. */
function unpredictable(transfer: Transfer, mode: Mode, byRegister: boolean): (i: Instruction) => boolean {
  const indexed = mode.mode !== MODE_OFFSET;
  return (i) => {
    if (byRegister && i.rm === REG_PC) return true;
    if (i.rt === REG_PC && (!isWordSize(transfer) || (mode === USER && transfer.load))) return true;
    if (indexed && (i.rn === REG_PC || i.rn === i.rt)) return true;
    if (!isDual(transfer)) return false;
    if ((i.rt & 1) !== 0 || i.rt === 14 || (indexed && i.rn === i.rt + 1)) return true;
    return byRegister && transfer.load && (i.rm === i.rt || i.rm === i.rt + 1);
  };
}

function row(transfer: Transfer, mode: Mode, bits: string, byRegister: boolean, shifts: boolean): Row {
  const name = mode === USER ? `${transfer.name}t` : transfer.name;
  const registers = isDual(transfer) ? '<rt>, <rt2>' : '<rt>';
  const pushPop = transfer.name === 'str' ? 'push<c> {<rt>}' : 'pop<c> {<rt>}';
  const text = `${name}<c> ${registers}, ${ADDRESS_TEXT[mode.mode]}`;
  /** str rt, [sp, #-4]! and ldr rt, [sp], #4. */
  const isPushPop = (i: Instruction): boolean => i.rn === 13 && i.imm === (mode === PRE ? -4 : 4);
  const mayPushPop = isWordSize(transfer) && !byRegister && mode === (transfer.load ? POST : PRE);
  return {
    name: `${name} (${byRegister ? 'register' : 'immediate'}${mode === USER ? '' : `, ${mode.suffix}`})`,
    encoding: pattern(bits),
    execute: transfer.execute,
    text: mayPushPop ? (i) => (isPushPop(i) ? pushPop : text) : text,
    unpredictable: unpredictable(transfer, mode, byRegister),
    decode: (i) => {
      i.mode = mode.mode;
      i.rt2 = i.rt + 1;
      if (!byRegister) i.imm = i.up === 1 ? i.imm : 0 - i.imm;
      else if (shifts) decodeShift(i);
      else i.form = FORM_REGISTER;
    },
  };
}

const wordRows = (transfer: Transfer): readonly Row[] =>
  [OFFSET, PRE, POST, USER].flatMap((mode) => {
    const common = `${mode.p} u ${transfer.kind} ${mode.w} ${transfer.load ? 1 : 0} nnnn tttt`;
    return [
      row(transfer, mode, `cccc 010 ${common} iiiiiiiiiiii`, false, true),
      row(transfer, mode, `cccc 011 ${common} hhhhh kk 0 mmmm`, true, true),
    ];
  });

const halfRows = (transfer: Transfer): readonly Row[] =>
  (isDual(transfer) ? [OFFSET, PRE, POST] : [OFFSET, PRE, POST, USER]).flatMap((mode) => {
    const direction = transfer.load && !isDual(transfer) ? 1 : 0;
    const common = (immediate: 0 | 1): string => `cccc 000 ${mode.p} u ${immediate} ${mode.w} ${direction} nnnn tttt`;
    return [
      row(transfer, mode, `${common(1)} iiii 1${transfer.kind}1 iiii`, false, false),
      row(transfer, mode, `${common(0)} 0000 1${transfer.kind}1 mmmm`, true, false),
    ];
  });

export const loadStoreRows = once((): readonly Row[] => [...WORDS_AND_BYTES.flatMap(wordRows), ...HALVES.flatMap(halfRows), ...DUALS.flatMap(halfRows)]);
