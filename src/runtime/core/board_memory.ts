// Where the boot loader left things in the board's RAM, and what of it core hands out.
// Source modelled: the memory map of the captured boards (genode-16.08-abi.md 5.2); pure arithmetic, owns nothing.

export type MemoryRange = { readonly base: number; readonly size: number };

/** A boot module as it lies in physical memory. */
export type BootModule = MemoryRange & { readonly name: string };

const PAGE_BYTES = 0x1000;
const MEGABYTE = 0x10_0000;

/** Where the boot loader puts core; how long its image is depends on the build. */
export const CORE_BASE = 0x7049_0000;
export const KIP_PAGE: MemoryRange = { base: 0x7000_2000, size: PAGE_BYTES };
export const MULTIBOOT_INFO: MemoryRange = { base: 0x7100_e000, size: PAGE_BYTES };
export const MODULES_BASE = 0x7110_0000;
/** The kernel keeps the top of the RAM to itself. */
export const KERNEL_RESERVED_BYTES = 16 * MEGABYTE;

/** Ranges that sigma0 does not hand out: kernel, KIP, sigma0's own image. */
const KERNEL_RANGES: readonly MemoryRange[] = [
  { base: 0x7000_1000, size: 0x6_2000 },
  { base: 0x7006_4000, size: 0xf000 },
  { base: 0x700a_0000, size: 0xb000 },
];

export const pageAligned = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

/** Modules one behind the other, each on a page of its own. */
export function placeModules(modules: readonly { readonly name: string; readonly size: number }[]): BootModule[] {
  let base = MODULES_BASE;
  return modules.map(({ name, size }) => {
    const placed = { name, base, size };
    base += pageAligned(Math.max(size, 1));
    return placed;
  });
}

/** Takes ranges out of a sorted list of ranges. */
function without(ranges: readonly MemoryRange[], taken: readonly MemoryRange[]): MemoryRange[] {
  return taken.reduce<MemoryRange[]>(
    (rest, hole) =>
      rest.flatMap(({ base, size }) => {
        const end = base + size;
        const before = { base, size: Math.min(end, hole.base) - base };
        const start = Math.max(base, hole.base + hole.size);
        return [before, { base: start, size: end - start }].filter((range) => range.size > 0);
      }),
    [...ranges],
  );
}

/** RAM that sigma0 hands out, ascending: everything but the kernel, core's image and what the boot loader left for core. */
export function freeRam(ram: MemoryRange, coreImage: MemoryRange, modules: readonly BootModule[]): MemoryRange[] {
  const usable = { base: ram.base, size: ram.size - KERNEL_RESERVED_BYTES };
  const last = modules.at(-1);
  const end = last === undefined ? MODULES_BASE : last.base + pageAligned(last.size);
  return without([usable], [...KERNEL_RANGES, coreImage, MULTIBOOT_INFO, { base: MODULES_BASE, size: end - MODULES_BASE }]);
}
