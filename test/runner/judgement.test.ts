// Tests of result classes and of shards. Owns no state.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type Attempt, classCounts, fails, judge, RESULT_CLASSES } from '../../src/runner/judgement.ts';
import { gravest, notRun, type Verdict } from '../../src/runner/result.ts';
import { parseShard, shardOf } from '../../src/runner/shard.ts';
import { suite } from '../kit.ts';

const test = suite('judgement');

const attempt = (verdict: Verdict): Attempt => ({ verdict, reason: `was ${verdict}`, seed: 0, time_us: 0, wall_ms: 2 });
const judged = (verdicts: readonly Verdict[], xfail?: string) => judge(notRun('s', 'run/s.xml', verdicts.at(-1) ?? 'nothing', 'r'), verdicts.map(attempt), { xfail });

test('each verdict has its class, and a golden keeps its own exit status', () => {
  const classes = (['passed', 'failed', 'golden', 'timeout', 'invalid', 'internal', 'nothing'] as const).map((verdict) => judged([verdict]).class);
  assert.equal(classes, ['PASS', 'FAIL', 'FAIL', 'TIMEOUT', 'INVALID', 'INTERNAL', 'SKIP']);
  assert.is(judged(['golden']).verdict, 'golden');
});

test('an expected failure passes, an unexpected pass fails, and what is invalid is never expected', () => {
  for (const verdict of ['failed', 'golden', 'timeout'] as const) assert.equal([judged([verdict], 'known').class, judged([verdict], 'known').verdict], ['XFAIL', 'passed']);
  assert.equal([judged(['passed'], 'known').class, judged(['passed'], 'known').verdict], ['XPASS', 'failed']);
  assert.is(judged(['invalid'], 'known').class, 'INVALID');
  assert.is(judged(['internal'], 'known').class, 'INTERNAL');
  assert.is(judged(['nothing'], 'known').class, 'SKIP');
});

test('passing after a failure is flaky, which is no failure but is told', () => {
  const one = judged(['timeout', 'passed']);
  assert.equal([one.class, one.verdict, fails(one), one.wall_ms], ['FLAKY', 'passed', false, 4]);
  assert.is(one.reason, 'passed at attempt 2; the first: was timeout');
  assert.is(judged(['failed', 'failed']).class, 'FAIL');
});

test('counts name only the classes that occurred', () => {
  assert.is(classCounts([judged(['passed']), judged(['passed']), judged(['failed'], 'x')]), '2 passed, 1 failed as expected');
  assert.is(new Set(Object.values(RESULT_CLASSES).map(({ words }) => words)).size, Object.keys(RESULT_CLASSES).length);
});

test('a skipped scenario beside one that passed is no reason to fail, but alone it is', () => {
  assert.is(gravest(['nothing', 'passed']), 'passed');
  assert.is(gravest(['nothing', 'nothing']), 'nothing');
});

test('a shard is a part of a whole', () => {
  assert.equal(parseShard('2/4'), { index: 2, count: 4 });
  for (const wrong of ['0/4', '5/4', '1/0', 'a/b', '1', '1/2/3', '-1/2', '1/100000000']) assert.is(parseShard(wrong), null, wrong);
});

test('shards are disjoint, complete, in order, and no shard is heavier than the best one by more than a scenario', () => {
  const durations = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,6}$/), fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined })), { selector: ([name]) => name, maxLength: 30 });
  fc.assert(
    fc.property(durations, fc.integer({ min: 1, max: 6 }), (entries, count) => {
      const names = entries.map(([name]) => name);
      const times = new Map(entries);
      const parts = Array.from({ length: count }, (_, i) => shardOf(names, { index: i + 1, count }, (name) => times.get(name)));
      assert.equal(parts.flat().sort(), [...names].sort());
      for (const part of parts) assert.equal(part, names.filter((name) => part.includes(name)));
      if (entries.some(([, ms]) => ms === undefined)) return;
      const weights = parts.map((part) => part.reduce((sum, name) => sum + (times.get(name) ?? 0), 0));
      const longest = Math.max(0, ...entries.map(([, ms]) => ms ?? 0));
      assert.ok(Math.max(...weights) - Math.min(...weights) <= longest);
    }),
    { numRuns: 200 },
  );
});

test.run();
