// Tests of the whole vocabulary: every kind of moment, action and expectation into the model, repetitions, parameters, variants,
// and what goes with what.

import * as assert from 'uvu/assert';
import { printDiagnostic } from '../../src/scenario/diagnostic.ts';
import type { Scenario } from '../../src/scenario/model.ts';
import type { Moment } from '../../src/scenario/model_moment.ts';
import type { Step } from '../../src/scenario/model_steps.ts';
import { readScenario, type ReadResult } from '../../src/scenario/read.ts';
import { STEP } from '../../src/scenario/schema/steps.ts';
import { suite } from '../kit.ts';

const test = suite('scenario vocabulary');
const CONFIG = '<config><start name="timer"/><start name="rtcr"><config><child name="sheep"/></config></start></config>';
const readText = (text: string): ReadResult => readScenario('run/t.xml', new TextEncoder().encode(text), { extensions: [] });
const read = (inside: string, attributes = ''): ReadResult => readText(`<scenario name="t"${attributes}>${CONFIG}${inside}</scenario>`);
const steps = (inside: string): readonly Step[] => good(read(`<steps>${inside}</steps>`)).steps;

function good(result: ReadResult): Scenario {
  if (result.scenario === undefined) throw new Error(result.diagnostics.map(printDiagnostic).join(''));
  return result.scenario;
}

function first(result: ReadResult): string {
  assert.is(result.scenario, undefined);
  assert.equal(result.variants, []);
  const [error] = result.diagnostics.filter(({ severity }) => severity === 'error');
  return `${error?.code ?? ''} ${error?.message ?? ''}`;
}

const MOMENTS: readonly (readonly [attributes: string, moment: Moment])[] = [
  ['log="* x" count="2"', { kind: 'log', pattern: '* x', count: 2 }],
  ['log="x" of="rtcr -> sheep"', { kind: 'log', pattern: '[init -> rtcr -> sheep] x', count: 1 }],
  ['time_ms="7"', { kind: 'time', time_ms: 7 }],
  ['rpc="Log_session::write"', { kind: 'rpc', function: 'Log_session::write', edge: 'entry', count: 1 }],
  ['rpc="Ram_session" edge="reply" of="rtcr -> sheep" thread="ep" count="3"', { kind: 'rpc', function: 'Ram_session', edge: 'reply', of: 'rtcr -> sheep', thread: 'ep', count: 3 }],
  ['syscall="any" of="timer"', { kind: 'syscall', call: 'any', edge: 'entry', of: 'timer', count: 1 }],
  ['instructions="0x100"', { kind: 'instructions', instructions: 256 }],
  ['symbol="main+0x10" of="timer"', { kind: 'code', place: { kind: 'symbol', symbol: 'main', offset: 16 }, of: 'timer', count: 1 }],
  ['address="0x1000000" of="timer" count="9"', { kind: 'code', place: { kind: 'address', address: 0x100_0000 }, of: 'timer', count: 9 }],
  ['state="reply_and_wait" thread="ep" of="rtcr -> sheep"', { kind: 'state', state: 'reply_and_wait', thread: 'ep', of: 'rtcr -> sheep', count: 1 }],
  ['signal="deliver" of="timer"', { kind: 'signal', what: 'deliver', of: 'timer', count: 1 }],
  ['page_fault="write" at="0x1000-0x1fff" of="timer"', { kind: 'page_fault', access: 'write', at: { first: 0x1000, last: 0x1fff }, of: 'timer', count: 1 }],
];

for (const [attributes, moment] of MOMENTS) {
  test(`<await ${attributes}/> and a point of it are the same moment`, () => {
    const [awaited] = steps(`<await ${attributes}/>`);
    assert.equal(awaited?.kind === 'await' ? awaited.moment : undefined, moment);
    const { points } = good(read(`<points><point name="p" ${attributes}/></points><succeed log="x"/>`));
    assert.equal(points.map((point) => point.moment), [moment]);
  });
}

test('points inside a start or child node are about that component, and init does not see them', () => {
  const written = '<config><start name="timer"><points><point name="a" state="reply_and_wait"/></points></start><start name="rtcr"><config><child name="sheep"> <points><point name="b" log="3 sheeps"/></points> </child></config></start></config>';
  const { points, config_text, config } = good(readText(`<scenario name="t">${written}<steps><await point="a"/><await point="b"/></steps></scenario>`));
  assert.equal(points.map(({ moment }) => moment), [
    { kind: 'state', state: 'reply_and_wait', of: 'timer', count: 1 },
    { kind: 'log', pattern: '[init -> rtcr -> sheep] 3 sheeps', count: 1 },
  ]);
  assert.is(config_text, '<config><start name="timer"></start><start name="rtcr"><config><child name="sheep">  </child></config></start></config>');
  assert.equal(config.children.map(({ children }) => children.map(({ tag }) => tag)), [[], ['config']]);
});

const STEPS: readonly (readonly [xml: string, part: object])[] = [
  ['<checkpoint name="c" of="rtcr -> sheep"/><checkpoint name="d" of="rtcr -> sheep" base="c"/>', { kind: 'checkpoint', name: 'd', base: 'c' }],
  ['<checkpoint name="c" of="rtcr -> sheep"/><save-image of="c" file="c.img"/>', { kind: 'save-image', of: 'c', file: 'c.img' }],
  ['<load-image name="c" file="c.img"/><restore from="c" as="rtcr -> twin"/>', { kind: 'restore', from: 'c', as: 'rtcr -> twin' }],
  ['<pause child="rtcr -> sheep"/>', { kind: 'pause', child: 'rtcr -> sheep' }],
  ['<resume child="rtcr -> sheep"/>', { kind: 'resume', child: 'rtcr -> sheep' }],
  ['<reconfigure><config verbose="yes"/></reconfigure>', { kind: 'reconfigure', config_text: '<config verbose="yes"/>' }],
  ['<fault of="timer" kind="deny" rpc="Ram_session::alloc"/>', { fault: { kind: 'deny', function: 'Ram_session::alloc', count: 1 } }],
  ['<fault of="timer" kind="memory" symbol="x" value="0x2a"/>', { fault: { kind: 'memory', place: { kind: 'symbol', symbol: 'x', offset: 0 }, value: 42 } }],
  ['<fault of="timer" kind="revoke" slot="0x217"/>', { fault: { kind: 'revoke', slot: 0x217 } }],
  ['<expect-threads of="timer"><thread name="ep" state="reply_and_wait|irq"/></expect-threads>', { expected: { kind: 'threads', threads: [{ name: 'ep', count: 1, states: ['reply_and_wait', 'irq'] }] } }],
  ['<expect-threads of="timer" golden="t.threads"/>', { expected: { kind: 'golden', file: 't.threads' } }],
  ['<expect-memory of="timer" symbol="x" value="0x01020304"/>', { expected: { kind: 'bytes', place: { kind: 'symbol', symbol: 'x', offset: 0 }, bytes: [4, 3, 2, 1] } }],
  ['<expect-memory of="timer" address="0x1000" bytes="2a 00ff"/>', { expected: { kind: 'bytes', place: { kind: 'address', address: 0x1000 }, bytes: [42, 0, 255] } }],
  ['<expect-quota of="timer" quota_max="1M" used_min="4K"/>', { quota: { quota_max: 1024 * 1024, used_min: 4096 } }],
  ['<expect-state within_ms="5"><node name="child"><attribute name="name" value="x"/><not><node name="y"/></not></node></expect-state>',
    { within_ms: 5, pattern: { attributes: [], not: [], nodes: [{ name: 'child', pattern: { attributes: [{ name: 'name', kind: 'value', value: 'x' }], nodes: [], not: [{ attributes: [], not: [], nodes: [{ name: 'y', pattern: { attributes: [], nodes: [], not: [] } }] }] } }] } }],
];

for (const [xml, part] of STEPS) {
  test(`${xml} is read`, () => {
    const last = steps(xml).at(-1) as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(part)) assert.equal(last[name], value);
  });
}

test('a step with a moment waits for it first', () => {
  const { steps: read_steps } = good(read('<points><point name="p" log="x"/></points><steps><kill child="rtcr -> sheep" when="p"/></steps>'));
  assert.equal(read_steps.map(({ kind }) => kind), ['await', 'kill']);
});

test('a repetition is written out, with its rounds, and gives its names anew', () => {
  const repeated = steps('<repeat times="2" as="i"><checkpoint name="c" of="rtcr -> sheep"/><restore from="c" as="rtcr -> s${i}"/><repeat times="2"><mark name="m"/></repeat></repeat>');
  assert.equal(repeated.map((step) => [step.kind, step.rounds?.join('.')]), [
    ['checkpoint', '1'], ['restore', '1'], ['mark', '1.1'], ['mark', '1.2'], ['checkpoint', '2'], ['restore', '2'], ['mark', '2.1'], ['mark', '2.2'],
  ]);
  assert.equal(repeated.flatMap((step) => (step.kind === 'restore' ? [step.as] : [])), ['rtcr -> s1', 'rtcr -> s2']);
});

test('repetitions cannot grow beyond the limit of steps', () => {
  assert.match(first(read('<steps><repeat times="10000"><repeat times="10000"><mark name="m"/></repeat></repeat></steps>')), /^E010 more than 10000 steps/);
});

const MATRIX = `<parameters><parameter name="who" value="rtcr -> sheep"/></parameters>
<matrix><axis name="utcb" values="save zero"/><axis name="g"><case name="full" value="full"/><case name="fine" value="remaining"/></axis><exclude utcb="zero" g="fine"/></matrix>`;

test('a matrix gives one scenario for each combination that is not excluded', () => {
  const { variants } = read(`${MATRIX}<steps><checkpoint name="c" of="\${who}" utcb="\${utcb}" timer="\${g}"/></steps><xfail reason="known" variant="*.fine"/>`);
  assert.equal(variants.map(({ variant, steps: [step], xfail }) => [variant, step?.kind === 'checkpoint' ? { of: step.of, ...step.strategy } : {}, xfail?.reason]), [
    ['save.full', { of: 'rtcr -> sheep', utcb: 'save', timer: 'full' }, undefined],
    ['save.fine', { of: 'rtcr -> sheep', utcb: 'save', timer: 'remaining' }, 'known'],
    ['zero.full', { of: 'rtcr -> sheep', utcb: 'zero', timer: 'full' }, undefined],
  ]);
  assert.equal(variants[0]?.parameters, { who: 'rtcr -> sheep', utcb: 'save', g: 'full' });
});

test('parameters reach the configuration, escaped as XML wants it', () => {
  const { scenario } = readText('<scenario name="t"><parameters><parameter name="arg" value="a&amp;b"/></parameters><config><start name="${arg}"/><x y="${other}"/></config><succeed log="x"/></scenario>');
  assert.is(scenario?.config_text, '<config><start name="a&amp;b"/><x y="${other}"/></config>');
  assert.is(scenario?.config.children[0]?.attributes[0]?.value, 'a&b');
});

test('a further machine has the configuration of the first unless it has its own', () => {
  const { machines, steps: read_steps } = good(read('<machine name="b" ram="64M"/><machine name="c"><config><start name="x"/></config></machine><steps><kill child="rtcr -> sheep" on="b"/><pause child="x -> y" on="c"/></steps>'));
  assert.equal(machines.map(({ name, ram_bytes, config_text }) => [name, ram_bytes, config_text]), [['b', 64 * 1024 * 1024, CONFIG], ['c', 256 * 1024 * 1024, '<config><start name="x"/></config>']]);
  assert.equal(read_steps.map(({ on }) => on), ['b', 'c']);
});

test('criteria take depot autopilot\'s form, one pattern a line', () => {
  const { succeed, fail } = good(read('<succeed exit="0">\n  first *line\n\n  second \n</succeed><succeed exit="3"/><fail after_seconds="10"/><fail>bad</fail>'));
  assert.equal(succeed.map(({ span, ...rest }) => rest), [{ kind: 'pattern', lines: ['first *line', 'second'], exit: 0 }, { kind: 'exit', exit: 3 }]);
  assert.equal(fail.map(({ span, ...rest }) => rest), [{ kind: 'after', after_ms: 10_000 }, { kind: 'pattern', lines: ['bad'] }]);
});

test('the scenario says what it is and needs', () => {
  const { tags, requires, engine, unify, steps: [step] } = good(read('<unify pattern="0x[0-9a-f]+" replace="ADDRESS"/><steps><checkpoint name="c" of="rtcr -> sheep"/></steps>', ' tags="slow nightly" requires="stock" engine="fast" preset="argos"'));
  assert.equal([tags, requires.map(({ name }) => name), engine], [['slow', 'nightly'], ['stock'], 'fast']);
  assert.is('at 0x1f'.replace(unify[0]?.pattern ?? /x/, unify[0]?.replace ?? ''), 'at ADDRESS');
  assert.equal(step?.kind === 'checkpoint' ? step.strategy : {}, { preset: 'argos' });
});

const REFUSED: readonly (readonly [what: string, inside: string, refusal: RegExp])[] = [
  ['a moment of two kinds', '<steps><await log="x" rpc="Log_session"/></steps>', /^E017 <await> has exactly one/],
  ['a point that is not what it says', '<points><point name="p" on="time" log="x"/></points><succeed log="x"/>', /^E017 on="time" goes with 'time_ms'/],
  ['what does not narrow the moment', '<steps><await time_ms="5" count="2"/></steps>', /^E017 'count' does not go with 'time_ms'/],
  ['a symbol of nobody', '<steps><await symbol="main"/></steps>', /^E017 'symbol' needs a component/],
  ['an unknown thread state', '<steps><expect-threads of="timer"><thread name="ep" state="sleepy"/></expect-threads></steps>', /^E014 'sleepy' is no value of 'state'/],
  ['an unknown machine', '<steps><kill child="rtcr -> sheep" on="b"/></steps>', /^E018 there is no machine 'b'/],
  ['an incremental checkpoint of nothing', '<steps><checkpoint name="c" of="rtcr -> sheep" base="a"/></steps>', /^E018 no earlier step made 'a'/],
  ['a fault with the wrong parts', '<steps><fault of="timer" kind="revoke" rpc="Log_session"/></steps>', /^E017 kind="revoke" goes with 'slot'/],
  ['an unknown parameter', '<steps><mark name="${x}"/></steps>', /^E018 there is no parameter 'x' here/],
  ['an axis without values', '<matrix><axis name="a"/></matrix><succeed log="x"/>', /^E015 axis 'a' has no values/],
  ['an exclusion of no case', '<matrix><axis name="a" values="b"/><exclude a="c"/></matrix><succeed log="x"/>', /^E018 axis 'a' has no case 'c'/],
  ['a matrix without variants', '<matrix><axis name="a" values="b"/><exclude a="b"/></matrix><succeed log="x"/>', /^E015 every combination/],
  ['too many variants', `<matrix>${['a', 'b', 'c'].map((name) => `<axis name="${name}" values="1 2 3 4 5 6 7 8"/>`).join('')}</matrix><succeed log="x"/>`, /^E010 512 combinations/],
  ['an empty repetition', '<steps><repeat times="2"/></steps>', /^E015 <repeat> has no steps inside/],
  ['a regular expression that can take for ever', '<unify pattern="(a+)+$"/><succeed log="x"/>', /^E014/],
  ['two reasons to fail', '<xfail reason="a"/><xfail reason="b"/><succeed log="x"/>', /^E015 <xfail> may stand only once/],
  ['memory at two places', '<steps><expect-memory of="timer" symbol="a" address="0x1" value="1"/></steps>', /^E017/],
  ['quota of nothing', '<steps><expect-quota of="timer"/></steps>', /^E017/],
];

for (const [what, inside, refusal] of REFUSED) test(`${what} is refused`, () => assert.match(first(read(inside)), refusal));

test('every step of the vocabulary is read by one of these tests', () => {
  const text = [...STEPS.map(([xml]) => xml), '<await <dump <kill <mark <repeat <expect-caps <expect-log <expect-no-log <expect-routes'].join(' ');
  for (const tag of Object.keys(STEP)) assert.ok(text.includes(`<${tag}`), tag);
});

test('the sessions of a component are expected by service, label and target', () => {
  const [step] = steps('<expect-routes of="timer"><route service="LOG" to="parent"/><route service="ROM" label="x" to="denied"/></expect-routes>');
  assert.equal(step?.kind === 'expect-routes' ? step.routes.map(({ span, ...rest }) => rest) : [], [{ service: 'LOG', to: 'parent' }, { service: 'ROM', to: 'denied', label: 'x' }]);
});

test.run();
