// Which component and name a thread belongs to, for whoever follows events: the board knows ids only.
// Owner of a cache; threads come into being during a run, and their component's label a little later.

import type { DebugId } from '../emu/numbers.ts';
import type { System } from '../runtime/system.ts';

export interface ThreadPlace {
  readonly task: DebugId | undefined;
  readonly name: string;
  /** Empty while nobody knows. */
  readonly component: string;
}

const NOWHERE: ThreadPlace = { task: undefined, name: '', component: '' };

export class Whereabouts {
  readonly #system: System;
  readonly #known = new Map<DebugId, ThreadPlace>();

  constructor(system: System) {
    this.#system = system;
  }

  of(thread: DebugId): ThreadPlace {
    const known = this.#known.get(thread);
    if (known !== undefined && known.component !== '' && known.name !== '') return known;
    const row = this.#system.threads().find(({ id }) => id === thread);
    if (row === undefined) return known ?? NOWHERE;
    const component = this.#system.components().find(({ task }) => task === row.task)?.label ?? '';
    const place = { task: row.task, name: row.name ?? '', component };
    this.#known.set(thread, place);
    return place;
  }

  /** Threads of a component that live now. */
  threadsOf(path: string): readonly DebugId[] {
    const tasks = new Set(this.#system.components().filter(({ label, alive }) => alive && isComponent(path, label)).map(({ task }) => task));
    return this.#system.threads().filter(({ task }) => task !== undefined && tasks.has(task)).map(({ id }) => id);
  }
}

/** Whether a path as scenarios write it ("rtcr -> sheep", "init", "core") means the component of a label. */
export function isComponent(path: string, label: string): boolean {
  const written = path.split('->').map((element) => element.trim()).join(' -> ');
  return label === written || label === `init -> ${written}`;
}
