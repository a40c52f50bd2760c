// UAL text of an instruction, from the table's text patterns: "<name>" marks are replaced by the printers below (ARM ARM A8.1).
// Pure; used in messages and traces.

import { hex } from '../numbers.ts';
import { A32, T32 } from './decoder.ts';
import {
  FORM_IMMEDIATE,
  FORM_REGISTER,
  FORM_SHIFT_IMMEDIATE,
  FORM_SHIFT_REGISTER,
  MODE_POST,
  PLACE_NEVER,
  SHIFT_RRX,
} from './instruction.ts';
import type { Instruction } from './instruction.ts';
import { rotateRight } from './operands.ts';

const CONDITIONS = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le', '', ''];
const SHIFTS = ['lsl', 'lsr', 'asr', 'ror', 'rrx'];
const BARRIERS: Readonly<Record<number, string>> = {
  2: 'oshst',
  3: 'osh',
  6: 'nshst',
  7: 'nsh',
  10: 'ishst',
  11: 'ish',
  14: 'st',
  15: 'sy',
};

const register = (number: number): string => ['sp', 'lr', 'pc'][number - 13] ?? `r${number}`;

function shiftSuffix(i: Instruction): string {
  if (i.form === FORM_SHIFT_IMMEDIATE && i.shift === SHIFT_RRX) return ', rrx';
  if (i.form === FORM_SHIFT_IMMEDIATE) return `, ${SHIFTS[i.shift]} #${i.amount}`;
  return i.form === FORM_SHIFT_REGISTER ? `, ${SHIFTS[i.shift]} ${register(i.rs)}` : '';
}

/** A rotated constant that has a shorter encoding is written as value and rotation, so that the text tells the encoding. */
function constant(i: Instruction): string {
  for (let shorter = 0; shorter < i.rotate; shorter += 2) {
    if (rotateRight(i.imm, -shorter) >>> 0 < 256) return `#${i.word & 255}, ${i.rotate}`;
  }
  return `#${i.imm}`;
}

/** Offset of a load or store behind its base; -0 is an encoding of its own. */
function offset(i: Instruction): string {
  const sign = i.up === 1 ? '' : '-';
  if (i.form !== FORM_IMMEDIATE) return `, ${sign}${register(i.rm)}${shiftSuffix(i)}`;
  if (i.imm === 0 && i.up === 1 && i.mode !== MODE_POST) return '';
  return `, #${sign}${Math.abs(i.imm)}`;
}

function registerList(list: number): string {
  const names = Array.from({ length: 16 }, (_, number) => number).filter((number) => ((list >>> number) & 1) === 1);
  return `{${names.map(register).join(', ')}}`;
}

function statusFields(mask: number): string {
  return [...'fsxc'].filter((_, index) => ((mask << index) & 8) !== 0).join('');
}

const at = (address: number): string => `0x${hex(address)}`;

function branchTarget(i: Instruction, address: number): string {
  return at(address + 8 + i.imm + 2 * i.x);
}

/** Letters of it behind the first: whether the conditions that follow are the first one or its opposite. */
function thenElse(i: Instruction): string {
  const others = 3 - Math.log2(i.option & -i.option);
  return Array.from({ length: others }, (_, k) => (((i.option >>> (3 - k)) & 1) === ((i.imm >>> 4) & 1) ? 't' : 'e')).join('');
}

type Printer = (i: Instruction, address: number) => string;
const half = (isTop: number): string => (isTop === 0 ? 'b' : 't');

const PRINTERS: Readonly<Record<string, Printer>> = {
  c: (i) => CONDITIONS[i.cond] ?? '',
  rd: (i) => register(i.rd),
  rn: (i) => register(i.rn),
  rm: (i) => register(i.rm),
  rs: (i) => register(i.rs),
  ra: (i) => register(i.ra),
  rt: (i) => register(i.rt),
  rt2: (i) => register(i.rt2),
  op2: (i) => (i.form === FORM_IMMEDIATE ? constant(i) : `${register(i.rm)}${i.form === FORM_REGISTER ? '' : shiftSuffix(i)}`),
  shift: (i) => SHIFTS[i.shift] ?? '',
  amount: (i) => (i.form === FORM_SHIFT_REGISTER ? register(i.rs) : `#${i.amount}`),
  imm: (i) => `#${i.imm}`,
  hex: (i) => `0x${hex(i.imm, 8)}`,
  offset,
  target: branchTarget,
  near: (i, address) => at(address + 4 + i.imm),
  'near word': (i, address) => at(((address + 4) & ~3) + i.imm),
  literal: (i, address) => at(((address + 4) & ~3) + i.imm),
  'literal before': (i, address) => at(((address + 4) & ~3) - i.imm),
  'then else': thenElse,
  'block condition': (i) => CONDITIONS[i.imm >>> 4] || 'al',
  list: (i) => registerList(i.list),
  writeback: (i) => (i.writeback === 1 ? '!' : ''),
  x: (i) => half(i.x),
  y: (i) => half(i.y),
  exchange: (i) => (i.x === 1 ? 'x' : ''),
  round: (i) => (i.x === 1 ? 'r' : ''),
  rotation: (i) => (i.rotate === 0 ? '' : `, ror #${i.rotate}`),
  lsb: (i) => `#${i.lsb}`,
  width: (i) => `#${i.width}`,
  'width+1': (i) => `#${i.width + 1}`,
  span: (i) => `#${i.width - i.lsb + 1}`,
  option: (i) => String(i.option),
  opc1: (i) => String(i.lsb),
  opc2: (i) => String(i.width),
  crn: (i) => `c${i.rn}`,
  crm: (i) => `c${i.rm}`,
  fields: (i) => statusFields(i.option),
  barrier: (i) => BARRIERS[i.option] ?? `#${i.option}`,
  word: (i) => `0x${hex(i.word, 2 * i.bytes)}`,
};

function print(template: string, i: Instruction, address: number): string {
  return template.replaceAll(/<([^>]+)>/g, (_, name: string) => {
    const printer = PRINTERS[name];
    if (printer === undefined) throw new Error(`instruction text ${template} uses unknown operand ${name}`);
    return printer(i, address);
  });
}

function disassembled(i: Instruction, address: number): string {
  const template = typeof i.row.text === 'string' ? i.row.text : i.row.text(i);
  const text = print(template, i, address);
  return i.detail === 'unpredictable' ? `${text} ; unpredictable` : text;
}

/** Text of the A32 instruction `word` at `address` (which matters for branches). UNPREDICTABLE uses are marked. */
export const disassemble = (word: number, address = 0): string => disassembled(A32.decode(word), address);

/**
 * Text of a T32 instruction: a number below 0x10000 is one of 16 bits, otherwise the first halfword is on top. Inside an IT block
 * `condition` is the one that the block gives it, and what may not stand in a block at all is marked as UNPREDICTABLE there. Widths
 * are not marked: `.w` and `.n` are missing.
 */
export function disassembleThumb(opcode: number, address = 0, condition: number | null = null): string {
  const outside = T32.decode(opcode);
  if (condition === null) return disassembled(outside, address);
  const inside = outside.inBlock ?? outside;
  if (inside.place === PLACE_NEVER) {
    inside.detail = 'unpredictable';
    return disassembled(inside, address);
  }
  inside.cond = condition;
  return disassembled(inside, address);
}
