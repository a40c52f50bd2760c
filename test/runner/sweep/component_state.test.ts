// Two states of a component: what differs is found and told, whatever part of it.

import * as assert from 'uvu/assert';
import { type ComponentState, stateDifference } from '../../../src/runner/sweep/component_state.ts';
import { suite } from '../../kit.ts';

const test = suite('component state');

const ID = 0x104;
const UTCB = 0x2800_0000;

interface Parts {
  readonly byte?: number;
  readonly id?: number;
  readonly label?: number;
  readonly size?: number;
  readonly register?: number;
  readonly argument?: number;
  readonly calls?: boolean;
  readonly word?: number;
  readonly used?: number;
  readonly signals?: number;
  readonly triggers?: number;
  readonly threads?: number;
}

function state({ byte = 1, id = ID, label = id, size = 0x1000, register = 7, argument = 3, calls = true, word = 0, used = 4096, signals = 0, triggers = 0, threads = 1 }: Parts = {}): ComponentState {
  const thread = { name: 'ep', kind: 'user', partner: undefined, owes: undefined, left_us: null, paused: false, triggered: false, calls, registers: Array.from({ length: 16 }, (_, i) => (i === 5 ? register : i === 0 ? argument : i)), cpsr: 0x10, utcb: [word, id, 0] } as const;
  return {
    memory: {
      pieces: [{ address: 0x1000, bytes: new Uint8Array([byte, 0, 0, 0]) }],
      regions: [{ address: 0x1000, bytes: size, writable: true }],
      records: [{ slot: 0x200, id, references: 1 }],
      cap_map_address: 0x1000,
      stack_pointers: [],
    },
    ram: { quota: 8192, used },
    threads: new Map(Array.from({ length: threads }, (_, i) => [UTCB + i * 0x200, thread])),
    pending: { signals: new Map([[0xa0, signals]]), irqs: new Map([[0x14, triggers]]) },
    occupied: new Set([0x200]),
    labels: new Map([[0x200, label]]),
    given: new Set([id]),
  };
}

const between = (before: Parts, after: Parts): string | null => stateDifference(state(before), state(after), state(before).pending);

test('equal states have no difference, and ids may be others wherever they stand', () => {
  assert.is(between({}, {}), null);
  assert.is(between({}, { id: 0x208 }), null);
});

test('each part that differs is told', () => {
  for (const [after, words] of [
    [{ byte: 2 }, /memory is another one: 0x1000 holds 0x2 instead of 0x1/],
    [{ size: 0x2000 }, /not attached any more: 0x1000 bytes at 0x1000/],
    [{ label: 0x208 }, /record of slot 0x200 has id 0x104, the capability there has 0x208/],
    [{ argument: 0 }, /"ep": r0 is 0x0 instead of 0x3/],
    [{ register: 8 }, /"ep": r5 is 0x8 instead of 0x7/],
    [{ word: 9 }, /"ep": word 0 of its UTCB is 0x9 instead of 0x0/],
    [{ used: 0 }, /RAM: 0 of 8192 bytes are used, and were 4096/],
    [{ signals: 1 }, /core holds 1 signals of context 0xa0, and held 0/],
    [{ triggers: 1 }, /IRQ object in slot 0x14 has 1 pending triggers, and had 0/],
    [{ threads: 0 }, /thread "ep" is missing/],
    [{ threads: 2 }, /there is a thread "ep" more/],
  ] as const) assert.match(String(between({}, after)), words);
  assert.match(String(between({ calls: false }, { calls: false, argument: 0 })), /"ep": r0 is 0x0 instead of 0x3/);
});

test('records in a part of the memory that only the one has attached are not held against the other', () => {
  const map = new Uint8Array(0x4000);
  const whole = (bytes: Uint8Array, records: readonly { slot: number; id: number; references: number }[]): ComponentState => {
    const one = state();
    return { ...one, memory: { pieces: [{ address: 0x1000, bytes }], regions: [], records, cap_map_address: 0x1000, stack_pointers: [] }, labels: new Map() };
  };
  const record = { slot: 0x200, id: ID, references: 1 };
  const other = whole(map, []);
  assert.is(stateDifference(whole(map.slice(0, 0x1000), [record]), other, other.pending), null, 'its address, 0x200e, lies in what the other has alone');
  assert.match(String(stateDifference(whole(map, [record]), other, other.pending)), /record of slot 0x200 is missing/);
});

test('what comes in while the component stands still may be part of the checkpoint or come again', () => {
  const least = state({ signals: 0 }).pending;
  for (const signals of [0, 1]) assert.is(stateDifference(state({ signals: 1 }), state({ signals }), least), null);
  assert.match(String(stateDifference(state({ signals: 1 }), state({ signals: 0 }), state({ signals: 1 }).pending)), /core holds 0 signals/);
  assert.is(stateDifference(state(), state({ signals: 1 }), least, true), null, 'a restore that tells of another content of a module sends a signal');
});

test.run();
