// `rescap dump SCENARIO@POINT`: runs a scenario up to a point and prints a task's capability space as the debugger lists it.
// Owns no state; goldens are neither read nor written.

import type { DebugId } from '../../emu/numbers.ts';
import { NO_GOLDENS } from '../../runner/golden.ts';
import { spacesCapdl, spacesDot } from '../../report/caps_formats.ts';
import { type Listing, printListings } from '../../runner/capspace/listing.ts';
import { WALL_MS_DEFAULT } from '../../runner/limits.ts';
import type { DumpResult } from '../../runner/result.ts';
import { runScenario } from '../../runner/run.ts';
import { scenarioUntil } from '../../runner/until.ts';
import { type Command, ENGINE_OPTION, PASSED, UsageError } from '../command.ts';
import { passingImages } from '../image_store.ts';
import { BOOT_DIR_OPTION, bootFolder } from '../modules.ts';
import { openScenario } from '../open_scenario.ts';
import { findScenarios } from '../scenarios.ts';
import { formatNamed } from './diff.ts';

/** For commands that run a scenario without judging it. */

const DUMP_FORMATS = {
  text: () => '',
  json: printListings,
  dot: spacesDot,
  capdl: spacesCapdl,
} as const satisfies Readonly<Record<string, (listings: readonly Listing[]) => string>>;

export const DUMP: Command = {
  name: 'dump',
  summary: 'Runs a scenario up to a checkpoint, dump or point and prints the capability space of a task there.',
  usage: 'dump SCENARIO@POINT [--task NAME] [--format text|json|dot|capdl]',
  example: ['rescap dump sheep_counter@third', 'rescap dump sheep_counter@third --task timer'],
  options: {
    engine: ENGINE_OPTION,
    'boot-dir': BOOT_DIR_OPTION,
    format: { type: 'string', short: 'f', value: 'FORMAT', doc: `${Object.keys(DUMP_FORMATS).join(', ')}; default text` },
    task: { type: 'string', short: 't', value: 'NAME', doc: "component label, NAME#2, or debugger id such as 0x1d8; default: the point's own task" },
  },
  run: ({ values, positionals }, context) => {
    const match = /^(.+)@([^@]+)$/.exec(positionals[0] ?? '');
    if (match === null || positionals.length !== 1) throw new UsageError('dump needs SCENARIO@POINT', 'for example: rescap dump sheep_counter@third');
    const [, name = '', point = ''] = match;
    const format = formatNamed(values['format'] ?? 'text', DUMP_FORMATS);
    const [file = ''] = findScenarios([name], context);
    const opened = openScenario(file, context, bootFolder(values['boot-dir'], context));
    if ('verdict' in opened) return opened;
    const { scenario, modules } = opened;
    const part = scenarioUntil(scenario, point, typeof values['task'] === 'string' ? values['task'] : undefined);
    if ('error' in part) throw new UsageError(part.error, part.help);
    const observer = { line: () => undefined, stepDone: () => undefined };
    const result = runScenario(part, modules, { boot: context.boot, goldens: NO_GOLDENS, images: passingImages(file, context), ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_MS_DEFAULT });
    if (result.verdict !== 'passed') return { verdict: result.verdict, reason: result.reason };
    const dump = result.dumps.at(-1);
    if (dump !== undefined) context.out(format === 'text' ? dump.text : DUMP_FORMATS[format]([listingOf(dump)]));
    return PASSED;
  },
};

function listingOf({ task, task_id, point, slots = [] }: DumpResult): Listing {
  const words = new Map(slots.flatMap(({ slot, words: told }) => (told === undefined ? [] : [[slot as number, told] as const])));
  const entries = slots.map(({ slot, id, rights, type }) => ({ slot, id, rights, type }));
  return { name: task, point, words, space: { task: task_id as DebugId, slots: entries }, rows: [], partial: false };
}
