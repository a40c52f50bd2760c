// A moment of a run, as a person writes it: an instruction, a time, an event, a line of the log. Owns no state.
// Times are turned into instructions here, by the board's rate.

import { matches } from '../pattern.ts';

/** The board's rate as a fraction: 62.5 instructions a microsecond. */
const INSTRUCTIONS = 125;
const MICROSECONDS = 2;

export type ReplayMoment =
  | { readonly kind: 'instruction'; readonly at: number }
  /** The n-th event of the stream, from 1 at power-on. */
  | { readonly kind: 'event'; readonly number: number }
  /** The first complete line of the log that matches. */
  | { readonly kind: 'log'; readonly pattern: string }
  /** The n-th line of the log, from 1. */
  | { readonly kind: 'line'; readonly number: number };

export const MOMENT_FORMS = 'an instruction (1234567), a time (0.5s, 34ms, 1200us), event:N, line:N, log:PATTERN or just a pattern with a *';

const TIME = /^([0-9]+(?:\.[0-9]+)?) ?(s|ms|us)$/;
const UNIT_US = { s: 1e6, ms: 1e3, us: 1 } as const;

/** A written time in microseconds, null for anything else. */
export function parseTime_us(text: string): number | null {
  const time = TIME.exec(text);
  return time === null ? null : Number(time[1]) * UNIT_US[time[2] as keyof typeof UNIT_US];
}

/** Instruction at which a time has come. */
export const instructionAt = (time_us: number): number => Math.ceil((time_us * INSTRUCTIONS) / MICROSECONDS);

export function parseReplayMoment(text: string): ReplayMoment | { readonly error: string } {
  const wrong = { error: `'${text}' is no moment: ${MOMENT_FORMS}` };
  const written = text.trim();
  const number = (value: string): number | null => (/^[0-9][0-9_]*$/.test(value) ? Number(value.replaceAll('_', '')) : null);
  const plain = number(written);
  if (plain !== null) return Number.isSafeInteger(plain) ? { kind: 'instruction', at: plain } : wrong;
  const time_us = parseTime_us(written);
  if (time_us !== null) return Number.isSafeInteger(instructionAt(time_us)) ? { kind: 'instruction', at: instructionAt(time_us) } : wrong;
  const named = /^(instruction|event|line|log):(.*)$/s.exec(written);
  if (named === null) return written.includes('*') ? { kind: 'log', pattern: written } : wrong;
  const [, kind, value = ''] = named;
  if (kind === 'log') return value === '' ? wrong : { kind, pattern: value };
  const count = number(value.trim());
  if (count === null || count < 1) return wrong;
  return kind === 'instruction' ? { kind, at: count } : { kind: kind === 'event' ? 'event' : 'line', number: count };
}

/** Whether a line of the log, the n-th from 1, is the one. */
export function isLine(moment: ReplayMoment, number: number, text: string): boolean {
  if (moment.kind === 'line') return moment.number === number;
  return moment.kind === 'log' && matches(moment.pattern, text);
}

export function momentWords(moment: ReplayMoment): string {
  switch (moment.kind) {
    case 'instruction':
      return `instruction ${moment.at}`;
    case 'event':
      return `event ${moment.number}`;
    case 'line':
      return `log line ${moment.number}`;
    case 'log':
      return `log line "${moment.pattern}"`;
  }
}
