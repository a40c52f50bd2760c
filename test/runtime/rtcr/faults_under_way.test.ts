// Checkpoints while a page fault is on its way to core's pager or back: the fault is not kept, the access is carried out again.

import * as assert from 'uvu/assert';
import type { DebugId } from '../../../src/emu/numbers.ts';
import { NOTE_FROZEN } from '../../../src/runtime/system.ts';
import { suite } from '../../kit.ts';
import { boot, type Driver } from './driver.ts';

const test = suite('runtime/rtcr/faults_under_way', { timeout_ms: 60_000 });

const PAGES = 12;
const each = (step: (n: number) => string): string => Array.from({ length: PAGES }, (_, k) => step(k + 1)).join(' ');
/** Core maps as much of a dataspace at once as it can, so each page is a dataspace of its own. A write that is lost makes another sum. */
const CHILD = `<child name="worker" binary="universal"> <config>
  ${each((n) => `<alloc name="d${n}" bytes="4K"/> <attach name="a${n}" dataspace="d${n}"/>`)}
  <set name="mark" value="7"/> <set name="sum" value="0"/>
  <log text="begins"/>
  ${each((n) => `<write at="a${n}" value="${3 * n}"/> <add name="mark" value="${n}"/>`)}
  ${each((n) => `<load name="word" at="a${n}"/> <add name="sum" value="word"/>`)}
  <log text="sum {sum}, mark {mark}"/>
</config> </child>`;
const END = `] sum ${(3 * PAGES * (PAGES + 1)) / 2}, mark ${7 + (PAGES * (PAGES + 1)) / 2}`;

const worker = (driver: Driver): DebugId | undefined => driver.system.components().filter(({ label, alive }) => alive && label.endsWith('worker')).at(-1)?.task;

test('a component is checkpointed at any of its page faults and does every write once', () => {
  const driver = boot({ children: CHILD, modules: ['universal'] });
  const { machine } = driver.system;
  assert.is(driver.until('] begins', 8000), true);
  const task = worker(driver);
  let faults = 0;
  machine.events.listen(['page_fault'], (event) => {
    if (event.task !== task) return;
    faults++;
    machine.stop();
  });
  let met = 0;
  machine.events.listen(['note'], (event) => {
    if (event.kind !== 'note' || event.what !== NOTE_FROZEN) return;
    if (driver.system.threads().some((row) => row.task === task && driver.system.inspector.thread(row.id)?.faults === true)) met++;
  });
  let tried = 0;
  for (;;) {
    const before = faults;
    machine.run({ time_us: 200_000 });
    if (faults === before) break;
    const moment = driver.system.snapshot();
    const text = driver.text;
    const checkpoint = driver.command({ kind: 'checkpoint', of: 'rtcr -> worker', name: 'now', strategy: {} });
    assert.is(checkpoint.ok, true, checkpoint.ok ? '' : checkpoint.message);
    assert.is(driver.command({ kind: 'kill', child: 'rtcr -> worker' }).ok, true);
    driver.forget();
    const restored = driver.command({ kind: 'restore', from: 'now', as: 'rtcr -> worker', strategy: {} });
    assert.is(restored.ok, true, restored.ok ? '' : restored.message);
    assert.is(driver.until('] sum', 1000), true, `fault ${faults}`);
    assert.ok(driver.text.includes(END), `fault ${faults}: ${driver.text}`);
    driver.system.rewind(moment);
    driver.text = text;
    faults = before + 1;
    tried++;
  }
  assert.ok(driver.text.includes(END), 'undisturbed');
  assert.ok(tried >= PAGES, `${tried} faults`);
  assert.ok(met > PAGES / 2, `only ${met} of ${tried} checkpoints met a fault`);
});

test.run();
