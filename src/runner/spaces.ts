// Capability spaces kept during a run under the name of the checkpoint or dump that took them.
// Owner of the kept spaces, each with the words its slots had then: a task may be gone when a difference is told.

import { printObjectSpace } from '../emu/jdb/object_space.ts';
import type { ObjectSpace } from '../emu/jdb/model.ts';
import type { DebugId } from '../emu/numbers.ts';
import type { ComponentInfo, System } from '../runtime/system.ts';
import type { DumpResult } from './result.ts';

export interface KeptSpace {
  readonly point: string;
  readonly label: string;
  readonly task: DebugId;
  readonly space: ObjectSpace;
  /** Slot to provenance, where it is known. */
  readonly words: ReadonlyMap<number, string>;
}

export function takeSpace(system: System, component: ComponentInfo, point: string): KeptSpace {
  const space = system.objectSpace(component.task);
  const words = new Map<number, string>();
  for (const { slot } of space.slots) {
    const description = system.describeSlot(component.task, slot);
    if (description !== undefined) words.set(slot, description);
  }
  return { point, label: component.label, task: component.task, space, words };
}

export class Spaces {
  readonly #kept = new Map<string, KeptSpace>();

  keep(space: KeptSpace): void {
    this.#kept.set(space.point, space);
  }

  at(point: string): KeptSpace | undefined {
    return this.#kept.get(point);
  }

  /** As files of the report, in the order in which they were taken. */
  get dumps(): readonly DumpResult[] {
    return [...this.#kept.values()].map(({ point, label, task, space, words }) => {
      const slots = space.slots.map((entry) => {
        const known = words.get(entry.slot);
        return known === undefined ? entry : { ...entry, words: known };
      });
      return { point, task: label, task_id: task, file: `${point}.caps`, text: printObjectSpace(space), slots };
    });
  }
}
