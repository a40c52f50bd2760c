// Capability spaces kept during a run under the name of the checkpoint or dump that took them.
// Owner of the kept spaces, each with the words its slots had then: a task may be gone when a difference is told.

import { printObjectSpace } from '../emu/jdb/object_space.ts';
import type { ObjectSpace } from '../emu/jdb/model.ts';
import type { DebugId } from '../emu/numbers.ts';
import type { ComponentInfo, Origin, System } from '../runtime/system.ts';
import type { DumpResult } from './result.ts';
import { findTask } from './task_name.ts';

export interface KeptSpace {
  readonly point: string;
  readonly label: string;
  readonly task: DebugId;
  readonly time_us: number;
  readonly space: ObjectSpace;
  /** Slot to provenance, where it is known. */
  readonly origins: ReadonlyMap<number, Origin>;
}

export function takeSpace(system: System, component: ComponentInfo, point: string): KeptSpace {
  const space = system.objectSpace(component.task);
  const origins = new Map<number, Origin>();
  for (const { slot } of space.slots) {
    const origin = system.slotOrigin(component.task, slot);
    if (origin !== undefined) origins.set(slot, origin);
  }
  return { point, label: component.label, task: component.task, time_us: system.machine.time_us, space, origins };
}

export class Spaces {
  readonly #kept = new Map<string, KeptSpace>();
  /** Of checkpoints of several components, those after the first, by point and label. */
  readonly #further = new Map<string, KeptSpace>();

  keep(space: KeptSpace, further: boolean): void {
    if (further) this.#further.set(`${space.point} of ${space.label}`, space);
    else this.#kept.set(space.point, space);
  }

  /** The space of a point; of several, the one of the component that `task` names, else the first. */
  at(point: string, task?: string): KeptSpace | undefined {
    const all = [this.#kept.get(point), ...this.#further.values()].filter((space) => space?.point === point);
    return all.find((space) => space !== undefined && task !== undefined && findTask(task, [{ label: space.label, task: space.task, alive: true }]).ok) ?? all[0];
  }

  /** As files of the report, in the order in which they were taken. */
  get dumps(): readonly DumpResult[] {
    return [...this.#kept.values(), ...this.#further.values()].map(({ point, label, task, time_us, space, origins }) => {
      const slots = space.slots.map((entry) => {
        const origin = origins.get(entry.slot);
        return origin === undefined ? entry : { ...entry, words: origin.words, origin };
      });
      return { point, task: label, task_id: task, time_us, file: this.#kept.get(point)?.label === label ? `${point}.caps` : `${point}.${label.split(' -> ').at(-1) ?? ''}.caps`, text: printObjectSpace(space), slots };
    });
  }
}
