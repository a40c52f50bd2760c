// Remembering live objects inside one process and bringing them back, identities included: whoever holds a reference to a thread
// holds the right one after a rewind as well. Fields are copied by their kinds, so that a new field needs no line here; a class
// with private state says itself what has to be kept. Owns no state.

/** A part of the machine with private state. What `capture` returns is never changed by later running. */
export interface Rewindable {
  capture(): unknown;
  /** Brings a captured state back; it may be brought back any number of times. */
  rewind(captured: unknown): void;
}

export const isRewindable = (value: object): value is Rewindable => 'capture' in value && 'rewind' in value;

/** A class whose instances are only referred to, and why nothing has to be kept of them where they stand in a field. */
export type Referred = readonly [kind: { readonly name: string; readonly prototype: object }, why: string];

/** The classes, those made of them included, that fields may refer to without anything being kept. */
export class References {
  readonly #kinds: readonly Referred[];
  readonly #known = new WeakMap<object, boolean>();

  constructor(kinds: readonly Referred[]) {
    this.#kinds = kinds;
  }

  has(value: object): boolean {
    const kind = Object.getPrototypeOf(value) as object;
    let known = this.#known.get(kind);
    if (known === undefined) {
      known = this.#kinds.some(([{ prototype }]) => prototype === kind || Object.prototype.isPrototypeOf.call(prototype, kind));
      this.#known.set(kind, known);
    }
    return known;
  }
}

/** How a field's value comes back. */
const BY_VALUE = 0;
const PART = 1;
const RECORD = 2;
const LIST = 3;

/** Names of an object's fields; objects of one class have the same. */
type Names = readonly string[];
const namesByClass = new WeakMap<object, Names>();

function namesOf(object: object): Names {
  const kind = Object.getPrototypeOf(object) as object;
  if (kind === Object.prototype) return Object.keys(object);
  let names = namesByClass.get(kind);
  if (names === undefined) {
    names = Object.keys(object);
    namesByClass.set(kind, names);
  }
  return names;
}

/** The fields of an object: per field the way, the value, and what was captured of it. */
export type CapturedFields = readonly unknown[];

/**
 * Captures all public fields. Plain records and lists are taken as the object's own and copied one level deep; parts with private
 * state capture themselves. Whatever else is no plain value must be one of the references: else its content would be missed silently.
 */
export function captureFields(object: object, references: References): CapturedFields {
  const names = namesOf(object);
  const captured = new Array<unknown>(3 * names.length);
  const fields = object as Record<string, unknown>;
  let at = 0;
  for (const name of names) {
    const value = fields[name];
    captured[at + 1] = value;
    if (value === null || typeof value !== 'object') captured[at] = BY_VALUE;
    else {
      const way = wayOf(name, value, references);
      captured[at] = way;
      if (way === PART) captured[at + 2] = (value as Rewindable).capture();
      else if (way === RECORD) captured[at + 2] = { ...value };
      else if (way === LIST && (value as unknown[]).length > 0) captured[at + 2] = (value as unknown[]).slice();
    }
    at += 3;
  }
  return captured;
}

function wayOf(name: string, value: object, references: References): number {
  if (Array.isArray(value)) return LIST;
  if (Object.getPrototypeOf(value) === Object.prototype) return RECORD;
  if (references.has(value)) return BY_VALUE;
  if (isRewindable(value)) return PART;
  throw new Error(`field '${name}' cannot be captured: ${value.constructor.name} needs an owner that can, or is to be named as a mere reference`);
}

export function rewindFields(object: object, captured: CapturedFields): void {
  const fields = object as Record<string, unknown>;
  let at = 0;
  for (const name of namesOf(object)) {
    const value = captured[at + 1];
    const content = captured[at + 2];
    if (captured[at] === PART) (value as Rewindable).rewind(content);
    else if (captured[at] === RECORD) Object.assign(value as object, content);
    else if (captured[at] === LIST) refill(value as unknown[], content as readonly unknown[] | undefined);
    if (fields[name] !== value) fields[name] = value;
    at += 3;
  }
}

function refill(list: unknown[], content: readonly unknown[] | undefined): void {
  list.length = 0;
  if (content !== undefined) for (const value of content) list.push(value);
}

/** Numbers for states: two captured states with one number are the same state. Never rewound, never saved. */
let last = 0;
export const newStamp = (): number => ++last;
