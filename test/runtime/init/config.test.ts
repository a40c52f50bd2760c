// Decoding of init configurations, lenient values, and what the linter says about them; on the corpus where it is at hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { checkInitConfig } from '../../../src/runtime/init/check_config.ts';
import { readInitConfig } from '../../../src/runtime/init/config_text.ts';
import { readBool, readBytes, readSigned, readUnsigned } from '../../../src/runtime/init/values.ts';
import { suite } from '../../kit.ts';
import { configOf, nodeOf } from './parse.ts';

const test = suite('init configuration');

const CORPUS = fileURLToPath(new URL('../../../../shared/corpus', import.meta.url));
const ORACLE = fileURLToPath(new URL('../../../../shared/oracle', import.meta.url));

test('a configuration is that of its own text, whatever was read before it', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const [one, other] = [bytes('<config> <start name="a"/> </config>'), bytes('<config> <start name="b"/> </config>')];
  const first = readInitConfig(one);
  const second = readInitConfig(other);
  assert.is.not(JSON.stringify(first), JSON.stringify(second));
  assert.equal(readInitConfig(one), first);
  // The text may be changed in place afterwards: it is a module in memory.
  other.set(one);
  assert.equal(readInitConfig(other), first);
  assert.is(readInitConfig(bytes('<config>')), undefined);
  assert.equal(readInitConfig(other), first);
});

test('values are read from their beginning and junk behind them is ignored', () => {
  assert.is(readBytes('1M'), 1 << 20);
  assert.is(readBytes('1MB'), 1 << 20);
  assert.is(readBytes('1m'), 1);
  assert.is(readBytes('0x10K'), 16 * 1024);
  assert.is(readBytes('4G'), 0);
  assert.is(readBytes(''), 0);
  assert.is(readUnsigned('', 7), 7);
  assert.is(readUnsigned('12abc', 7), 12);
  assert.is(readSigned('-3', 0), -3);
  assert.is(readSigned('x', 5), 5);
  assert.is(readBool('yes', false), true);
  assert.is(readBool('1', false), false);
});

test('a start node has what it says and defaults for the rest', () => {
  const [start] = configOf(`<config><start name="a" priority="-2">
    <binary name="b"/> <resource name="RAM" quantum="1M"/> <resource name="CPU" quantum="40"/>
    <provides><service name="X"/><service name="Y"/></provides> <config a="1"> <x/> </config>
    <exit propagate="yes"/> <affinity xpos="1" width="2"/> </start></config>`).starts;
  assert.equal({ ...start, work: null, place: null }, {
    name: 'a', binary: 'b', ram_bytes: 1 << 20, constrain_phys: false, cpu_percent: 40, priority: -2, provides: ['X', 'Y'], route: null,
    config: '<config a="1"> <x/> </config>', configfile: null, affinity: { xpos: 1, ypos: null, width: 2, height: null }, propagate_exit: true, work: null, place: null,
  });
  assert.is(configOf('<config><start name="a"/></config>').starts[0]?.binary, 'a');
});

test('the last RAM resource counts, and one without quantum does not', () => {
  const of = (inside: string) => configOf(`<config><start name="a">${inside}</start></config>`).starts[0];
  assert.is(of('<resource name="RAM" quantum="1M"/><resource name="RAM" quantum="2M"/>')?.ram_bytes, 2 << 20);
  assert.is(of('<resource name="RAM" quantum="1M"/><resource name="RAM"/>')?.ram_bytes, 1 << 20);
});

test('a configuration file hides the inline configuration', () => {
  const start = configOf('<config><start name="a"><configfile name="f"/><config/></start></config>').starts[0];
  assert.is(start?.configfile, 'f');
  assert.is(start?.config, null);
});

test('reading parent services stops at an entry without name', () => {
  assert.equal(configOf('<config><parent-provides><service name="A"/><service/><service name="B"/></parent-provides></config>').parent_services, ['A']);
});

test('the configuration ends at the first zero byte of its module', () => {
  const bytes = new Uint8Array(4096);
  bytes.set(new TextEncoder().encode('<config verbose="yes"/>'));
  assert.is(readInitConfig(bytes)?.verbose, true);
  assert.is(readInitConfig(new TextEncoder().encode('<config>')), undefined);
});

test('arbitrary bytes are a configuration or not, but never an exception', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readInitConfig(bytes)));
  const tag = fc.constantFrom('<config>', '</config>', '<start name="a">', '</start>', '<route>', '</route>', '<service name="X">', '</service>', '<parent/>', '<config/>', ' ');
  fc.assert(fc.property(fc.array(tag, { maxLength: 12 }), (tags) => void readInitConfig(new TextEncoder().encode(tags.join('')))));
});

const messages = (text: string, dialect: '16.08' | '17.02' = '16.08') => checkInitConfig(nodeOf(text), dialect).map(({ message }) => message);
const GOOD = '<resource name="RAM" quantum="1M"/>';

test('a plain configuration has no findings', () => {
  assert.equal(messages(`<config><parent-provides><service name="LOG"/></parent-provides><default-route><any-service><parent/><any-child/></any-service></default-route><start name="a">${GOOD}<config><anything goes="1">text</anything></config></start></config>`), []);
});

test('unknown elements and attributes are found, with the way out where later versions know them', () => {
  const [first] = checkInitConfig(nodeOf(`<config><start name="a" ram="1M">${GOOD}</start></config>`), '16.08');
  assert.is(first?.message, "init does not read the attribute 'ram' of <start>");
  assert.match(first?.help ?? '', '<resource name="RAM" quantum');
  assert.equal(messages(`<config><start name="a">${GOOD}<rout/></start></config>`), ['init does not read <rout> inside <start>']);
  assert.equal(messages('<config version="1"/>'), ["init does not read the attribute 'version' of <config>"]);
  assert.equal(messages('<config version="1"/>', '17.02'), []);
});

test('values that are read otherwise than they look are found', () => {
  assert.equal(messages('<config verbose="1"/>'), ["verbose: '1' is none of yes, true, on, no, false, off"]);
  assert.equal(messages('<config><start name="a"><resource name="RAM" quantum="10MB"/></start></config>'), ["quantum: '10MB' is no number of bytes; it is read as 10485760"]);
});

test('routes that cannot work are found', () => {
  const of = (route: string) => messages(`<config><start name="a">${GOOD}<provides><service name="T"/></provides></start><start name="b">${GOOD}<provides><service name="T"/></provides><route>${route}</route></start></config>`);
  assert.equal(of('<service name="X"><parent/></service>'), ['the parent does not provide "X"']);
  assert.equal(of('<service name="X"><child name="c"/></service>'), ['there is no child "c"']);
  assert.equal(of('<service name="X"><child name="a"/></service>'), ['"a" does not provide "X"']);
  assert.equal(of('<service name="T"><any-child/></service>'), ['"T" is provided by a and b: the request is denied as ambiguous']);
  assert.equal(of('<service name="T"><child name="a"/><parent/></service>'), ['a rule for a named service is decided by its first target: this one is not looked at']);
  assert.equal(of('<service name="T"><child name="a"/></service><service name="T"><child name="a"/></service>'), ['this rule of the route of "b" never gets a turn']);
  assert.equal(of(''), ['"b" has an empty route: every session request is denied']);
});

test('names that clash are found', () => {
  assert.equal(messages(`<config><start name="a">${GOOD}</start><start name="a">${GOOD}</start></config>`), ['the name "a" is taken: no child of this configuration is activated']);
});

test('what init finds twice and reads once is found, with the one that it reads', () => {
  const start = (inside: string) => messages(`<config><start name="a">${inside}</start></config>`);
  for (const tag of ['provides', 'config', 'exit', 'affinity']) assert.equal(start(`${GOOD}<${tag}/><${tag}/>`), [`a second <${tag}> inside <start> is ignored by init`]);
  assert.equal(messages('<config><parent-provides/><parent-provides/><default-route/><default-route/></config>').length, 2);
  assert.equal(start(`<resource name="RAM" quantum="2M"/><resource name="CPU" quantum="10"/>${GOOD}`), ['this quantum of RAM is ignored by init: the last one counts']);
  assert.equal(start(`${GOOD}<config/><configfile name="f"/>`), ['this <config> is ignored by init: the start node has a <configfile>']);
  const [found] = checkInitConfig(nodeOf(`<config><start name="a">${GOOD}<provides/><provides/></start></config>`), '16.08');
  assert.ok((found?.see?.start ?? Number.POSITIVE_INFINITY) < (found?.start ?? 0));
});

if (existsSync(CORPUS)) {
  test('all configurations of the corpus decode, and every finding points into its text', () => {
    const files = ['init-17.02', 'checkpoint-restore/argos', 'checkpoint-restore/fischejo', 'checkpoint-restore/nados'].flatMap((folder) =>
      readdirSync(join(CORPUS, folder)).filter((name) => name.endsWith('.xml')).map((name) => join(CORPUS, folder, name)),
    );
    assert.ok(files.length > 60);
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      const root = nodeOf(text);
      assert.ok(configOf(text).starts.length > 0, file);
      for (const { start, end } of checkInitConfig(root, '17.02')) assert.ok(start >= 0 && start <= end && end <= text.length, file);
    }
  });
} else test.skip('all configurations of the corpus decode, and every finding points into its text', 'the corpus is not at hand');

if (existsSync(ORACLE)) {
  test('the captured configurations have no findings', () => {
    for (const scenario of ['log_only', 'sheep', 'rtcr_restore']) {
      assert.equal(messages(readFileSync(join(ORACLE, 'rtcr-master', scenario, 'init.config'), 'utf8')), [], scenario);
    }
  });
} else test.skip('the captured configurations have no findings', 'the captures are not at hand');

test.run();
