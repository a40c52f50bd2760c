// ROM modules of a restored target: the dataspaces that its sessions hand out now, or, where a module has changed since the checkpoint,
// a copy of what it contained then; the target is told that there is something newer. Changes rows of ROM sessions, fills translations.
// Source modelled: Genode's Attached_rom_dataspace (update, then a new dataspace); checkpoint-restore.md 4.5 (never stored there).

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { type Attached, attachDataspace, detachDataspace, readMemory } from '../native/memory.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Dataspace, Pd_session, Ram_session, Rom_session } from '../rpc/interfaces.ts';
import { copyDataspace } from './dataspace_copy.ts';
import { each } from './each.ts';
import { hold, release } from './interposer.ts';
import { romSessions } from './online_storage.ts';
import { callPersistently } from './persistent_call.ts';
import { alsoKnown, nowAt, restoration, snapshotOf, translated } from './restoration.ts';
import type { StoredRomSession } from './target_state.ts';

const CACHED = 2;
const COMPARED_BYTES = 64 * 1024;

type RomLocals = { [key: string]: Plain; item: number; present?: number; copy?: number };

/** Key of the restored session in the place of a stored one. */
const keyAt = (x: Execution, at: number): number => romSessions(x).entries().filter(([, row]) => row.target === restoration.get(x).target)[at]?.[0] ?? 0;
const storedAt = (x: Execution, at: number): StoredRomSession | undefined => snapshotOf(x).rom_sessions[at];

const restoreRom = procedure<RomLocals>('rtcr.restore_rom', {
  start: (x, l) => {
    const row = romSessions(x).get(keyAt(x, l.item));
    if (row === undefined || (storedAt(x, l.item)?.ds_badge ?? 0) === 0) return done();
    return callPersistently(Rom_session.dataspace, row.cap, {}, row.real, 'fetched');
  },
  fetched: (x, l, { cap }: RpcReply) => {
    l.present = cap ?? 0;
    const { content = 0, size = 0 } = storedAt(x, l.item) ?? {};
    if (content === 0 || restoration.get(x).strategy.rom === 'refetch') return goto('present');
    return cap === null ? goto('stand_in') : call(sameContent, { a: cap, b: content, bytes: size }, 'compared', 'uncompared');
  },
  uncompared: (x, l, { name, text }: Failure) => {
    dec(x, l.present ?? null);
    return raise(name, text);
  },
  compared: (_x, _l, same: boolean) => goto(same ? 'present' : 'stand_in'),
  present: (x, l) => {
    if ((l.present ?? 0) !== 0) translated(x, storedAt(x, l.item)?.ds_badge ?? 0, l.present ?? 0);
    return done();
  },
  stand_in: (x, l) => {
    dec(x, l.present ?? null);
    return rpc(Ram_session.alloc, env.get(x).ram, { size: storedAt(x, l.item)?.size ?? 0, cached: CACHED }, 'allocated', 'denied');
  },
  denied: (_x, _l, { name }: Failure) => raise('Restore_refused', `no RAM for the former content of a ROM module (${name})`),
  allocated: (x, l, { cap }: RpcReply) => {
    l.copy = cap ?? 0;
    const key = keyAt(x, l.item);
    release(x, romSessions(x).require(key).ds);
    romSessions(x).update(key, { local: l.copy, outdated: true, ds: hold(x, l.copy) });
    const { content = 0, size = 0, ds_badge = 0 } = storedAt(x, l.item) ?? {};
    alsoKnown(x, ds_badge, l.copy);
    return call(copyDataspace, { from: content, to: l.copy, bytes: size }, 'copied');
  },
  copied: () => done(),
});

/** The dataspaces of all ROM sessions that the target had asked for. */
export const restoreRoms = procedure<Record<string, Plain>>('rtcr.restore_roms', {
  start: (x) => each(restoreRom, snapshotOf(x).rom_sessions.map((_session, at) => at), {}, 'restored'),
  restored: () => done(),
});

type CompareLocals = { [key: string]: Plain; a: number; b: number; bytes: number; at_a?: number; at_b?: number; offset?: number; one?: Uint8Array; same?: boolean; failure?: { readonly name: string; readonly text: string } };

/** Whether two dataspaces hold the same bytes: boolean. */
const sameContent = procedure<CompareLocals>('rtcr.same_content', {
  start: (_x, l) => rpc(Dataspace.size, l.a, {}, 'sized'),
  sized: (_x, l, { value }: RpcReply) => (value === l.bytes ? call(attachDataspace, { ds: l.a }, 'first') : done(false)),
  first: (_x, l, { address }: Attached) => {
    l.at_a = address;
    return call(attachDataspace, { ds: l.b }, 'second', 'failed');
  },
  failed: (_x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return call(detachDataspace, { address: l.at_a ?? 0 }, 'given_up', 'given_up');
  },
  given_up: (_x, l) => raise(l.failure?.name ?? 'Ipc_error', l.failure?.text ?? ''),
  second: (_x, l, { address }: Attached) => {
    l.at_b = address;
    l.offset = 0;
    l.same = true;
    return goto('read');
  },
  read: (_x, l) => {
    const length = Math.min(COMPARED_BYTES, l.bytes - (l.offset ?? 0));
    return length <= 0 || l.same !== true ? call(detachDataspace, { address: l.at_b ?? 0 }, 'detach', 'failed') : call(readMemory, { address: (l.at_a ?? 0) + (l.offset ?? 0), length }, 'other');
  },
  other: (_x, l, one: Uint8Array) => {
    l.one = one;
    return call(readMemory, { address: (l.at_b ?? 0) + (l.offset ?? 0), length: one.length }, 'compare');
  },
  compare: (_x, l, two: Uint8Array) => {
    l.same = two.every((byte, at) => byte === l.one?.[at]);
    l.offset = (l.offset ?? 0) + COMPARED_BYTES;
    return goto('read');
  },
  detach: (_x, l) => call(detachDataspace, { address: l.at_a ?? 0 }, 'detached'),
  detached: (_x, l) => done(l.same === true),
});

/** Tells the target of modules that have changed, as their server would have done. */
export const signalRomChanges = procedure<Record<string, Plain>>('rtcr.signal_rom_changes', {
  start: (x) => each(signalRom, snapshotOf(x).rom_sessions.flatMap(({ sigh_badge }, at) => (sigh_badge !== 0 && romSessions(x).get(keyAt(x, at))?.outdated === true ? [at] : [])), {}, 'signalled'),
  signalled: () => done(),
});

const signalRom = procedure<{ [key: string]: Plain; item: number }>('rtcr.signal_rom_change', {
  start: (x, l) => {
    const context = nowAt(x, storedAt(x, l.item)?.sigh_badge ?? 0);
    return context === null ? done() : rpc(Pd_session.submit, env.get(x).pd, { context, count: 1 }, 'submitted', 'submitted');
  },
  submitted: () => done(),
});
