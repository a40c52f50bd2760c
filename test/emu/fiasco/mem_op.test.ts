// The system call for caches, through its entry, on each engine: code that was stored is executed after it, and the memory accesses
// that it offers (fiasco-kernel.md 10).

import * as assert from 'uvu/assert';
import { ENGINES } from '../../../src/emu/arm/engine.ts';
import { Machine } from '../../../src/emu/machine.ts';
import { suite } from '../../kit.ts';
import { RootCaller } from './root_caller.ts';

const test = suite('cache system call');
const ENTRY = 0xffff_fff0;
const IMAGE = 0x7049_0000;
/** Some memory of the root task, and an address where there is none. */
const DATA = 0x7055_0000;
const HOLE = 0x4000_0000;
const [READ, WRITE] = [0x10, 0x11];

for (const engine of ENGINES) {
  test(`${engine}: a function that is stored anew, and made coherent, is executed as it was stored`, () => {
    // r5: the function `mov r0, #n; bx lr`; r6: its first word, n grows by one each round; r7: sum of what it returned.
    const code = Uint32Array.from([
      0xe59f_503c, // ldr r5, [pc, #60]
      0xe59f_603c, // ldr r6, [pc, #60]
      0xe59f_103c, // ldr r1, [pc, #60]
      0xe585_1004, // str r1, [r5, #4]
      0xe3a0_7000, // mov r7, #0
      0xe585_6000, // str r6, [r5]
      0xe3a0_0003, // mov r0, #3: make coherent
      0xe1a0_1005, // mov r1, r5
      0xe285_2008, // add r2, r5, #8
      0xe1a0_e00f, // mov lr, pc
      0xe3e0_f00f, // mvn pc, #15: 0xfffffff0
      0xe12f_ff35, // blx r5
      0xe087_7000, // add r7, r7, r0
      0xe286_6001, // add r6, r6, #1
      0xe350_0064, // cmp r0, #100
      0x1aff_fff4, // bne to the store
      0xeaff_fffe, // b .
      DATA, 0xe3a0_0001, 0xe12f_ff1e,
    ]);
    const machine = new Machine({ engine, ram_bytes: 64 << 20, boot: { root_entry: IMAGE, images: [{ address: IMAGE, bytes: new Uint8Array(code.buffer) }] } });
    machine.run({ time_us: 2000 });
    const root = machine.kernel.threads().find(({ id }) => id === 0xa);
    assert.is(root?.registers.r[7], 5050);
  });

  test(`${engine}: memory is read and written in three widths; what is not mapped, odd or unknown changes nothing`, () => {
    const caller = new RootCaller(ENTRY, engine);
    const op = (...registers: readonly number[]) => caller.call(registers).r[3];
    op(WRITE, DATA, 2, 0x8765_4321);
    op(WRITE, DATA + 1, 0, 0x1ff);
    op(WRITE, DATA + 2, 1, 0x5_abcd);
    assert.is(op(READ, DATA, 2, 0), 0xabcd_ff21);
    assert.equal([op(READ, DATA + 1, 0, 7), op(READ, DATA + 2, 1, 7)], [0xff, 0xabcd]);
    assert.equal([op(READ, HOLE, 2, 7), op(READ, DATA + 1, 2, 7), op(READ, DATA, 3, 7), op(0x12, DATA, 2, 7)], [7, 7, 7, 7]);
    op(WRITE, HOLE, 2, 1);
    // Maintenance of caches that there are none of, without a fault where nothing is mapped.
    for (let each = 0; each <= 8; each++) assert.equal(caller.call([each, HOLE, HOLE + 0x100, 7]).r, [each, HOLE, HOLE + 0x100, 7]);
    assert.is(op(READ, DATA, 2, 0), 0xabcd_ff21);
  });
}

test('memory that the cache system call writes is part of what a snapshot brings back', () => {
  const caller = new RootCaller(ENTRY);
  caller.call([WRITE, DATA, 2, 1]);
  const before = caller.machine.snapshot();
  caller.call([WRITE, DATA, 2, 2]);
  caller.machine.rewind(before);
  assert.is(caller.call([READ, DATA, 2, 0]).r[3], 1);
});

test.run();
