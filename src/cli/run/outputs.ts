// The files that a call of `rescap run` leaves besides the traces of each scenario, and what GitHub is told.
// Owns no state.

import { appendFileSync, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { annotations, stepSummary, SUMMARY_BYTES_MAX } from '../../report/github.ts';
import { htmlReport } from '../../report/html.ts';
import { jsonReport, type Whole } from '../../report/json.ts';
import { junit } from '../../report/junit.ts';
import { tap } from '../../report/tap.ts';
import type { Context } from '../context.ts';
import { WriteError, writeFile } from '../files.ts';
import type { Finished } from './one_scenario.ts';
import type { RunOptions } from './run_options.ts';

/** A file name that stands for the standard output. */
export const STANDARD_OUTPUT = '-';

export function writeOutputs(finished: readonly Finished[], whole: Whole, { files }: RunOptions, context: Context): void {
  const judged = finished.map((one) => one.judged);
  // Of several files that cannot be written the first is told; the others are written.
  let failed: WriteError | null = null;
  const write = (file: string | null, text: () => string): void => {
    if (file === STANDARD_OUTPUT) return context.out(text());
    if (file === null) return;
    try {
      writeFile(resolve(context.cwd, file), text());
    } catch (thrown) {
      if (!(thrown instanceof WriteError)) throw thrown;
      failed ??= thrown;
    }
  };
  write(files.junit, () => junit(finished));
  write(files.tap, () => tap(judged));
  write(files.json, () => jsonReport(judged, whole));
  write(files.html, () => htmlReport(finished));
  if (context.env['GITHUB_ACTIONS'] === 'true') tellGithub(finished, context);
  if (failed !== null) throw failed;
}

/** Several calls may belong to one step: the summary grows, within what is left of the limit. */
function tellGithub(finished: readonly Finished[], context: Context): void {
  const judged = finished.map((one) => one.judged);
  context.out(annotations(judged));
  const file = context.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (file === '') return;
  const path = resolve(context.cwd, file);
  const used = existsSync(path) ? statSync(path).size : 0;
  if (used < SUMMARY_BYTES_MAX) appendFileSync(path, stepSummary(judged, SUMMARY_BYTES_MAX - used));
}
