// What init is charged for its configuration, beside what Genode's init executed for the same text when it ran as guest.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { InitConfig, StartNode } from '../../../src/runtime/init/config.ts';
import { INIT_COST, scanCost } from '../../../src/runtime/init/cost.ts';
import { declaredWorld } from '../../../src/runtime/init/explain.ts';
import { route } from '../../../src/runtime/init/routing.ts';
import { asked, made, NOTHING, sub } from '../../../src/runtime/init/xml_scan.ts';
import { suite } from '../../kit.ts';
import { configOf, nodeOf } from './parse.ts';

const test = suite('init/config_scan');

/** The configuration of a scenario, as it stands in its file. */
function configuration(scenario: string): InitConfig {
  const text = readFileSync(join(import.meta.dirname, '../../../run', `${scenario}.xml`), 'utf8');
  return configOf(text.slice(text.indexOf('<config'), text.indexOf('</config>') + '</config>'.length));
}

function startOf({ starts }: InitConfig, name: string): StartNode {
  const start = starts.find((one) => one.name === name);
  assert.ok(start, name);
  return start;
}

function routeWork(config: InitConfig, child: string, service: string): number {
  return route(config, { child, start: startOf(config, child), service, args: `label="${child}"` }, declaredWorld(config), '16.08').work;
}

const LOG_ONLY = configuration('oracle/log_only');
const SHEEP = configuration('oracle/sheep');
const timer = startOf(SHEEP, 'timer');
const counter = startOf(SHEEP, 'sheep_counter');
const only = startOf(LOG_ONLY, 'log_only');

/**
 * Instructions that Genode's init executed between two of its RPCs, the kernel's paths included. The figures of INIT_COST were fitted
 * to other configurations.
 */
const MEASURED: readonly (readonly [what: string, there: number, here: number])[] = [
  ['log_only: the text', 201_666, LOG_ONLY.work.parse],
  ['log_only: before the child', 1_726_239, LOG_ONLY.work.begin + only.work.resources],
  ['log_only: its priority and place', 66_695, only.work.placement],
  ['log_only: its configuration', 116_463, only.work.config],
  ['log_only: the way to LOG', 219_592, routeWork(LOG_ONLY, 'log_only', 'LOG')],
  ['sheep: the text', 245_824, SHEEP.work.parse],
  ['sheep: before the first child', 1_957_494, SHEEP.work.begin + timer.work.resources],
  ['timer: its priority and place', 105_086, timer.work.placement],
  ['timer: its configuration', 194_508, timer.work.config],
  ['timer: the way to ROM', 266_169, routeWork(SHEEP, 'timer', 'ROM')],
  ['timer: what it provides, and the second child', 639_243, timer.work.provides + counter.work.resources],
  ['sheep_counter: its priority and place', 67_036, counter.work.placement],
  ['sheep_counter: its configuration', 117_601, counter.work.config],
  ['sheep_counter: the way to LOG', 220_556, routeWork(SHEEP, 'sheep_counter', 'LOG')],
];

for (const [what, there, here] of MEASURED) {
  test(`${what}: within a tenth of what Genode's init executes`, () => assert.ok(Math.abs(here - there) <= there / 10, `there ${there}, here ${here}`));
}

test('a tag with a further attribute costs no further exception, an attribute that is missing does', () => {
  assert.is(made(nodeOf('<a/>')).thrown, 2);
  assert.is(made(nodeOf('<a b="1" c="2"/>')).thrown, 2);
  assert.equal(asked(nodeOf('<a b="1"/>'), 'b'), NOTHING);
  assert.is(scanCost(asked(nodeOf('<a b="1"/>'), 'b', 'c')), INIT_COST.exception);
});

test('whoever looks for a missing element reads all others with everything in them', () => {
  const inside = '<x><y/><y/></x>';
  const [one, two] = [nodeOf(`<a>${inside}</a>`), nodeOf(`<a>${inside}${inside}</a>`)];
  assert.ok(sub(two, 'z').thrown > sub(one, 'z').thrown + 4);
  assert.is(sub(two, 'x').thrown, sub(one, 'x').thrown);
});

test('a comment is read whenever what is around it is, and a bracket in quotes ends no tag', () => {
  assert.is(made(nodeOf('<a><!-- twelve  --></a>')).plain, 16);
  assert.is(made(nodeOf('<a b=">>>>"/>')).tag, 2 * '<a b=">>>>"/>'.length);
});

test('a rule that does not match is gone past, and costs less than one that does', () => {
  const start = (rules: string): string => `<config><parent-provides><service name="LOG"/></parent-provides><start name="a"><resource name="RAM" quantum="1M"/><route>${rules}</route></start></config>`;
  const plain = routeWork(configOf(start('<any-service><parent/></any-service>')), 'a', 'LOG');
  const behind = routeWork(configOf(start('<service name="ROM"><parent/></service><any-service><parent/></any-service>')), 'a', 'LOG');
  const matched = routeWork(configOf(start('<service name="LOG" label="x"><parent/></service><any-service><parent/></any-service>')), 'a', 'LOG');
  assert.ok(plain < behind && behind < matched, `${plain}, ${behind}, ${matched}`);
});

test.run();
