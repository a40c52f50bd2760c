// Tests of the steps that harm a component: on a scripted system what they reach and what they say when they cannot, and on the real one
// that a fault which never came due is told, at its place.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { main } from '../../src/cli/main.ts';
import type { ThreadRow } from '../../src/emu/jdb/model.ts';
import type { DebugId } from '../../src/emu/numbers.ts';
import { CodePlaces } from '../../src/runner/code_places.ts';
import { Faults } from '../../src/runner/faults.ts';
import { Harm } from '../../src/runner/harm.ts';
import { DiagnosticList } from '../../src/scenario/diagnostic.ts';
import { Source } from '../../src/scenario/source.ts';
import { readXml } from '../../src/scenario/syntax/xml.ts';
import { realContext } from '../cli/context.ts';
import { suite } from '../kit.ts';
import { type Script, ScriptedSystem } from './scripted_system.ts';

const test = suite('harm', { timeout_ms: 60_000 });
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'rescap-harm-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const TASK = 0x142;
const EP = 0x150;
const SIGNAL = 0x151;
const row = (id: number, name: string): ThreadRow => ({ id: id as DebugId, cpu: 0, name, priority: 128, task: TASK as DebugId, wait: { kind: 'open' }, timeout: { kind: 'none' }, states: [], cut: false });

function harm(equipment: NonNullable<Script['equipment']>): Harm {
  const system = new ScriptedSystem({ at: [], components: [{ label: 'init -> sheep', task: TASK, alive: true, slots: [] }], threads: [row(EP, 'ep'), row(SIGNAL, 'signal handler')], equipment });
  const config = readXml(new Source('t', '<config><start name="sheep"/></config>'), new DiagnosticList());
  if (config === undefined) throw new Error('no config');
  return new Harm(system, new CodePlaces(config, []), new Faults(() => system.components()));
}

test('pause stops every thread of the component, faults reach memory and slots, and what is not there is told', () => {
  const frozen: (readonly [number, boolean])[] = [];
  const written: (readonly [number, string])[] = [];
  const one = harm({ freeze: (thread, on) => frozen.push([thread, on]) > 0, writeMemory: (_label, address, content) => written.push([address, [...content].join()]) > 0 });
  assert.is(one.freeze('sheep', true).verdict, 'passed');
  assert.equal(frozen, [[EP, true], [SIGNAL, true]]);
  assert.is(one.fault('sheep', { kind: 'memory', place: { kind: 'address', address: 0x40 }, value: 0x01020304 }, 1).verdict, 'passed');
  assert.equal(written, [[0x40, '4,3,2,1']]);
  assert.equal(one.fault('sheep', { kind: 'revoke', slot: 0x217 }, 2).message, ['slot 0x217 of init -> sheep is empty']);
  assert.match(one.freeze('wolf', true).message[0] ?? '', /no task is called 'wolf'/);
});

/** The scenario of run/ with its three faults, other ones instead. */
async function run(faults: readonly [exception: string, deny: string, loss: string], end: string): Promise<{ readonly status: number; readonly out: string; readonly file: string }> {
  const text = readFileSync(join(root, 'run/faults.xml'), 'utf8');
  const [head = '', steps = ''] = text.split('<fault of="broken"');
  assert.ok(steps !== '', 'run/faults.xml has another form now');
  const file = join(folder, 'faults.xml');
  writeFileSync(file, `${head}${faults.join('\n\t\t')}\n\t\t${end}\n\t</steps>\n</scenario>\n`);
  const told = realContext(root);
  const status = await main(['run', '--reports', folder, file], told.context);
  return { status, out: told.output() + told.errors(), file };
}

const AWAIT = '<await log="* denied] 5 sheeps. zzZ" within_ms="4000"/>';

test('a denied RPC, a lost signal and an exception that never come due make the run fail, each at its place', async () => {
  const { status, out, file } = await run([
    '<fault of="broken" kind="exception"/>',
    '<fault of="denied" kind="deny" rpc="Log_session::write" count="2"/> <fault of="denied" kind="deny" rpc="Log_session::write" count="1000"/>',
    '<fault of="deaf" kind="drop-signal" count="1"/> <fault of="deaf" kind="drop-signal" count="1000"/>',
  ], AWAIT);
  assert.is(status, 1, out);
  assert.match(out, /exit 1 \(.*exception.*: never came due\)/);
  const late = readFileSync(file, 'utf8').split('\n').flatMap((line, at) => [...line.matchAll(/<fault [^>]*(kind="exception"|count="1000")/g)].map((match) => `${at + 1}:${(match.index ?? 0) + 1}`));
  assert.is(late.length, 3);
  const told = [...out.matchAll(/✗ [^\n]*faults\.xml:(\d+:\d+)\)\n +it never came due/g)].map(([, place]) => place);
  assert.equal(told, late);
});

test('a run that ends before its time says nothing of faults still to come', async () => {
  const { status, out } = await run(['', '<fault of="denied" kind="deny" rpc="Log_session::write" count="1000"/>', ''], '<await log="never" within_ms="10"/>');
  assert.is(status, 4, out);
  assert.not.match(out, /came due/);
});

test.run();
