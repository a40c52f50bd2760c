// More dataspaces than the checkpointer keeps in view: their contents are saved and restored all the same, and the views end with them.

import * as assert from 'uvu/assert';
import { type Inventory, inventoryDifferences } from '../../../src/runtime/inventory.ts';
import { VIEWS } from '../../../src/runtime/rtcr/limits.ts';
import { suite } from '../../kit.ts';
import { boot, type Driver } from './driver.ts';

const test = suite('runtime/rtcr/many_dataspaces', { timeout_ms: 60_000 });

/** Of each component: a RAM session does not take more without being upgraded. */
const DATASPACES = 65;
const NAMES = ['north', 'east', 'south', 'west'] as const;
const [FIRST, ...OTHERS] = NAMES;

/** Fills dataspaces, each with a word of its own, sleeps, and looks whether the words are there. */
function childNode(name: string, first: number): string {
  const words = Array.from({ length: DATASPACES }, (_, k) => ({ ds: `d${k}`, word: first + k }));
  const fill = words.map(({ ds, word }) => `<alloc name="${ds}" bytes="4K"/> <attach name="a" dataspace="${ds}"/> <write at="a+0x80" value="${word}"/> <detach name="a"/>`);
  const look = words.map(({ ds, word }) => `<attach name="a" dataspace="${ds}"/> <verify at="a+0x80" value="${word}"/> <detach name="a"/>`);
  return `<child name="${name}" binary="universal" ram="4M"> <config> ${fill.join('\n')} <log text="filled"/> <sleep ms="3000"/> ${look.join('\n')} <log text="looked"/> </config> </child>`;
}

const errorsOf = (driver: Driver): string[] => driver.text.split('\n').filter((line) => /-> (north|east|south|west)\].*Error/.test(line)).slice(0, 3);
const viewsOf = (driver: Driver): number => driver.system.inventory().get('init -> rtcr: table rtcr_views') ?? 0;
const COUNTED = /rtcr_views|rtcr_contents|RAM (quota|used) of|kernel objects/;

test('components with more dataspaces than stay in view are checkpointed together and restored with every word', () => {
  assert.ok(NAMES.length * DATASPACES > VIEWS);
  const driver = boot({ children: NAMES.map((name, k) => childNode(name, 1000 * (k + 1))).join('\n'), own_route: true, modules: ['universal'] });
  for (const name of NAMES) assert.is(driver.until(`${name}] filled`, 20_000), true, name);
  assert.equal(errorsOf(driver), []);
  const all = { of: `rtcr -> ${FIRST}`, with: OTHERS };
  const ended = (outcome: { readonly ok: boolean; readonly message?: string }): void => assert.is(outcome.ok, true, outcome.message);
  ended(driver.command({ kind: 'checkpoint', ...all, name: 'now', strategy: {} }));
  assert.is(viewsOf(driver), VIEWS, 'as many as are allowed');
  const kill = (): Inventory => {
    ended(driver.command({ kind: 'kill', child: `rtcr -> ${FIRST}`, with: OTHERS }));
    driver.run(20_000);
    return driver.system.inventory();
  };
  /** What is there after the restored components have looked and were killed. */
  const round = (): Inventory => {
    driver.forget();
    ended(driver.command({ kind: 'restore', from: 'now', as: `rtcr -> ${FIRST}`, with: OTHERS, strategy: {} }));
    for (const name of NAMES) assert.is(driver.until(`${name}] looked`, 10_000), true, name);
    assert.equal(errorsOf(driver), []);
    assert.ok(viewsOf(driver) <= VIEWS, `${viewsOf(driver)} views`);
    return kill();
  };
  kill();
  const once = round();
  assert.equal(inventoryDifferences(once, round()).filter((line) => COUNTED.test(line)), [], 'the same after a second restore and kill');
});

test.run();
