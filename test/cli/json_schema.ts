// The part of JSON Schema that our generated schema uses, as a checker for tests.
// Owns no state.

type Schema = Readonly<Record<string, unknown>>;

/** What is wrong with the value, or undefined. An unknown keyword is a mistake of the test. */
export function accepts(root: Schema, value: unknown): string | undefined {
  return check(root, root, value, '$');
}

const NOTES = new Set(['$schema', 'title', 'description', 'definitions']);

function check(root: Schema, schema: Schema, value: unknown, at: string): string | undefined {
  for (const [keyword, argument] of Object.entries(schema)) {
    if (NOTES.has(keyword)) continue;
    const rule = RULES[keyword];
    if (rule === undefined) throw new Error(`unknown keyword ${keyword}`);
    const wrong = rule(root, schema, argument, value, at);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

type Rule = (root: Schema, schema: Schema, argument: unknown, value: unknown, at: string) => string | undefined;

const isMap = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const refuse = (at: string, what: string) => `${at}: ${what}`;

const RULES: Readonly<Record<string, Rule>> = {
  $ref: (root, _, name, value, at) => check(root, (root['definitions'] as Schema)[String(name).replace('#/definitions/', '')] as Schema, value, at),
  type: (_, __, types, value, at) => ([types].flat().includes(typeOf(value)) ? undefined : refuse(at, `${typeOf(value)} instead of ${String(types)}`)),
  enum: (_, __, values, value, at) => ((values as unknown[]).includes(value) ? undefined : refuse(at, `${String(value)} is none of ${String(values)}`)),
  pattern: (_, __, pattern, value, at) => (typeof value !== 'string' || new RegExp(String(pattern), 'u').test(value) ? undefined : refuse(at, `${value} does not match ${String(pattern)}`)),
  anyOf: (root, _, schemas, value, at) => {
    const wrong = (schemas as Schema[]).map((one) => check(root, one, value, at));
    return wrong.includes(undefined) ? undefined : wrong.join('; or ');
  },
  allOf: (root, _, schemas, value, at) => (schemas as Schema[]).map((one) => check(root, one, value, at)).find((wrong) => wrong !== undefined),
  contains: (root, _, schema, value, at) => (!Array.isArray(value) || value.some((item) => check(root, schema as Schema, item, at) === undefined) ? undefined : refuse(at, 'an item is missing')),
  items: (root, _, schema, value, at) => (Array.isArray(value) ? value.map((item, index) => check(root, schema as Schema, item, `${at}[${index}]`)).find((wrong) => wrong !== undefined) : undefined),
  required: (_, __, names, value, at) => (!isMap(value) || (names as string[]).every((name) => Object.hasOwn(value, name)) ? undefined : refuse(at, `lacks one of ${String(names)}`)),
  properties: (root, _, schemas, value, at) => (isMap(value) ? Object.entries(value).map(([name, one]) => (Object.hasOwn(schemas as Schema, name) ? check(root, (schemas as Schema)[name] as Schema, one, `${at}.${name}`) : undefined)).find((wrong) => wrong !== undefined) : undefined),
  additionalProperties: (_, schema, allowed, value, at) => {
    if (allowed !== false || !isMap(value)) return undefined;
    const stray = Object.keys(value).find((name) => !Object.hasOwn(schema['properties'] as Schema, name));
    return stray === undefined ? undefined : refuse(at, `unknown key ${stray}`);
  },
  minProperties: (_, __, count, value, at) => (isMap(value) && Object.keys(value).length < Number(count) ? refuse(at, 'too few keys') : undefined),
  maxProperties: (_, __, count, value, at) => (isMap(value) && Object.keys(value).length > Number(count) ? refuse(at, 'too many keys') : undefined),
};
