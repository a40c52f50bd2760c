// The kernel info page and the pages of kernel code that every task sees: system-call entries and atomic helpers. Owner of their
// content. Source modelled: fiasco-kernel.md 5.1, 9; the helpers are written from their description.

import type { PhysicalMemory } from '../memory/physical_memory.ts';
import { PAGE_BYTES } from '../numbers.ts';

const MAGIC = 0x4be6_344c;
const VERSION = 0x8702_4444;
const CLOCK = 0xa0;
const DESCRIPTORS = 0x120;
const VERSION_STRINGS = 0x1c0;
const PLATFORM_NAME = 0xf0;
const VIRTUAL = 1 << 9;

export const DESCRIPTOR = { conventional: 1, reserved: 2, dedicated: 3, bootloader: 0xe } as const;
export const LIMIT_DESCRIPTORS = (VERSION_STRINGS - DESCRIPTORS) / 8;

/** A range of memory; `end` is its last byte, `sub` the sub-type. */
export interface MemoryDescriptor {
  readonly start: number;
  readonly end: number;
  readonly type: keyof typeof DESCRIPTOR;
  readonly sub?: number;
  readonly virtual?: boolean;
}

export interface InfoPage {
  readonly root_ip: number;
  readonly root_sp: number;
  readonly boot_info: number;
  readonly descriptors: readonly MemoryDescriptor[];
}

/** Writes the page at a byte index. */
export function writeInfoPage(memory: PhysicalMemory, index: number, page: InfoPage): void {
  if (page.descriptors.length > LIMIT_DESCRIPTORS) throw new Error(`more than ${LIMIT_DESCRIPTORS} memory descriptors`);
  memory.fill(index, PAGE_BYTES);
  memory.open(index);
  const word = (offset: number, value: number) => {
    memory.u32[(index + offset) >>> 2] = value;
  };
  const text = (offset: number, value: string) => memory.write(index + offset, Uint8Array.from(value, (character) => character.charCodeAt(0)));
  word(0x00, MAGIC);
  word(0x04, VERSION);
  word(0x08, VERSION_STRINGS >>> 4);
  word(0x0c, 0);
  word(0x40, page.root_sp);
  word(0x44, page.root_ip);
  word(0x54, ((DESCRIPTORS << 16) | page.descriptors.length) >>> 0);
  word(0xe0, page.boot_info);
  text(PLATFORM_NAME, 'pbxa9');
  [0, 0x410f_c090, 0x8003_8003, 0x0010_0103, 0x0010_1111].forEach((value, i) => word(PLATFORM_NAME + 16 + i * 4, value));
  page.descriptors.forEach(({ start, end, type, sub = 0, virtual = false }, i) => {
    word(DESCRIPTORS + i * 8, ((start & 0xffff_fc00) | DESCRIPTOR[type] | (sub << 4) | (virtual ? VIRTUAL : 0)) >>> 0);
    word(DESCRIPTORS + i * 8 + 4, (end & 0xffff_fc00) >>> 0);
  });
  text(VERSION_STRINGS, 'Fiasco.OC ARM, emulated\0\0');
}

/** The 64-bit microsecond clock. */
export function writeClock(memory: PhysicalMemory, index: number, clock_us: number): void {
  memory.open(index);
  memory.u32[(index + CLOCK) >>> 2] = clock_us >>> 0;
  memory.u32[(index + CLOCK + 4) >>> 2] = Math.floor(clock_us / 2 ** 32);
}

export const ENTRY_PAGE = 0xffff_f000;
export const HELPER_PAGE = 0xffff_e000;
const SVC = 0xef00_0000;
const UTCB_GETTER = 0xf00;

/** Every word is a system call, but for the routine that returns the UTCB's address. */
export function writeEntryPage(memory: PhysicalMemory, index: number): void {
  memory.open(index);
  memory.u32.fill(SVC, index >>> 2, (index + PAGE_BYTES) >>> 2);
  // mrc p15, 0, r0, c13, c0, 3; mov pc, lr
  memory.u32.set([0xee1d_0f70, 0xe1a0_f00e], (index + UTCB_GETTER) >>> 2);
}

const HELPERS: readonly (readonly [offset: number, code: readonly number[]])[] = [
  // atomic_add: 1: ldrex r2,[r0]; add r2,r2,r1; strex r3,r2,[r0]; teq r3,#0; bne 1b; mov r0,r2; mov pc,lr
  [0x000, [0xe190_2f9f, 0xe082_2001, 0xe180_3f92, 0xe333_0000, 0x1aff_fffa, 0xe1a0_0002, 0xe1a0_f00e]],
  // cmpxchg: 1: ldrex r3,[r0]; cmp r3,r1; movne r0,#0; movne pc,lr; strex r3,r2,[r0]; teq r3,#0; bne 1b; mov r0,#1; mov pc,lr
  [0x100, [0xe190_3f9f, 0xe153_0001, 0x13a0_0000, 0x11a0_f00e, 0xe180_3f92, 0xe333_0000, 0x1aff_fff8, 0xe3a0_0001, 0xe1a0_f00e]],
  // xchg: 1: ldrex r2,[r0]; strex r3,r1,[r0]; teq r3,#0; bne 1b; mov r0,r2; mov pc,lr
  [0x200, [0xe190_2f9f, 0xe180_3f91, 0xe333_0000, 0x1aff_fffb, 0xe1a0_0002, 0xe1a0_f00e]],
];

export function writeHelperPage(memory: PhysicalMemory, index: number): void {
  memory.open(index);
  for (const [offset, code] of HELPERS) memory.u32.set(code, (index + offset) >>> 2);
}
