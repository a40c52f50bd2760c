// A board whose only thread enters the kernel at one of its entry addresses, as often as a test wants, with registers and message
// registers that the test sets. For entries that hosted threads do not have.

import type { EngineName } from '../../../src/emu/arm/engine.ts';
import { Thread } from '../../../src/emu/fiasco/thread.ts';
import { Machine } from '../../../src/emu/machine.ts';

const IMAGE = 0x7049_0000;
const ROOT_THREAD = 0xa;
const MOV_LR_PC = 0xe1a0_e00f;
/** mvn pc, #...: the address is the complement. */
const JUMP = 0xe3e0_f000;
const BRANCH_SELF = 0xeaff_fffe;

export interface Answer {
  /** r0 to r3. */
  readonly r: readonly number[];
  /** The first message registers. */
  readonly words: readonly number[];
  readonly error: number;
}

export class RootCaller {
  readonly machine: Machine;
  readonly root: Thread;

  /** `entry` is the address of the kernel's svc instruction. */
  constructor(entry: number, engine: EngineName = 'fast') {
    const code = Uint32Array.from([MOV_LR_PC, JUMP | ~entry, BRANCH_SELF]);
    this.machine = new Machine({ engine, ram_bytes: 64 << 20, boot: { root_entry: IMAGE, images: [{ address: IMAGE, bytes: new Uint8Array(code.buffer) }] } });
    const root = this.machine.kernel.objects.require(ROOT_THREAD);
    if (!(root instanceof Thread)) throw new Error('no root thread');
    this.root = root;
  }

  call(registers: readonly number[], words: readonly number[] = []): Answer {
    const { r } = this.root.registers;
    r.set(registers.map((value) => value >>> 0));
    r[15] = IMAGE;
    words.forEach((value, i) => this.root.utcb?.setMr(i, value >>> 0));
    this.machine.run({ time_us: 1000 });
    if (r[15] !== IMAGE + 8) throw new Error(`the thread stands at ${r[15]?.toString(16)}`);
    return { r: [...r.subarray(0, 4)], words: [...(this.root.utcb?.words.subarray(0, 8) ?? [])], error: this.root.utcb?.error ?? 0 };
  }
}
