// Packing, extension, saturation, bit fields, reversal, counting and sums of differences (ARM ARM A5.4.3 ff.).
// Rows and semantics; no state.

import type { CpuState } from './cpu_state.ts';
import { executeUndefined, FORM_REGISTER, SHIFT_ASR, SHIFT_LSL } from './instruction.ts';
import type { Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { decodeShift, ra, rm, rn, rotateRight, rs, setRd, shiftedRm } from './operands.ts';
import { pattern } from './pattern.ts';
import { REG_PC } from './registers.ts';

const pkhbt: Execute = (c, i) => setRd(c, i, (rn(c, i) & 0xffff) | (shiftedRm(c, i) & 0xffff_0000));
const pkhtb: Execute = (c, i) => setRd(c, i, (rn(c, i) & 0xffff_0000) | (shiftedRm(c, i) & 0xffff));

const signedByte = (value: number): number => (value << 24) >> 24;
const signedHalf = (value: number): number => (value << 16) >> 16;
const unsignedByte = (value: number): number => value & 0xff;
const unsignedHalf = (value: number): number => value & 0xffff;
/** Bytes 0 and 2 extended to the two halves. */
const signedBytes = (value: number): number => (signedByte(value) & 0xffff) | (signedByte(value >>> 16) << 16);
const unsignedBytes = (value: number): number => value & 0x00ff_00ff;

const wholeSum = (a: number, b: number): number => (a + b) | 0;
const halvesSum = (a: number, b: number): number => ((a + b) & 0xffff) | (((a >>> 16) + (b >>> 16)) << 16);

interface Extension {
  readonly name: string;
  readonly code: string;
  readonly extend: (value: number) => number;
  readonly sum: (a: number, b: number) => number;
}
const EXTENSIONS: readonly Extension[] = [
  { name: 'b16', code: '000', extend: signedBytes, sum: halvesSum },
  { name: 'b', code: '010', extend: signedByte, sum: wholeSum },
  { name: 'h', code: '011', extend: signedHalf, sum: wholeSum },
  { name: 'b16', code: '100', extend: unsignedBytes, sum: halvesSum },
  { name: 'b', code: '110', extend: unsignedByte, sum: wholeSum },
  { name: 'h', code: '111', extend: unsignedHalf, sum: wholeSum },
];

const decodeRotation = (i: Instruction): void => {
  i.rotate *= 8;
};

function extensionRows({ name, code, extend, sum }: Extension): readonly Row[] {
  const prefix = code.startsWith('0') ? 'sxt' : 'uxt';
  const rotated = (c: CpuState, i: Instruction): number => extend(rotateRight(rm(c, i), i.rotate));
  return [
    {
      name: prefix + name,
      encoding: pattern(`cccc 01101 ${code} 1111 dddd rr00 0111 mmmm`),
      execute: (c, i) => setRd(c, i, rotated(c, i)),
      decode: decodeRotation,
      text: `${prefix}${name}<c> <rd>, <rm><rotation>`,
      unpredictable: (i) => i.rd === REG_PC || i.rm === REG_PC,
      over: [`${prefix}a${name}`],
    },
    {
      name: `${prefix}a${name}`,
      encoding: pattern(`cccc 01101 ${code} nnnn dddd rr00 0111 mmmm`),
      execute: (c, i) => setRd(c, i, sum(rn(c, i), rotated(c, i))),
      decode: decodeRotation,
      text: `${prefix}a${name}<c> <rd>, <rn>, <rm><rotation>`,
      unpredictable: (i) => i.rd === REG_PC || i.rm === REG_PC,
    },
  ];
}

/** Clamps to [low, high]; Q says that it had to. */
function saturate(c: CpuState, value: number, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  c.setQ();
  return value < low ? low : high;
}
const signedLimit = (c: CpuState, value: number, bits: number): number => saturate(c, value, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
const unsignedLimit = (c: CpuState, value: number, bits: number): number => saturate(c, value, 0, 2 ** bits - 1);

const ssat: Execute = (c, i) => setRd(c, i, signedLimit(c, shiftedRm(c, i), i.width + 1));
const usat: Execute = (c, i) => setRd(c, i, unsignedLimit(c, shiftedRm(c, i), i.width));
const onHalves =
  (limit: typeof signedLimit, extraBits: number): Execute =>
  (c, i) => {
    const value = rm(c, i);
    const low = limit(c, signedHalf(value), i.width + extraBits);
    const high = limit(c, value >> 16, i.width + extraBits);
    return setRd(c, i, (low & 0xffff) | (high << 16));
  };

/** The raw 1-bit shift of pkh and sat: lsl or asr. */
const decodeLslAsr = (i: Instruction): void => {
  i.shift = i.shift === 0 ? SHIFT_LSL : SHIFT_ASR;
  decodeShift(i);
};
const decodeAsr = (i: Instruction): void => {
  i.shift = SHIFT_ASR;
  decodeShift(i);
};

const ones = (bits: number): number => (bits === 32 ? -1 : (1 << bits) - 1);
const sbfx: Execute = (c, i) => setRd(c, i, (rm(c, i) << (31 - i.lsb - i.width)) >> (31 - i.width));
const ubfx: Execute = (c, i) => setRd(c, i, (rm(c, i) >>> i.lsb) & ones(i.width + 1));
const insert = (c: CpuState, i: Instruction, bits: number): number => {
  const mask = ones(i.width - i.lsb + 1) << i.lsb;
  return ((c.r[i.rd] as number) & ~mask) | ((bits << i.lsb) & mask);
};
const bfi: Execute = (c, i) => setRd(c, i, insert(c, i, rm(c, i)));
const bfc: Execute = (c, i) => setRd(c, i, insert(c, i, 0));

const swapBytes = (value: number): number => (rotateRight(value, 8) & 0xff00_ff00) | (rotateRight(value, 24) & 0x00ff_00ff);
const rev: Execute = (c, i) => setRd(c, i, swapBytes(rm(c, i)));
const rev16: Execute = (c, i) => setRd(c, i, rotateRight(swapBytes(rm(c, i)), 16));
const revsh: Execute = (c, i) => setRd(c, i, swapBytes(rm(c, i)) >> 16);
const rbit: Execute = (c, i) => {
  let value = swapBytes(rm(c, i));
  value = ((value >>> 4) & 0x0f0f_0f0f) | ((value & 0x0f0f_0f0f) << 4);
  value = ((value >>> 2) & 0x3333_3333) | ((value & 0x3333_3333) << 2);
  value = ((value >>> 1) & 0x5555_5555) | ((value & 0x5555_5555) << 1);
  return setRd(c, i, value);
};
const clz: Execute = (c, i) => setRd(c, i, Math.clz32(rm(c, i)));

function sumOfDifferences(a: number, b: number): number {
  let sum = 0;
  for (let shift = 0; shift < 32; shift += 8) sum += Math.abs(((a >>> shift) & 0xff) - ((b >>> shift) & 0xff));
  return sum;
}
const usad8: Execute = (c, i) => setRd(c, i, sumOfDifferences(rm(c, i), rs(c, i)));
const usada8: Execute = (c, i) => setRd(c, i, (sumOfDifferences(rm(c, i), rs(c, i)) + ra(c, i)) | 0);

const pcDN = (i: Instruction): boolean => i.rd === REG_PC || i.rn === REG_PC || i.rm === REG_PC;
const pcDM = (i: Instruction): boolean => i.rd === REG_PC || i.rm === REG_PC;
const pcDMS = (i: Instruction): boolean => pcDM(i) || i.rs === REG_PC;

type Decode = (i: Instruction) => void;
const row = (name: string, bits: string, execute: Execute, unpredictable: (i: Instruction) => boolean, text: string, decode?: Decode): Row => ({
  name,
  encoding: pattern(bits),
  execute,
  unpredictable,
  text: `${name}<c> ${text}`,
  decode,
});

const packText = (name: string) => (i: Instruction) =>
  i.form === FORM_REGISTER ? `${name}<c> <rd>, <rn>, <rm>` : `${name}<c> <rd>, <rn>, <rm>, <shift> <amount>`;
const saturateText = (name: string, width: string) => (i: Instruction) =>
  i.form === FORM_REGISTER ? `${name}<c> <rd>, ${width}, <rm>` : `${name}<c> <rd>, ${width}, <rm>, <shift> <amount>`;

export const mediaRows = once((): readonly Row[] => [
  { ...row('pkhbt', 'cccc 0110 1000 nnnn dddd hhhhh 001 mmmm', pkhbt, pcDN, '', decodeShift), text: packText('pkhbt') },
  { ...row('pkhtb', 'cccc 0110 1000 nnnn dddd hhhhh 101 mmmm', pkhtb, pcDN, '', decodeAsr), text: packText('pkhtb') },
  ...EXTENSIONS.flatMap(extensionRows),
  { ...row('ssat', 'cccc 0110 101e eeee dddd hhhhh k01 mmmm', ssat, pcDM, '', decodeLslAsr), text: saturateText('ssat', '<width+1>') },
  { ...row('usat', 'cccc 0110 111e eeee dddd hhhhh k01 mmmm', usat, pcDM, '', decodeLslAsr), text: saturateText('usat', '<width>') },
  row('ssat16', 'cccc 0110 1010 eeee dddd 1111 0011 mmmm', onHalves(signedLimit, 1), pcDM, '<rd>, <width+1>, <rm>'),
  row('usat16', 'cccc 0110 1110 eeee dddd 1111 0011 mmmm', onHalves(unsignedLimit, 0), pcDM, '<rd>, <width>, <rm>'),
  row('rev', 'cccc 0110 1011 1111 dddd 1111 0011 mmmm', rev, pcDM, '<rd>, <rm>'),
  row('rev16', 'cccc 0110 1011 1111 dddd 1111 1011 mmmm', rev16, pcDM, '<rd>, <rm>'),
  row('rbit', 'cccc 0110 1111 1111 dddd 1111 0011 mmmm', rbit, pcDM, '<rd>, <rm>'),
  row('revsh', 'cccc 0110 1111 1111 dddd 1111 1011 mmmm', revsh, pcDM, '<rd>, <rm>'),
  row('clz', 'cccc 0001 0110 1111 dddd 1111 0001 mmmm', clz, pcDM, '<rd>, <rm>'),
  { ...row('usad8', 'cccc 0111 1000 dddd 1111 ssss 0001 mmmm', usad8, pcDMS, '<rd>, <rm>, <rs>'), over: ['usada8'] },
  row('usada8', 'cccc 0111 1000 dddd aaaa ssss 0001 mmmm', usada8, pcDMS, '<rd>, <rm>, <rs>, <ra>'),
  row('sbfx', 'cccc 0111 101e eeee dddd lllll 101 mmmm', sbfx, (i) => pcDM(i) || i.lsb + i.width > 31, '<rd>, <rm>, <lsb>, <width+1>'),
  row('ubfx', 'cccc 0111 111e eeee dddd lllll 101 mmmm', ubfx, (i) => pcDM(i) || i.lsb + i.width > 31, '<rd>, <rm>, <lsb>, <width+1>'),
  {
    ...row('bfc', 'cccc 0111 110e eeee dddd lllll 001 1111', bfc, (i) => i.rd === REG_PC || i.width < i.lsb, '<rd>, <lsb>, <span>'),
    over: ['bfi'],
  },
  row('bfi', 'cccc 0111 110e eeee dddd lllll 001 mmmm', bfi, (i) => i.rd === REG_PC || i.width < i.lsb, '<rd>, <rm>, <lsb>, <span>'),
  {
    name: 'sdiv',
    encoding: pattern('cccc 0111 0001 dddd 1111 ssss 0001 mmmm'),
    execute: executeUndefined,
    detail: 'divide',
    text: 'sdiv<c> <rd>, <rm>, <rs>',
  },
  {
    name: 'udiv',
    encoding: pattern('cccc 0111 0011 dddd 1111 ssss 0001 mmmm'),
    execute: executeUndefined,
    detail: 'divide',
    text: 'udiv<c> <rd>, <rm>, <rs>',
  },
]);
