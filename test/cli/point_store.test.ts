// Records of explained points: read back as they were written, and never for another program, scenario, module, point or task, nor damaged.
// Owner of one temporary folder, removed at the end.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/cli/context.ts';
import { pointStore } from '../../src/cli/point_store.ts';
import { findScenarios, loadScenario } from '../../src/cli/scenarios.ts';
import type { PointRecord } from '../../src/runner/slot/point_record.ts';
import { suite } from '../kit.ts';
import { realContext } from './context.ts';

const test = suite('records of explained points');
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'rescap-points-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'dist'));
const program = (text: string): void => { for (const file of ['start.cjs', 'engine.wasm', 'semantics.json']) writeFileSync(join(folder, 'dist', `rescap.${file}`), text); };
program('a program');

const { context: real } = realContext(root);
const context: Context = { ...real, cwd: folder, script: join(folder, 'dist/rescap.cjs') };
const { scenario } = loadScenario(findScenarios(['sheep_counter'], real)[0] ?? '', real);
if (scenario === undefined) throw new Error('sheep_counter has errors');
const other = { scenario: 's', point: 'p', time_us: 1, component: 'c', task: 2, slot: 3, object: null, arrival: null, record: { kind: 'unknown', reason: 'a test' }, before: [] } as const;
const RECORD: PointRecord = { told: [other], other, fates: { slots: [[3, [{ ways: ['complete'], outcome: { state: 'empty' } }]]], other: [] } };
const modules = [{ name: 'm', bytes: Uint8Array.of(1, 2, 3) }];
const store = (change: { point?: string; task?: string; bytes?: readonly number[]; seed?: number } = {}) =>
  pointStore({ ...scenario, ...(change.seed === undefined ? {} : { seed: change.seed }) }, change.bytes === undefined ? modules : [{ name: 'm', bytes: Uint8Array.from(change.bytes) }], change.point ?? 'third', change.task ?? '', context);

test('a record is read as it was written, and a second one takes its place', () => {
  assert.is(store()?.get(), undefined);
  store()?.put(RECORD);
  assert.equal(store()?.get(), RECORD);
  store()?.put({ ...RECORD, told: [] });
  assert.equal(store()?.get(), { ...RECORD, told: [] });
});

test('another module, task, scenario or program makes a record stale', () => {
  store()?.put(RECORD);
  assert.is(store({ bytes: [1, 2, 4] })?.get(), undefined);
  assert.is(store({ task: 'core' })?.get(), undefined);
  assert.is(store({ point: 'fourth' })?.get(), undefined);
  assert.is(store({ seed: 7 })?.get(), undefined);
  program('another one');
  assert.is(store()?.get(), undefined);
  program('a program');
  assert.equal(store()?.get(), RECORD);
});

test('a record that is cut or changed anywhere counts as none', () => {
  store()?.put(RECORD);
  const file = join(folder, 'reports/sheep_counter/explain/third.json');
  const whole = readFileSync(file, 'latin1');
  fc.assert(
    fc.property(fc.nat(whole.length - 2), fc.boolean(), (at, cut) => {
      writeFileSync(file, cut ? whole.slice(0, at) : `${whole.slice(0, at)}${whole[at] === 'x' ? 'y' : 'x'}${whole.slice(at + 1)}`, 'latin1');
      return store()?.get() === undefined;
    }),
    { numRuns: 100, seed: 1 },
  );
  writeFileSync(file, whole, 'latin1');
  assert.equal(store()?.get(), RECORD);
});

function fail(): never {
  throw new Error('sheep_counter has no steps');
}

test('without a build, and where a scenario takes in files, nothing is kept', () => {
  const { script: _, ...bare } = context;
  assert.is(pointStore(scenario, modules, 'third', '', bare), undefined);
  const loads = { ...scenario, steps: [...scenario.steps, { kind: 'load-image' as const, name: 'a', file: 'b.ckpt', span: (scenario.steps[0] ?? fail()).span }] };
  assert.is(pointStore(loads, modules, 'third', '', context), undefined);
});

test.run();
