// Rows of the instruction tables that differential vectors cannot cover: kernel entries, thread registers, and everything that is
// undefined to user mode. With the vectors they cover both tables whole.

import * as assert from 'uvu/assert';
import { A32, T32 } from '../../../src/emu/arm/decoder.ts';
import type { CpuExit } from '../../../src/emu/arm/exit.ts';
import { suite } from '../../kit.ts';
import { HEAP, onEachEngine, PROGRAM, TestBoard } from './board.ts';
import { comparableRows } from './vectors/generator.ts';

const all = suite('arm rows');
const test = onEachEngine(all);

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

/** The same for T32. */
const UNDEFINED_THUMB: Readonly<Record<string, readonly [opcode: number, detail: Detail]>> = {
  'store (literal)': [0xf8cf_0004, 'unallocated'],
  'udf (T1)': [0xde12, 'udf'],
  'udf (T2)': [0xf7f1_a234, 'udf'],
  'sdiv (T1)': [0xfb90_f1f2, 'divide'],
  'udiv (T1)': [0xfbb0_f1f2, 'divide'],
  'setend be (T1)': [0xb658, 'setend'],
  'mrs (spsr, T1)': [0xf3ff_8000, 'privileged'],
  'msr (spsr, T1)': [0xf390_8f00, 'privileged'],
  'smc (T1)': [0xf7f0_8000, 'privileged'],
  'rfe (T1)': [0xe830_c000, 'privileged'],
  'rfe (T2)': [0xe990_c000, 'privileged'],
  'srs (T1)': [0xe80d_c013, 'privileged'],
  'srs (T2)': [0xe98d_c013, 'privileged'],
  'subs pc, lr': [0xf3de_8f04, 'unpredictable'],
  'enterx, leavex': [0xf3bf_8f1f, 'thumb'],
  'vfp (load, store, two-register transfer)': [0xed9d_0a00, 'vfp'],
  'vfp (data processing, transfer)': [0xee30_0a00, 'vfp'],
  'simd (data processing)': [0xef20_0150, 'vfp'],
  'simd (load, store)': [0xf921_0a0f, 'vfp'],
  'ldc, stc, mcrr, mrrc': [0xec53_2f40, 'coprocessor'],
  cdp: [0xee00_0500, 'coprocessor'],
  mcr: [0xee01_0f10, 'coprocessor'],
  mrc: [0xee10_0f10, 'coprocessor'],
  'ldc2, stc2, mcrr2, mrrc2': [0xfd90_0500, 'coprocessor'],
  'cdp2, mcr2, mrc2': [0xfe00_0500, 'coprocessor'],
};

/** Tests of rows whose effect is outside of registers and memory, or that leave for the kernel. */
const BEHAVIOUR: Readonly<Record<string, () => void>> = {
  svc: () => {
    const board = new TestBoard([0xe3a0_0001, 0xef12_3456]);
    assert.equal(board.cpu.run(10), { kind: 'svc', retired: 2, pc: PROGRAM + 4 });
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

const BEHAVIOUR_THUMB: Readonly<Record<string, () => void>> = {
  'svc (T1)': () => {
    const board = TestBoard.thumb([0x2001, 0xdf12]);
    assert.equal(board.cpu.run(10), { kind: 'svc', retired: 2, pc: PROGRAM + 2 });
    assert.is(board.registers.r[15], PROGRAM + 2);
  },
  'bkpt (T1)': () => {
    const board = TestBoard.thumb([0xbe34]);
    assert.equal(board.cpu.run(10), { kind: 'bkpt', retired: 1, pc: PROGRAM, immediate: 0x34 });
  },
  'mrc (tpidruro)': () => {
    const board = TestBoard.thumb([0xee1d_3f70]);
    board.registers.tpidruro = 0xdead_beef;
    board.cpu.run(1);
    assert.is(board.registers.r[3], 0xdead_beef);
  },
  'mrc (tpidrurw)': () => {
    const board = TestBoard.thumb([0xee1d_3f50]);
    board.registers.tpidrurw = 0x8000_0001;
    board.cpu.run(1);
    assert.is(board.registers.r[3], 0x8000_0001);
  },
  'mcr (tpidrurw)': () => {
    const board = TestBoard.thumb([0xee0d_3f50]);
    board.registers.r[3] = 0xcafe_f00d;
    board.cpu.run(1);
    assert.is(board.registers.tpidrurw, 0xcafe_f00d);
  },
};

for (const [name, behaviour] of Object.entries(BEHAVIOUR)) test(`${name} does what its row says`, behaviour);
for (const [name, behaviour] of Object.entries(BEHAVIOUR_THUMB)) test(`T32: ${name} does what its row says`, behaviour);

for (const [set, decoder, undefinedRows] of [['a32', A32, UNDEFINED] as const, ['t32', T32, UNDEFINED_THUMB] as const]) {
  test(`${set}: every row that is undefined by intent leaves for the kernel with its reason`, () => {
    for (const [name, [opcode, detail]] of Object.entries(undefinedRows)) {
      assert.is(decoder.rowOf(opcode).name, name);
      const board = set === 'a32' ? new TestBoard([opcode]) : TestBoard.thumb([opcode]);
      board.registers.r.fill(0x1234_5678, 0, 15);
      const registers = board.registers.save();
      assert.equal(board.cpu.run(1), { kind: 'undefined', retired: 0, pc: PROGRAM, opcode, detail }, name);
      assert.equal(board.registers.save(), registers, name);
    }
  });

  test(`${set}: every row is covered by vectors or by a test of this file`, () => {
    const behaviour = set === 'a32' ? BEHAVIOUR : BEHAVIOUR_THUMB;
    const covered = new Set([...comparableRows(set).map((row) => row.name), ...Object.keys(undefinedRows), ...Object.keys(behaviour)]);
    assert.equal(decoder.table.filter((row) => !covered.has(row.name)).map((row) => row.name), []);
  });
}

test('an undefined instruction whose condition fails is skipped', () => {
  const board = new TestBoard([0x0710_f110, 0x0e30_0a00, 0x0780_0030]);
  assert.equal(board.cpu.run(3), { kind: 'budget', retired: 3 });
});

test('r15 may be stored by strt, as by str', () => {
  const board = new TestBoard([0xe4a1_f004, 0xe621_f002]);
  board.registers.r.set([0, HEAP, 8]);
  assert.equal(board.cpu.run(2), { kind: 'budget', retired: 2 });
  assert.equal([board.word(HEAP), board.word(HEAP + 4), board.registers.r[1]], [PROGRAM + 8, PROGRAM + 12, HEAP - 4]);
  /** The byte of it may not, nor may it be loaded so. */
  for (const opcode of [0xe4e1_f004, 0xe4b1_f004]) {
    const exit = new TestBoard([opcode >>> 0]).cpu.run(1);
    assert.is(exit.kind === 'undefined' ? exit.detail : exit.kind, 'unpredictable', opcode.toString(16));
  }
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

test('T32: an encoding of no row is unallocated, an UNPREDICTABLE one unpredictable', () => {
  const detailOf = (opcode: number): string => {
    const exit = TestBoard.thumb([opcode]).cpu.run(1);
    return exit.kind === 'undefined' ? `${exit.opcode.toString(16)} ${exit.detail}` : exit.kind;
  };
  for (const opcode of [0xb8ff, 0xba80, 0xe800_8000, 0xf7e0_8000]) assert.is(detailOf(opcode >>> 0), `${opcode.toString(16)} unallocated`);
  for (const opcode of [0x44ff, 0x4501, 0xb400, 0xbff8, 0xf04f_1d00, 0xf04f_1000, 0xe8b1_0002, 0xe9d1_2200, 0xe8d1_f00d, 0xeb0d_1d42]) {
    assert.is(detailOf(opcode), `${opcode.toString(16)} unpredictable`);
  }
});

all.run();
