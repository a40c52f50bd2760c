// What 86 captured binaries contain and execute against the instruction tables: every counted encoding has rows, the rows have
// results of qemu-arm to be compared with, and what is outside is named. The counts lie in ../shared/oracle/isa.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { A32, T32 } from '../../src/emu/arm/decoder.ts';
import type { Row } from '../../src/emu/arm/instruction.ts';
import { parseVectors } from '../emu/arm/vectors/vector_file.ts';
import { suite } from '../kit.ts';

const test = suite('oracle isa');
const folder = fileURLToPath(new URL('../../../shared/oracle/isa/', import.meta.url));

interface Counted {
  readonly set: 'A32' | 'T32';
  readonly mnemonic: string;
  readonly class: string;
}

/** Floating point and coprocessor transfers, by names old and new: the unwinder's save and restore routines contain them. */
const OUTSIDE = ['fldmiax', 'fstmiax', 'vldmia', 'vstmia', 'ldc2', 'stc2', 'ldfe', 'ldfp', 'stfe', 'stfp'];
/** The disassembler that counted took a word of data for an instruction. */
const DATA = ['cmn hint/msr'];
/** Rows that have no results of qemu-arm because they leave for the kernel; test/emu/arm/rows.test.ts looks at each. */
const WITHOUT_VECTORS = ['udf (T1)', 'subs pc, lr'];

const rows = (file: string): string[][] => readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1).map((line) => line.split('\t'));

function contained(): Counted[] {
  return (['A32', 'T32'] as const).flatMap((set) => rows(`${set.toLowerCase()}-histogram.tsv`).map(([mnemonic = '', kind = '']) => ({ set, mnemonic, class: kind })));
}
function executed(): Counted[] {
  return rows('executed-histogram-prog.tsv').map(([set = '', mnemonic = '', kind = '']) => ({ set: set === 'T32' ? 'T32' : 'A32', mnemonic, class: kind }));
}

const DATA_PROCESSING = /^(and|eor|sub|rsb|add|adc|sbc|rsc|tst|teq|cmp|cmn|orr|mov|bic|mvn)s?$/;
const SHIFT = /^(lsl|lsr|asr|ror|rrx)(s?)$/;
const TRANSFER = /^(ldr|str)(b|h|sb|sh|d)?$/;
const BLOCK = /^(ldm|stm)(da|db|ia|ib)?$/;
const EXACT: Readonly<Record<string, string>> = { 'blx uncond': 'blx (immediate)', 'blx misc': 'blx (register)', 'push db!': 'stmdb', 'pop ia!': 'ldmia', 'pop ia! {..pc}': 'ldmia' };

const formOf = (kind: string): string => (kind.startsWith('imm') ? 'immediate' : /(lsl|lsr|asr|ror) R/.test(kind) ? 'register-shifted register' : 'register');

function modeOf(kind: string): string {
  const form = kind.includes('Rm') ? 'register' : 'immediate';
  return `${form}, ${kind.includes(']!') ? 'pre-indexed' : kind.includes('],') ? 'post-indexed' : 'offset'}`;
}

/** The one row of an A32 encoding. */
function wordRow({ mnemonic, class: kind }: Counted): string {
  const exact = EXACT[`${mnemonic} ${kind}`];
  if (exact !== undefined) return exact;
  const shift = SHIFT.exec(mnemonic);
  if (shift !== null) return `mov${shift[2]} (${formOf(kind)})`;
  if (DATA_PROCESSING.test(mnemonic)) return `${mnemonic} (${formOf(kind)})`;
  if (TRANSFER.test(mnemonic)) return `${mnemonic} (${modeOf(kind)})`;
  if (mnemonic === 'push' || mnemonic === 'pop') return `${mnemonic === 'push' ? 'str' : 'ldr'} (${modeOf(kind)})`;
  const block = BLOCK.exec(mnemonic);
  return block === null ? mnemonic : `${block[1]}${block[2] ?? 'ia'}`;
}

/** What T32 rows are called that a mnemonic can be: aliases, and in an IT block the forms that set flags outside of one. */
function halfNames(mnemonic: string, bytes: number): string[] {
  if (/^it[te]*$/.test(mnemonic)) return ['it'];
  const name = mnemonic.replace(/^(ldm|stm)ia$/, '$1').replace(/^neg/, 'rsb');
  const names = [name, ...(bytes === 2 ? [`${name}s`] : [])];
  if (bytes === 4 && name === 'push') names.push('stmdb', 'str');
  if (bytes === 4 && name === 'pop') names.push('ldm', 'ldr');
  if (SHIFT.test(name)) names.push(name.endsWith('s') ? 'movs' : 'mov');
  return names;
}

function rowsOf(counted: Counted): readonly Row[] {
  if (counted.set === 'A32') return A32.table.filter(({ name }) => name === wordRow(counted));
  const bytes = counted.class === '16-bit' ? 2 : 4;
  const names = halfNames(counted.mnemonic, bytes);
  return T32.table.filter(({ name, encoding }) => encoding.bytes === bytes && names.includes(name.replace(/ .*/, '')));
}

const isInside = ({ mnemonic, class: kind }: Counted): boolean => !OUTSIDE.includes(mnemonic) && !DATA.includes(`${mnemonic} ${kind}`);
const words = ({ set, mnemonic, class: kind }: Counted): string => `${set} ${mnemonic} ${kind}`;
const vectorsOf = (set: string): Set<string> => new Set(parseVectors(readFileSync(new URL(`../emu/arm/vectors/${set.toLowerCase()}.vectors.gz`, import.meta.url))).map(({ subject }) => subject.row));

const TESTS: Readonly<Record<string, () => void>> = {
  'every encoding that the binaries contain has a row, but for those of floating point': () => {
    assert.equal(contained().filter(isInside).filter((counted) => rowsOf(counted).length === 0).map(words), []);
  },
  'every encoding that the programs executed has a row, and none of them is of floating point': () => {
    assert.equal(executed().filter((counted) => !isInside(counted) || rowsOf(counted).length === 0).map(words), []);
  },
  'each of these rows has results of qemu-arm that the engines are compared with': () => {
    const vectors = { A32: vectorsOf('A32'), T32: vectorsOf('T32') };
    const seen = [...contained(), ...executed()].filter(isInside);
    const without = seen.flatMap((counted) => rowsOf(counted).filter(({ name }) => !vectors[counted.set].has(name) && !WITHOUT_VECTORS.includes(name)).map(({ name }) => `${counted.set} ${name}`));
    assert.equal([...new Set(without)], []);
  },
};

for (const [name, body] of Object.entries(TESTS)) {
  if (existsSync(folder)) test(name, body);
  else test.skip(name, 'the counted instructions are not at hand');
}

test.run();
