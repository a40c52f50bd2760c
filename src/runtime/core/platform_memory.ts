// Core's allocators of physical memory and address ranges at boot, and the dumps of them that core prints.
// Owner of the allocators of the last boot, which are copied. Source modelled: genode-16.08-abi.md 5.2; the order of the steps
// decides which cached sizes the dumps show.

import { hex } from '../../emu/numbers.ts';
import type { HasStore } from '../native/store.ts';
import { AllocatorAvl } from './allocator_avl.ts';
import { ALLOCATOR, putAllocator, readAllocator } from './allocators.ts';
import {
  type BootModule,
  CORE_BASE,
  freeRam,
  KIP_PAGE,
  type MemoryRange,
  MODULES_BASE,
  MULTIBOOT_INFO,
  pageAligned,
} from './board_memory.ts';

const SUPERPAGE_BYTES = 0x10_0000;
const PAGE_BYTES = 0x1000;
/** Core's own virtual addresses: from the first page up to its UTCB area. */
const CORE_VIRTUAL: MemoryRange = { base: 0x1000, size: 0xbfff_0000 - 0x1000 };
const STACK_AREA: MemoryRange = { base: 0x2000_0000, size: 0x1000_0000 };
const IO_MEM: MemoryRange = { base: 0, size: 0xffff_ffff };
const IRQS = 0x100;
/** Size of the record of a ROM module, allocated from core's memory. */
const ROM_MODULE_BYTES = 28;
const WORD_LOG2 = 2;

/** The captured builds of core: size of the image, and where in it the allocators lie (their addresses head the dumps). */
export const CORE_BUILDS = {
  rtcr: { image_bytes: 0x14_a000, ram: 0x7_fbbc, region: 0x8_3cec, io_mem: 0x8_0c08, io_port: 0x8_1c54, irq: 0x8_2ca0, core_ranges: 0x8_8bf0 },
  stock: { image_bytes: 0x18_4000, ram: 0x7_d90c, region: 0x8_1a3c, io_mem: 0x7_e958, io_port: 0x7_f9a4, irq: 0x8_09f0, core_ranges: 0x8_6940 },
} as const;

export type CoreBuild = keyof typeof CORE_BUILDS;
export type DumpedAllocator = 'ram' | 'region' | 'io_mem' | 'io_port' | 'irq' | 'core_ranges';

export const coreImage = (build: CoreBuild): MemoryRange => ({ base: CORE_BASE, size: CORE_BUILDS[build].image_bytes });

type Allocators = ReadonlyMap<number, AllocatorAvl>;

/** The allocators of the last boot, by what they follow from: whoever boots once often boots the same again. */
let latest: { readonly of: string; readonly allocators: Allocators } = { of: '', allocators: new Map() };

export function setupPlatformMemory(x: HasStore, build: CoreBuild, ram: MemoryRange, modules: readonly BootModule[]): void {
  const of = JSON.stringify([build, ram, modules]);
  if (latest.of !== of) latest = { of, allocators: allocatorsAtBoot(build, ram, modules) };
  for (const [key, allocator] of latest.allocators) putAllocator(x, key, allocator);
}

function allocatorsAtBoot(build: CoreBuild, ram: MemoryRange, modules: readonly BootModule[]): Allocators {
  const image = coreImage(build);
  const last = modules.at(-1);
  const moduleArea = { base: MODULES_BASE, size: (last === undefined ? MODULES_BASE : last.base + pageAligned(last.size)) - MODULES_BASE };
  const region = new AllocatorAvl();
  region.addRange(CORE_VIRTUAL.base, CORE_VIRTUAL.size);
  region.removeRange(STACK_AREA.base, STACK_AREA.size);
  const ioMem = new AllocatorAvl();
  ioMem.addRange(IO_MEM.base, IO_MEM.size);
  const irqs = new AllocatorAvl();
  irqs.addRange(0, IRQS);
  const pieces = handedOut(freeRam(ram, image, modules));
  const pages = new AllocatorAvl();
  for (const { base, size } of pieces) pages.addRange(base, size);
  const coreRanges = new AllocatorAvl();
  for (const { base, size } of [...pieces, image, moduleArea]) if (size > 0) coreRanges.addRange(base, size);
  for (const allocator of [region, ioMem]) {
    for (const { base, size } of [KIP_PAGE, image, MULTIBOOT_INFO, ...pieces, moduleArea]) if (size > 0) allocator.removeRange(base, size);
  }
  // One record per boot module and one for the KIP; the one of "l4v2_kip" is part of core's image.
  for (let i = 0; i <= modules.length; i++) pages.alloc(ROM_MODULE_BYTES, WORD_LOG2);
  return new Map([
    [ALLOCATOR.region, region],
    [ALLOCATOR.io_mem, ioMem],
    [ALLOCATOR.io_port, new AllocatorAvl()],
    [ALLOCATOR.irq, irqs],
    [ALLOCATOR.ram, pages],
    [ALLOCATOR.core_ranges, coreRanges],
  ]);
}

/** Free RAM in the order in which sigma0 hands it out: superpages first, then single pages, each ascending. */
function handedOut(ranges: readonly MemoryRange[]): MemoryRange[] {
  const superpages: MemoryRange[] = [];
  const pages: MemoryRange[] = [];
  for (const { base, size } of ranges) {
    const end = base + size;
    for (let at = base; at < end; ) {
      const isSuperpage = at % SUPERPAGE_BYTES === 0 && at + SUPERPAGE_BYTES <= end;
      const bytes = isSuperpage ? SUPERPAGE_BYTES : PAGE_BYTES;
      (isSuperpage ? superpages : pages).push({ base: at, size: bytes });
      at += bytes;
    }
  }
  return [...superpages, ...pages];
}

/** The dump of one allocator with its title, as lines without line ends. */
export function dumpAllocator(x: HasStore, build: CoreBuild, name: DumpedAllocator): string[] {
  const title = name === 'core_ranges' ? 'core ranges' : name === 'ram' || name === 'region' ? `${name}_alloc` : name;
  const address = CORE_BASE + CORE_BUILDS[build][name];
  return [`:${title}: `, `Allocator ${hex(address)} dump:`, ...readAllocator(x, ALLOCATOR[name], (allocator) => allocator.dump())];
}
