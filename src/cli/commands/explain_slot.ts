// `rescap explain SCENARIO@POINT --task T --slot N`: what a capability slot holds, where that came from, and what every strategy of
// restore does with it. Owns no state; the scenario is replayed to the point, images of checkpoints go to a folder that is
// removed again. What was found out is kept for the next question about the point (point_store.ts).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLUMNS_DEFAULT, fatesText, slotText, toldText } from '../../report/slot_words.ts';
import { WALL_MS_DEFAULT } from '../../runner/limits.ts';
import type { Told } from '../../runner/slot/point_record.ts';
import { type SlotAnswer, slotAt } from '../../runner/slot/slot_at.ts';
import { type Arguments, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { imageStore } from '../image_store.ts';
import { openScenario } from '../open_scenario.ts';
import { pointStore } from '../point_store.ts';
import { findScenarios } from '../scenarios.ts';
import { NO_GOLDENS } from '../../runner/golden.ts';

const EXAMPLE = 'for example: rescap explain sheep_counter@third --slot 0x217';

export function explainSlot({ values, positionals }: Arguments, context: Context): Exit {
  const match = /^(.+)@([^@]+)$/.exec(positionals[0] ?? '');
  if (match === null || positionals.length !== 1) throw new UsageError('--slot goes with SCENARIO@POINT and nothing else', EXAMPLE);
  const [, name = '', point = ''] = match;
  const slots = slotNumbers(values['slot']);
  const [file = ''] = findScenarios([name], context);
  const opened = openScenario(file, context);
  if ('verdict' in opened) return opened;
  const { scenario, modules } = opened;
  const observer = { line: () => undefined, stepDone: () => undefined };
  const task = values['task'];
  const question = { point, slots, ...(typeof task === 'string' ? { task } : {}) };
  const columns = context.terminal ? (context.columns?.() ?? COLUMNS_DEFAULT) : COLUMNS_DEFAULT;
  const json = values['json'] === true;
  const store = pointStore(scenario, modules, point, typeof task === 'string' ? task : '', context);
  let begun = false;
  // Who asks for one slot reads what it is while the ways of restore are still tried.
  const told = ([one, more]: readonly Told[]): void => {
    if (json || one === undefined || more !== undefined) return;
    begun = true;
    context.out(toldText(one, columns));
  };
  const folder = mkdtempSync(join(tmpdir(), 'rescap-explain-'));
  let answer: SlotAnswer;
  try {
    const images = imageStore(folder, folder, file, context);
    answer = slotAt(scenario, modules, question, { boot: context.boot, goldens: NO_GOLDENS, images, ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_MS_DEFAULT, told, ...(store === undefined ? {} : { store }) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (answer.kind === 'usage') throw new UsageError(answer.message, answer.help);
  if (answer.kind === 'run') return { verdict: answer.result.verdict, reason: `the scenario does not come to '${point}': ${answer.result.reason}` };
  if (json) context.out(`${JSON.stringify({ format: 1, slots: answer.reports }, null, 1)}\n`);
  else context.out(answer.reports.map((report) => (begun ? fatesText(report, columns) : slotText(report, columns))).join('\n'));
  return PASSED;
}

/** Slots are written in hexadecimal, as listings show them; without 0x a number is decimal. */
function slotNumbers(text: string | boolean | undefined): readonly number[] {
  return String(text ?? '').split(',').map((one) => {
    if (/^(0x[0-9a-f]+|[0-9]+)$/i.test(one.trim())) return Number(one);
    throw new UsageError(`'${one}' is no slot`, 'a slot is a number such as 0x217');
  });
}
