// Interposed RM session: the region maps that the target creates are interposed as well.
// Owner of the rows of RM sessions. Source modelled: checkpoint-restore.md 1.4.

import type { Plain } from '../../emu/plain.ts';
import { exceptionCode } from '../rpc/interface.ts';
import { Region_map, Rm_session } from '../rpc/interfaces.ts';
import { capId, dec } from '../native/cap_space.ts';
import type { Managed } from '../native/entrypoint.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { openSession, type Opened } from '../native/session.ts';
import { type CreatedSession, type CreateSession, isBootstrap, newSession } from './created_session.ts';
import { interpose, release, withdraw } from './interposer.ts';
import { takeListLock } from './list_lock.ts';
import { regionMaps, rmSessions } from './online_storage.ts';
import { forgetRegions } from './region_map.ts';

export const createRmSession = procedure<CreateSession>('rtcr.create_rm_session', {
  start: (_x, l) => call(openSession, { service: 'RM', args: l.args, affinity: l.affinity }, 'opened'),
  opened: (x, l, { cap: real }: Opened) => {
    l.ref = rmSessions(x).insert(newSession(x, l, real));
    return call(interpose, { target: l.target, interface: 'Rm_session', ref: l.ref }, 'interposed');
  },
  interposed: (x, l, { id, cap: object }: Managed) => {
    rmSessions(x).update(l.ref ?? 0, { id, cap: object });
    return done({ key: l.ref ?? 0, id, cap: object } satisfies CreatedSession);
  },
});

const to = (x: Execution, ref: number): number | null => rmSessions(x).get(ref)?.real ?? null;

type CreateLocals = { [key: string]: Plain; request: RpcRequest; map?: number };

const create = procedure<CreateLocals>('rtcr.rm_session.create', {
  start: (x, l) => rpc(Rm_session.create, to(x, l.request.ref), { size: num(l.request, 'size') }, 'created', 'failed'),
  created: (x, l, { cap: real }: RpcReply) => {
    const session = rmSessions(x).get(l.request.ref);
    if (real === null || session === undefined) return done({ cap: null } satisfies RpcAnswer);
    l.map = regionMaps(x).insert({
      target: session.target, real, cap: 0, id: 0, bootstrapped: isBootstrap(x, session.target), role: 'rm', rm: l.request.ref, pd: 0,
      size: num(l.request, 'size'), ds: { slot: 0, id: 0 }, sigh: null,
    });
    return rpc(Region_map.dataspace, real, {}, 'dataspace', 'failed');
  },
  dataspace: (x, l, { cap: ds }: RpcReply) => {
    if (ds !== null) regionMaps(x).update(l.map ?? 0, { ds: { slot: ds, id: capId(x, ds) } });
    return call(interpose, { target: regionMaps(x).require(l.map ?? 0).target, interface: 'Region_map', ref: l.map ?? 0 }, 'interposed');
  },
  interposed: (x, l, { id, cap: object }: Managed) => {
    regionMaps(x).update(l.map ?? 0, { id, cap: object });
    return done({ cap: object } satisfies RpcAnswer);
  },
  failed: (_x, _l, failure: Failure) =>
    exceptionCode(Rm_session.create, failure.name) === undefined ? done({ cap: null, failure } satisfies RpcAnswer) : raise(failure.name, failure.text),
});

const destroy = procedure<{ [key: string]: Plain; request: RpcRequest; map?: number }>('rtcr.rm_session.destroy', {
  start: (x, l) => {
    const found = regionMaps(x).find((row) => row.rm === l.request.ref && row.cap === cap(l.request, 'region_map'));
    if (found === undefined) return done({} satisfies RpcAnswer);
    l.map = found[0];
    return call(takeListLock, { target: found[1].target, list: 'region maps' }, 'destroy');
  },
  destroy: (x, l) => rpc(Rm_session.destroy, to(x, l.request.ref), { region_map: regionMaps(x).require(l.map ?? 0).real }, 'destroyed', 'destroyed'),
  destroyed: (x, l) => {
    const row = regionMaps(x).get(l.map ?? 0);
    return row === undefined ? done({} satisfies RpcAnswer) : call(withdraw, { id: row.id, cap: row.cap }, 'withdrawn');
  },
  withdrawn: (x, l) => {
    dropRegionMap(x, l.map ?? 0);
    return done({} satisfies RpcAnswer);
  },
});

/** Drops a region map's row, its regions and what they keep; its own object is withdrawn before. */
export function dropRegionMap(x: Execution, map: number): void {
  const row = regionMaps(x).get(map);
  if (row === undefined) return;
  forgetRegions(x, map);
  release(x, row.sigh);
  if (row.ds.slot !== 0) dec(x, row.ds.slot);
  dec(x, row.real);
  regionMaps(x).delete(map);
}

export const rmSessionService = { create, destroy } as const;
