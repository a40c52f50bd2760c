// The whole language for schemas and help: the vocabulary of scenarios with that of init's configuration inside.
// Owns no state; init's vocabulary is its own table (src/runtime/init/vocabulary.ts), described here in words.

import { type AttributeRule, CONFIG as INIT_CONFIG, type ElementRule } from '../runtime/init/vocabulary.ts';
import { complainBool, complainBytes, complainSigned, complainUnsigned } from '../runtime/init/values.ts';
import { CONFIG } from '../scenario/schema/config.ts';
import { type AttributeSchema, type ElementSchema, element } from '../scenario/schema/element.ts';
import type { Language } from '../scenario/schema/language.ts';
import { POINTS } from '../scenario/schema/moment.ts';
import { SCENARIO } from '../scenario/schema/scenario.ts';
import type { ValueType } from '../scenario/value_type.ts';

const DOCS: Readonly<Record<string, string>> = {
  config: CONFIG.doc,
  'parent-provides': 'Services that the parent of this init has: what may be routed there.',
  'default-route': 'The route of children that have none of their own.',
  'affinity-space': 'The grid of CPUs that affinities refer to.',
  alias: 'Another name of a child, for routes.',
  start: 'A child of init.',
  report: 'Switches the state report on, and says what stands in it.',
  resource: 'RAM (or a share of the CPU) that a child gets, or that init keeps.',
  binary: 'The ROM module of the program, if it is not called as the child.',
  provides: 'Services that the child announces.',
  route: 'Where the sessions of the child go: the first rule that fits decides.',
  service: 'A rule for one service, or the name of a service.',
  'any-service': 'A rule for every service.',
  parent: "The session goes to init's parent.",
  child: 'The session goes to this child.',
  'any-child': 'The session goes to the one child that provides the service.',
  'if-arg': 'The rule is for sessions with this argument only.',
  configfile: 'The configuration of the child is this ROM module.',
  affinity: 'Where on the grid of CPUs the child runs.',
  exit: "What the child's exit means.",
};

const READERS: readonly (readonly [check: AttributeRule['check'], type: Pick<ValueType<string>, 'description' | 'choices' | 'pattern'>])[] = [
  [complainBool, { description: 'yes, true, on, no, false or off', choices: ['yes', 'no', 'true', 'false', 'on', 'off'] }],
  [complainBytes, { description: 'a size such as 64K or 1M', pattern: '(0x[0-9a-fA-F]{1,12}|[0-9]{1,15})[KMG]?' }],
  [complainSigned, { description: 'a number', pattern: '-?[0-9]{1,15}' }],
  [complainUnsigned, { description: 'a number', pattern: '0x[0-9a-fA-F]{1,12}|[0-9]{1,15}' }],
];

/** Made once; the same object every time. */
export const LANGUAGE: Language = { root: SCENARIO, config: converted('config', INIT_CONFIG, new Map()) };

function converted(tag: string, rule: ElementRule, known: Map<ElementRule, ElementSchema>): ElementSchema {
  const earlier = known.get(rule);
  if (earlier?.tag === tag) return earlier;
  const attributes = Object.fromEntries(Object.entries(rule.attributes).map(([name, attribute]) => [name, convertedAttribute(name, attribute)]));
  const children = rule.opaque === true ? 'verbatim' : Object.entries(rule.children).map(([name, child]) => converted(name, child, known));
  // Points may stand in start nodes; init does not see them.
  const inside = children !== 'verbatim' && tag === 'start' ? [...children, POINTS] : children;
  const doc = rule.opaque === true ? 'The configuration of the child, whose business it is.' : (DOCS[tag] ?? '');
  const schema = element(tag, rule.only === undefined ? doc : `${doc} Only with genode="${rule.only}".`, rule.opaque === true ? {} : attributes, inside);
  known.set(rule, schema);
  return schema;
}

/** Init reads leniently, so nothing is required by the schemas. */
function convertedAttribute(name: string, { check, required, only }: AttributeRule): AttributeSchema<unknown> {
  const type = READERS.find(([reader]) => reader === check)?.[1] ?? { description: 'text' };
  const needed = required === true ? `${name}; init warns where it is missing` : name;
  const doc = only === undefined ? needed : `${needed}; only with genode="${only}"`;
  return { type: { ...type, parse: (text: string) => ({ ok: true, value: text }) }, use: 'optional', doc };
}
