// `make losses`: which scenario shows which loss of the catalogue (SC-xx) and which historic defect (D-xx), as run/LOSSES.md has it.
// Owns no state; scenarios say it of themselves by their tags. Numbers: checkpoint-restore.md 4.6 and 9.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXTENSIONS } from '../src/cli/extensions.ts';
import { DEFECTS, NOT_SHOWN } from '../src/runtime/rtcr/defects.ts';
import type { Scenario } from '../src/scenario/model.ts';
import { readScenario } from '../src/scenario/read.ts';

const root = join(import.meta.dirname, '..');
export const LOSSES_FILE = join(root, 'run/LOSSES.md');

/** What each number of the catalogue of scenarios is about: those in which something is lost. */
const LOSSES: Readonly<Record<string, string>> = {
  'SC-04': 'the target is not resumed after the checkpoint',
  'SC-06': 'restore by way of the ordinary bootstrap',
  'SC-07': 'threads are not started',
  'SC-09': 'threads are started before the memory is filled',
  'SC-10': 'capability space without capability map',
  'SC-11': 'capability map without capability space',
  'SC-12': 'the signal semaphore is not restored',
  'SC-13': 'the signal semaphore is not attached to its thread',
  'SC-16': 'gates that the target serves itself are not recreated',
  'SC-18': 'a blocked thread executes its system call again',
  'SC-19': 'a blocked thread goes on behind its system call',
  'SC-21': 'pause during an RPC, then resume',
  'SC-25': 'incremental checkpoint of the first part only',
  'SC-28': 'no fault after the second detach',
  'SC-30': 'adjacent regions',
  'SC-31': 'a region with an offset',
  'SC-34': 'records of the map are linked a second time',
  'SC-36': 'capability records of another size',
  'SC-37': 'a hole in the thread slots',
  'SC-39': 'words of the UTCB are not restored',
  'SC-44': 'full or remaining timeouts',
  'SC-45': 'timers are armed before the handler is attached',
  'SC-47': 'a lock is taken twice',
};

export const LOSS_NUMBERS = Object.keys(LOSSES);
export const DEFECT_NUMBERS = Array.from({ length: 25 }, (_, at) => `D-${String(at + 1).padStart(2, '0')}`);

/** All scenarios of run/, without those that do not read. */
function scenarios(): readonly Scenario[] {
  const files = readdirSync(join(root, 'run'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.xml')).sort();
  return files.flatMap((file) => readScenario(file, readFileSync(join(root, 'run', file)), { extensions: EXTENSIONS }).variants.slice(0, 1));
}

const code = (text: string): string => `\`${text}\``;

/** Scenarios by what their tags say they show. */
export function shownBy(): ReadonlyMap<string, readonly Scenario[]> {
  const shown = new Map<string, Scenario[]>();
  for (const scenario of scenarios()) for (const tag of scenario.tags) if (/^(SC|D)-\d\d$/.test(tag)) shown.set(tag, [...(shown.get(tag) ?? []), scenario]);
  return shown;
}

export function lossTables(): string {
  const shown = shownBy();
  const losses = Object.entries(LOSSES).flatMap(([number, title]) => (shown.get(number) ?? []).map(({ name, doc }, at) => `| ${at === 0 ? number : ''} | ${at === 0 ? title : ''} | ${code(name)} | ${cell(doc ?? '')} |`));
  const defects = DEFECT_NUMBERS.map((number) => {
    const known = DEFECTS.find(({ id }) => id === number);
    const names = (shown.get(number) ?? []).map(({ name }) => code(name)).join(' ');
    const how = known === undefined ? `no switch: ${NOT_SHOWN[number] ?? ''}` : `${known.effect}`;
    return `| ${number} | ${known === undefined ? '' : code(`<${known.at} defects="${number}">`)} | ${cell(how)} | ${names} |`;
  });
  return [
    '| number | loss | scenario | what it shows |', '|---|---|---|---|', ...losses, '',
    '## Historic defects', '',
    '| number | switch | what it does | scenario |', '|---|---|---|---|', ...defects,
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

export const LOSSES_BETWEEN = /(<!-- losses:[^>]*-->\n)([^]*?)(\n<!-- end of losses -->)/;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = readFileSync(LOSSES_FILE, 'utf8');
  writeFileSync(LOSSES_FILE, text.replace(LOSSES_BETWEEN, (_all, begin: string, _old, end: string) => `${begin}${lossTables()}${end}`));
}
