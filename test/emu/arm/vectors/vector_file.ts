// The committed files of differential test vectors: cases with the reference's results, as gzipped JSON. Results are kept as
// differences from the state before. Printer and parser of one format; pure but for zlib.

import { gunzipSync, gzipSync } from 'node:zlib';
import { before, SETS } from './case.ts';
import type { Case, Set, State } from './case.ts';

const formatOf = (set: Set): string => `rescap ${set} vectors`;
const VERSION = 1;

export interface Vector {
  readonly subject: Case;
  readonly expected: State;
}

/** Position and new value, alternating. */
type Changes = readonly number[];
type Entry = readonly [words: readonly number[], seed: number, given: Changes, registers: Changes, window: Changes];

function changes(from: ArrayLike<number>, to: ArrayLike<number>): Changes {
  return Array.from(to).flatMap((value, position) => (from[position] === value ? [] : [position, value]));
}

function apply(target: { [position: number]: number }, list: Changes): void {
  for (let k = 0; k < list.length; k += 2) target[list[k] as number] = list[k + 1] as number;
}

const SEQUENCES = 'rescap sequence vectors';

interface SequenceFile {
  readonly format: string;
  readonly version: number;
  readonly reference: string;
  readonly sequences: readonly (readonly [set: Set, code: readonly number[], seed: number, given: Changes, registers: Changes, window: Changes])[];
}

const givenOf = ({ given }: Case): Changes => Object.entries(given).flatMap(([register, value]) => [Number(register), value]);

function givenFrom(list: Changes): Record<number, number> {
  const given: Record<number, number> = {};
  apply(given, list);
  return given;
}

function expectedFrom(subject: Case, registers: Changes, window: Changes): State {
  const expected = before(subject);
  apply(expected.registers, registers);
  apply(expected.window, window);
  return expected;
}

/** Vectors of sequences. */
export function printSequences(reference: string, vectors: readonly Vector[]): Uint8Array {
  const sequences = vectors.map(({ subject, expected }): SequenceFile['sequences'][number] => {
    const start = before(subject);
    const { set, code, seed } = subject;
    return [set, code ?? [], seed, givenOf(subject), changes(start.registers, expected.registers), changes(start.window, expected.window)];
  });
  return gzipSync(JSON.stringify({ format: SEQUENCES, version: VERSION, reference, sequences } satisfies SequenceFile), { level: 9 });
}

export function parseSequences(bytes: Uint8Array): readonly Vector[] {
  const file = JSON.parse(gunzipSync(bytes).toString('utf8')) as SequenceFile;
  if (file.format !== SEQUENCES || file.version !== VERSION) throw new Error(`no sequences of version ${VERSION}: ${file.format} ${file.version}`);
  return file.sequences.map(([set, code, seed, given, registers, window]) => {
    const subject: Case = { set, row: 'sequence', words: [], seed, given: givenFrom(given), code };
    return { subject, expected: expectedFrom(subject, registers, window) };
  });
}

/** Vectors of one instruction set. */
export function printVectors(reference: string, set: Set, vectors: readonly Vector[]): Uint8Array {
  const rows: Record<string, Entry[]> = {};
  for (const { subject, expected } of vectors) {
    const start = before(subject);
    const entry: Entry = [
      subject.words,
      subject.seed,
      givenOf(subject),
      changes(start.registers, expected.registers),
      changes(start.window, expected.window),
    ];
    const entries = rows[subject.row] ?? [];
    rows[subject.row] = entries;
    entries.push(entry);
  }
  return gzipSync(JSON.stringify({ format: formatOf(set), version: VERSION, reference, rows }), { level: 9 });
}

export function parseVectors(bytes: Uint8Array): readonly Vector[] {
  const file = JSON.parse(gunzipSync(bytes).toString('utf8')) as { format: string; version: number; rows: Record<string, Entry[]> };
  const set = SETS.find((name) => file.format === formatOf(name));
  if (set === undefined || file.version !== VERSION) throw new Error(`no vectors of version ${VERSION}: ${file.format} ${file.version}`);
  return Object.entries(file.rows).flatMap(([row, entries]) =>
    entries.map(([words, seed, givenList, registers, window]) => {
      const subject: Case = { set, row, words, seed, given: givenFrom(givenList) };
      return { subject, expected: expectedFrom(subject, registers, window) };
    }),
  );
}
