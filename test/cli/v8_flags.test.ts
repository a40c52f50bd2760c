// What the launcher asks of V8: only what the V8 at hand knows, and nothing of one that nobody has tried.

import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { v8Flags } from '../../src/cli/v8_flags.ts';
import { suite } from '../kit.ts';

const test = suite('v8_flags');

test('the V8 that runs this test knows every flag that is set for it', () => {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8', timeout: 60_000 });
  const known = new Set([...stdout.matchAll(/^\s*--([\w-]+)/gm)].map(([, name]) => name));
  assert.ok(known.size > 100);
  const { always, quick, well, best, open, shut } = v8Flags(process.versions.v8);
  for (const flag of [...always, ...quick, ...well, ...best, ...open, ...shut]) {
    const [name = ''] = flag.slice(2).split('=');
    assert.ok(known.has(name) || known.has(name.replace(/^no-/, '')), flag);
  }
});

test('the budget of bytecode is set for the V8 of Node 20 alone, the rest up to the last version that was tried', () => {
  const isBudget = (flag: string) => flag.includes('budget');
  assert.ok(v8Flags('11.3.244.8-node.38').always.some(isBudget));
  for (const version of ['11.8.172.17-node.20', '12.4.254.21-node.57', '13.6.233.17-node.53']) {
    const { always, quick, well, checked } = v8Flags(version);
    assert.not.ok(always.some(isBudget), version);
    assert.is(quick.length, well.length, version);
    assert.ok(checked && quick.length > 0, version);
  }
});

test('code of WebAssembly is kept by the V8 of Node 20, 22 and 24: Node 25 hands out none', () => {
  const isKept = (version: string) => v8Flags(version).open.length > 0;
  for (const version of ['11.3.244.8-node.38', '12.4.254.21-node.57', '13.6.233.17-node.53']) assert.ok(isKept(version), version);
  for (const version of ['11.8.172.17-node.20', '12.9.202.28-node.14', '14.1.146.11-node.14']) assert.not.ok(isKept(version), version);
});

test('of a V8 that nobody has tried nothing is asked, and no code of it is kept', () => {
  for (const version of ['10.2.154.26', '15.0.1', '113.1', '']) assert.equal(v8Flags(version), { always: [], quick: [], well: [], best: [], open: [], shut: [], checked: false }, version);
});

test.run();
