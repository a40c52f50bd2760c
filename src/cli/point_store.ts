// What `rescap explain --slot` has found out of a point, kept below the folder of reports. A record counts only for the same program,
// scenario, boot modules and task: what it was made of is hashed, and what does not match, or is damaged, is found out anew.
// Owns no state but the files.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { PointRecord, PointStore } from '../runner/slot/point_record.ts';
import type { BootModule } from '../runtime/system.ts';
import type { Scenario } from '../scenario/model.ts';
import type { Context } from './context.ts';
import { writeFile } from './files.ts';
import { REPORT_FOLDER } from './report_folder.ts';

/** Everything of a build that decides over what a run does; one of them is there in every build. */
const PROGRAM_FILE = /^rescap\..*\.(cjs|wasm|json)$/;
const ENGINE = 'rescap.engine.wasm';
const FORMAT = 1;

/** Undefined where records cannot be kept: the program is not a build, or the scenario takes in files from elsewhere. */
export function pointStore(scenario: Scenario, modules: readonly BootModule[], point: string, task: string, context: Context): PointStore | undefined {
  const program = programHash(context);
  if (program === undefined || scenario.steps.some(({ kind }) => kind === 'load-image')) return undefined;
  const key = hash(JSON.stringify([FORMAT, program, hash(scenarioText(scenario)), modules.map(({ name, bytes }) => [name, hash(bytes)]), point, task]));
  const name = [point, ...(task === '' ? [] : [task])].map((part) => part.replaceAll(/[^A-Za-z0-9_-]+/g, '-')).join('.');
  const path = resolve(context.cwd, REPORT_FOLDER, scenario.name, 'explain', `${name}.json`);
  return {
    get: () => (existsSync(path) ? parsed(readFileSync(path, 'utf8'), key) : undefined),
    put: (record) => {
      const text = JSON.stringify(record);
      try {
        writeFile(path, `${JSON.stringify({ format: FORMAT, key, checksum: hash(text) })}\n${text}\n`);
      } catch {
        // Nothing is lost but time.
      }
    },
  };
}

/** The record in a file, if it is whole and of this key. */
function parsed(text: string, key: string): PointRecord | undefined {
  const end = text.indexOf('\n');
  const body = text.slice(end + 1, -1);
  return text.slice(0, end) === JSON.stringify({ format: FORMAT, key, checksum: hash(body) }) ? (JSON.parse(body) as PointRecord) : undefined;
}

const hash = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Places stay in: what is told names lines. */
const scenarioText = (scenario: Scenario): string => JSON.stringify(scenario, (_key, value: unknown) => (value instanceof Set ? [...value] : value instanceof Map ? [...value] : typeof value === 'bigint' ? `${value}n` : value));

function programHash({ script }: Context): string | undefined {
  const folder = script === undefined ? undefined : dirname(script);
  if (folder === undefined || !existsSync(join(folder, ENGINE))) return undefined;
  return readdirSync(folder).filter((file) => PROGRAM_FILE.test(file)).sort().map((file) => hash(readFileSync(join(folder, file)))).join();
}
