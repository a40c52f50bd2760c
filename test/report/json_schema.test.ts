// Holds what `--json` and result.json write against the published schema, with a validator for the few keywords it uses.
// Owns no state.

import * as assert from 'uvu/assert';
import { resultJson } from '../../src/report/files.ts';
import { jsonReport } from '../../src/report/json.ts';
import { REPORT_SCHEMA, RESULT_SCHEMA } from '../../src/report/json_schema.ts';
import { judge } from '../../src/runner/judgement.ts';
import { notRun, type RunResult } from '../../src/runner/result.ts';
import { suite } from '../kit.ts';

const test = suite('schema of the JSON report');

type Schema = { readonly [key: string]: unknown };

/** Places where a value is not as the schema says. */
function problems(value: unknown, schema: Schema, where = '$'): readonly string[] {
  const found: string[] = [];
  const unknown = Object.keys(schema).filter((key) => !['type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'const', 'minimum', 'description', '$schema', 'title'].includes(key));
  if (unknown.length > 0) found.push(`${where}: this validator does not know ${unknown.join()}`);
  if ('const' in schema && value !== schema['const']) found.push(`${where} is not ${String(schema['const'])}`);
  if (Array.isArray(schema['enum']) && !schema['enum'].includes(value)) found.push(`${where}: ${JSON.stringify(value)} is none of ${schema['enum'].join()}`);
  const type = schema['type'];
  const fits = type === undefined || (type === 'array' ? Array.isArray(value) : type === 'integer' ? Number.isInteger(value) : type === 'object' ? typeof value === 'object' && value !== null && !Array.isArray(value) : typeof value === type);
  if (!fits) return [...found, `${where} is no ${String(type)}`];
  if (typeof schema['minimum'] === 'number' && Number(value) < schema['minimum']) found.push(`${where} is less than ${schema['minimum']}`);
  if (Array.isArray(value) && 'items' in schema) value.forEach((item, index) => found.push(...problems(item, schema['items'] as Schema, `${where}[${index}]`)));
  if (type === 'object' && 'properties' in schema) {
    const properties = schema['properties'] as Readonly<Record<string, Schema>>;
    for (const name of schema['required'] as readonly string[]) if (!Object.hasOwn(value as object, name)) found.push(`${where}.${name} is missing`);
    for (const [name, inner] of Object.entries(value as object)) {
      const own = properties[name];
      if (own === undefined) found.push(`${where}.${name} is not allowed`);
      else found.push(...problems(inner, own, `${where}.${name}`));
    }
  }
  return found;
}

const RESULT: RunResult = {
  ...notRun('t', 'run/t.xml', 'golden', 'golden mismatch: third.caps', [{ severity: 'error', code: 'E012', message: 'm', file: 'run/t.xml', line: 1, column: 2, text: 'run/t.xml:1:2: m\n' }]),
  steps: [{ number: 1, kind: 'checkpoint', words: 'checkpoint c of a', place: 'run/t.xml:3:5', state: 'failed', start_us: 0, end_us: 5.5, message: ['x'], facts: { threads: 3, big: 5n } }],
  goldens: [{ file: 'third.caps', state: 'different', pending: 'third.caps.new' }],
  dumps: [{ point: 'c', task: 'init -> a', task_id: 5, time_us: 4, file: 'c.caps', text: '' }],
  faults: [{ time_us: 1, task: 2, thread: 3, message: 'm' }],
  notes: ['n'], stack: 'Error',
};

test('every result is as the schema says, whatever it holds', () => {
  for (const result of [RESULT, notRun('s', 'run/s.xml', 'nothing', 'not there')]) {
    assert.equal(problems(JSON.parse(resultJson(result)), RESULT_SCHEMA), []);
    const judged = judge(result, [{ verdict: result.verdict, reason: 'r', seed: 0, time_us: 1, wall_ms: 2.5 }], { tags: ['smoke'] });
    assert.equal(problems(JSON.parse(jsonReport([judged], { verdict: 'golden', reason: 'r' })), REPORT_SCHEMA), []);
  }
  assert.equal(problems(JSON.parse(jsonReport([], { verdict: 'nothing', reason: 'r' })), REPORT_SCHEMA), []);
});

test('a field that the schema does not know, or that is missing, is found', () => {
  assert.equal(problems({ format: 2, verdict: 'green' }, REPORT_SCHEMA).slice(0, 3), ['$.exit_status is missing', '$.reason is missing', '$.counts is missing']);
  assert.ok(problems({ ...(JSON.parse(resultJson(RESULT)) as object), more: 1 }, RESULT_SCHEMA).includes('$.more is not allowed'));
});

test.run();
