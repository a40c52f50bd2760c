// What the CPU needs of a task's address space. Implemented by memory/address_space.ts.
// Owns no state; the rights bits are those of flexpages, so that no table translates between the two.

/** Rights bits of a translation, as in flexpages (fiasco-kernel.md 5.5). */
export const RIGHT_READ = 4;
export const RIGHT_WRITE = 2;
export const RIGHT_EXECUTE = 1;

export interface Translation {
  /** Its own, and never another's in this process: who caches translations names address spaces by it, and keeps none of them alive. */
  readonly number: number;
  /**
   * Entry for a virtual page number (address >>> 12): (byte index of the frame in PhysicalMemory.u8) | rights,
   * 0 where nothing is mapped. The index is page aligned, so that the low bits are free for the rights; a valid entry always
   * has RIGHT_READ.
   */
  entry(page: number): number;
  /** Incremented whenever an entry disappears, loses rights or changes its frame: cached translations are then stale. */
  readonly version: number;
}
