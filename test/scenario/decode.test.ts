// Tests of the scenario decoder: the example of the product description, defaults, and every kind of refusal with its place.
// Owns no state.

import * as assert from 'uvu/assert';
import { binariesNamed } from '../../src/scenario/binaries.ts';
import { printDiagnostic } from '../../src/scenario/diagnostic.ts';
import type { Scenario } from '../../src/scenario/model.ts';
import { readScenario, type ReadResult } from '../../src/scenario/read.ts';
import { suite } from '../kit.ts';

const test = suite('scenario decoder');
const EXTENSIONS = ['freeze', 'install', 'ipc_state'];
const CONFIG = '<config><start name="timer"/><start name="rtcr"><config><child name="sheep_counter"/></config></start></config>';

const readText = (text: string, file = 'run/t.xml'): ReadResult => readScenario(file, new TextEncoder().encode(text), { extensions: EXTENSIONS });
const read = (inside: string, attributes = ''): ReadResult => readText(`<scenario name="t"${attributes}>${CONFIG}${inside}</scenario>`);

function scenario(result: ReadResult): Scenario {
  if (result.scenario === undefined) throw new Error(result.diagnostics.map(printDiagnostic).join(''));
  return result.scenario;
}

function refusals(result: ReadResult): string[] {
  assert.is(result.scenario, undefined);
  return result.diagnostics.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code} ${message}`);
}

const EXAMPLE = `<scenario name="sheep_counter" genode="16.08" platform="foc_pbxa9">
  ${CONFIG}
  <steps>
    <await log="* 3 sheeps. zzZ" within_ms="5000"/>
    <checkpoint name="third" of="rtcr -> sheep_counter"/>
    <expect-caps at="third" golden="third.caps"/>
    <kill child="rtcr -> sheep_counter"/>
    <restore from="third" as="rtcr -> sheep_counter" semaphore="skip"/>
    <expect-caps same-as="third" compare="isomorphic"/>
    <await log="* 4 sheeps. zzZ" within_ms="2000"/>
  </steps>
  <fail after_ms="20000"/>
  <fail log="*1 sheep. zzZ" count="2"/>
</scenario>`;

test('steps name further children of the same parent', () => {
  const read_steps = (inside: string) => read(`<steps>${inside}</steps>`);
  const steps = scenario(read_steps('<checkpoint name="c" of="rtcr -> a" with="b, c"/><kill child="rtcr -> a" with="b"/><restore from="c" as="rtcr -> a" with="b,c"/>')).steps;
  assert.equal(steps.map((step) => ('with' in step ? step.with : null)), [['b', 'c'], ['b'], ['b', 'c']]);
  assert.match(refusals(read_steps('<checkpoint name="c" of="rtcr -> a" with="a"/>')).join(), "E017 'a' is named already");
  assert.match(refusals(read_steps('<kill child="rtcr -> a" with="b,b"/>')).join(), 'each once');
  assert.match(refusals(read_steps('<kill child="rtcr -> a" with="rtcr -> b"/>')).join(), "without '->'");
});

test('the example of the product description is read with all its parts', () => {
  const read = scenario(readText(EXAMPLE));
  assert.is(read.name, 'sheep_counter');
  assert.equal(read.steps.map(({ kind }) => kind), ['await', 'checkpoint', 'expect-caps', 'kill', 'restore', 'expect-caps', 'await']);
  const [, checkpoint, first, , restore, second] = read.steps;
  assert.is(checkpoint?.kind === 'checkpoint' ? checkpoint.of : '', 'rtcr -> sheep_counter');
  assert.equal(restore?.kind === 'restore' ? restore.strategy : {}, { semaphore: 'skip' });
  assert.is(first?.kind === 'expect-caps' ? first.compare : '', 'exact');
  assert.is(second?.kind === 'expect-caps' ? second.compare : '', 'isomorphic');
  assert.equal(read.fail.map(({ kind }) => kind), ['after', 'log']);
  assert.is(read.config_text, CONFIG);
});

test('what is left out has its default', () => {
  const { ram_bytes, seed, flavour, genode, extensions, boot } = scenario(read('<succeed log="done"/>'));
  assert.equal({ ram_bytes, seed, flavour, genode, boot, extensions: [...extensions] }, { ram_bytes: 256 * 1024 * 1024, seed: 0, flavour: 'rtcr', genode: '16.08', boot: undefined, extensions: EXTENSIONS });
});

test('extensions are switched off by name, or on from none', () => {
  assert.equal([...scenario(read('<extensions><disable name="freeze"/></extensions><succeed log="x"/>')).extensions], ['install', 'ipc_state']);
  assert.equal([...scenario(read('<extensions all="no"><enable name="freeze"/></extensions><succeed log="x"/>')).extensions], ['freeze']);
});

test('points give moments to the steps that await them', () => {
  const { steps } = scenario(read('<points><point name="early" on="time" time_ms="5"/><point name="said" on="log" log="* x" count="2"/></points><steps><await point="early"/><await point="said"/></steps>'));
  assert.equal(steps.map((step) => (step.kind === 'await' ? step.moment : null)), [{ kind: 'time', time_ms: 5 }, { kind: 'log', pattern: '* x', count: 2 }]);
});

test('programs are found in start nodes and in the configuration of a checkpointer', () => {
  const { config } = scenario(read('<succeed log="x"/>'));
  assert.equal(binariesNamed(config).map(({ name }) => name), ['timer', 'rtcr', 'sheep_counter']);
});

const REFUSED: readonly (readonly [name: string, inside: string, refusal: RegExp])[] = [
  ['an unknown element', '<stepz/><succeed log="x"/>', /^E011 unknown element <stepz> inside <scenario>$/],
  ['an unknown attribute', '<steps><await log="x" wihtin_ms="5"/></steps>', /^E012 unknown attribute 'wihtin_ms' of <await>$/],
  ['a missing attribute', '<steps><mark/></steps>', /^E013 <mark> needs the attribute 'name'$/],
  ['text among elements', '<steps>now <mark name="x"/></steps>', /^E016 text is not allowed inside <steps>$/],
  ['a second list of steps', '<steps><mark name="x"/></steps><steps/>', /^E015 <steps> may stand only once$/],
  ['a malformed duration', '<steps><await time_ms="5s"/></steps>', /^E014 '5s' is no value of 'time_ms'/],
  ['an unknown strategy value', '<steps><checkpoint name="c" of="rtcr -> s" utcb="keep"/></steps>', /^E014 'keep' is no value of 'utcb': expected one of save, zero$/],
  ['a pattern of stars', '<steps><await log="**"/></steps>', /^E014/],
  ['an await of two things', '<steps><await log="x" time_ms="5"/></steps>', /^E017 <await> has exactly one of/],
  ['an await of nothing', '<steps><await/></steps>', /^E017/],
  ['an undeclared point', '<steps><await point="p"/></steps>', /^E018 there is no point 'p'$/],
  ['a restore from nothing', '<steps><restore from="c" as="rtcr -> s"/></steps>', /^E018 no earlier step made 'c'$/],
  ['a restore from a dump', '<steps><dump name="d" task="timer"/><restore from="d" as="rtcr -> s"/></steps>', /^E018 'd' is a dump/],
  ['a checkpoint of a stranger', '<steps><checkpoint name="c" of="rtrc -> s"/></steps>', /^E018 init starts no component 'rtrc'$/],
  ['a checkpoint of a child of init', '<steps><checkpoint name="c" of="init -> timer"/></steps>', /^E018 'timer' is a child of init/],
  ['two checkpoints of one name', '<steps><checkpoint name="c" of="rtcr -> s"/><checkpoint name="c" of="rtcr -> s"/></steps>', /^E019 'c' names a checkpoint already$/],
  ['a comparison with nothing', '<steps><dump name="d" task="timer"/><expect-caps at="d"/></steps>', /^E017 <expect-caps> has exactly one of/],
  ['a golden of another kind', '<steps><dump name="d" task="timer"/><expect-caps at="d" golden="d.txt"/></steps>', /^E014 a golden file of this step ends in '.caps'$/],
  ['a golden outside its folder', '<steps><dump name="d" task="timer"/><expect-caps at="d" golden="../d.caps"/></steps>', /^E014/],
  ['a log golden of another kind', '<steps><expect-log golden="d.caps"/></steps>', /^E014 a golden file of this step ends in '.log'$/],
  ['a log expectation of nothing', '<steps><expect-log/></steps>', /^E017 <expect-log> needs 'log' or 'golden'$/],
  ['a count of a golden', '<steps><expect-log golden="d.log" count="2"/></steps>', /^E017 'count' does not go with 'golden'/],
  ['a mark that was not set', '<steps><expect-log log="x" since="m"/></steps>', /^E018 no earlier step sets the mark 'm'$/],
  ['an extension that does not exist', '<extensions><disable name="freez"/></extensions><succeed log="x"/>', /^E018 there is no extension 'freez'$/],
  ['a criterion of two things', '<succeed log="x" after_ms="5"/>', /^E017/],
  ['a scenario that checks nothing', '<fail after_ms="5"/>', /^E015 a scenario needs <steps> or a <succeed>/],
  ['a module of two origins', '<boot><module name="a" file="a.elf" program="spin"/></boot><succeed log="x"/>', /^E017 'program' does not go with 'file'/],
  ['a module listed twice', '<boot><module name="a"/><module name="a"/></boot><succeed log="x"/>', /^E019/],
];

for (const [name, inside, refusal] of REFUSED) {
  test(`${name} is refused`, () => {
    const [first = ''] = refusals(read(inside));
    assert.match(first, refusal);
  });
}

test('several mistakes are told at once', () => {
  assert.is(refusals(read('<steps><await lgo="x"/><mark nam="x"/><foo/></steps>')).length, 4);
});

test('memory is limited and page-aligned', () => {
  assert.match(refusals(read('<succeed log="x"/>', ' ram="1M"'))[0] ?? '', /^E010/);
  assert.match(refusals(read('<succeed log="x"/>', ' ram="16777217"'))[0] ?? '', /^E014/);
  assert.match(refusals(read('<succeed log="x"/>', ' ram="64MB"'))[0] ?? '', /^E014/);
});

test('attributes by which an XML editor finds the schema are no mistake', () => {
  scenario(read('<succeed log="x"/>', ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="../config/scenario.xsd"'));
});

test('an init configuration alone is told where it belongs', () => {
  const [only] = readText('<config/>').diagnostics;
  assert.match(only?.help ?? '', /inside <scenario/);
});

test('files that are no UTF-8, and files of no known syntax, are refused', () => {
  assert.match(refusals(readScenario('a.xml', new Uint8Array([60, 0xff]), { extensions: [] }))[0] ?? '', /^E001 a.xml is not valid UTF-8 \(the first bad byte is at offset 1\)/);
  assert.match(refusals(readText('', 'a.txt'))[0] ?? '', /^E001/);
});

test('a diagnostic shows file, place, code, the line before, the line and the mark', () => {
  const text = '<scenario name="t">\n\t<config/>\n\t<steps><await lgo="x"/></steps>\n</scenario>';
  assert.is(
    printDiagnostic(readText(text).diagnostics[0] ?? fail()),
    [
      "run/t.xml:3:16: error[E012]: unknown attribute 'lgo' of <await>",
      ' 2 |     <config/>',
      ' 3 |     <steps><await lgo="x"/></steps>',
      '   |                   ^~~',
      "help: did you mean 'log'?",
      '',
    ].join('\n'),
  );
});

function fail(): never {
  throw new Error('no diagnostic');
}

test.run();
