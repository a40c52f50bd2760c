// What all kernel objects have: a debug id, a name record, the list of capabilities that refer to them, a reference count.
// Source modelled: fiasco-kernel.md 2.9, 2.10, 3.4, 3.7.

import { LIMIT_KERNEL_OBJECTS, LIMIT_NAME_RECORDS } from '../limits.ts';
import { type DebugId, debugId } from '../numbers.ts';
import type { Plain } from '../plain.ts';
import { newStamp } from '../rewind.ts';
import { Fields } from '../saved.ts';
import type { Factory } from './factory.ts';
import type { Mapping } from './mapping_list.ts';

export type KernelObjectType = 'Factory' | 'Task' | 'Vlog' | 'Pfc' | 'Icu' | 'Sched' | 'Thread' | 'Gate' | 'IRQ';

const NAME_BYTES_MAX = 16;
const STATE_VERSION = 1;

/** Its fields are set by assignment: V8 defines fields slowly in a class of which many others are made. */
export abstract class KernelObject {
  abstract readonly type: KernelObjectType;
  declare readonly id: DebugId;
  /** Capabilities that refer to this object, oldest first (the debugger shows the newest first). */
  declare readonly mappings: Mapping[];
  /** Mappings that keep the object alive. Gate control may lower it (op 0). */
  declare counted: number;
  /** References besides capabilities: one of its own, and what 2.4 lists. The object is gone when there are none. */
  declare references: number;
  /** False from the moment when the last capability went. */
  declare alive: boolean;
  /** The factory that made it and counts its memory until it is gone; null for what boot made. Set once, as it is made. */
  declare account: Factory | null;

  constructor(id: DebugId) {
    this.id = id;
    this.mappings = [];
    this.counted = 0;
    this.references = 1;
    this.alive = true;
    this.account = null;
  }
}

interface CapturedTable {
  readonly stamp: number;
  readonly next: number;
  readonly objects: readonly KernelObject[];
  readonly names: readonly (readonly [number, string])[];
  readonly nameRecords: readonly (readonly [number, number])[];
  readonly records: number;
}

/** All objects of a kernel, by id; ids come from one counter and are never used again. */
export class ObjectTable {
  #next = 0;
  readonly #objects = new Map<number, KernelObject>();
  readonly #names = new Map<number, string>();
  /** Names are records of a pool; naming an object again takes another record. */
  readonly #nameRecords = new Map<number, number>();
  #records = 0;
  #stamp = newStamp();
  #captured: CapturedTable | null = null;

  get next(): number {
    return this.#next;
  }

  /** True if one more object is possible. */
  hasRoom(): boolean {
    return this.#objects.size < LIMIT_KERNEL_OBJECTS;
  }

  takeId(): DebugId {
    this.#stamp = newStamp();
    return debugId(this.#next++);
  }

  add<T extends KernelObject>(object: T): T {
    this.#stamp = newStamp();
    this.#objects.set(object.id, object);
    return object;
  }

  get(id: number): KernelObject | undefined {
    return this.#objects.get(id);
  }

  /** The object with an id that our own code knows to exist. */
  require(id: number): KernelObject {
    const object = this.#objects.get(id);
    if (object === undefined) throw new Error(`no kernel object ${id.toString(16)}`);
    return object;
  }

  remove(object: KernelObject): void {
    this.#stamp = newStamp();
    this.#objects.delete(object.id);
    this.#names.delete(object.id);
    this.#records -= this.#nameRecords.get(object.id) ?? 0;
    this.#nameRecords.delete(object.id);
  }

  /** In creation order, which is ascending order of the ids. */
  all(): KernelObject[] {
    return [...this.#objects.values()];
  }

  name(object: KernelObject): string | undefined {
    return this.#names.get(object.id);
  }

  /** @returns false where the pool of names is exhausted */
  setName(object: KernelObject, name: string): boolean {
    if (this.#records >= LIMIT_NAME_RECORDS) return false;
    this.#stamp = newStamp();
    this.#records++;
    this.#nameRecords.set(object.id, (this.#nameRecords.get(object.id) ?? 0) + 1);
    this.#names.set(object.id, name.slice(0, NAME_BYTES_MAX));
    return true;
  }

  capture(): CapturedTable {
    if (this.#captured?.stamp !== this.#stamp) {
      this.#captured = { stamp: this.#stamp, next: this.#next, objects: this.all(), names: [...this.#names], nameRecords: [...this.#nameRecords], records: this.#records };
    }
    return this.#captured;
  }

  /** Brings back which objects there are; what they hold is theirs. */
  rewind(captured: CapturedTable): void {
    if (captured.stamp === this.#stamp) return;
    this.#next = captured.next;
    this.#records = captured.records;
    this.#objects.clear();
    for (const object of captured.objects) this.#objects.set(object.id, object);
    this.#names.clear();
    for (const [id, name] of captured.names) this.#names.set(id, name);
    this.#nameRecords.clear();
    for (const [id, records] of captured.nameRecords) this.#nameRecords.set(id, records);
    this.#stamp = captured.stamp;
    this.#captured = captured;
  }

  save(): Plain {
    const names = [...this.#names].map(([id, name]) => ({ id, name, records: this.#nameRecords.get(id) ?? 0 })).sort((a, b) => a.id - b.id);
    return { version: STATE_VERSION, next: this.#next, names };
  }

  /** Restores counter and names; the objects themselves have been added before. */
  restore(state: Plain): void {
    const fields = new Fields('object table', state, STATE_VERSION, ['next', 'names']);
    this.#next = fields.number('next');
    for (const entry of fields.list('names')) {
      const record = entry as { id: number; name: string; records: number };
      this.#names.set(record.id, record.name);
      this.#nameRecords.set(record.id, record.records);
      this.#records += record.records;
    }
  }
}

/** What remains of a destroyed object for those who still wait for it: its number. */
export class Remnant extends KernelObject {
  readonly type = 'IRQ';
  override alive = false;
}
