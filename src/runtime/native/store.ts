// State of a component written in TypeScript: tables of immutable rows, versioned and copied on write, so that forking or
// saving a machine never walks a graph of objects. Rows are plain data; a row is replaced, never changed in place.

import type { Plain, PlainRecord } from '../../emu/plain.ts';
import { newStamp } from '../../emu/rewind.ts';
import { Rows } from './rows.ts';

interface CapturedTable {
  readonly rows: Rows<object>;
  readonly next: number;
}

/** One table: rows by positive integer key, iterated in ascending key order. */
export class Table<Row extends object> {
  #rows: Rows<Row>;
  #sorted: number[] | null = null;
  /** The last search for free keys began at `first`: all from there up to `free` have a row. */
  #searched = { first: 0, free: 0 };
  #owned: boolean;
  #next: number;
  #version = 0;
  #handedOut = newStamp();

  constructor(rows = new Rows<Row>(), next = 1, owned = true) {
    this.#rows = rows;
    this.#next = next;
    this.#owned = owned;
  }

  /** Grows with every change; equal versions of one table mean equal content. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Another number, of all tables, whenever the present rows are handed out: a row written since is known to nobody else. */
  get handedOut(): number {
    return this.#handedOut;
  }

  /** No row was ever in it. */
  get untouched(): boolean {
    return this.#rows.size === 0 && this.#next === 1;
  }

  get(key: number): Readonly<Row> | undefined {
    return this.#rows.get(key);
  }

  /** The row of a key that our own code knows to exist. */
  require(key: number): Readonly<Row> {
    const row = this.#rows.get(key);
    if (row === undefined) throw new Error(`no row ${key}`);
    return row;
  }

  set(key: number, row: Row): void {
    this.#change();
    if (!this.#rows.set(key, row)) return;
    this.#sorted = null;
    if (key >= this.#next) this.#next = key + 1;
  }

  /** Adds a row under the next free key (ascending, never reused) and returns the key. */
  insert(row: Row): number {
    const key = this.#next;
    this.set(key, row);
    return key;
  }

  update(key: number, patch: Partial<Row>): void {
    this.set(key, { ...this.require(key), ...patch } as Row);
  }

  delete(key: number): void {
    if (this.#owned) {
      if (!this.#rows.delete(key)) return;
      this.#version++;
    } else {
      if (this.#rows.get(key) === undefined) return;
      this.#change();
      this.#rows.delete(key);
    }
    this.#sorted = null;
    if (key < this.#searched.free) this.#searched.free = key;
  }

  /** The lowest key from `first` on with which `count` keys without a row begin, all below `end`; -1 if there is none. */
  freeRun(first: number, count: number, end: number): number {
    const rows = this.#rows;
    const searched = this.#searched;
    let lowest = searched.first === first ? Math.max(first, searched.free) : first;
    while (lowest < end && rows.get(lowest) !== undefined) lowest++;
    searched.first = first;
    searched.free = lowest;
    for (let key = lowest; key + count <= end; ) {
      let free = 0;
      while (free < count && rows.get(key + free) === undefined) free++;
      if (free === count) return key;
      key += free + 1;
    }
    return -1;
  }

  /** Keys in ascending order. */
  keys(): readonly number[] {
    this.#sorted ??= this.#rows.keys();
    return this.#sorted;
  }

  /** Rows in ascending order of their keys. */
  entries(): readonly (readonly [number, Readonly<Row>])[] {
    return this.keys().map((key) => [key, this.require(key)] as const);
  }

  find(test: (row: Readonly<Row>, key: number) => boolean): readonly [number, Readonly<Row>] | undefined {
    for (const key of this.keys()) {
      const row = this.require(key);
      if (test(row, key)) return [key, row];
    }
    return undefined;
  }

  /** A table with the same content that shares its rows until either side changes. */
  fork(): Table<Row> {
    this.#owned = false;
    this.#handedOut = newStamp();
    return new Table(this.#rows, this.#next, false);
  }

  /** The present content; from now on the rows are copied before they change. */
  capture(): CapturedTable {
    this.#owned = false;
    this.#handedOut = newStamp();
    return { rows: this.#rows, next: this.#next };
  }

  rewind({ rows, next }: CapturedTable): void {
    this.#owned = false;
    this.#next = next;
    if (this.#rows === rows) return;
    this.#rows = rows as Rows<Row>;
    this.#sorted = null;
    this.#searched = { first: 0, free: 0 };
    this.#version++;
  }

  save(): PlainRecord {
    this.#handedOut = newStamp();
    return { next: this.#next, rows: this.entries().map(([key, row]) => [key, row as Plain]) };
  }

  static restore<Row extends object>(state: Plain): Table<Row> {
    const { next, rows } = state as { next: number; rows: readonly (readonly [number, Row])[] };
    return new Table(Rows.of(rows), next);
  }

  #change(): void {
    this.#version++;
    if (this.#owned) return;
    this.#rows = this.#rows.copy();
    this.#owned = true;
  }
}

type CapturedStore = readonly { readonly name: string; readonly table: Table<object>; readonly captured: CapturedTable }[];

/** All tables of one component, by name. */
export class Store {
  #tables: Map<string, Table<object>>;
  /** The same tables by the number of their declaration, as far as they were looked for: read by `table` below, and by nobody else. */
  readonly found: (Table<object> | undefined)[] = [];

  constructor(tables = new Map<string, Table<object>>()) {
    this.#tables = tables;
  }

  table<Row extends object>(name: string): Table<Row> {
    let found = this.#tables.get(name);
    if (found === undefined) {
      found = new Table<object>();
      this.#tables.set(name, found);
    }
    return found as unknown as Table<Row>;
  }

  /** As `table`, noted as what the declaration with this number means. */
  declared<Row extends object>(number: number, name: string): Table<Row> {
    while (this.found.length <= number) this.found.push(undefined);
    const found = this.table<Row>(name);
    this.found[number] = found as unknown as Table<object>;
    return found;
  }

  /** Rows by table. */
  sizes(): readonly { readonly name: string; readonly rows: number }[] {
    return [...this.#tables].map(([name, table]) => ({ name, rows: table.size }));
  }

  fork(): Store {
    return new Store(new Map([...this.#tables].map(([name, table]) => [name, table.fork()])));
  }

  capture(): CapturedStore {
    return [...this.#tables].map(([name, table]) => ({ name, table, captured: table.capture() }));
  }

  rewind(captured: CapturedStore): void {
    this.#tables.clear();
    this.found.length = 0;
    for (const { name, table, captured: rows } of captured) {
      table.rewind(rows);
      this.#tables.set(name, table);
    }
  }

  save(): PlainRecord {
    // A table that was looked for and never written is none: looking changes nothing.
    const tables = [...this.#tables].filter(([, table]) => !table.untouched).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(tables.map(([name, table]) => [name, table.save()]));
  }

  static restore(state: Plain): Store {
    return new Store(new Map(Object.entries(state as PlainRecord).map(([name, table]) => [name, Table.restore<object>(table)])));
  }
}

/** Tables declared so far. */
let declarations = 0;

/** Whatever has a store: a component, or an execution of one of its threads. */
export interface HasStore {
  readonly store: Store;
}

/** Declares a table of a component: `const regions = table<Region>('regions')`, used as `regions(x).get(key)`. */
export function table<Row extends object>(name: string): (owner: HasStore) => Table<Row> {
  const number = declarations++;
  return (owner) => {
    const { store } = owner;
    return (store.found[number] as Table<Row> | undefined) ?? store.declared<Row>(number, name);
  };
}

/** Declares a single record of a component with its initial value: `const quota = record('quota', { used: 0 })`. */
export function record<Row extends object>(name: string, initial: Row): {
  get(owner: HasStore): Readonly<Row>;
  set(owner: HasStore, row: Row): void;
  update(owner: HasStore, patch: Partial<Row>): void;
} {
  const rows = table<Row>(name);
  const get = (owner: HasStore): Readonly<Row> => rows(owner).get(1) ?? initial;
  return {
    get,
    set: (owner, row) => rows(owner).set(1, row),
    update: (owner, patch) => rows(owner).set(1, { ...get(owner), ...patch }),
  };
}
