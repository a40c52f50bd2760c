// What the event stream tells of slots: items of messages, what a receiver made of them, who asked whom within what.

import * as assert from 'uvu/assert';
import { EventStream, type BoardEvent } from '../../../src/emu/event.ts';
import { debugId, type Instructions, type Microseconds } from '../../../src/emu/numbers.ts';
import { LIMIT_STAYS } from '../../../src/runtime/history/limits.ts';
import { SlotHistory } from '../../../src/runtime/history/slot_history.ts';
import { suite } from '../../kit.ts';

const test = suite('slot history');

const [CLIENT, SERVER] = [0x10, 0x20];
const [CLIENT_THREAD, SERVER_THREAD] = [0x11, 0x21];
const GATE = 0x30;
const NO_CAPABILITY = 0xffff_ffff;

/** A history, and a way to tell it what happens; the time is the number of the event. */
function watched(lookup = (_gate: number): string | null => null) {
  const events = new EventStream();
  const history = new SlotHistory((gate) => lookup(gate));
  history.follow(events);
  let time = 0;
  const happen = (task: number, thread: number, event: BoardEvent) =>
    events.emit({ instructions: time as Instructions, time_us: time++ as Microseconds, task: debugId(task), thread: debugId(thread), ...event });
  const mapped = (task: number, thread: number, object: number, into: number, slot: number, how: 'map' | 'grant' | 'create' = 'map') =>
    happen(task, thread, { kind: 'cap_mapped', object: debugId(object), into: debugId(into), slot, how });
  const unmapped = (task: number, thread: number, object: number, from: number, slot: number) =>
    happen(task, thread, { kind: 'cap_unmapped', object: debugId(object), from: debugId(from), slot });
  const message = (phase: 'request' | 'reply', words: readonly number[]) => {
    const [from, to] = phase === 'request' ? [CLIENT_THREAD, SERVER_THREAD] : [SERVER_THREAD, CLIENT_THREAD];
    happen(phase === 'request' ? CLIENT : SERVER, from, { kind: 'ipc_transfer', from: debugId(from), to: debugId(to), object: debugId(GATE), phase, tag: 0, label: 0, words });
  };
  return { history, happen, mapped, unmapped, message };
}

test('a capability that a receiver takes out of its window keeps the message and the item that brought it', () => {
  const { history, mapped, unmapped, message } = watched(() => 'Pd_session');
  message('request', [0, 0, 2]);
  mapped(SERVER, SERVER_THREAD, 0x40, CLIENT, 0x200);
  mapped(SERVER, SERVER_THREAD, 0x41, CLIENT, 0x201);
  message('reply', [0, 3, 7, NO_CAPABILITY, 8]);
  unmapped(CLIENT, CLIENT_THREAD, 0x41, CLIENT, 0x201);
  mapped(CLIENT, CLIENT_THREAD, 0x41, CLIENT, 0x217, 'grant');
  const [stay] = history.stays(debugId(CLIENT), 0x217);
  assert.is(stay?.delivery?.request.rpc.function, 'alloc_signal_source');
  assert.equal([stay?.delivery?.as, stay?.delivery?.item, stay?.delivery?.window], ['result', 2, 0x201]);
  assert.is(history.stays(debugId(CLIENT), 0x201)[0]?.end?.by, CLIENT_THREAD);
});

test('what a server puts into another task while it serves is no part of a message', () => {
  const { history, happen, mapped, message } = watched(() => 'Native_pd');
  message('request', [0, 0, 1]);
  happen(SERVER, SERVER_THREAD, { kind: 'syscall_enter', tag: 0, selector: 0, timeouts: 0, op: 0 });
  mapped(SERVER, SERVER_THREAD, 0x40, CLIENT, 0x217);
  happen(SERVER, SERVER_THREAD, { kind: 'syscall_leave', tag: 0, label: 0, error: 0 });
  message('reply', [0, 0]);
  const [stay] = history.stays(debugId(CLIENT), 0x217);
  assert.is(stay?.delivery, null);
  assert.ok(stay?.by_other_task);
  assert.is(stay?.serving?.rpc.function, 'install');
});

test('an object knows the request within which it was made, and what it was asked for through it', () => {
  const { history, happen, message } = watched(() => 'Pd_session');
  happen(SERVER, SERVER_THREAD, { kind: 'object_created', object: debugId(GATE), type: 'Gate', bound: null });
  message('request', [0, 0, 7]);
  happen(SERVER, SERVER_THREAD, { kind: 'object_created', object: debugId(0x40), type: 'Gate', bound: null });
  message('reply', [0, 0]);
  happen(SERVER, SERVER_THREAD, { kind: 'object_created', object: debugId(0x41), type: 'IRQ', bound: null });
  assert.is(history.life(debugId(0x40))?.serving?.rpc.function, 'alloc_rpc_cap');
  assert.is(history.life(debugId(0x41))?.serving, null);
  assert.equal([...(history.life(debugId(GATE))?.calls ?? [])], [['Pd_session.alloc_rpc_cap', { count: 1, last_us: 1 as Microseconds }]]);
});

test('of a slot that is filled again and again the last contents are kept', () => {
  const { history, mapped, unmapped } = watched();
  for (let object = 0x100; object < 0x100 + 2 * LIMIT_STAYS; object++) {
    mapped(SERVER, SERVER_THREAD, object, CLIENT, 5);
    unmapped(SERVER, SERVER_THREAD, object, CLIENT, 5);
  }
  const stays = history.stays(debugId(CLIENT), 5);
  assert.is(stays.length, LIMIT_STAYS);
  assert.is(stays.at(-1)?.object, 0x100 + 2 * LIMIT_STAYS - 1);
});

test.run();
