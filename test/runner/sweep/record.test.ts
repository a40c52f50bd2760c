// Records of sweeps: printed and parsed, shards merged, foreign and damaged ones refused in words.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { MomentResult } from '../../../src/runner/sweep/experiment.ts';
import { shardOf } from '../../../src/runner/sweep/moments.ts';
import { emptyRecord, mergeRecords, parseRecord, printRecord, type SweepIdentity, type SweepRecord, withResult } from '../../../src/runner/sweep/record.ts';
import { suite } from '../../kit.ts';

const test = suite('sweep record');

const IDENTITY: SweepIdentity = { scenario: 's', hash: 'h', component: 'rtcr -> x', moments_of: 'every fault', strategy: { checkpoint: {}, restore: { utcb: 'zero' } } };
const outcomes = fc.constantFrom('ok', 'reordered', 'renumbered', 'other_module', 'refused', 'failed');
const resultAt = (moment: number, outcome: MomentResult['outcome']): MomentResult => ({ moment, outcome, reason: outcome === 'ok' ? [] : ['because'], threads: [{ name: 'ep', phase: 'open wait' }] });
const recordOf = (results: readonly MomentResult[], total: number): SweepRecord => results.reduce(withResult, emptyRecord(IDENTITY, total));
const runs = fc.uniqueArray(fc.nat(1000), { maxLength: 30 }).chain((moments) => fc.array(outcomes, { minLength: moments.length, maxLength: moments.length }).map((all) => moments.sort((a, b) => a - b).map((moment, i) => resultAt(moment, all[i] ?? 'ok'))));

test('a printed record is parsed to the same record', () => {
  fc.assert(fc.property(runs, (results) => assert.equal(parseRecord(printRecord(recordOf(results, 50))), recordOf(results, 50))));
});

test('the shards of a sweep merge into the record of the whole', () => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 5 }), (results, of) => {
      const moments = results.map(({ moment }) => moment);
      const parts = Array.from({ length: of }, (_, i) => {
        const mine = new Set(shardOf(moments, { index: i + 1, of }));
        return recordOf(results.filter(({ moment }) => mine.has(moment)), moments.length);
      });
      assert.equal(mergeRecords(parts), recordOf(results, moments.length));
    }),
  );
});

const errorOf = (value: SweepRecord | { readonly error: string }): string => ('error' in value ? value.error : '');

test('records of different sweeps, and shards that overlap, do not merge', () => {
  const record = recordOf([resultAt(1, 'ok')], 1);
  assert.match(errorOf(mergeRecords([record, { ...record, identity: { ...IDENTITY, hash: 'other' } }])), /different sweeps/);
  assert.match(errorOf(mergeRecords([record, record])), /moment 1 is in two/);
  assert.match(errorOf(mergeRecords([])), /no record/);
});

test('what is no record is refused in words', () => {
  const good = printRecord(recordOf([resultAt(1, 'failed')], 1));
  for (const [text, words] of [
    ['{', /no JSON/], ['[]', /no sweep record/], [good.replace('"format": 4', '"format": 1'), /format 1/], [good.replace('"ok": 0', '"ok": 3'), /counts 4 results for 1/],
    [good.replace('"total"', '"extra": 1, "total"'), /unknown field 'extra'/], [good.replace('"outcome": "failed"', '"outcome": "odd"'), /failures/], [good.replace('"tried": [', '"tried": [-1,'), /tried/],
  ] as const) assert.match(errorOf(parseRecord(text)), words, text.slice(0, 60));
});

test.run();
