// A capability: one slot of one table that refers to an object. It is a member of the table and of the object's list at once.
// The list is flat: capabilities have no parents. Source modelled: fiasco-kernel.md 1.2, 3.4, Appendix C.3.

import type { KernelObject } from './kernel_object.ts';
import type { ObjectSpace } from './object_space.ts';
import { FLAG_COUNTED } from './flexpage.ts';

export interface Mapping {
  readonly object: KernelObject;
  /** The two rights bits of the slot word. */
  rights: number;
  /** D (0x8), counted (0x10) and the object's own extra rights (0xe0). */
  flags: number;
  readonly space: ObjectSpace;
  readonly slot: number;
}

export function link(mapping: Mapping): void {
  mapping.object.mappings.push(mapping);
  if ((mapping.flags & FLAG_COUNTED) !== 0) mapping.object.counted++;
}

/** Takes a mapping out of its object's list; the count of references is the caller's. */
export function unlink(mapping: Mapping): void {
  const { mappings } = mapping.object;
  const at = mappings.lastIndexOf(mapping);
  if (at < 0) throw new Error(`slot ${mapping.slot} is not in its object's list`);
  if (at === mappings.length - 1) mappings.pop();
  else mappings.splice(at, 1);
}

/** Puts a mapping of the same object into the place of another one; the count goes down where only the new one is not counted. */
export function replace(before: Mapping, after: Mapping): void {
  const { mappings } = before.object;
  const at = mappings.lastIndexOf(before);
  if (at < 0) throw new Error(`slot ${before.slot} is not in its object's list`);
  mappings[at] = after;
  if ((before.flags & ~after.flags & FLAG_COUNTED) !== 0) before.object.counted--;
}
