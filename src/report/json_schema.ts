// The form of the JSON that `rescap run --json` writes, as JSON Schema; config/report.schema.json is generated from here.
// Owns no state. A field that is added to json.ts or files.ts is added here: a test holds results against it.

import { RESULT_CLASSES } from '../runner/judgement.ts';
import { EXIT_STATUS } from '../runner/result.ts';

type Schema = { readonly [key: string]: unknown };

const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', minimum: 0 };
const microseconds = (description: string): Schema => ({ type: 'number', minimum: 0, description: `${description}, in microseconds of virtual time` });
const list = (items: Schema): Schema => ({ type: 'array', items });
const oneOf = (values: readonly (string | number)[]): Schema => ({ enum: values });

/** All properties are required but those named; others are not allowed. */
function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { type: 'object', properties, required: Object.keys(properties).filter((name) => !optional.includes(name)), additionalProperties: false };
}

const VERDICT = oneOf(Object.keys(EXIT_STATUS));
const STATUS = oneOf(Object.values(EXIT_STATUS));

const STEP = object({
  number: { type: 'integer', minimum: 1 }, kind: text, words: text,
  place: { type: 'string', description: 'file:line:column of the step in the scenario' },
  state: oneOf(['passed', 'failed', 'not reached']),
  start_us: microseconds('begin'), end_us: microseconds('end'),
  message: list(text),
  facts: { type: 'object', description: 'what a checkpoint or restore tells of itself' },
}, ['facts']);

const GOLDEN = object({ file: text, state: oneOf(['same', 'different', 'missing', 'unreadable', 'obsolete']), pending: text }, ['pending']);
const DUMP = object({ point: text, task: text, task_id: count, time_us: microseconds('when it was taken'), file: text });
const FAULT = object({ time_us: microseconds('when it was told'), task: count, thread: count, component: text, pc: count, address: count, message: text }, ['component', 'pc', 'address']);

const RESULT_PROPERTIES: Readonly<Record<string, Schema>> = {
  scenario: text, file: text, verdict: VERDICT, exit_status: STATUS, reason: text,
  seed: count, time_us: microseconds('length of the run'), instructions: count, log_lines: count,
  extensions: list(text), extensions_used: list(text),
  steps: list(STEP), goldens: list(GOLDEN), dumps: list(DUMP),
  faults: list(FAULT), faults_more: count, notes: list(text), diagnostics: list(text), stack: text,
};

/** `reports/NAME/result.json`. */
export const RESULT_SCHEMA: Schema = object({ format: { const: 1 }, ...RESULT_PROPERTIES }, ['stack']);

const SCENARIO = object({
  name: text, class: oneOf(Object.keys(RESULT_CLASSES)),
  judged_reason: { type: 'string', description: 'why it is of this class' },
  tags: list(text),
  wall_ms: { type: 'integer', minimum: 0, description: 'all attempts, on the wall clock' },
  attempts: list(object({ verdict: VERDICT, reason: text, seed: count, time_us: microseconds('length of the attempt'), wall_ms: count })),
  ...RESULT_PROPERTIES,
}, ['stack']);

/** `rescap run --json FILE`. */
export const REPORT_SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Report of rescap run',
  ...object({
    format: { const: 1 }, verdict: VERDICT, exit_status: STATUS, reason: text,
    counts: { type: 'string', description: 'how many of each result class, in words' },
    scenarios: list(SCENARIO),
  }),
};

export function reportSchema(): string {
  return `${JSON.stringify(REPORT_SCHEMA, null, 2)}\n`;
}
