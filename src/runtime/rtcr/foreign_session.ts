// Sessions of a target at services that are not interposed: passed on to the parent as they are. Only their opening, upgrades and
// end are known here; what their servers keep is out of reach. Owner of the rows of foreign sessions.
// Source modelled: checkpoint-restore.md 1.3 (unknown services), 4.5 N12, N16.

import type { Plain } from '../../emu/plain.ts';
import { numberArgument } from '../arg_string.ts';
import { type CloseLocals, type OpenLocals, services, type UpgradeLocals } from '../child/services.ts';
import { capId, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { logWarning } from '../native/log.ts';
import { call, done, type Failure, procedure, raise } from '../native/procedure.ts';
import { closeSession, openSession, type Opened, upgradeSession } from '../native/session.ts';
import { hold, release } from './interposer.ts';
import { foreignSessions } from './online_storage.ts';

const keyOf = (x: Execution, cap: number): number | undefined => foreignSessions(x).find((row) => row.cap.id === capId(x, cap))?.[0];

const open = procedure<OpenLocals>('rtcr.open_foreign_session', {
  start: (x, l) => call(openSession, { service: services(x).require(l.service).name, args: l.args, affinity: l.affinity }, 'opened', 'failed'),
  opened: (x, l, { cap }: Opened) => {
    const row = services(x).require(l.service);
    const target = row.kind === 'local' ? row.ref : 0;
    foreignSessions(x).insert({ target, service: row.name, args: l.args, affinity: l.affinity, upgrade_bytes: 0, cap: hold(x, cap) });
    return done({ cap } satisfies Opened);
  },
  failed: (x, l, failure: Failure) => {
    if (failure.name === 'Ipc_error') return raise('Unavailable', failure.text);
    if (failure.name !== 'Unavailable') return raise(failure.name, failure.text);
    return call(logWarning, { text: `parent has no service "${services(x).require(l.service).name}"` }, 'unavailable');
  },
  unavailable: (x, l) => raise('Unavailable', services(x).require(l.service).name),
});

const upgrade = procedure<UpgradeLocals>('rtcr.upgrade_foreign_session', {
  start: (_x, l) => call(upgradeSession, { cap: l.cap, args: l.args }, 'upgraded'),
  upgraded: (x, l) => {
    const key = keyOf(x, l.cap);
    if (key === undefined) return done();
    const { upgrade_bytes } = foreignSessions(x).require(key);
    foreignSessions(x).update(key, { upgrade_bytes: upgrade_bytes + numberArgument(l.args, 'ram_quota', 0) });
    return done();
  },
});

const close = procedure<CloseLocals>('rtcr.close_foreign_session', {
  start: (x, l) => {
    const key = keyOf(x, l.cap);
    if (key !== undefined) {
      release(x, foreignSessions(x).require(key).cap);
      foreignSessions(x).delete(key);
    }
    // The shared Parent code drops its own reference afterwards.
    inc(x, l.cap);
    return call(closeSession, { cap: l.cap }, 'closed');
  },
  closed: () => done(),
});

export const FOREIGN_SERVICE = { open, upgrade, close } as const;

type ReopenLocals = { [key: string]: Plain; target: number; service: string; args: string; affinity: readonly number[]; upgrade_bytes: number; cap?: number };

/** Opens a session again that a target had at the checkpoint: Opened. Fails with Restore_refused. */
export const reopenForeign = procedure<ReopenLocals>('rtcr.reopen_foreign_session', {
  start: (_x, l) => call(openSession, { service: l.service, args: l.args, affinity: l.affinity }, 'opened', 'failed'),
  opened: (x, l, { cap }: Opened) => {
    l.cap = cap;
    const { target, service, args, affinity, upgrade_bytes } = l;
    foreignSessions(x).insert({ target, service, args, affinity, upgrade_bytes, cap: hold(x, cap) });
    return upgrade_bytes === 0 ? done({ cap } satisfies Opened) : call(upgradeSession, { cap, args: `ram_quota=${upgrade_bytes}` }, 'upgraded');
  },
  upgraded: (_x, l) => done({ cap: l.cap ?? 0 } satisfies Opened),
  failed: (_x, l, { name }: Failure) => raise('Restore_refused', `the session "${l.service}" cannot be opened again (${name})`),
});

/** Forgets what is left of a target's foreign sessions. */
export function forgetForeignSessions(x: Execution, target: number): void {
  for (const [key, row] of foreignSessions(x).entries()) {
    if (row.target !== target) continue;
    release(x, row.cap);
    foreignSessions(x).delete(key);
  }
}
