// Routing decisions and messages in both dialects, and the reasons that are kept beside them.
import * as assert from 'uvu/assert';
import { type Decision, route } from '../../../src/runtime/init/routing.ts';
import type { Dialect } from '../../../src/runtime/init/config.ts';
import { explainRoute } from '../../../src/runtime/init/explain.ts';
import { filterArguments } from '../../../src/runtime/init/filter.ts';
import { suite } from '../../kit.ts';
import { configOf } from './parse.ts';

const test = suite('routing');

const SERVERS = `
  <start name="timer"><provides><service name="Timer"/></provides></start>
  <start name="rom_a"><provides><service name="ROM"/><service name="Log"/></provides></start>
  <start name="rom_b"><provides><service name="Log"/></provides></start>`;

/** Routes a request of the child "c" whose start node and the rest of the configuration are given. */
function ask(config: string, inside: string, service: string, label = '', dialect: Dialect = '16.08', more = ''): Decision {
  const parsed = configOf(`<config><parent-provides><service name="ROM"/><service name="LOG"/></parent-provides>${config}${SERVERS}<start name="c">${inside}</start></config>`);
  const start = parsed.starts.find((one) => one.name === 'c');
  if (start === undefined) throw new Error('no start node');
  const { args } = filterArguments({ name: 'c', start, level: 0, levels: 1, dialect }, service, `ram_quota=4K, label="${label}"${more}`);
  const child_services = parsed.starts.flatMap(({ name, provides }) => provides.map((entry) => ({ service: entry ?? '', child: name ?? '' })));
  const world = { parent_services: parsed.parent_services, child_services, children: parsed.starts.map(({ name }) => name ?? '') };
  return route(parsed, { child: 'c', start, service, args }, world, dialect);
}

const texts = (decision: Decision): readonly string[] => decision.messages.map(({ severity, text }) => `${severity}: ${text}`);

const DEFAULT = '<default-route><any-service><parent/><any-child/></any-service></default-route>';

test('a wildcard rule tries the parent first and then any child', () => {
  assert.equal(ask(DEFAULT, '', 'LOG').to, { kind: 'parent' });
  assert.equal(ask(DEFAULT, '', 'Timer').to, { kind: 'child', child: 'timer' });
  assert.equal(ask(DEFAULT, '', 'ROM', 'x').to, { kind: 'parent' });
});

test('a service that nobody provides is denied with one warning', () => {
  const decision = ask(DEFAULT, '', 'Nic');
  assert.is(decision.to, null);
  assert.equal(texts(decision), ['warning: c: no route to service "Nic"']);
});

test('several providers make any-child an error even in a wildcard rule', () => {
  assert.equal(texts(ask(DEFAULT, '', 'Log')), ['error: c: ambiguous routes to service "Log"']);
});

test('an own route replaces the default route, even an empty one', () => {
  assert.equal(texts(ask(DEFAULT, '<route/>', 'LOG')), ['warning: c: no route to service "LOG"']);
  assert.equal(ask(DEFAULT, '<route><service name="Log"><child name="rom_b"/></service></route>', 'Log').to, { kind: 'child', child: 'rom_b' });
});

test('a rule for a named service fails at its first target', () => {
  const rule = (target: string) => `<route><service name="Timer">${target}<any-child/></service></route>`;
  assert.equal(texts(ask('', rule('<parent/>'), 'Timer')), ['warning: c: service lookup for "Timer" at parent failed']);
  assert.equal(texts(ask('', rule('<child name="rom_a"/>'), 'Timer')), ['warning: c: lookup to child service "Timer" failed']);
  assert.equal(texts(ask('', '<route><service name="Nic"><any-child/></service></route>', 'Nic')), ['warning: c: lookup for service "Nic" failed']);
});

test('a route to a child that does not exist is denied even by a wildcard rule', () => {
  const inside = '<route><any-service><child name="nobody"/><parent/></any-service></route>';
  assert.equal(texts(ask('', inside, 'LOG')), ['warning: c: invalid route to non-existing server "nobody"']);
});

test('in 17.02 a wildcard rule goes on behind a child that does not exist', () => {
  const inside = '<route><any-service><child name="nobody"/><parent/></any-service></route>';
  assert.equal(ask('', inside, 'LOG', '', '17.02').to, { kind: 'parent' });
  const named = '<route><service name="LOG"><child name="nobody"/></service></route>';
  assert.equal(texts(ask('', named, 'LOG', '', '17.02')), ['warning: c: lookup to child server "nobody" failed']);
});

test('a rule without targets ends the search', () => {
  const inside = '<route><service name="LOG"/><any-service><parent/></any-service></route>';
  assert.equal(texts(ask('', inside, 'LOG')), ['warning: c: no route to service "LOG"']);
});

test('label attributes are compared without the name of the child', () => {
  const rule = (attributes: string) => `<route><service name="ROM" ${attributes}><child name="rom_a"/></service><any-service><parent/></any-service></route>`;
  const child = { kind: 'child', child: 'rom_a' };
  assert.equal(ask('', rule('label="a -> b"'), 'ROM', 'a -> b').to, child);
  assert.equal(ask('', rule('label="a"'), 'ROM', 'a -> b').to, { kind: 'parent' });
  assert.equal(ask('', rule('label_prefix="a"'), 'ROM', 'a -> b').to, child);
  assert.equal(ask('', rule('label_suffix="b" label_prefix="x"'), 'ROM', 'a -> b').to, { kind: 'parent' });
  assert.equal(ask('', rule('label=""'), 'ROM', '').to, child);
});

test('an empty prefix never fits in 16.08 and always in 17.02', () => {
  const inside = '<route><service name="LOG" label_prefix=""><parent/></service></route>';
  assert.is(ask('', inside, 'LOG', 'x').to, null);
  assert.equal(ask('', inside, 'LOG', 'x', '17.02').to, { kind: 'parent' });
});

test('conditions on arguments are read in 16.08 only', () => {
  const inside = '<route><service name="LOG"><if-arg key="wc" value="yes"/><parent/></service></route>';
  assert.is(ask('', inside, 'LOG').to, null);
  assert.equal(ask('', inside, 'LOG', '', '16.08', ', wc=yes').to, { kind: 'parent' });
  assert.equal(ask('', inside, 'LOG', '', '17.02').to, { kind: 'parent' });
});

test('the modules config and binary come from init itself', () => {
  assert.equal(ask(DEFAULT, '<config/>', 'ROM', 'config').to, { kind: 'local', module: 'config' });
  assert.equal(ask(DEFAULT, '', 'ROM', 'config').to, { kind: 'local', module: 'config' });
  assert.equal(ask(DEFAULT, '', 'ROM', 'a -> binary').to, { kind: 'local', module: 'binary' });
});

test('in 17.02 a missing inline configuration is routed like any module', () => {
  assert.equal(ask(DEFAULT, '', 'ROM', 'config', '17.02').to, { kind: 'parent' });
});

test('a configuration file takes the place of the module config', () => {
  const inside = '<configfile name="c.config"/><route><service name="ROM" label="c.config"><child name="rom_a"/></service></route>';
  assert.equal(ask('', inside, 'ROM', 'config').to, { kind: 'child', child: 'rom_a' });
  const later = ask('', inside, 'ROM', 'config', '17.02');
  assert.equal(later.to, { kind: 'child', child: 'rom_a' });
  assert.match(later.args ?? '', 'label="c -> c.config"');
  assert.is(ask('', '<configfile name="config"/>', 'ROM', 'config', '17.02').to, null);
});

test('an alias stands for a child, and the last one is looked at first', () => {
  const aliases = '<alias name="t" child="timer"/><alias name="u" child="t"/>';
  const inside = '<route><service name="Timer"><child name="u"/></service></route>';
  assert.equal(ask(aliases, inside, 'Timer').to, { kind: 'child', child: 'timer' });
});

test('unscoped labels and rewritten labels belong to 17.02', () => {
  const inside = '<route><service name="LOG" unscoped_label="c -> x"><parent label="y"/></service></route>';
  assert.is(ask('', inside, 'LOG', 'x').args, null);
  assert.match(ask('', inside, 'LOG', 'x', '17.02').args ?? '', 'label="y"');
  assert.is(ask('', inside, 'LOG', 'z', '17.02').to, null);
});

test('every rule that was looked at is listed with its reason', () => {
  const inside = '<route><service name="Nic"><parent/></service><service name="LOG" label="x"><parent/></service><any-service><parent/></any-service></route>';
  const verdicts = ask('', inside, 'LOG', 'y').considered.map(({ verdict }) => verdict);
  assert.equal(verdicts, [
    'the own route applies, the default route does not', 'is for "Nic"', 'wants the label "x", it is "y"', 'matches', 'the parent provides the service',
  ]);
});

test('a route can be explained from the configuration alone', () => {
  const config = configOf(`<config>${DEFAULT}${SERVERS}<start name="timer"/></config>`);
  const explained = explainRoute(config, 'rom_a', 'Timer', 'x', '16.08');
  assert.equal(explained?.decision.to, { kind: 'child', child: 'timer' });
  assert.is(explained?.args, 'label="rom_a -> x"');
  assert.is(explainRoute(config, 'nobody', 'Timer', '', '16.08'), undefined);
});

test.run();
