// Where listings and warnings show the kernel's objects. The real addresses are artefacts of an allocator and never compared.
// Owns no state: an address follows from the object's number.

import type { KernelObject } from './kernel_object.ts';

const OBJECT_BASE = 0xf100_0000;
const OBJECT_STRIDE = 0x80;

export const objectAddress = (object: KernelObject): number => OBJECT_BASE + object.id * OBJECT_STRIDE;

/** An object as the kernel's warnings name it: address and number. */
export const addressAndNumber = (object: KernelObject): string => `0x${objectAddress(object).toString(16)}/${object.id.toString(16)}`;
