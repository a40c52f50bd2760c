// What the last run of each scenario came to and how long it took: reports/last_run.json, for `--failed` and for balanced shards.
// Owns no state. A file that cannot be read is told, never trusted in part.

import { existsSync, readFileSync } from 'node:fs';
import { type Judged, RESULT_CLASSES, type ResultClass } from '../../runner/judgement.ts';
import { UsageError } from '../command.ts';
import { writeFile } from '../files.ts';

export const HISTORY_FILE = 'last_run.json';
const FORMAT = 1;
const BYTES_MAX = 16 * 1024 * 1024;

export interface Past {
  readonly class: ResultClass;
  readonly wall_ms: number;
}

export type History = ReadonlyMap<string, Past>;

/** `shown` is the file as the user knows it. Without a file the history is empty. */
export function readHistory(path: string, shown: string): History {
  if (!existsSync(path)) return new Map();
  const text = readFileSync(path, 'utf8');
  const hint = 'delete it, or name another one';
  if (text.length > BYTES_MAX) throw new UsageError(`'${shown}' has ${text.length} characters, the limit is ${BYTES_MAX}`, hint);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new UsageError(`'${shown}' is no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`, hint);
  }
  const history = decode(value);
  if (history === null) throw new UsageError(`'${shown}' is no record of an earlier run in format ${FORMAT}`, hint);
  return history;
}

function decode(value: unknown): History | null {
  if (!isRecord(value) || value['format'] !== FORMAT || !isRecord(value['scenarios'])) return null;
  const history = new Map<string, Past>();
  for (const [name, past] of Object.entries(value['scenarios'])) {
    if (!isRecord(past) || !isClass(past['class']) || typeof past['wall_ms'] !== 'number' || !(past['wall_ms'] >= 0)) return null;
    history.set(name, { class: past['class'], wall_ms: past['wall_ms'] });
  }
  return history;
}

/** Keeps what is known of scenarios that did not run now. */
export function writeHistory(path: string, earlier: History, judged: readonly Judged[]): void {
  const merged = new Map(earlier);
  for (const { name, class: kind, wall_ms } of judged) merged.set(name, { class: kind, wall_ms: Math.round(wall_ms) });
  const names = [...merged.keys()].sort();
  writeFile(path, `${JSON.stringify({ format: FORMAT, scenarios: Object.fromEntries(names.map((name) => [name, merged.get(name)])) }, null, 2)}\n`);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isClass = (value: unknown): value is ResultClass => typeof value === 'string' && Object.hasOwn(RESULT_CLASSES, value);
