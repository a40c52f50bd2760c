// Generators of listing rows for property tests, and the places of captured listings. Owns no state.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { OBJECT_TYPES, type ObjectRow, type ObjectSpace, RIGHTS, type SlotEntry, type ThreadRow, threadStateNames } from '../../../src/emu/jdb/model.ts';
import { shownStates } from '../../../src/emu/jdb/threads.ts';
import type { DebugId, Slot } from '../../../src/emu/numbers.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const ORACLE = path('../../../../shared/oracle/');

export const fixture = (name: string): string => readFileSync(path(`fixtures/${name}`), 'utf8');

/** Captured listings whose file name matches; empty where the captures are not at hand. */
export function captured(pattern: RegExp): { name: string; bytes: Buffer; text: string }[] {
  if (!existsSync(ORACLE)) return [];
  const files = readdirSync(ORACLE, { recursive: true, encoding: 'utf8' }).filter((file) => pattern.test(file));
  return files.sort().map((name) => {
    const bytes = readFileSync(ORACLE + name);
    return { name, bytes, text: bytes.toString('latin1') };
  });
}
/** A record as object literals make it, so that it compares equal to one. */
const record = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { noNullPrototype: true });

export const NO_CAPTURES = 'the captured listings are not at hand';

export const id = fc.oneof(fc.integer({ min: 0, max: 0x400 }), fc.integer({ min: 0, max: 0xf_ffff })).map((value) => value as DebugId);
const slot = fc.oneof(fc.integer({ min: 0, max: 0x240 }), fc.integer({ min: 0, max: 0xf_ffff })).map((value) => value as Slot);
const type = fc.constantFrom(...OBJECT_TYPES);

const entry: fc.Arbitrary<SlotEntry> = record({ slot, id: fc.oneof(id, fc.integer({ min: 0x10_0000, max: 0xfff_ffff }).map((value) => value as DebugId)), rights: fc.constantFrom(...RIGHTS), type });
export const objectSpace: fc.Arbitrary<ObjectSpace> = fc
  .uniqueArray(entry, { selector: (item) => item.slot, maxLength: 60, size: 'max' })
  .map((slots) => ({ slots: slots.sort((a, b) => a.slot - b.slot) }));

const name = (max: number) =>
  fc.oneof(
    fc.constantFrom('', 'ep', 'signal handler', 'core.main', 'KERNEL', 'R=1', 'a b'),
    fc.string({ maxLength: max, unit: fc.constantFrom(...'abcXYZ019 ._->{}[]:=') }).map((text) => text.trim()),
  );
const word = fc.nat({ max: 0xffff_ffff });
const count = fc.integer({ min: -1, max: 300_000 });
const named = <T extends object>(row: fc.Arbitrary<T>) =>
  fc.tuple(row, fc.option(name(16), { nil: undefined })).map(([rest, text]) => (text === undefined ? rest : { ...rest, name: text }));
const base = { id, address: word };

export const objectRow: fc.Arbitrary<ObjectRow> = fc.oneof(
  named(record({ ...base, type: fc.constant('Task' as const), kernel: fc.boolean(), references: count })),
  named(
    record({
      ...base,
      type: fc.constant('Thread' as const),
      home: fc.oneof(
        record({ kind: fc.constant('task' as const), task: id, cpu: fc.nat({ max: 3 }) }),
        record({ kind: fc.constant('kernel' as const), cpu: fc.nat({ max: 3 }) }),
        record({ kind: fc.constant('unbound' as const) }),
      ),
      references: count,
      current: fc.boolean(),
    }),
  ),
  named(record({ ...base, type: fc.constant('Gate' as const), label: word, thread: id })),
  named(
    record({
      ...base,
      type: fc.constant('IRQ' as const),
      pin: fc.nat({ max: 0xfff }),
      chip: fc.constantFrom('Soft' as const, 'GIC' as const, 'Bcast' as const),
      label: word,
      thread: id,
      flags: fc.nat({ max: 0xff }),
      queued: count,
    }),
  ),
  named(record({ ...base, type: fc.constant('Factory' as const), used_bytes: count, limit_bytes: count })),
  named(record({ ...base, type: fc.constantFrom('Sched' as const, 'Vlog' as const, 'Icu' as const, 'Pfc' as const, 'Vm' as const) })),
);
export const objectRows = fc.uniqueArray(objectRow, { selector: (row) => row.id, maxLength: 30 });

const threadName = name(15).filter((text) => text !== '' && text !== '-----');
/** Rows as they are shown: states that have no room are left out. */
export const threadRow: fc.Arbitrary<ThreadRow> = fc
  .record({
    row: record({ id, cpu: fc.nat({ max: 255 }), priority: fc.nat({ max: 255 }) }),
    names: fc.option(threadName, { nil: undefined }),
    task: fc.option(id, { nil: undefined }),
    states: fc.nat({ max: 0x3ff_ffff }).map(threadStateNames),
    partner: id,
    wait: fc.constantFrom('none' as const, 'open' as const, 'thread' as const, 'irq' as const, 'other' as const),
    timeout: fc.oneof(
      fc.constantFrom({ kind: 'none' as const }, { kind: 'over' as const }, { kind: 'long' as const }),
      record({ kind: fc.constant('left' as const), value: fc.nat({ max: 999 }), unit: fc.constantFrom('s' as const, 'ms' as const, 'us' as const) }),
    ),
  })
  .map(({ row, names, task, states, partner, wait, timeout }): ThreadRow => {
    const waiting: ThreadRow['wait'] =
      wait === 'none' || wait === 'open'
        ? { kind: wait }
        : wait !== 'thread'
          ? { kind: 'from', partner, is: wait }
          : states.includes('send')
            ? { kind: 'to', receiver: partner }
            : { kind: 'from', partner, is: 'thread' };
    return { ...row, ...(names === undefined ? {} : { name: names }), ...(task === undefined ? {} : { task }), wait: waiting, timeout, ...shownStates(states) };
  });
export const threadRows = fc
  .uniqueArray(threadRow, { selector: (row) => row.id, maxLength: 30 })
  .map((rows) => rows.sort((a, b) => b.id - a.id));
