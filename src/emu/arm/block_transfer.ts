// Load and store multiple: four directions, with and without writeback. All pages are probed first, so that an aborted transfer
// has changed nothing and can be restarted (ARM ARM A5.5). Rows and semantics; no state.

import type { CpuState } from './cpu_state.ts';
import { executeUndefined, NEXT } from './instruction.ts';
import type { Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { rn } from './operands.ts';
import { pattern } from './pattern.ts';
import { REG_PC, REG_SP } from './registers.ts';

interface Direction {
  readonly suffix: string;
  /** The P and U bits. */
  readonly p: string;
  readonly u: string;
  /** Lowest address relative to the base, for a transfer of that many bytes. */
  readonly lowest: (bytes: number) => number;
}
const DIRECTIONS: readonly Direction[] = [
  { suffix: 'da', p: '0', u: '0', lowest: (bytes) => 4 - bytes },
  { suffix: '', p: '0', u: '1', lowest: () => 0 },
  { suffix: 'db', p: '1', u: '0', lowest: (bytes) => 0 - bytes },
  { suffix: 'ib', p: '1', u: '1', lowest: () => 4 },
];

function countBits(list: number): number {
  let count = 0;
  for (let rest = list; rest !== 0; rest &= rest - 1) count++;
  return count;
}

const lowestRegister = (list: number): number => 31 - Math.clz32(list & -list);

function writeBack(c: CpuState, i: Instruction, base: number): void {
  if (i.writeback === 1) c.r[i.rn] = i.up === 1 ? base + i.amount : base - i.amount;
}

/** After decoding `imm` is the displacement of the lowest address and `amount` the number of bytes. */
const ldm: Execute = (c, i) => {
  const base = rn(c, i);
  let address = (base + i.imm) | 0;
  c.mmu.requireAligned(address, 4, false);
  c.mmu.probe(address, i.amount, false);
  writeBack(c, i, base);
  for (let list = i.list; list !== 0; list &= list - 1) {
    const value = c.mmu.loadWord(address);
    const register = lowestRegister(list);
    if (register === REG_PC) return c.branchExchange(value);
    c.r[register] = value;
    address = (address + 4) | 0;
  }
  return NEXT;
};

const stm: Execute = (c, i) => {
  const base = rn(c, i);
  let address = (base + i.imm) | 0;
  c.mmu.requireAligned(address, 4, true);
  c.mmu.probe(address, i.amount, true);
  for (let list = i.list; list !== 0; list &= list - 1) {
    c.mmu.storeWord(address, c.r[lowestRegister(list)] as number);
    address = (address + 4) | 0;
  }
  writeBack(c, i, base);
  return NEXT;
};

function rows(name: 'ldm' | 'stm', { suffix, p, u, lowest }: Direction): readonly Row[] {
  const load = name === 'ldm';
  const l = load ? 1 : 0;
  const stackForm = load ? (p === '0' && u === '1' ? 'pop' : '') : p === '1' && u === '0' ? 'push' : '';
  /** UAL writes push and pop for the two stack forms, if they transfer more than one register. */
  const isStack = (i: Instruction): boolean => stackForm !== '' && i.rn === REG_SP && i.writeback === 1 && i.amount > 4;
  const baseInList = (i: Instruction): boolean => ((i.list >>> i.rn) & 1) === 1;
  return [
    {
      name: name + (suffix === '' ? 'ia' : suffix),
      encoding: pattern(`cccc 100 ${p} ${u} 0 w ${l} nnnn gggggggggggggggg`),
      execute: load ? ldm : stm,
      text: (i) => (isStack(i) ? `${stackForm}<c> <list>` : `${name}${suffix}<c> <rn><writeback>, <list>`),
      decode: (i) => {
        i.up = Number(u);
        i.amount = 4 * countBits(i.list);
        i.imm = lowest(i.amount);
      },
      unpredictable: (i) => i.rn === REG_PC || i.list === 0 || (load && i.writeback === 1 && baseInList(i)),
    },
    {
      /** User-bank transfer and exception return: for privileged modes, UNPREDICTABLE in user mode. */
      name: `${name}${suffix === '' ? 'ia' : suffix} (privileged)`,
      encoding: pattern(`cccc 100 ${p} ${u} 1 w ${l} nnnn gggggggggggggggg`),
      execute: executeUndefined,
      detail: 'unpredictable',
      text: `${name}${suffix}<c> <rn><writeback>, <list>^`,
    },
  ];
}

export const blockTransferRows = once((): readonly Row[] => DIRECTIONS.flatMap((direction) => [...rows('stm', direction), ...rows('ldm', direction)]));
