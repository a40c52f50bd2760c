// Branded numbers of the board: values that are all JavaScript numbers but must not be mixed.
// 32-bit guest words are unsigned (`>>> 0`); branding costs nothing at run time.

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Capability selector as user code passes it: slot << 12, bit 11 marks "special" (self). */
export type Selector = Brand<number, 'Selector'>;
/** Index into a task's capability table, 0 .. 0xfffff. */
export type Slot = Brand<number, 'Slot'>;
/** Kernel-wide object number, from one counter, never reused (fiasco-kernel.md 2.9). */
export type DebugId = Brand<number, 'DebugId'>;
/** Address in a task's virtual address space, unsigned 32 bit. */
export type VirtAddr = Brand<number, 'VirtAddr'>;
/** Physical address on the board's bus, unsigned 32 bit. */
export type PhysAddr = Brand<number, 'PhysAddr'>;
/** Virtual time since power-on in microseconds. */
export type Microseconds = Brand<number, 'Microseconds'>;
/** Retired instructions since power-on; exact up to 2^53. */
export type Instructions = Brand<number, 'Instructions'>;

export const SELECTOR_SHIFT = 12;
export const PAGE_SHIFT = 12;
export const PAGE_BYTES = 1 << PAGE_SHIFT;

export const slotOf = (selector: number): Slot => (selector >>> SELECTOR_SHIFT) as Slot;
export const selectorOf = (slot: number): Selector => ((slot << SELECTOR_SHIFT) >>> 0) as Selector;
export const debugId = (value: number): DebugId => value as DebugId;

/** Lower-case hexadecimal without prefix, padded with zeros to `digits`. */
export const hex = (value: number, digits = 0): string => (value >>> 0).toString(16).padStart(digits, '0');
