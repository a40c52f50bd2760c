// Reading back what `save()` wrote: named fields of a known version, each of the type that is expected. Whatever is unknown or
// missing is an error that names the object and the field. Owns no state.

import type { Plain, PlainRecord } from './plain.ts';

export class Fields {
  readonly #what: string;
  readonly #state: PlainRecord;

  /** `names` are all fields besides `version`; the state must have exactly these. */
  constructor(what: string, state: Plain, version: number, names: readonly string[]) {
    this.#what = what;
    this.#state = recordOf(what, state);
    if (this.#state['version'] !== version) this.#fail(`unknown version ${String(this.#state['version'])}`);
    for (const name of Object.keys(this.#state)) if (name !== 'version' && !names.includes(name)) this.#fail(`unknown field ${name}`);
    for (const name of names) if (!(name in this.#state)) this.#fail(`field ${name} is missing`);
  }

  plain(name: string): Plain {
    return this.#state[name] ?? null;
  }

  number(name: string): number {
    const value = this.#state[name];
    return typeof value === 'number' ? value : this.#fail(`field ${name} is no number`);
  }

  numberOrNull(name: string): number | null {
    return this.#state[name] === null ? null : this.number(name);
  }

  boolean(name: string): boolean {
    const value = this.#state[name];
    return typeof value === 'boolean' ? value : this.#fail(`field ${name} is no truth value`);
  }

  text(name: string): string {
    const value = this.#state[name];
    return typeof value === 'string' ? value : this.#fail(`field ${name} is no text`);
  }

  textOrNull(name: string): string | null {
    return this.#state[name] === null ? null : this.text(name);
  }

  bytes(name: string): Uint8Array {
    const value = this.#state[name];
    return value instanceof Uint8Array ? value : this.#fail(`field ${name} is no byte array`);
  }

  list(name: string): readonly Plain[] {
    const value = this.#state[name];
    return Array.isArray(value) ? value : this.#fail(`field ${name} is no list`);
  }

  numbers(name: string): number[] {
    return this.list(name).map((value) => (typeof value === 'number' ? value : this.#fail(`field ${name} is no list of numbers`)));
  }

  record(name: string): PlainRecord {
    return recordOf(`${this.#what}: field ${name}`, this.#state[name] ?? null);
  }

  #fail(why: string): never {
    throw new Error(`saved state of ${this.#what}: ${why}`);
  }
}

export function recordOf(what: string, value: Plain): PlainRecord {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || ArrayBuffer.isView(value)) throw new Error(`saved state of ${what}: no record`);
  return value as PlainRecord;
}
