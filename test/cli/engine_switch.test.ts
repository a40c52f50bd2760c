// Without kept code, the fast engine of the built program is compiled quickly at first, and well when enough has been executed: a run goes
// across that. Both forms give what the reference engine gives, and the second is code of its own. Owner of one temporary folder; skipped
// where nothing is built.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';

const test = suite('engine switch', { timeout_ms: 240_000 });
const BUNDLE = join(import.meta.dirname, '../../dist/rescap.cjs');
const folder = mkdtempSync(join(tmpdir(), 'rescap-switch-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const SCENARIO = `<scenario name="spinning"><config>
  <parent-provides> <service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="RM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> </any-service> </default-route>
  <start name="spin"> <resource name="RAM" quantum="1M"/> </start>
</config><steps><await time_ms="2000"/></steps></scenario>`;
/** The guest's loop begins within the first quarter of this, and the engine is compiled anew after 20 million of its instructions. */
const MOMENT = 80_000_000;

/**
 * Loaded before the program: notes what is compiled and made an instance of, and at the end which instances' code is still the quick
 * one. What V8 has begun to compile further in the background is waited for: whether it begins hangs on what was executed, not on time.
 */
const HOOK = `
const { createHash } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const isQuick = new Function('code', 'return %IsLiftoffFunction(code)');
const { Module, Instance } = WebAssembly;
const [modules, runs] = [[], []];
WebAssembly.Module = function (bytes) { modules.push(createHash('sha256').update(bytes).digest('hex')); return new Module(bytes); };
WebAssembly.Instance = function (...made) { const instance = new Instance(...made); runs.push(instance.exports.run); return instance; };
process.on('exit', () => {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let k = 0; k < 600 && runs.length > 0 && isQuick(runs.at(-1)); k++) Atomics.wait(pause, 0, 0, 100);
  writeFileSync('seen.json', JSON.stringify({ modules, quick: runs.map((run) => isQuick(run)) }));
});
`;
const KNOWS_TIERS = spawnSync(process.execPath, ['--allow-natives-syntax', '-e', "new Function('code', 'return %IsLiftoffFunction(code)')"], { timeout: 60_000 }).status === 0;

function replay(engine: string, moment: number, ...before: readonly string[]): string {
  const views = ['--threads', '--regs', '--code', '--objects', '--log'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...before, BUNDLE, 'replay', 'spinning', '--to', String(moment), '--engine', engine, ...views], { cwd: folder, encoding: 'utf8', timeout: 100_000 });
  assert.equal([status, stderr], [0, '']);
  return stdout;
}

if (!existsSync(BUNDLE)) test.skip('the fast engine across its second compilation', 'the program is not built: dist/rescap.cjs is missing');
else if (!KNOWS_TIERS) test.skip('the fast engine across its second compilation', 'this V8 does not tell how WebAssembly is compiled');
else {
  test.before(() => {
    mkdirSync(join(folder, 'run'));
    writeFileSync(join(folder, 'run/spinning.xml'), SCENARIO);
    writeFileSync(join(folder, 'hook.cjs'), HOOK);
  });

  test('the fast engine across its second compilation is where the reference engine is, and its second code is another', () => {
    // With another size of the stack V8 refuses the code that the build has kept.
    const hooked = ['--allow-natives-syntax', '--stack-size=900', '-r', join(folder, 'hook.cjs')];
    const seen = (): { readonly modules: readonly string[]; readonly quick: readonly boolean[] } => JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8'));
    const fast = replay('fast', MOMENT, ...hooked);
    const { modules, quick } = seen();
    assert.is(modules.length, 2);
    assert.is(new Set(modules).size, 2, 'the same bytes twice: V8 hands out the quick code again');
    assert.equal(quick, [true, false]);
    assert.is(fast, replay('reference', MOMENT));
  });
}

test.run();
