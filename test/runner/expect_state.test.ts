// Patterns of the state report: what matches, and in which words it is told that something does not.
import * as assert from 'uvu/assert';
import { stateProblems } from '../../src/runner/expect_state.ts';
import type { StatePattern } from '../../src/scenario/model_steps.ts';
import { suite } from '../kit.ts';

const test = suite('expect-state');

const REPORT = `<state version="7">
	<ram quota="10M" used="1M" avail="9M"/>
	<child name="a" binary="x"><ram quota="1M" used="4100"/></child>
	<child name="b" binary="x"/>
</state>`;

const pattern = (parts: Partial<StatePattern>): StatePattern => ({ attributes: [], nodes: [], not: [], ...parts });
const named = (value: string, more: Partial<StatePattern> = {}) => ({ name: 'child', pattern: pattern({ ...more, attributes: [{ name: 'name', kind: 'value', value }, ...(more.attributes ?? [])] }) });

test('a pattern matches where some node of each kind does', () => {
  assert.equal(stateProblems(REPORT, pattern({})), []);
  assert.equal(stateProblems(REPORT, pattern({ attributes: [{ name: 'version', kind: 'value', value: '7' }], nodes: [named('b'), named('a')] })), []);
  const ram = { name: 'ram', pattern: pattern({ attributes: [{ name: 'quota', kind: 'higher', than: 1_000_000 }, { name: 'used', kind: 'lower', than: 4101 }] }) };
  assert.equal(stateProblems(REPORT, pattern({ nodes: [named('a', { nodes: [ram] })], not: [pattern({ nodes: [named('c')] })] })), []);
});

test('what does not match is told by the node that comes closest', () => {
  assert.equal(stateProblems(REPORT, pattern({ attributes: [{ name: 'version', kind: 'value', value: '8' }] })), ['<state> has version="7", not "8"']);
  assert.equal(stateProblems(REPORT, pattern({ nodes: [named('c')] })), ['no <child> in <state> matches: <child> has name="a", not "c"']);
  assert.equal(stateProblems(REPORT, pattern({ nodes: [{ name: 'pd', pattern: pattern({}) }] })), ['<state> has no <pd>']);
  assert.equal(stateProblems(REPORT, pattern({ nodes: [{ name: 'ram', pattern: pattern({ attributes: [{ name: 'used', kind: 'higher', than: 1 << 20 }] }) }] })), [
    'no <ram> in <state> matches: <ram> has used="1M", not higher than 1048576',
  ]);
  assert.equal(stateProblems(REPORT, pattern({ not: [pattern({ nodes: [named('a')] })] })), ['<state> has what it must not have: <child> with name="a"']);
  assert.equal(stateProblems(REPORT, pattern({ attributes: [{ name: 'caps', kind: 'lower', than: 3 }] })), ["<state> has no attribute 'caps'"]);
});

test('a report that is no XML is a problem, not a crash', () => {
  assert.match(stateProblems('<state', pattern({}))[0] ?? '', /cannot be read/);
});

test.run();
