// Rows of the instruction table that differential vectors cannot cover: kernel entries, thread registers, and everything that is
// undefined to user mode. With the vectors they cover the whole table.

import * as assert from 'uvu/assert';
import { decode } from '../../../src/emu/arm/decoder.ts';
import type { CpuExit } from '../../../src/emu/arm/exit.ts';
import { TABLE } from '../../../src/emu/arm/table.ts';
import { suite } from '../../kit.ts';
import { PROGRAM, TestBoard } from './board.ts';
import { comparableRows } from './vectors/generator.ts';

const test = suite('arm rows');

type Detail = (CpuExit & { kind: 'undefined' })['detail'];

/** One opcode of each row that is undefined by intent, with the detail of its exit. */
const UNDEFINED: Readonly<Record<string, readonly [opcode: number, detail: Detail]>> = {
  'stmda (privileged)': [0xe840_0002, 'unpredictable'],
  'ldmda (privileged)': [0xe850_0002, 'unpredictable'],
  'stmia (privileged)': [0xe8c0_0002, 'unpredictable'],
  'ldmia (privileged)': [0xe8fd_8002, 'unpredictable'],
  'stmdb (privileged)': [0xe940_0002, 'unpredictable'],
  'ldmdb (privileged)': [0xe950_0002, 'unpredictable'],
  'stmib (privileged)': [0xe9c0_0002, 'unpredictable'],
  'ldmib (privileged)': [0xe9d0_0002, 'unpredictable'],
  udf: [0xe7fe_5cfa, 'udf'],
  sdiv: [0xe710_f110, 'divide'],
  udiv: [0xe730_f110, 'divide'],
  'vfp (load, store, two-register transfer)': [0xed9d_0a00, 'vfp'],
  'vfp (data processing, transfer)': [0xee30_0a00, 'vfp'],
  'simd (data processing)': [0xf220_0150, 'vfp'],
  'simd (load, store)': [0xf421_0a0f, 'vfp'],
  'ldc, stc, mcrr, mrrc': [0xec53_2f40, 'coprocessor'],
  cdp: [0xee00_0500, 'coprocessor'],
  mcr: [0xee01_0f10, 'coprocessor'],
  mrc: [0xee10_0f10, 'coprocessor'],
  'ldc2, stc2, mcrr2, mrrc2': [0xfd90_0500, 'coprocessor'],
  'cdp2, mcr2, mrc2': [0xfe00_0500, 'coprocessor'],
  'mrs (spsr)': [0xe14f_0000, 'privileged'],
  'msr (spsr, register)': [0xe16f_f000, 'privileged'],
  'msr (spsr, immediate)': [0xe36f_f001, 'privileged'],
  smc: [0xe160_0070, 'privileged'],
  rfe: [0xf8bd_0a00, 'privileged'],
  srs: [0xf96d_0513, 'privileged'],
  'setend be': [0xf101_0200, 'setend'],
};

/** Tests of rows whose effect is outside of registers and memory, or that leave for the kernel. */
const BEHAVIOUR: Readonly<Record<string, () => void>> = {
  svc: () => {
    const board = new TestBoard([0xe3a0_0001, 0xef12_3456]);
    assert.equal(board.cpu.run(10), { kind: 'svc', retired: 2, pc: PROGRAM + 4, immediate: 0x12_3456 });
    assert.is(board.registers.r[15], PROGRAM + 4);
  },
  bkpt: () => {
    const board = new TestBoard([0xe121_2374]);
    assert.equal(board.cpu.run(10), { kind: 'bkpt', retired: 1, pc: PROGRAM, immediate: 0x1234 });
  },
  'mrc (tpidruro)': () => {
    const board = new TestBoard([0xee1d_3f70]);
    board.registers.tpidruro = 0xdead_beef;
    board.cpu.run(1);
    assert.is(board.registers.r[3], 0xdead_beef);
  },
  'mrc (tpidrurw)': () => {
    const board = new TestBoard([0xee1d_3f50]);
    board.registers.tpidrurw = 0x8000_0001;
    board.cpu.run(1);
    assert.is(board.registers.r[3], 0x8000_0001);
  },
  'mcr (tpidrurw)': () => {
    const board = new TestBoard([0xee0d_3f50]);
    board.registers.r[3] = 0xcafe_f00d;
    board.cpu.run(1);
    assert.is(board.registers.tpidrurw, 0xcafe_f00d);
    assert.is(board.registers.tpidruro, 0);
  },
};

for (const [name, behaviour] of Object.entries(BEHAVIOUR)) test(`${name} does what its row says`, behaviour);

test('every row that is undefined by intent leaves for the kernel with its reason', () => {
  for (const [name, [opcode, detail]] of Object.entries(UNDEFINED)) {
    assert.is(decode(opcode).row.name, name);
    const board = new TestBoard([opcode]);
    board.registers.r.fill(0x1234_5678, 0, 15);
    const registers = board.registers.save();
    assert.equal(board.cpu.run(1), { kind: 'undefined', retired: 0, pc: PROGRAM, opcode, detail }, name);
    assert.equal(board.registers.save(), registers, name);
  }
});

test('an undefined instruction whose condition fails is skipped', () => {
  const board = new TestBoard([0x0710_f110, 0x0e30_0a00]);
  assert.equal(board.cpu.run(2), { kind: 'budget', retired: 2 });
});

test('an encoding of no row is unallocated', () => {
  const board = new TestBoard([0xe780_0030]);
  assert.equal(board.cpu.run(1), { kind: 'undefined', retired: 0, pc: PROGRAM, opcode: 0xe780_0030, detail: 'unallocated' });
});

test('an UNPREDICTABLE choice of registers is undefined', () => {
  for (const opcode of [0xe00f_0291, 0xe080_0291, 0xe8b1_0002, 0xe4b1_1004, 0xe1a0_f211, 0xe1b0_f000]) {
    const exit = new TestBoard([opcode >>> 0]).cpu.run(1);
    assert.is(exit.kind === 'undefined' ? exit.detail : exit.kind, 'unpredictable', opcode.toString(16));
  }
});

test('every row is covered by vectors or by a test of this file', () => {
  const covered = new Set([...comparableRows().map((row) => row.name), ...Object.keys(UNDEFINED), ...Object.keys(BEHAVIOUR)]);
  assert.equal(TABLE.filter((row) => !covered.has(row.name)).map((row) => row.name), []);
});

test.run();
