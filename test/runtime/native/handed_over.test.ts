// What hosted procedures hand over to each other, and the rows of their tables, is never changed afterwards: snapshots of a machine and
// forks share it. Here all of it is frozen on its way, so that a change throws where it is made; of bytes, which cannot be frozen, a copy is kept.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { main } from '../../../src/cli/main.ts';
import { debugId } from '../../../src/emu/numbers.ts';
import type { Plain } from '../../../src/emu/plain.ts';
import { HostedThread } from '../../../src/runtime/native/hosted_thread.ts';
import { type Action, call, done, goto, procedure } from '../../../src/runtime/native/procedure.ts';
import { Table } from '../../../src/runtime/native/store.ts';
import { realContext } from '../../cli/context.ts';
import { suite } from '../../kit.ts';

const test = suite('runtime/native/handed_over', { timeout_ms: 300_000 });
const root = join(import.meta.dirname, '../../..');
const reports = mkdtempSync(join(tmpdir(), 'rescap-handed-'));
test.after(() => rmSync(reports, { recursive: true, force: true }));

interface KeptBytes {
  readonly bytes: Uint8Array | Uint32Array;
  readonly copy: Uint8Array | Uint32Array;
  /** Who handed them over first. */
  readonly from: string;
}

/** Freezes what it is given, however deep. */
class Freezer {
  /** Values frozen. */
  frozen = 0;
  readonly #seen = new WeakSet<object>();
  readonly #bytes: KeptBytes[] = [];

  freeze(value: unknown, from: string): void {
    if (value === null || typeof value !== 'object' || this.#seen.has(value)) return;
    this.#seen.add(value);
    this.frozen++;
    if (value instanceof Uint8Array || value instanceof Uint32Array) this.#bytes.push({ bytes: value, copy: value.slice(), from });
    else {
      this.parts(value, from);
      Object.freeze(value);
    }
  }

  /** Freezes what something holds, and not itself. */
  parts(holder: object, from: string): void {
    for (const part of Object.values(holder)) this.freeze(part, from);
  }

  /** As `parts` for a procedure's own variables: bytes in them may still be filled. */
  variables(locals: object, from: string): void {
    for (const part of Object.values(locals)) if (!(part instanceof Uint8Array)) this.freeze(part, from);
  }

  /** Who handed over bytes that are others by now. */
  changed(): readonly string[] {
    return this.#bytes.filter(({ bytes, copy }) => bytes.length !== copy.length || bytes.some((value, at) => value !== copy[at])).map(({ from }) => from);
  }

  get bytes(): number {
    return this.#bytes.length;
  }
}

/** Has everything frozen that is handed over while `body` runs. */
async function frozen(body: () => Promise<void> | void): Promise<Freezer> {
  const freezer = new Freezer();
  const { perform, touch, begin } = HostedThread.prototype;
  const { set } = Table.prototype;
  HostedThread.prototype.begin = function (this: HostedThread, name: string, locals: Record<string, Plain>): void {
    freezer.parts(locals, name);
    begin.call(this, name, locals);
  };
  HostedThread.prototype.perform = function (this: HostedThread, action: Action): ReturnType<typeof perform> {
    const { procedure: name, step, locals } = this.top;
    const from = `${name}.${step}`;
    freezer.variables(locals, from);
    // Locals are made for the call and become the procedure's own; what they hold does not.
    if (action.do !== 'call') freezer.freeze(action.value, from);
    else if (action.value !== null && typeof action.value === 'object') freezer.parts(action.value, from);
    return perform.call(this, action);
  };
  HostedThread.prototype.touch = function (this: HostedThread, address: number, write: boolean): void {
    const { procedure: name, step, locals } = this.top;
    freezer.variables(locals, `${name}.${step}`);
    touch.call(this, address, write);
  };
  Table.prototype.set = function (this: Table<object>, key: number, row: object): void {
    freezer.freeze(row, 'a row');
    set.call(this, key, row);
  };
  try {
    await body();
  } finally {
    Object.assign(HostedThread.prototype, { perform, touch, begin });
    Table.prototype.set = set;
  }
  return freezer;
}

/** Checkpoint and restore of a component, of one with sessions and signals, of two that call each other, in parts, beside the running target, and with a historic defect. */
const SCENARIOS = ['sheep_counter', 'expectations', 'restore/client_and_server', 'restore/many_sessions', 'restore/nested', 'background_copy', 'loses/cap_map_cycle'];

for (const name of SCENARIOS) {
  test(`${name} passes with everything frozen that is handed over`, async () => {
    const told = realContext(root);
    const freezer = await frozen(async () => {
      const status = await main(['run', '--quiet', '--reports', reports, name], told.context);
      assert.is(status, 0, told.output() + told.errors());
    });
    assert.ok(freezer.frozen > 10_000, `${freezer.frozen} values were handed over`);
    assert.ok(freezer.bytes > 0, 'no bytes were handed over');
    assert.equal(freezer.changed(), []);
  });
}

const list = [{ at: 1 }];
const bytes = new Uint8Array(2);
const receiver = procedure<{ list: readonly { at: number }[]; bytes: Uint8Array }>('test.handed_over', { start: () => done(), later: () => done() });

test('what is handed over to a procedure, from step to step, back, or kept as a row or a variable cannot be changed', async () => {
  const freezer = await frozen(() => {
    const thread = new HostedThread(debugId(4), 0);
    thread.begin('test.handed_over', { entry: [1] });
    assert.throws(() => (thread.top.locals['entry'] as number[]).push(2));
    const input = { deep: { at: 1 } };
    thread.perform(goto('later', input));
    assert.throws(() => (input.deep.at = 2));
    thread.top.locals['kept'] = { at: 1 };
    const value = [1];
    thread.perform(call(receiver, { list, bytes }, 'later'));
    assert.throws(() => (list[0] = { at: 2 }));
    assert.throws(() => ((list[0] as { at: number }).at = 2));
    (thread.top.locals as { own?: number }).own = 1;
    thread.perform(done(value));
    assert.throws(() => value.push(2));
    assert.throws(() => ((thread.top.locals['kept'] as { at: number }).at = 2));
    const row = { at: 1 };
    new Table<{ at: number }>().insert(row);
    assert.throws(() => (row.at = 2));
  });
  assert.equal(freezer.changed(), []);
  bytes[1] = 1;
  assert.equal(freezer.changed(), ['test.handed_over.later']);
});

test.run();
