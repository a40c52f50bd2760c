// What a value from a file must look like, as data, and the one check of it. A value that passes has exactly the fields described.
// Pure; owns no state.

import { IMAGE_LIST_ITEMS, IMAGE_TEXT_CHARACTERS } from './limits.ts';
import { unreachable } from '../../../emu/unreachable.ts';

export type Shape =
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'text'; readonly pattern: RegExp | null; readonly words: string; readonly max: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'one_of'; readonly values: readonly string[] }
  | { readonly kind: 'nullable'; readonly shape: Shape }
  | { readonly kind: 'list'; readonly of: Shape; readonly min: number; readonly max: number }
  | { readonly kind: 'record'; readonly fields: Readonly<Record<string, Shape>> };

const U32 = 0xffff_ffff;

export const SHAPE = {
  /** An integer between both bounds. */
  number: (min = 0, max = U32): Shape => ({ kind: 'number', min, max }),
  /** At most `max` characters. */
  text: (pattern: RegExp | null = null, words = 'a text', max = IMAGE_TEXT_CHARACTERS): Shape => ({ kind: 'text', pattern, words, max }),
  boolean: (): Shape => ({ kind: 'boolean' }),
  oneOf: (values: readonly string[]): Shape => ({ kind: 'one_of', values }),
  nullable: (shape: Shape): Shape => ({ kind: 'nullable', shape }),
  /** Between `min` and `max` items. */
  list: (of: Shape, min = 0, max = IMAGE_LIST_ITEMS): Shape => ({ kind: 'list', of, min, max }),
  record: (fields: Readonly<Record<string, Shape>>): Shape => ({ kind: 'record', fields }),
} as const;

/** @throws Error that names the first place where a value has another shape */
export function mustBe(shape: Shape, value: unknown, path: string): void {
  switch (shape.kind) {
    case 'number':
      if (typeof value !== 'number' || !Number.isInteger(value) || value < shape.min || value > shape.max) wrong(path, `an integer between ${shape.min} and ${shape.max}`);
      return;
    case 'text':
      if (typeof value !== 'string' || value.length > shape.max || (shape.pattern !== null && !shape.pattern.test(value))) wrong(path, shape.words);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') wrong(path, 'true or false');
      return;
    case 'one_of':
      if (typeof value !== 'string' || !shape.values.includes(value)) wrong(path, `one of ${shape.values.join(', ')}`);
      return;
    case 'nullable':
      if (value !== null) mustBe(shape.shape, value, path);
      return;
    case 'list':
      if (!Array.isArray(value) || value.length > shape.max) wrong(path, 'a list');
      else if (value.length < shape.min) wrong(path, `a list of at least ${shape.min}`);
      else value.forEach((item, i) => mustBe(shape.of, item, `${path}[${i}]`));
      return;
    case 'record':
      mustBeRecord(shape.fields, value, path);
      return;
    default:
      unreachable(shape);
  }
}

function mustBeRecord(fields: Readonly<Record<string, Shape>>, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(path, 'a record');
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) throw new Error(`${path} has an unknown field '${unknown.slice(0, 40)}'`);
  for (const [name, shape] of Object.entries(fields)) {
    if (!Object.hasOwn(value, name)) throw new Error(`${path} has no field '${name}'`);
    mustBe(shape, (value as Record<string, unknown>)[name], `${path}.${name}`);
  }
}

function wrong(path: string, expected: string): never {
  throw new Error(`${path} is not ${expected}`);
}
