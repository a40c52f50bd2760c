// What a type of attribute values is: how values are described, what editors are told of them, how they are read. Words to choose from and
// texts of a pattern are such types for any content. Pure.

import { nearest } from './nearest.ts';

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string; readonly help?: string };

export interface ValueType<T> {
  /** For messages and reference: "a size such as 64K or 1M". */
  readonly description: string;
  readonly choices?: readonly string[];
  /** What every value looks like, as a regular expression that XML Schema, JSON Schema and HSD read alike; for editors only. */
  readonly pattern?: string;
  /** Name of the pattern, in schemas that name types. */
  readonly id?: string;
  parse(text: string): Parsed<T>;
}

/** What was read. */
export const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });

/** Text that matches as a whole; `forEditors` where schemas want another form of the pattern. */
export function matching(description: string, pattern: RegExp, length_max = 160, forEditors?: string): ValueType<string> {
  return { description, ...(forEditors === undefined ? {} : { pattern: forEditors }), parse: (text) => (pattern.test(text) && text.length <= length_max ? ok(text) : { ok: false, expected: description }) };
}

/** One of a list of words. */
export function choice<const T extends string>(...choices: readonly T[]): ValueType<T> {
  return {
    description: choices.join(' | '),
    choices,
    parse: (text) => {
      const found = choices.find((one) => one === text);
      if (found !== undefined) return ok(found);
      const near = nearest(text, choices);
      return { ok: false, expected: choices.length === 1 ? `'${choices[0]}'` : `one of ${choices.join(', ')}`, ...(near === undefined ? {} : { help: `did you mean '${near}'?` }) };
    },
  };
}
