// The language as a list of types, one for each element at each place where it means something of its own: what all generators
// of schemas and references walk. Pure; owns no state.

import { CONFIG } from './config.ts';
import type { ElementSchema } from './element.ts';
import { INCLUDE } from './scenario.ts';

/** The scenario's own vocabulary, and that of the configuration inside it. */
export interface Language {
  readonly root: ElementSchema;
  /** Stands wherever a configuration of init does. */
  readonly config: ElementSchema;
}

export interface LanguageType {
  /** Unique; the tag of the element, with a number behind it where several elements have that tag. */
  readonly name: string;
  readonly schema: ElementSchema;
  /** 'anything' where the content is somebody else's. */
  readonly children: readonly LanguageType[] | 'anything';
}

/** All types, the root first, in the order in which a reader of the root meets them. */
export function typesOf(language: Language): readonly LanguageType[] {
  const known = new Map<ElementSchema, LanguageType>();
  const names = new Map<string, number>();
  const visit = (written: ElementSchema): LanguageType => {
    const schema = written.tag === CONFIG.tag && written.children === CONFIG.children && written.doc === CONFIG.doc ? language.config : written;
    const met = known.get(schema);
    if (met !== undefined) return met;
    const number = (names.get(schema.tag) ?? 0) + 1;
    names.set(schema.tag, number);
    const children: LanguageType[] = [];
    const type: LanguageType = { name: number === 1 ? schema.tag : `${schema.tag}-${number}`, schema, children: schema.children === 'verbatim' ? 'anything' : children };
    known.set(schema, type);
    if (schema.children !== 'verbatim') {
      for (const child of schema.children) children.push(visit(child));
      if (schema.children.length > 0 && schema.binds !== '') children.push(visit(INCLUDE));
    }
    return type;
  };
  visit(language.root);
  return [...known.values()];
}
