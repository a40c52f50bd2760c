// Interposed LOG session: passes every line on.
// Owner of the rows of LOG sessions. Source modelled: checkpoint-restore.md 1.4.

import { Log_session } from '../rpc/interfaces.ts';
import type { Managed } from '../native/entrypoint.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { openSession, type Opened } from '../native/session.ts';
import { type CreatedSession, type CreateSession, newSession } from './created_session.ts';
import { forwarded, interpose } from './interposer.ts';
import { logSessions } from './online_storage.ts';

export const createLogSession = procedure<CreateSession>('rtcr.create_log_session', {
  start: (_x, l) => call(openSession, { service: 'LOG', args: l.args, affinity: l.affinity }, 'opened'),
  opened: (x, l, { cap: real }: Opened) => {
    l.ref = logSessions(x).insert(newSession(x, l, real));
    return call(interpose, { target: l.target, interface: 'Log_session', ref: l.ref }, 'interposed');
  },
  interposed: (x, l, { id, cap: object }: Managed) => {
    logSessions(x).update(l.ref ?? 0, { id, cap: object });
    return done({ key: l.ref ?? 0, id, cap: object } satisfies CreatedSession);
  },
});

export const logSessionService = {
  write: forwarded(Log_session.write, { to: (x, ref) => logSessions(x).get(ref)?.real ?? null }),
} as const;
