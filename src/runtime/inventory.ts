// Everything that a system has, in counts: kernel objects, slots, rows of components' tables, RAM. What is the same before and after
// has not leaked. Owns no state; looks only.

import type { Kernel } from '../emu/fiasco/kernel.ts';
import { ramSessions } from './core/ram_account.ts';
import type { Component } from './native/component.ts';

/** Counts by what is counted; names are sorted. */
export type Inventory = ReadonlyMap<string, number>;

/** Tables that say what is going on rather than what there is, and the index over 'cap_records', in which dead names may wait to be met again. */
const MOMENTARY: ReadonlySet<string> = new Set(['control', 'extensions_used', 'rpc_fault', 'cap_map']);

/** `labelOf` names a task, `core` is the component whose tables know the RAM sessions. */
export function takeInventory(kernel: Kernel, components: readonly Component[], core: Component | undefined, labelOf: (task: number) => string): Inventory {
  const counts = new Map<string, number>();
  const add = (name: string, count: number): void => void counts.set(name, (counts.get(name) ?? 0) + count);
  const hosted = new Set<number>(components.map(({ task }) => task));
  for (const object of kernel.objects.all()) {
    add(`kernel objects: ${object.type}`, 1);
    // Of components in TypeScript the records are counted: slots of temporaries keep their mapping until they are used again.
    if (!hosted.has(object.id) && 'objects' in object && object.type === 'Task') add(`slots of ${labelOf(object.id)}`, (object as { objects: { mappings(): readonly unknown[] } }).objects.mappings().length);
  }
  for (const component of components) for (const { name, rows } of component.store.sizes()) if (rows > 0 && !MOMENTARY.has(name)) add(`${labelOf(component.task)}: table ${name}`, rows);
  if (core !== undefined) {
    for (const [, { label, quota, payload }] of ramSessions(core).entries()) {
      add(`RAM quota of ${label}`, quota);
      add(`RAM used by ${label}`, payload);
    }
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What differs, in words: "slots of init: 40, was 38". */
export function inventoryDifferences(before: Inventory, after: Inventory): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [was, is] = [before.get(name) ?? 0, after.get(name) ?? 0];
    return was === is ? [] : [`${name}: ${is}, was ${was}`];
  });
}
