// `rescap explain SCENARIO@POINT --task T --slot N`: what a capability slot holds, where that came from, and what every strategy of
// restore does with it. Owns no state; the scenario is replayed to the point, images of checkpoints go to a folder that is
// removed again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLUMNS_DEFAULT, slotText } from '../../report/slot_words.ts';
import { WALL_MS_DEFAULT } from '../../runner/limits.ts';
import { type SlotAnswer, slotAt } from '../../runner/slot/slot_at.ts';
import { type Arguments, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { imageStore } from '../image_store.ts';
import { openScenario } from '../open_scenario.ts';
import { findScenarios } from '../scenarios.ts';
import { NO_GOLDENS } from './dump.ts';

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
  const folder = mkdtempSync(join(tmpdir(), 'rescap-explain-'));
  let answer: SlotAnswer;
  try {
    const images = imageStore(folder, folder, file, context);
    answer = slotAt(scenario, modules, question, { boot: context.boot, goldens: NO_GOLDENS, images, ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_MS_DEFAULT });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (answer.kind === 'usage') throw new UsageError(answer.message, answer.help);
  if (answer.kind === 'run') return { verdict: answer.result.verdict, reason: `the scenario does not come to '${point}': ${answer.result.reason}` };
  const columns = context.terminal ? (context.columns?.() ?? COLUMNS_DEFAULT) : COLUMNS_DEFAULT;
  if (values['json'] === true) context.out(`${JSON.stringify({ format: 1, slots: answer.reports }, null, 1)}\n`);
  else context.out(answer.reports.map((report) => slotText(report, columns)).join('\n'));
  return PASSED;
}

/** Slots are written in hexadecimal, as listings show them; without 0x a number is decimal. */
function slotNumbers(text: string | boolean | undefined): readonly number[] {
  return String(text ?? '').split(',').map((one) => {
    if (/^(0x[0-9a-f]+|[0-9]+)$/i.test(one.trim())) return Number(one);
    throw new UsageError(`'${one}' is no slot`, 'a slot is a number such as 0x217');
  });
}
