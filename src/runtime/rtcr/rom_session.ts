// Interposed ROM session: records the module's dataspace and the handler of changes. The module "config" of a child that has a
// configuration of its own is provided here, without a session behind it.
// Owner of the rows of ROM sessions and of their own dataspaces. Source modelled: checkpoint-restore.md 1.4 (never stored there).

import type { Plain } from '../../emu/plain.ts';
import { labelOf, lastLabelElement } from '../arg_string.ts';
import { Ram_session, Rom_session } from '../rpc/interfaces.ts';
import { bytesOf } from '../rpc/wire.ts';
import { dec } from '../native/cap_space.ts';
import type { Managed } from '../native/entrypoint.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { type Attached, attachDataspace, detachDataspace, writeMemory } from '../native/memory.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcArguments, type RpcReply } from '../native/rpc_client.ts';
import { cap, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { openSession, type Opened } from '../native/session.ts';
import { type CreatedSession, type CreateSession, newSession } from './created_session.ts';
import { forwarded, hold, interpose, release, replaceHeld } from './interposer.ts';
import { romSessions, targets } from './online_storage.ts';

const CONFIG_MODULE = 'config';
const CACHED = 2;

/** True if the target brings this module itself. */
const isLocal = (x: Execution, { target, args }: CreateSession): boolean =>
  targets(x).require(target).config !== '' && lastLabelElement(labelOf(args)) === CONFIG_MODULE;

export const createRomSession = procedure<CreateSession>('rtcr.create_rom_session', {
  start: (x, l) => (isLocal(x, l) ? goto('local') : call(openSession, { service: 'ROM', args: l.args, affinity: l.affinity }, 'opened')),
  opened: (x, l, { cap: real }: Opened) => {
    l.ref = romSessions(x).insert({ ...newSession(x, l, real), local: 0, outdated: false, copy: null, ds: null, sigh: null });
    return goto('interpose');
  },
  local: (x, l) => {
    l.ref = romSessions(x).insert({ ...newSession(x, l, 0), local: 0, outdated: false, copy: null, ds: null, sigh: null });
    const text = bytesOf(targets(x).require(l.target).config);
    return call(fillLocalModule, { key: l.ref, bytes: Uint8Array.from([...text, 0]) }, 'interpose');
  },
  interpose: (_x, l) => call(interpose, { target: l.target, interface: 'Rom_session', ref: l.ref ?? 0 }, 'interposed'),
  interposed: (x, l, { id, cap: object }: Managed) => {
    romSessions(x).update(l.ref ?? 0, { id, cap: object });
    return done({ key: l.ref ?? 0, id, cap: object } satisfies CreatedSession);
  },
});

type FillLocals = { [key: string]: Plain; key: number; bytes: Uint8Array; ds?: number; address?: number; failure?: { readonly name: string; readonly text: string } };

/** Gives a ROM session a dataspace of the checkpointer's own with these bytes. */
export const fillLocalModule = procedure<FillLocals>('rtcr.fill_local_module', {
  start: (x, l) => rpc(Ram_session.alloc, env.get(x).ram, { size: l.bytes.length, cached: CACHED }, 'allocated'),
  allocated: (_x, l, { cap: ds }: RpcReply) => {
    l.ds = ds ?? 0;
    return call(attachDataspace, { ds }, 'attached', 'failed');
  },
  attached: (_x, l, { address }: Attached) => {
    l.address = address;
    return call(writeMemory, { address, bytes: l.bytes }, 'written');
  },
  written: (_x, l) => call(detachDataspace, { address: l.address ?? 0 }, 'detached', 'failed'),
  failed: (x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return rpc(Ram_session.free, env.get(x).ram, { ds: l.ds ?? null }, 'freed', 'freed');
  },
  freed: (x, l) => {
    dec(x, l.ds ?? null);
    return raise(l.failure?.name ?? 'Ipc_error', l.failure?.text ?? '');
  },
  detached: (x, l) => {
    const { ds } = romSessions(x).require(l.key);
    release(x, ds);
    romSessions(x).update(l.key, { local: l.ds ?? 0, ds: hold(x, l.ds ?? 0) });
    return done();
  },
});

/** Frees the dataspace that stood in for a module. */
export const freeLocalModule = procedure<{ [key: string]: Plain; key: number }>('rtcr.free_local_module', {
  start: (x, l) => {
    const { local } = romSessions(x).require(l.key);
    return local === 0 ? done() : rpc(Ram_session.free, env.get(x).ram, { ds: local }, 'freed', 'freed');
  },
  freed: (x, l) => {
    dec(x, romSessions(x).require(l.key).local);
    romSessions(x).update(l.key, { local: 0 });
    return done();
  },
});

const to = (x: Execution, ref: number): number | null => romSessions(x).get(ref)?.real ?? null;

type AskLocals = { [key: string]: Plain; request: RpcRequest };

const dataspace = procedure<AskLocals>('rtcr.rom_session.dataspace', {
  start: (x, { request }) => {
    const row = romSessions(x).get(request.ref);
    if (row !== undefined && row.local !== 0 && row.real === 0) return done({ cap: row.local } satisfies RpcAnswer);
    // From here on the component has what the module contains now; the old content stays for as long as it may still be attached.
    if (row?.outdated === true) romSessions(x).update(request.ref, { outdated: false });
    return rpc(Rom_session.dataspace, to(x, request.ref), request.args as RpcArguments, 'answer', 'failed');
  },
  answer: (x, { request }, { cap: ds }: RpcReply) => {
    const row = romSessions(x).get(request.ref);
    if (row !== undefined) romSessions(x).update(request.ref, { ds: replaceHeld(x, row.ds, ds) });
    return done({ cap: ds, drop: true } satisfies RpcAnswer);
  },
  failed: (_x, _l, failure: Failure) => done({ cap: null, failure } satisfies RpcAnswer),
});

const update = procedure<AskLocals>('rtcr.rom_session.update', {
  start: (x, { request }) => {
    const row = romSessions(x).get(request.ref);
    if (row === undefined || row.real === 0 || row.outdated) return done({ value: false } satisfies RpcAnswer);
    return rpc(Rom_session.update, row.real, {}, 'answer', 'failed');
  },
  // Only now may the server have written to the dataspace that the component has.
  answer: (x, { request }, { value }: RpcReply) => {
    if (romSessions(x).get(request.ref) !== undefined) romSessions(x).update(request.ref, { copy: null });
    return done({ value } satisfies RpcAnswer);
  },
  failed: () => done({ value: false } satisfies RpcAnswer),
});

function recordHandler(x: Execution, request: RpcRequest): void {
  const row = romSessions(x).get(request.ref);
  if (row !== undefined) romSessions(x).update(request.ref, { sigh: replaceHeld(x, row.sigh, cap(request, 'sigh')) });
}

const passOnHandler = forwarded(Rom_session.sigh, { to, record: recordHandler });

const sigh = procedure<AskLocals>('rtcr.rom_session.sigh', {
  start: (x, { request }) => {
    if (romSessions(x).get(request.ref)?.real !== 0) return call(passOnHandler, { request }, 'answer');
    recordHandler(x, request);
    return done({} satisfies RpcAnswer);
  },
  answer: (_x, _l, answer: RpcAnswer) => done(answer),
});

export const romSessionService = { dataspace, update, sigh } as const;
