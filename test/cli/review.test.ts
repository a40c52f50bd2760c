// Tests of `rescap review` and `rescap diff` over files, with scripted keys. Owner of one temporary folder, removed at the end.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import { suite } from '../kit.ts';

const test = suite('review');
const root = mkdtempSync(join(tmpdir(), 'rescap-review-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

let folder = root;
let number = 0;
test.before.each(() => {
  number += 1;
  folder = join(root, String(number));
  put('run/a.xml', '<scenario name="a"><config><start name="s"/></config><steps><dump name="d" task="s"/><expect-caps at="d" golden="d.caps"/><expect-caps at="d" golden="e.caps"/></steps></scenario>');
  put('run/a.golden/d.caps', listing('0017b'));
  put('run/a.golden/d.caps.new', listing('0017c'));
  put('run/a.golden/e.caps.new', listing('0017b'));
});

const listing = (id: string) => `000008 :${id}* Gate             --               --               --\n`;
const get = (file: string) => readFileSync(join(folder, file), 'utf8');
const there = (file: string) => existsSync(join(folder, file));

function put(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

async function rescap(args: readonly string[], keys: string | null, env: Record<string, string> = {}): Promise<{ status: number; out: string; err: string; closed: boolean }> {
  let out = '';
  let err = '';
  let closed = false;
  const pressed = [...(keys ?? '')];
  const context: Context = {
    cwd: folder, env, terminal: false, packageRoot: folder, wall_ms: () => 0,
    boot: () => ({ error: 'nothing is booted here' }),
    hostedProgram: () => undefined,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    ...(keys === null ? {} : { keys: { next: async () => pressed.shift() ?? 'interrupt', close: () => { closed = true; } } }),
  };
  return { status: await main(args, context), out, err, closed };
}

test('each pending listing is shown with what is different, and accepted or rejected as asked', async () => {
  const { status, out, closed } = await rescap(['review'], 'xar');
  assert.is(status, 0);
  assert.ok(closed);
  assert.match(out, /\[1\/2\] run\/a\.golden\/d\.caps\n1 id \(exact\)\n/);
  assert.match(out, /id: 0x8 Gate was object 0x17b, is 0x17c/);
  assert.match(out, /\[2\/2\] run\/a\.golden\/e\.caps\nthere is no golden of this name yet/);
  assert.match(out, /\n1 accepted, 1 rejected, 0 left pending\n$/);
  assert.is(get('run/a.golden/d.caps'), listing('0017c'));
  assert.not(there('run/a.golden/d.caps.new') || there('run/a.golden/e.caps.new') || there('run/a.golden/e.caps'));
  assert.ok(there('run/a.golden/golden.json'));
});

test('what is skipped, or left when the person goes, stays pending and is no success', async () => {
  const skipped = await rescap(['review'], 'sq');
  assert.is(skipped.status, 3);
  assert.match(skipped.err, /exit 3 \(2 listings are still pending\)/);
  assert.ok(there('run/a.golden/d.caps.new') && there('run/a.golden/e.caps.new'));
  assert.is(get('run/a.golden/d.caps'), listing('0017b'));
});

test('all that is left can be accepted at once', async () => {
  assert.match((await rescap(['review', 'a'], 'A')).out, /\n2 accepted, 0 rejected, 0 left pending\n$/);
  assert.is((await rescap(['review'], 'A')).status, 6);
});

test('without a terminal it lists what is pending and says what to do instead', async () => {
  const { status, out, err } = await rescap(['review'], null);
  assert.is(status, 2);
  assert.is(out, 'pending: run/a.golden/d.caps.new\npending: run/a.golden/e.caps.new\n');
  assert.match(err, /review needs a terminal\nhelp: 'rescap accept' accepts without asking/);
  assert.is((await rescap(['review'], 'a', { CI: '1' })).status, 2);
});

test('diff takes all listings of a file, one by number, or a point of JSON', async () => {
  put('two.log', `${listing('0017b').replace('000008', '000000')}\n${listing('0017c').replace('000008', '000000')}`);
  put('one.json', '{"format":1,"spaces":[{"task":"s","point":"third","slots":[{"slot":0,"id":379,"rights":"*","type":"Gate"}]}]}');
  assert.is((await rescap(['diff', 'two.log', 'two.log'], null)).status, 0);
  assert.is((await rescap(['diff', 'two.log:1', 'two.log:2', '-c', 'exact'], null)).status, 3);
  assert.is((await rescap(['diff', 'two.log:1', 'one.json:third', '-c', 'exact'], null)).status, 0);
  assert.match((await rescap(['diff', 'two.log:1', 'one.json:fourth'], null)).err, /one\.json has no listing 'fourth'\nhelp: it has: third/);
  assert.match((await rescap(['diff', 'two.log', 'one.json'], null)).err, /2 listings cannot be matched with one/);
});

test('every format of a difference is printed, and an unknown one refused', async () => {
  put('one.caps', listing('0017b'));
  put('two.caps', listing('0017b').replace('Gate', 'IRQ '));
  const begins = { text: /^1 retargeted/, json: /^\{\n {2}"format": 1/, dot: /^digraph /, capdl: /^-- Capability spaces/, html: /^<!DOCTYPE html>/ };
  for (const [format, begin] of Object.entries(begins)) assert.match((await rescap(['diff', 'one.caps', 'two.caps', '--format', format], null)).out, begin);
  assert.match((await rescap(['diff', 'one.caps', 'two.caps', '--format', 'pdf'], null)).err, /'pdf' is no format/);
});

test.run();
