// Interposed ROM session: records the module's dataspace and the handler of changes.
// Owner of the rows of ROM sessions. Source modelled: checkpoint-restore.md 1.4 (the historic program never stored them).

import { Rom_session } from '../rpc/interfaces.ts';
import type { Managed } from '../native/entrypoint.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, procedure } from '../native/procedure.ts';
import type { RpcReply } from '../native/rpc_client.ts';
import { cap, type RpcRequest } from '../native/service.ts';
import { openSession, type Opened } from '../native/session.ts';
import { type CreatedSession, type CreateSession, newSession } from './created_session.ts';
import { forwarded, interpose, replaceHeld } from './interposer.ts';
import { romSessions } from './online_storage.ts';

export const createRomSession = procedure<CreateSession>('rtcr.create_rom_session', {
  start: (_x, l) => call(openSession, { service: 'ROM', args: l.args, affinity: l.affinity }, 'opened'),
  opened: (x, l, { cap: real }: Opened) => {
    l.ref = romSessions(x).insert({ ...newSession(x, l, real), ds: null, sigh: null });
    return call(interpose, { target: l.target, interface: 'Rom_session', ref: l.ref }, 'interposed');
  },
  interposed: (x, l, { id, cap: object }: Managed) => {
    romSessions(x).update(l.ref ?? 0, { id, cap: object });
    return done({ key: l.ref ?? 0, id, cap: object } satisfies CreatedSession);
  },
});

const to = (x: Execution, ref: number): number | null => romSessions(x).get(ref)?.real ?? null;

function recordDataspace(x: Execution, request: RpcRequest, { cap: ds }: RpcReply): void {
  const row = romSessions(x).get(request.ref);
  if (row !== undefined) romSessions(x).update(request.ref, { ds: replaceHeld(x, row.ds, ds) });
}

function recordHandler(x: Execution, request: RpcRequest): void {
  const row = romSessions(x).get(request.ref);
  if (row !== undefined) romSessions(x).update(request.ref, { sigh: replaceHeld(x, row.sigh, cap(request, 'sigh')) });
}

export const romSessionService = {
  dataspace: forwarded(Rom_session.dataspace, { to, record: recordDataspace }),
  update: forwarded(Rom_session.update, { to }),
  sigh: forwarded(Rom_session.sigh, { to, record: recordHandler }),
} as const;
