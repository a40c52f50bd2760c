// The whole board with real machine code: entry page, atomic helpers, console, sleeping, faults; exact instruction limits.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { ENGINE_DEFAULT, ENGINES } from '../../src/emu/arm/engine.ts';
import type { EngineName } from '../../src/emu/arm/engine.ts';
import { Thread } from '../../src/emu/fiasco/thread.ts';
import { Machine } from '../../src/emu/machine.ts';
import { suite } from '../kit.ts';

const test = suite('machine');
const IMAGE = 0x7049_0000;

const MOV_LR_PC = 0xe1a0_e00f;
const JUMP_DEBUGGER = 0xe3e0_f027;
const JUMP_INVOKE = 0xe3e0_f00b;
const JUMP_UTCB = 0xe3e0_f0ff;
const OUT_STRING = 0xe35e_0002;
const OUT_HEX32 = 0xe35e_0005;
const BRANCH_SELF = 0xeaff_fffe;

/** Loads a literal: filled in when the program is laid out. */
interface Literal {
  readonly register: number;
  readonly value: number;
}
const load = (register: number, value: number): Literal => ({ register, value });

/** Words of a program at IMAGE, with its literals behind it and bytes at IMAGE + 0x400. */
function program(code: readonly (number | Literal)[], text = ''): Uint8Array {
  const bytes = new Uint8Array(0x1000);
  const view = new DataView(bytes.buffer);
  let literal = code.length * 4;
  code.forEach((item, i) => {
    if (typeof item === 'number') return view.setUint32(i * 4, item, true);
    view.setUint32(i * 4, 0xe59f_0000 | (item.register << 12) | (literal - (i * 4 + 8)), true);
    view.setUint32(literal, item.value, true);
    literal += 4;
  });
  for (let i = 0; i < text.length; i++) bytes[0x400 + i] = text.charCodeAt(i);
  return bytes;
}

function machineWith(bytes: Uint8Array, engine: EngineName = ENGINE_DEFAULT): { machine: Machine; console: () => string } {
  const machine = new Machine({ ram_bytes: 64 << 20, engine, boot: { root_entry: IMAGE, images: [{ address: IMAGE, bytes }] } });
  let text = '';
  machine.events.listen(['console'], (event) => {
    if (event.kind === 'console') text += event.text;
  });
  return { machine, console: () => text };
}

const hex32 = [MOV_LR_PC, JUMP_DEBUGGER, OUT_HEX32];

test('machine code prints, finds its UTCB, uses the atomic helper and sleeps', () => {
  const { machine, console } = machineWith(
    program(
      [
        load(0, IMAGE + 0x400),
        MOV_LR_PC,
        JUMP_DEBUGGER,
        OUT_STRING,
        MOV_LR_PC,
        JUMP_UTCB,
        ...hex32,
        load(0, IMAGE + 0x800),
        0xe3a0_1005, // mov r1, #5
        MOV_LR_PC,
        load(15, 0xffff_e000),
        ...hex32,
        0xe3a0_0000, // mov r0, #0
        load(2, 0xffff_f802),
        load(3, (5 << 10) | 313),
        MOV_LR_PC,
        JUMP_INVOKE,
        ...hex32,
        BRANCH_SELF,
      ],
      'hello ',
    ),
  );
  machine.run({ time_us: 9_000 });
  assert.is(console(), 'hello bfff00000000000' + '5');
  machine.run({ time_us: 5_000 });
  assert.is(console(), 'hello bfff000000000005' + '00008000');
});

test('a text that is not mapped yet is printed whole, once the pager of who prints it has mapped it', () => {
  const FAR = 0x720f_fffe;
  const text = new Uint8Array(0x2000);
  text.set(new TextEncoder().encode('across pages'), FAR & 0xfff);
  const printing = [MOV_LR_PC, JUMP_DEBUGGER, OUT_STRING];
  const code = program([load(0, FAR), ...printing, load(0, FAR), ...printing, load(0, 0x4000_0000), ...printing, ...hex32]);
  const machine = new Machine({ ram_bytes: 64 << 20, boot: { root_entry: IMAGE, images: [{ address: IMAGE, bytes: code }, { address: FAR & ~0xfff, bytes: text }] } });
  const told: string[] = [];
  machine.events.listen(['console', 'page_fault'], (event) => {
    if (event.kind === 'console') told.push(event.text);
    else if (event.kind === 'page_fault' && event.address >= 0x7200_0000) told.push(`fault ${event.address.toString(16)} ip ${(event.pc - IMAGE).toString(16)}`);
  });
  // The root task has all memory from the start: what is taken from it are the two sections in which the text lies.
  const root = machine.kernel.threads().find((thread) => thread.id === 0xa);
  if (!(root instanceof Thread)) throw new Error('no root thread');
  machine.kernel.memoryMappings.unmap(root.task.memory, FAR & ~0xfff, 0x2000, 7, true);
  // The last text is nowhere: the thread ends in its exception and prints nothing more.
  assert.is(machine.run({ time_us: 1_000_000 }), 'idle_forever');
  assert.equal(told, ['fault 720ffffe ip c', 'fault 72100000 ip c', 'across pages', 'across pages']);
});

test('a fault that the root pager refuses stops the thread in its exception, with pc at the instruction', () => {
  const { machine } = machineWith(program([load(1, 0x4000_0000), 0xe591_1000, BRANCH_SELF]));
  assert.is(machine.run({ time_us: 1_000_000 }), 'idle_forever');
  const root = machine.kernel.threads().find((thread) => thread.id === 0xa);
  if (!(root instanceof Thread)) throw new Error('no root thread');
  assert.is(root.activity.kind, 'exception');
  assert.is(root.registers.r[15], IMAGE + 4);
});

test('a run stops at exactly the instruction of its limit, and the parts of a run make the whole', () => {
  const bytes = program([0xe280_0001, 0xe351_0000, 0xeaff_fffc]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 5 }), (lengths) => {
      const { machine } = machineWith(bytes);
      let total = 0;
      for (const length of lengths) {
        total += length;
        assert.is(machine.run({ instructions: length }), 'instruction_limit');
        assert.is(machine.instructions, total);
      }
      const { machine: whole } = machineWith(bytes);
      whole.run({ instructions: total });
      assert.equal(machine.save(), whole.save());
    }),
    { numRuns: 12 },
  );
});

test('time passes at 62.5 instructions per microsecond and the clock of the info page follows at every tick', () => {
  const { machine } = machineWith(program([BRANCH_SELF]));
  machine.run({ time_us: 2_500 });
  assert.is(machine.instructions, 156_250);
  const kip = machine.memory.index(0x7000_2000) >>> 2;
  assert.equal([machine.memory.u32[kip], machine.memory.u32[kip + 1], machine.memory.u32[kip + 0x28]], [0x4be6_344c, 0x8702_4444, 2000]);
});

test('stop ends a run at the next boundary', () => {
  const { machine } = machineWith(program([MOV_LR_PC, JUMP_DEBUGGER, 0xe35e_0001, 0xeaff_fffb]));
  let printed = 0;
  machine.events.listen(['console'], () => {
    printed++;
    machine.stop();
  });
  assert.is(machine.run({ instructions: 100_000 }), 'stopped');
  assert.is(printed, 1);
  // Little more than the page faults of the first instructions cost.
  assert.ok(machine.instructions < 10_000);
});

test('equipment sets priorities and raises IRQs, and refuses what does not exist', () => {
  const { machine } = machineWith(program([BRANCH_SELF]));
  assert.is(machine.kernel.equipment.setPriority(0xa, 200), true);
  assert.is(machine.kernel.equipment.setPriority(0x99, 200), false);
  assert.is(machine.kernel.equipment.triggerIrq(0xa), false);
});

const NO_FLOAT = 'the board has no floating-point unit, compile with -mfloat-abi=soft';
const NO_DIVISION = 'a Cortex-A9 has no instructions for division, compile with -mcpu=cortex-a9';
const NO_COPROCESSOR = 'the board has no such coprocessor or register, compile with -mcpu=cortex-a9 -mfloat-abi=soft';
/** Of each class of encodings one, for A32 and for T32. */
const ABSENT: readonly (readonly [what: string, a32: number, t32: number, detail: string, advice: string])[] = [
  ['vldr s0, [sp]', 0xed9d_0a00, 0xed9d_0a00, 'vfp', NO_FLOAT],
  ['vpush {d8-d15}', 0xed2d_8b10, 0xed2d_8b10, 'vfp', NO_FLOAT],
  ['vmov d0, r1, r2', 0xec42_1b10, 0xec42_1b10, 'vfp', NO_FLOAT],
  ['vadd.f32 s0, s1, s2', 0xee30_0a81, 0xee30_0a81, 'vfp', NO_FLOAT],
  ['vdiv.f64 d0, d1, d2', 0xee81_0b02, 0xee81_0b02, 'vfp', NO_FLOAT],
  ['vmrs r1, fpscr', 0xeef1_1a10, 0xeef1_1a10, 'vfp', NO_FLOAT],
  ['vmov s0, r1', 0xee00_1a10, 0xee00_1a10, 'vfp', NO_FLOAT],
  ['vand q0, q1, q2', 0xf202_0154, 0xef02_0154, 'vfp', NO_FLOAT],
  ['vld1.8 {d0-d3}, [r1]!', 0xf421_020d, 0xf921_020d, 'vfp', NO_FLOAT],
  ['ldc p6, c1, [r1]', 0xed91_1600, 0xed91_1600, 'coprocessor', NO_COPROCESSOR],
  ['stc2 p6, c1, [r1, #4]', 0xfd81_1601, 0xfd81_1601, 'coprocessor', NO_COPROCESSOR],
  ['mcrr p6, 1, r1, r2, c3', 0xec42_1613, 0xec42_1613, 'coprocessor', NO_COPROCESSOR],
  ['cdp p6, 1, c1, c2, c3, 4', 0xee12_1683, 0xee12_1683, 'coprocessor', NO_COPROCESSOR],
  ['mrc2 p6, 1, r1, c2, c3, 4', 0xfe32_1693, 0xfe32_1693, 'coprocessor', NO_COPROCESSOR],
  ['mrc p15, 0, r1, c1, c0, 0', 0xee11_1f10, 0xee11_1f10, 'coprocessor', NO_COPROCESSOR],
  ['udiv r1, r2, r3', 0xe731_f312, 0xfbb2_f1f3, 'divide', NO_DIVISION],
];

for (const engine of ENGINES) {
  test(`${engine}: what the board has no unit for raises the undefined-instruction exception, and an event names encoding, place and what to compile differently`, () => {
    for (const [what, a32, t32, detail, advice] of ABSENT) {
      // In ARM state; then in Thumb state behind add r0, pc, #1; bx r0.
      const thumb = [0xe28f_0001, 0xe12f_ff10, ((t32 >>> 16) | (t32 << 16)) >>> 0];
      for (const [code, opcode, at, pc] of [[[a32], a32, 0, 4], [thumb, t32, 8, 10]] as const) {
        const { machine } = machineWith(program(code), engine);
        const told: string[] = [];
        const raised: { readonly pc: number; readonly error: number }[] = [];
        machine.events.listen(['unsupported', 'exception'], (event) => {
          if (event.kind === 'unsupported') told.push(event.what);
          else if (event.kind === 'exception') raised.push({ pc: event.pc, error: event.error });
        });
        machine.run({ time_us: 10_000 });
        assert.equal(told, [`instruction (${detail}) ${opcode.toString(16)} at ${(IMAGE + at).toString(16)}: ${advice}`], what);
        assert.equal(raised, [{ pc: IMAGE + pc, error: detail === 'vfp' ? 0x0110_0000 : 0x0010_0000 }], what);
      }
    }
  });
}

test('behind an undefined or a foreign svc instruction in Thumb state the pc is two bytes on', () => {
  // add r0, pc, #1; bx r0; then in Thumb state: udf #0 or svc #0, b .
  for (const [halfword, error] of [[0xde00, 0x0010_0000], [0xdf00, 0x0021_0000]] as const) {
    const { machine } = machineWith(program([0xe28f_0001, 0xe12f_ff10, (0xe7fe_0000 | halfword) >>> 0]));
    const seen: { readonly pc: number; readonly error: number }[] = [];
    machine.events.listen(['exception'], (event) => {
      if (event.kind === 'exception') seen.push({ pc: event.pc, error: event.error });
    });
    machine.run({ time_us: 10_000 });
    assert.equal(seen[0], { pc: IMAGE + 8 + 2, error });
  }
});

test.run();
