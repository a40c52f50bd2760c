// T32 encodings of single and dual transfers, literals and preloads (ARM ARM A6.2.4, A6.3.6 to A6.3.10). Rows only: semantics are
// A32's. T32 has no post-indexed user-access forms, they are plain offsets; and it scales what 16 bits have no room for.

import { executeUndefined, MODE_OFFSET, MODE_POST, MODE_PRE } from '../instruction.ts';
import type { Instruction, Row } from '../instruction.ts';
import { decodeShift } from '../operands.ts';
import { pattern } from '../pattern.ts';
import { REG_PC, REG_SP } from '../registers.ts';
import { a32Row, fromAlignedPc, isBad, lastIf, scaled, t32 } from './row.ts';
import type { Options } from './row.ts';

type Check = (i: Instruction) => boolean;

interface Transfer {
  readonly name: string;
  /** S bit and size of the 32-bit encodings. */
  readonly sign: '0' | '1';
  readonly size: '00' | '01' | '10';
  readonly bytes: 1 | 2 | 4;
  /** Codes of the 16-bit encodings with register and with immediate offset. */
  readonly narrowRegister: string;
  readonly narrowImmediate?: string;
  /** What a load into r15 is instead. */
  readonly hint?: string;
}
const STORES: readonly Transfer[] = [
  { name: 'str', sign: '0', size: '10', bytes: 4, narrowRegister: '000', narrowImmediate: '0110 0' },
  { name: 'strb', sign: '0', size: '00', bytes: 1, narrowRegister: '010', narrowImmediate: '0111 0' },
  { name: 'strh', sign: '0', size: '01', bytes: 2, narrowRegister: '001', narrowImmediate: '1000 0' },
];
const LOADS: readonly Transfer[] = [
  { name: 'ldr', sign: '0', size: '10', bytes: 4, narrowRegister: '100', narrowImmediate: '0110 1' },
  { name: 'ldrb', sign: '0', size: '00', bytes: 1, narrowRegister: '110', narrowImmediate: '0111 1', hint: 'pld' },
  { name: 'ldrh', sign: '0', size: '01', bytes: 2, narrowRegister: '101', narrowImmediate: '1000 1', hint: 'pldw' },
  { name: 'ldrsb', sign: '1', size: '00', bytes: 1, narrowRegister: '011', hint: 'pli' },
  { name: 'ldrsh', sign: '1', size: '01', bytes: 2, narrowRegister: '111', hint: 'memory hint' },
];

const spRelative = (i: Instruction): void => {
  i.rn = REG_SP;
  i.imm *= 4;
};

const narrow = ({ name, bytes, narrowRegister, narrowImmediate }: Transfer): readonly Row[] => [
  t32(`${name} (register, T1)`, `0101 ${narrowRegister} mmm nnn ttt`, `${name} (register, offset)`),
  ...(narrowImmediate === undefined
    ? []
    : [t32(`${name} (immediate, T1)`, `${narrowImmediate} iiiii nnn ttt`, `${name} (immediate, offset)`, { arrange: scaled(bytes) })]),
];

const literalBase = (i: Instruction): void => {
  i.rn = REG_PC;
};

const NARROW: readonly Row[] = [
  ...[...STORES, ...LOADS].flatMap(narrow),
  t32('str (immediate, T2)', '1001 0 ttt iiiiiiii', 'str (immediate, offset)', { arrange: spRelative }),
  t32('ldr (immediate, T2)', '1001 1 ttt iiiiiiii', 'ldr (immediate, offset)', { arrange: spRelative }),
  t32('ldr (literal, T1)', '0100 1 ttt iiiiiiii', 'ldr (immediate, offset)', {
    arrange: (i) => {
      literalBase(i);
      i.imm *= 4;
    },
    execute: fromAlignedPc(a32Row('ldr (immediate, offset)').execute),
  }),
];

const isLoad = ({ name }: Transfer): boolean => name.startsWith('ld');
const loadsPc = lastIf((i) => i.rt === REG_PC);
const negative = (i: Instruction): void => {
  i.up = 0;
};
const decodeRegisterOffset = (i: Instruction): void => {
  i.mode = MODE_OFFSET;
  decodeShift(i);
};

/** r13 and r15 can be transferred as words only, and r15 only loaded. */
const badTransfer = (transfer: Transfer): Check => {
  if (transfer.name === 'ldr') return () => false;
  return transfer.name === 'str' ? (i) => i.rt === REG_PC : (i) => isBad(i.rt);
};

function wide(transfer: Transfer): readonly Row[] {
  const { name, sign, size } = transfer;
  const bad = badTransfer(transfer);
  const bits = (upper: 0 | 1, rest: string): string => `1111 100${sign} ${upper}${size}${isLoad(transfer) ? 1 : 0} nnnn tttt ${rest}`;
  const options: Options = { unpredictable: bad, ...(name === 'ldr' ? { place: loadsPc } : {}) };
  return [
    t32(`${name} (immediate, wide)`, bits(1, 'iiiiiiiiiiii'), `${name} (immediate, offset)`, options),
    t32(`${name} (immediate, negative)`, bits(0, '1100 iiiiiiii'), `${name} (immediate, offset)`, { ...options, arrange: negative }),
    t32(`${name}t`, bits(0, '1110 iiiiiiii'), `${name} (immediate, offset)`, {
      unpredictable: (i) => isBad(i.rt),
      text: `${name}t<c> <rt>, [<rn><offset>]`,
    }),
    t32(`${name} (immediate, pre-indexed)`, bits(0, '11u1 iiiiiiii'), `${name} (immediate, pre-indexed)`, options),
    t32(`${name} (immediate, post-indexed)`, bits(0, '10u1 iiiiiiii'), `${name} (immediate, post-indexed)`, options),
    t32(`${name} (register, wide)`, bits(0, '0000 00hh mmmm'), `${name} (register, offset)`, {
      ...options,
      decode: decodeRegisterOffset,
      unpredictable: (i) => bad(i) || isBad(i.rm),
    }),
  ];
}

/** Preloads and unallocated memory hints. */
function hints({ name, sign, size, hint }: Transfer): readonly Row[] {
  if (hint === undefined) return [];
  const bits = (upper: string): string => `1111 100${sign} ${upper}${size}1`;
  if (hint === 'memory hint') {
    const nothing = (form: string, encoding: string, over: string): Row =>
      t32(`memory hint (${form})`, encoding, 'memory hint (immediate)', { over: [`${name} (${over})`] });
    return [
      nothing('immediate', `${bits('1')} ---- 1111 ---- ---- ----`, 'immediate, wide'),
      nothing('negative', `${bits('0')} ---- 1111 1100 ---- ----`, 'immediate, negative'),
      nothing('register', `${bits('0')} ---- 1111 0000 00-- ----`, 'register, wide'),
    ];
  }
  return [
    t32(`${hint} (immediate)`, `${bits('1')} nnnn 1111 iiiiiiiiiiii`, `${hint} (immediate)`, { over: [`${name} (immediate, wide)`] }),
    t32(`${hint} (negative)`, `${bits('0')} nnnn 1111 1100 iiiiiiii`, `${hint} (immediate)`, {
      arrange: negative,
      over: [`${name} (immediate, negative)`],
    }),
    t32(`${hint} (register)`, `${bits('0')} nnnn 1111 0000 00hh mmmm`, `${hint} (register)`, {
      unpredictable: (i) => isBad(i.rm),
      over: [`${name} (register, wide)`],
    }),
  ];
}

const namesOf = (rows: readonly Row[]): readonly string[] => rows.map((row) => row.name);

/** A base of r15 is a literal, with an offset of 12 bits in either direction. */
function loadRows(transfer: Transfer): readonly Row[] {
  const { name, sign, size, hint } = transfer;
  const others = [...hints(transfer), ...wide(transfer)];
  const literal = t32(`${name} (literal, wide)`, `1111 100${sign} u${size}1 1111 tttt iiiiiiiiiiii`, `${name} (immediate, offset)`, {
    arrange: literalBase,
    execute: fromAlignedPc(a32Row(`${name} (immediate, offset)`).execute),
    unpredictable: badTransfer(transfer),
    ...(name === 'ldr' ? { place: loadsPc } : {}),
    over: namesOf(others),
  });
  if (hint === undefined) return [literal, ...others];
  const bits = `1111 100${sign} u${size}1 1111 1111 iiiiiiiiiiii`;
  const isPreload = hint === 'pld' || hint === 'pli';
  const title = isPreload ? `${hint} (literal)` : `memory hint (${name} literal)`;
  const hintLiteral = t32(title, bits, isPreload ? `${hint} (immediate)` : 'memory hint (immediate)', {
    arrange: literalBase,
    over: [literal.name, ...namesOf(others)],
  });
  return [hintLiteral, literal, ...others];
}

const STORE_ROWS = STORES.flatMap(wide);
const STORE_TO_LITERAL: Row = {
  name: 'store (literal)',
  encoding: pattern('1111 1000 ---0 1111 ---- ---- ---- ----'),
  execute: executeUndefined,
  detail: 'unallocated',
  text: '.inst <word>',
  over: namesOf(STORE_ROWS),
};

const MODES = [
  { suffix: 'offset', mode: MODE_OFFSET, p: '1', w: '0' },
  { suffix: 'pre-indexed', mode: MODE_PRE, p: '1', w: '1' },
  { suffix: 'post-indexed', mode: MODE_POST, p: '0', w: '1' },
] as const;

function badDual(load: boolean, indexed: boolean): Check {
  const badBase: Check = (i) => i.rn === REG_PC || (indexed && (i.rn === i.rt || i.rn === i.rt2));
  return (i) => isBad(i.rt) || isBad(i.rt2) || (load && i.rt === i.rt2) || badBase(i);
}

const DUAL_ROWS: readonly Row[] = ['strd', 'ldrd'].flatMap((name) =>
  MODES.flatMap(({ suffix, mode, p, w }) => {
    const load = name === 'ldrd';
    const decode = (i: Instruction): void => {
      i.mode = mode;
      i.imm = (i.up === 1 ? 4 : -4) * i.imm || 0;
    };
    const common = { decode, ownRules: true } as const;
    const model = `${name} (immediate, ${suffix})`;
    const bits = (base: string): string => `1110 100${p} u1${w}${load ? 1 : 0} ${base} tttt bbbb iiiiiiii`;
    const literal = t32('ldrd (literal)', bits('1111'), model, {
      ...common,
      arrange: literalBase,
      execute: fromAlignedPc(a32Row(model).execute),
      unpredictable: (i) => isBad(i.rt) || isBad(i.rt2) || i.rt === i.rt2,
      over: [model],
    });
    return [
      ...(load && mode === MODE_OFFSET ? [literal] : []),
      t32(model, bits('nnnn'), model, { ...common, unpredictable: badDual(load, mode !== MODE_OFFSET) }),
    ];
  }),
);

export const T32_LOAD_STORE: readonly Row[] = [
  ...NARROW,
  STORE_TO_LITERAL,
  ...STORE_ROWS,
  ...LOADS.flatMap(loadRows),
  ...DUAL_ROWS,
];
