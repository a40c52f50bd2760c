// What the description of the scenario language is made of: elements, attributes, text, and how the tables are written down.
// Owns no state. Decoder checks, XSD, JSON Schema, HSD, reference page and help texts are all derived from such tables.

import type { ValueType } from '../value_type.ts';

export interface AttributeSchema<T> {
  readonly type: ValueType<T>;
  readonly use: 'required' | 'optional';
  readonly doc: string;
}

export type Attributes = Readonly<Record<string, AttributeSchema<unknown>>>;

export interface ElementSchema<A extends Attributes = Attributes> {
  readonly tag: string;
  readonly doc: string;
  readonly attributes: A;
  /** Elements inside; 'verbatim' where the content is not of this vocabulary. */
  readonly children: readonly ElementSchema[] | 'verbatim';
  /** May stand only once inside its parent. */
  readonly once?: true;
  /** What text directly inside means; left out: there is none. */
  readonly text?: string;
  /** Name of an attribute that binds a parameter for what is inside: that is checked when the parameter has its value. */
  readonly binds?: string;
  /** Attributes besides the listed ones are allowed, and what their names and values mean. */
  readonly others?: string;
}

/** The decoded attributes of an element. */
export type Values<A extends Attributes> = {
  readonly [K in keyof A]: A[K] extends Required<infer T> ? T : A[K] extends AttributeSchema<infer T> ? T | undefined : never;
};

export interface Required<T> extends AttributeSchema<T> {
  readonly use: 'required';
}
export interface Optional<T> extends AttributeSchema<T> {
  readonly use: 'optional';
}

export const required = <T>(type: ValueType<T>, doc: string): Required<T> => ({ type, use: 'required', doc });
export const optional = <T>(type: ValueType<T>, doc: string): Optional<T> => ({ type, use: 'optional', doc });

export const element = <A extends Attributes>(tag: string, doc: string, attributes: A, children: readonly ElementSchema[] | 'verbatim' = []): ElementSchema<A> => ({ tag, doc, attributes, children });
export const once = <E extends ElementSchema>(schema: E): E & { readonly once: true } => ({ ...schema, once: true });
export const withText = <E extends ElementSchema>(schema: E, text: string): E & { readonly text: string } => ({ ...schema, text });
export const withOthers = <E extends ElementSchema>(schema: E, others: string): E & { readonly others: string } => ({ ...schema, others });
