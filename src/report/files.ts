// What every run leaves under reports/NAME/: result.json, serial.log, the dumps. File names and contents only;
// the caller writes them. Owns no state. Field order in the JSON is the order below.

import { EXIT_STATUS, type RunResult } from '../runner/result.ts';
import { runRecord } from '../runner/run_record.ts';

export interface ReportFile {
  readonly name: string;
  readonly text: string;
}

const RESULT_FORMAT = 1;

export function reportFiles(result: RunResult, serial: readonly string[]): readonly ReportFile[] {
  return [
    { name: 'result.json', text: resultJson(result) },
    { name: 'record.json', text: recordJson(result) },
    { name: 'serial.log', text: serial.map((line) => `${line}\n`).join('') },
    ...result.dumps.map((dump) => ({ name: dump.file, text: dump.text })),
  ];
}

export function resultJson(result: RunResult): string {
  return `${JSON.stringify({ format: RESULT_FORMAT, ...resultFields(result) }, jsonValue, 2)}\n`;
}

/** A result as JSON shows it, without what stands in files of its own. */
export function resultFields(result: RunResult): Readonly<Record<string, unknown>> {
  return {
    scenario: result.scenario,
    file: result.file,
    verdict: result.verdict,
    exit_status: EXIT_STATUS[result.verdict],
    reason: result.reason,
    seed: result.seed,
    time_us: result.time_us,
    instructions: result.instructions,
    log_lines: result.log_lines,
    extensions: result.extensions,
    extensions_used: result.extensions_used,
    steps: result.steps,
    goldens: result.goldens,
    dumps: result.dumps.map(({ point, task, task_id, time_us, file }) => ({ point, task, task_id, time_us, file })),
    faults: result.faults,
    faults_more: result.faults_more,
    notes: result.notes,
    diagnostics: result.diagnostics.map(({ text }) => text),
    ...(result.stack === undefined ? {} : { stack: result.stack }),
  };
}

/** One line per list entry: a record has thousands of them. */
export function recordJson(result: RunResult): string {
  const { format, scenario, timeline, spaces } = runRecord(result);
  const { threads, sessions, operations, lines, ...rest } = timeline;
  const list = (entries: readonly unknown[]) => (entries.length === 0 ? '[]' : `[\n${entries.map((entry) => JSON.stringify(entry, jsonValue)).join(',\n')}\n]`);
  return `{"format":${format},"scenario":${JSON.stringify(scenario)},"timeline":{${JSON.stringify(rest).slice(1, -1)},
"threads":${list(threads)},
"sessions":${list(sessions)},
"operations":${list(operations)},
"lines":${list(lines)}},
"spaces":${list(spaces)}}\n`;
}

/** Plain data that JSON has no words for: bigints as text, bytes as hexadecimal. */
export function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array || value instanceof Uint32Array) return [...value].map((word) => word.toString(16).padStart(value.BYTES_PER_ELEMENT * 2, '0')).join('');
  return value;
}
