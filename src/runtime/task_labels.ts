// What the tasks of a system are called, those that are gone included, so that the second of a name stays the second. Owner of these
// labels; derived from what core knows of its protection domains. Of each label the last dead tasks are remembered, the others counted.

import type { DebugId } from '../emu/numbers.ts';
import type { Plain } from '../emu/plain.ts';
import type { ComponentInfo } from './system.ts';

/** Dead tasks of one label that are remembered. */
export const LIMIT_DEAD_TASKS = 256;

export interface CapturedLabels {
  readonly labels: readonly (readonly [DebugId, string])[];
  readonly forgotten: readonly (readonly [string, number])[];
}

export class TaskLabels {
  #labels = new Map<DebugId, string>();
  /** How many dead tasks of a label are not remembered any more. */
  #forgotten = new Map<string, number>();

  /** Takes in the tasks that there are now. */
  observe(alive: ReadonlyMap<DebugId, string>): void {
    for (const [task, label] of alive) {
      if (this.#labels.get(task) === label) continue;
      this.#labels.set(task, this.#known(label));
      this.#forget(label, alive);
    }
  }

  get(task: DebugId): string | undefined {
    return this.#labels.get(task);
  }

  /** How many tasks are remembered. */
  get size(): number {
    return this.#labels.size;
  }

  /** All that are remembered, in the order in which the tasks were made. */
  components(alive: ReadonlyMap<DebugId, string>): ComponentInfo[] {
    const left = new Map(this.#forgotten);
    return [...this.#labels].sort(([a], [b]) => a - b).map(([task, label]) => {
      const forgotten = left.get(label);
      left.delete(label);
      return { label, task, alive: alive.has(task), ...(forgotten === undefined ? {} : { forgotten }) };
    });
  }

  capture(): CapturedLabels {
    return { labels: [...this.#labels], forgotten: [...this.#forgotten] };
  }

  rewind({ labels, forgotten }: CapturedLabels): void {
    this.#labels = new Map(labels);
    this.#forgotten = new Map(forgotten);
  }

  save(): Plain {
    return { labels: [...this.#labels], forgotten: [...this.#forgotten] };
  }

  restore(state: Plain): void {
    this.rewind(state as unknown as CapturedLabels);
  }

  /** Tasks that are called alike share one text: each of them comes with a text of its own. */
  #known(label: string): string {
    for (const known of this.#labels.values()) if (known === label) return known;
    return label;
  }

  #forget(label: string, alive: ReadonlyMap<DebugId, string>): void {
    const dead = [...this.#labels].flatMap(([task, known]) => (known === label && !alive.has(task) ? [task] : [])).sort((a, b) => a - b);
    for (const task of dead.slice(0, Math.max(0, dead.length - LIMIT_DEAD_TASKS))) {
      this.#labels.delete(task);
      this.#forgotten.set(label, (this.#forgotten.get(label) ?? 0) + 1);
    }
  }
}
