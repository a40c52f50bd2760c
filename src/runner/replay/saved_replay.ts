// A replay's moment as plain data: the whole system, and what the replay knows of the run up to there. Pure.
// Steps of the scenario are not in it: from such a moment on the board runs by itself.

import type { Plain, PlainRecord } from '../../emu/plain.ts';
import { Fields } from '../../emu/saved.ts';

const VERSION = 1;
const NAMES = ['scenario', 'instructions', 'events', 'lines', 'unfinished', 'system'] as const;

export interface SavedReplay {
  /** Name of the scenario that was run. */
  readonly scenario: string;
  readonly instructions: number;
  /** Events up to the moment. */
  readonly events: number;
  /** The log up to the moment. */
  readonly lines: readonly { readonly text: string; readonly time_us: number }[];
  /** What was printed of the next line. */
  readonly unfinished: string;
  readonly system: PlainRecord;
}

export function plainReplay({ scenario, instructions, events, lines, unfinished, system }: SavedReplay): PlainRecord {
  return { version: VERSION, scenario, instructions, events, lines: lines.map(({ text, time_us }) => ({ version: VERSION, text, time_us })), unfinished, system };
}

/** @throws Error that names the field that is wrong */
export function readReplay(plain: Plain): SavedReplay {
  const fields = new Fields('replay', plain, VERSION, NAMES);
  const lines = fields.list('lines').map((line) => {
    const one = new Fields('log line', line, VERSION, ['text', 'time_us']);
    return { text: one.text('text'), time_us: one.number('time_us') };
  });
  return { scenario: fields.text('scenario'), instructions: fields.number('instructions'), events: fields.number('events'), lines, unfinished: fields.text('unfinished'), system: fields.record('system') };
}
