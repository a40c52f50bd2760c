// Parallel addition and subtraction on two halves or four bytes: six flavours of six operations, and the GE flags that
// sel consumes (ARM ARM A5.4.1, A5.4.2). Rows and semantics; no state.

import type { Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { rm, rn, setRd } from './operands.ts';
import { pattern } from './pattern.ts';
import { REG_PC } from './registers.ts';

const signedByte = (word: number, lane: number): number => (word << (24 - 8 * lane)) >> 24;
const unsignedByte = (word: number, lane: number): number => (word >>> (8 * lane)) & 0xff;
const signedHalf = (word: number, lane: number): number => (word << (16 - 16 * lane)) >> 16;
const unsignedHalf = (word: number, lane: number): number => (word >>> (16 * lane)) & 0xffff;

const clamp = (value: number, low: number, high: number): number => (value < low ? low : value > high ? high : value);

interface Flavour {
  readonly prefix: string;
  readonly code: string;
  readonly signed: boolean;
  /** Makes a lane of `bits` bits of the exact sum or difference. */
  readonly finish: (exact: number, bits: number) => number;
  readonly setsGe: boolean;
}

const FLAVOURS: readonly Flavour[] = [
  { prefix: 's', code: '001', signed: true, finish: (exact) => exact, setsGe: true },
  {
    prefix: 'q',
    code: '010',
    signed: true,
    finish: (exact, bits) => clamp(exact, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
    setsGe: false,
  },
  { prefix: 'sh', code: '011', signed: true, finish: (exact) => exact >> 1, setsGe: false },
  { prefix: 'u', code: '101', signed: false, finish: (exact) => exact, setsGe: true },
  { prefix: 'uq', code: '110', signed: false, finish: (exact, bits) => clamp(exact, 0, 2 ** bits - 1), setsGe: false },
  { prefix: 'uh', code: '111', signed: false, finish: (exact) => exact >> 1, setsGe: false },
];

interface Operation {
  readonly name: string;
  readonly code: string;
  readonly lanes: 2 | 4;
  /** Lanes of the second operand are exchanged (asx, sax). */
  readonly exchange: boolean;
  /** Whether a lane subtracts. */
  readonly subtracts: (lane: number) => boolean;
}

const OPERATIONS: readonly Operation[] = [
  { name: 'add16', code: '000', lanes: 2, exchange: false, subtracts: () => false },
  { name: 'asx', code: '001', lanes: 2, exchange: true, subtracts: (lane) => lane === 0 },
  { name: 'sax', code: '010', lanes: 2, exchange: true, subtracts: (lane) => lane === 1 },
  { name: 'sub16', code: '011', lanes: 2, exchange: false, subtracts: () => true },
  { name: 'add8', code: '100', lanes: 4, exchange: false, subtracts: () => false },
  { name: 'sub8', code: '111', lanes: 4, exchange: false, subtracts: () => true },
];

/** GE of a lane: no borrow for differences; carry out of unsigned sums, and signed sums that are not negative. */
function laneIsGe(signed: boolean, subtracts: boolean, exact: number, bits: number): boolean {
  return signed || subtracts ? exact >= 0 : exact >= 2 ** bits;
}

function semantics(flavour: Flavour, operation: Operation): Execute {
  const { lanes } = operation;
  const bits = 32 / lanes;
  const laneMask = 2 ** bits - 1;
  const halves = flavour.signed ? signedHalf : unsignedHalf;
  const bytes = flavour.signed ? signedByte : unsignedByte;
  const laneOf = lanes === 2 ? halves : bytes;
  const subtracts = Array.from({ length: lanes }, (_, lane) => operation.subtracts(lane));
  return (c, i) => {
    const a = rn(c, i);
    const b = rm(c, i);
    let result = 0;
    let ge = 0;
    for (let lane = 0; lane < lanes; lane++) {
      const x = laneOf(a, lane);
      const y = laneOf(b, operation.exchange ? 1 - lane : lane);
      const difference = subtracts[lane] === true;
      const exact = difference ? x - y : x + y;
      result |= (flavour.finish(exact, bits) & laneMask) << (bits * lane);
      if (laneIsGe(flavour.signed, difference, exact, bits)) ge |= (lanes === 2 ? 3 : 1) << ((lane * 4) / lanes);
    }
    if (flavour.setsGe) c.ge = ge;
    return setRd(c, i, result);
  };
}

const sel: Execute = (c, i) => {
  const { ge } = c;
  const mask = ((ge & 1) * 0xff) | (((ge >> 1) & 1) * 0xff00) | (((ge >> 2) & 1) * 0xff_0000) | (((ge >> 3) & 1) * 0xff00_0000);
  return setRd(c, i, (rn(c, i) & mask) | (rm(c, i) & ~mask));
};

const unpredictable = (i: Instruction): boolean => i.rd === REG_PC || i.rn === REG_PC || i.rm === REG_PC;

export const parallelRows = once((): readonly Row[] => [
  ...FLAVOURS.flatMap((flavour) =>
    OPERATIONS.map(
      (operation): Row => ({
        name: flavour.prefix + operation.name,
        encoding: pattern(`cccc 01100 ${flavour.code} nnnn dddd 1111 ${operation.code} 1 mmmm`),
        execute: semantics(flavour, operation),
        text: `${flavour.prefix}${operation.name}<c> <rd>, <rn>, <rm>`,
        unpredictable,
      }),
    ),
  ),
  {
    name: 'sel',
    encoding: pattern('cccc 0110 1000 nnnn dddd 1111 1011 mmmm'),
    execute: sel,
    text: 'sel<c> <rd>, <rn>, <rm>',
    unpredictable,
  },
]);
