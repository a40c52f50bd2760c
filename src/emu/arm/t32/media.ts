// T32 encodings of multiplication, media, bit fields and parallel arithmetic (ARM ARM A6.3.12 to A6.3.17). Rows only: semantics are
// A32's. Fields are called as in A32, where `rm` and `rs` are the operands of a product and `ra`, `rd` its low and high words.

import type { Instruction, Row } from '../instruction.ts';
import { badD, badDM, badDMS, badDNM, isBad, t32 } from './row.ts';
import type { Options } from './row.ts';

const destinationIsFactor = (i: Instruction): void => {
  i.rm = i.rd;
};
const badProduct: Options = { unpredictable: (i) => badDMS(i) };
const badAccumulation: Options = { unpredictable: (i) => badDMS(i) || isBad(i.ra) };

/** A product, with an accumulator and, where that is called 1111, without. */
const accumulating = (name: string, accumulated: string, upper: string, lower: string): readonly Row[] => [
  t32(`${name} (T1)`, `1111 1011 ${upper} mmmm 1111 dddd ${lower} ssss`, name, { ...badProduct, over: [`${accumulated} (T1)`] }),
  t32(`${accumulated} (T1)`, `1111 1011 ${upper} mmmm aaaa dddd ${lower} ssss`, accumulated, {
    unpredictable: (i) => badDMS(i) || i.ra === 13,
  }),
];
const long = (name: string, upper: string, lower: string): Row =>
  t32(`${name} (T1)`, `1111 1011 ${upper} mmmm aaaa dddd ${lower} ssss`, name, badAccumulation);

const MULTIPLY: readonly Row[] = [
  t32('muls (T1)', '0100 0011 01 sss ddd', 'muls', { arrange: destinationIsFactor, inBlock: 'mul' }),
  t32('mul (T2)', '1111 1011 0000 mmmm 1111 dddd 0000 ssss', 'mul', { ...badProduct, over: ['mla (T1)'] }),
  t32('mla (T1)', '1111 1011 0000 mmmm aaaa dddd 0000 ssss', 'mla', badAccumulation),
  t32('mls (T1)', '1111 1011 0000 mmmm aaaa dddd 0001 ssss', 'mls', badAccumulation),
  ...accumulating('smulxy', 'smlaxy', '0001', '00xy'),
  ...accumulating('smuad', 'smlad', '0010', '000x'),
  ...accumulating('smulwy', 'smlawy', '0011', '000y'),
  ...accumulating('smusd', 'smlsd', '0100', '000x'),
  ...accumulating('smmul', 'smmla', '0101', '000x'),
  t32('smmls (T1)', '1111 1011 0110 mmmm aaaa dddd 000x ssss', 'smmls', badAccumulation),
  ...accumulating('usad8', 'usada8', '0111', '0000'),
  long('smull', '1000', '0000'),
  t32('sdiv (T1)', '1111 1011 1001 mmmm 1111 dddd 1111 ssss', 'sdiv'),
  long('umull', '1010', '0000'),
  t32('udiv (T1)', '1111 1011 1011 mmmm 1111 dddd 1111 ssss', 'udiv'),
  long('smlal', '1100', '0000'),
  long('smlalxy', '1100', '10xy'),
  long('smlald', '1100', '110x'),
  long('smlsld', '1101', '110x'),
  long('umlal', '1110', '0000'),
  long('umaal', '1110', '0110'),
];

const EXTENSIONS = [
  { name: 'xth', sum: 'xtah', code: '00', narrow: '0' },
  { name: 'xtb16', sum: 'xtab16', code: '01', narrow: null },
  { name: 'xtb', sum: 'xtab', code: '10', narrow: '1' },
] as const;
const EXTENSION_ROWS: readonly Row[] = (['s', 'u'] as const).flatMap((prefix) =>
  EXTENSIONS.flatMap(({ name, sum, code, narrow }) => {
    const unsigned = prefix === 'u' ? '1' : '0';
    const wide = (base: string): string => `1111 1010 0${code}${unsigned} ${base} 1111 dddd 10rr mmmm`;
    return [
      ...(narrow === null
        ? []
        : [t32(`${prefix}${name} (T1)`, `1011 0010 ${unsigned}${narrow} mmm ddd`, `${prefix}${name}`)]),
      t32(`${prefix}${name} (T2)`, wide('1111'), `${prefix}${name}`, { unpredictable: badDM, over: [`${prefix}${sum} (T1)`] }),
      t32(`${prefix}${sum} (T1)`, wide('nnnn'), `${prefix}${sum}`, { unpredictable: (i) => badDM(i) || i.rn === 13 }),
    ];
  }),
);

const FLAVOURS = [
  ['s', '000'],
  ['q', '001'],
  ['sh', '010'],
  ['u', '100'],
  ['uq', '101'],
  ['uh', '110'],
] as const;
const LANES = [
  ['add8', '000'],
  ['add16', '001'],
  ['asx', '010'],
  ['sub8', '100'],
  ['sub16', '101'],
  ['sax', '110'],
] as const;
const PARALLEL: readonly Row[] = FLAVOURS.flatMap(([prefix, flavour]) =>
  LANES.map(([name, lanes]) =>
    t32(`${prefix}${name} (T1)`, `1111 1010 1${lanes} nnnn 1111 dddd 0${flavour} mmmm`, `${prefix}${name}`, { unpredictable: badDNM }),
  ),
);

/** The source stands in the encoding twice. */
const unary = (name: string, upper: string, lower: string): Row =>
  t32(`${name} (wide)`, `1111 1010 ${upper} nnnn 1111 dddd ${lower} mmmm`, name, { unpredictable: (i) => badDM(i) || i.rn !== i.rm });
const binary = (name: string, upper: string, lower: string): Row =>
  t32(`${name} (T1)`, `1111 1010 ${upper} nnnn 1111 dddd ${lower} mmmm`, name, { unpredictable: badDNM });

const MISCELLANEOUS: readonly Row[] = [
  t32('rev (T1)', '1011 1010 00 mmm ddd', 'rev'),
  t32('rev16 (T1)', '1011 1010 01 mmm ddd', 'rev16'),
  t32('revsh (T1)', '1011 1010 11 mmm ddd', 'revsh'),
  unary('rev', '1001', '1000'),
  unary('rev16', '1001', '1001'),
  unary('rbit', '1001', '1010'),
  unary('revsh', '1001', '1011'),
  unary('clz', '1011', '1000'),
  binary('qadd', '1000', '1000'),
  binary('qdadd', '1000', '1001'),
  binary('qsub', '1000', '1010'),
  binary('qdsub', '1000', '1011'),
  binary('sel', '1010', '1000'),
  t32('pkhbt (T1)', '1110 1010 1100 nnnn 0hhh dddd hh00 mmmm', 'pkhbt', { unpredictable: badDNM }),
  t32('pkhtb (T1)', '1110 1010 1100 nnnn 0hhh dddd hh10 mmmm', 'pkhtb', { unpredictable: badDNM }),
];

/** asr by no bits is the encoding of the form on halves. */
const saturating = (name: string, code: string): readonly Row[] => [
  t32(`${name}16 (T1)`, `1111 0011 ${code.replace('k', '1')} mmmm 0000 dddd 0000 eeee`, `${name}16`, {
    unpredictable: badDM,
    over: [`${name} (T1)`],
  }),
  t32(`${name} (T1)`, `1111 0011 ${code} mmmm 0hhh dddd hh0e eeee`, name, {
    unpredictable: (i) => badDM(i) || (i.shift === 1 && i.amount === 0),
  }),
];

const BIT_FIELDS: readonly Row[] = [
  ...saturating('ssat', '00k0'),
  ...saturating('usat', '10k0'),
  t32('sbfx (T1)', '1111 0011 0100 mmmm 0lll dddd ll0e eeee', 'sbfx', { unpredictable: badDM }),
  t32('ubfx (T1)', '1111 0011 1100 mmmm 0lll dddd ll0e eeee', 'ubfx', { unpredictable: badDM }),
  t32('bfc (T1)', '1111 0011 0110 1111 0lll dddd ll0e eeee', 'bfc', { unpredictable: badD, over: ['bfi (T1)'] }),
  t32('bfi (T1)', '1111 0011 0110 mmmm 0lll dddd ll0e eeee', 'bfi', { unpredictable: badDM }),
];

export const T32_MEDIA: readonly Row[] = [
  ...MULTIPLY,
  ...EXTENSION_ROWS,
  ...PARALLEL,
  ...MISCELLANEOUS,
  ...BIT_FIELDS,
];
