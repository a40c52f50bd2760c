// Tests of depot autopilot's criteria: its matcher, exit values, and the two together.
// Owns no state.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { Criteria } from '../../src/runner/criteria.ts';
import { DepotPattern } from '../../src/runner/depot_pattern.ts';
import type { Criterion } from '../../src/scenario/model.ts';
import { readScenario } from '../../src/scenario/read.ts';
import { suite } from '../kit.ts';

const test = suite('criteria of depot autopilot');

function matched(pattern: readonly string[], log: readonly string[]): boolean {
  const matcher = new DepotPattern(pattern);
  for (const line of log) matcher.line(line);
  return matcher.matched;
}

const CASES: readonly (readonly [what: string, pattern: readonly string[], log: readonly string[], matched: boolean])[] = [
  ['a line from its beginning', ['ab'], ['abc'], true],
  ['a line that begins otherwise', ['ab'], ['cab'], false],
  ['a wildcard at the beginning', ['*ab'], ['cab'], true],
  ['lines in order with others between', ['a', 'b'], ['a', 'x', 'b'], true],
  ['lines in the wrong order', ['a', 'b'], ['b', 'a'], false],
  ['one line for two pattern lines', ['a', 'ab'], ['ab'], false],
  ['a wildcard inside a line', ['a*c'], ['abc'], true],
  ['a wildcard over the end of a line', ['a*c'], ['ab', 'xc'], true],
  ['a fragment that begins twice', ['*aab'], ['aaab'], true],
  ['nothing at all', [], [], true],
  ['a star that is meant as a star', ['a\ue000b'], ['a*b'], true],
  ['a star that is meant as a star, elsewhere', ['a\ue000b'], ['axb'], false],
];

for (const [what, pattern, log, expected] of CASES) test(`${what}: ${expected ? 'matches' : 'does not match'}`, () => assert.is(matched(pattern, log), expected));

test('matching line by line is searching the fragments one behind the other in the whole log', () => {
  const text = fc.stringMatching(/^[ab]{0,4}$/);
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ab*]{1,5}$/), { maxLength: 3 }), fc.array(text, { maxLength: 8 }), (pattern, log) => {
      let whole = log.map((line) => `\n${line}`).join('');
      const fragments = pattern.flatMap((line) => line.split('*').map((fragment, index) => (index === 0 && fragment !== '' ? `\n${fragment}` : fragment))).filter((fragment) => fragment !== '');
      const all = fragments.every((fragment) => {
        const at = whole.indexOf(fragment);
        whole = whole.slice(at + fragment.length);
        return at !== -1;
      });
      assert.is(matched(pattern, log), all);
    }),
    { numRuns: 400, seed: 7 },
  );
});

function criteria(inside: string): { readonly succeed: readonly Criterion[]; readonly fail: readonly Criterion[] } {
  const { scenario, diagnostics } = readScenario('t.xml', new TextEncoder().encode(`<scenario name="t"><config/><steps><mark name="m"/></steps>${inside}</scenario>`), { extensions: [] });
  if (scenario === undefined) throw new Error(diagnostics[0]?.message);
  return scenario;
}

function after(inside: string, log: readonly string[]): string {
  const running = new Criteria(criteria(inside));
  for (const [index, text] of log.entries()) running.line({ text, time_us: index, number: index } as unknown as Parameters<Criteria['line']>[0]);
  return `${running.failed === null ? '' : 'failed'}${running.succeeded === null ? '' : 'succeeded'}`;
}

const EXIT = (value: number) => `[init] child "test" exited with exit value ${value}`;

test('a pattern and an exit value on one node are both needed, in either order', () => {
  const both = '<succeed exit="0">done</succeed>';
  assert.is(after(both, ['done']), '');
  assert.is(after(both, [EXIT(0)]), '');
  assert.is(after(both, ['done', EXIT(0)]), 'succeeded');
  assert.is(after(both, [EXIT(0), 'done']), 'succeeded');
});

test('an exit value that no criterion mentions is a failure', () => {
  assert.is(after('<succeed exit="0"/>', [EXIT(0)]), 'succeeded');
  assert.is(after('<succeed exit="0"/>', [EXIT(1)]), 'failed');
  assert.is(after('<succeed exit="0"/><fail exit="1"/>', [EXIT(1)]), 'failed');
  assert.is(after('<fail>bad</fail>', [EXIT(0)]), 'failed');
  assert.is(after('<succeed log="x"/>', [EXIT(1)]), '');
});

test('failing patterns fail, and a star written as a character reference is a star', () => {
  assert.is(after('<fail>a&#42;b &amp; c</fail>', ['axb & c']), '');
  assert.is(after('<fail>a&#42;b &amp; c*z</fail>', ['a*b & c, z']), 'failed');
});

test.run();
