// Names of tasks, threads and objects for traces: labels of components where they are known, else the debugger's names, else
// numbers. Owner of the labels it has seen; it asks the system again only for tasks that it does not know yet.

import { type DebugId, hex } from '../../emu/numbers.ts';
import type { PublishedMap } from '../published_map.ts';

/** What names are made of; the running system gives it. */
export interface NameSource {
  components(): readonly { readonly label: string; readonly task: DebugId }[];
  /** The debugger's name of an object, or undefined. */
  debuggerName(id: DebugId): string | undefined;
  objectType(id: DebugId): string | undefined;
  /** Task of a thread, or undefined where there is no such thread. */
  taskOf(thread: DebugId): DebugId | undefined;
  /** Interface of the RPC object behind a gate and label, null where nobody declares it. */
  interfaceOf(gate: DebugId, label: number): string | null;
  /** The capability map in the memory of a component that has told where it is. */
  capMap(task: DebugId): PublishedMap | null;
}

export class TraceNames {
  readonly #labels = new Map<DebugId, string>();
  readonly #threads = new Map<DebugId, string>();
  #source: NameSource | null = null;
  /** Tasks that had no label when they were looked for last, and in which they may get one later. */
  #asked = -1;

  /** Before a system is there, everything is called by its number. */
  attach(source: NameSource): void {
    this.#source = source;
  }

  taskName(id: DebugId): string {
    return this.#label(id) ?? this.objectName(id);
  }

  objectName(id: DebugId): string {
    return this.#source?.debuggerName(id) ?? hex(id);
  }

  /** Name and number. */
  both(id: DebugId): string {
    const name = this.#source?.debuggerName(id);
    return name === undefined ? hex(id) : `${hex(id)} (${name})`;
  }

  objectType(id: DebugId): string | undefined {
    return this.#source?.objectType(id);
  }

  taskOf(thread: DebugId): DebugId | undefined {
    return this.#source?.taskOf(thread);
  }

  interfaceOf(gate: DebugId, label: number): string | null {
    return this.#source?.interfaceOf(gate, label) ?? null;
  }

  capMap(task: DebugId): PublishedMap | null {
    return this.#source?.capMap(task) ?? null;
  }

  isTask(id: DebugId | undefined, wanted: string): boolean {
    if (id === undefined) return false;
    const label = this.#label(id);
    return this.isObject(id, wanted) || (label !== undefined && (label === wanted || label.endsWith(`-> ${wanted}`)));
  }

  /** Labels of all components whose tasks were asked about, and of those beside them then, sorted. */
  labels(): readonly string[] {
    return [...new Set(this.#labels.values())].sort();
  }

  /** Remembers the name of every thread that was asked about. */
  isThread(id: DebugId, wanted: string): boolean {
    if (!this.#threads.has(id)) this.#threads.set(id, this.objectName(id));
    return this.isObject(id, wanted);
  }

  /** Names of the threads that were asked about, sorted. */
  threads(): readonly string[] {
    return [...new Set(this.#threads.values())].sort();
  }

  isObject(id: DebugId, wanted: string): boolean {
    return hex(id) === wanted.replace(/^0x/, '') || this.#source?.debuggerName(id) === wanted;
  }

  #label(id: DebugId): string | undefined {
    const known = this.#labels.get(id);
    if (known !== undefined || this.#source === null || this.#asked === id) return known;
    for (const { task, label } of this.#source.components()) this.#labels.set(task, label);
    this.#asked = this.#labels.has(id) ? -1 : id;
    return this.#labels.get(id);
  }
}
