// A checkpoint of two components saved by one process and restored by another, end to end; what has become of a damaged file there.
// Owner of one temporary folder, removed at the end.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';

const test = suite('images between processes', { timeout_ms: 120_000 });
const bundle = join(dirname(fileURLToPath(import.meta.url)), '../../dist/rescap.cjs');
const folder = mkdtempSync(join(tmpdir(), 'rescap-images-'));
mkdirSync(join(folder, 'run'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const COUNTING = '<config> <loop index="n" count="40"> <log text="line {n}"/> <sleep ms="20"/> </loop> </config>';
const child = (name: string): string => `<child name="${name}" binary="universal">${COUNTING}</child>`;
const scenario = (name: string, children: string, steps: string): string => `<scenario name="${name}">
  <config>
    <parent-provides> <service name="ROM"/> <service name="RAM"/> <service name="CPU"/> <service name="RM"/> <service name="PD"/> <service name="LOG"/> </parent-provides>
    <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
    <start name="timer"> <resource name="RAM" quantum="1M"/> <provides> <service name="Timer"/> </provides> </start>
    <start name="rtcr"> <resource name="RAM" quantum="64M"/> <config> ${children} </config> </start>
  </config>
  <boot> <module name="init"/> <module name="timer"/> <module name="rtcr"/> <module name="universal"/> </boot>
  <steps>${steps}</steps>
  <fail after_ms="10000"/>
</scenario>`;

const SCENARIOS: Readonly<Record<string, string>> = {
  saver: scenario('saver', child('one') + child('two'), `
    <await log="[init -> rtcr -> one] line 5"/> <checkpoint name="both" of="rtcr -> one" with="two"/> <save-image of="both" file="both.ckpt"/>`),
  loader: scenario('loader', child('three'), `
    <await log="[init -> rtcr -> three] line 3"/> <load-image name="both" file="saver/both.ckpt"/> <restore from="both" as="rtcr -> one" with="two"/>
    <await log="[init -> rtcr -> one] line 8"/> <await log="[init -> rtcr -> two] line 12"/> <await log="[init -> rtcr -> three] line 30"/>
    <expect-no-log log="[init -> rtcr -> one] line 5"/>`),
  damaged: scenario('damaged', child('three'), '<await log="[init -> rtcr -> three] line 3"/> <load-image name="both" file="damaged.ckpt"/> <restore from="both" as="rtcr -> one" with="two"/>'),
};
for (const [name, text] of Object.entries(SCENARIOS)) writeFileSync(join(folder, 'run', `${name}.xml`), text);

function rescap(...args: readonly string[]): { readonly status: number | null; readonly out: string; readonly last: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: '', GITHUB_ACTIONS: '', NO_COLOR: '' }, timeout: 60_000 });
  return { status, out: stdout, last: stderr.trimEnd().split('\n').at(-1) ?? '' };
}

if (existsSync(bundle)) {
  test('two components go on in another process, from the file alone', () => {
    const saved = rescap('run', 'saver');
    assert.is(saved.status, 0, saved.out);
    const loaded = rescap('run', 'loader');
    assert.is(loaded.status, 0, `${loaded.out}\n${loaded.last}`);
    const told = rescap('inspect', 'reports/saver/both.ckpt').out;
    assert.match(told, /^checkpoint "both" of 2 components\n/);
    assert.match(told, /\n\none, program universal\n {2}sessions: /);
    assert.match(told, /\n\ntwo, program universal\n {2}sessions: /);
  });

  test('a flipped bit fails the step by name, and nothing is restored from the file', () => {
    const bytes = readFileSync(join(folder, 'reports/saver/both.ckpt'));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 4;
    writeFileSync(join(folder, 'run/damaged.ckpt'), bytes);
    const { status, last, out } = rescap('run', 'damaged');
    assert.equal([status, last], [1, 'rescap: exit 1 (run/damaged.ckpt: the image is damaged: its checksum does not match)']);
    assert.not.match(out, /Resto::restore/);
  });
}

test.run();
