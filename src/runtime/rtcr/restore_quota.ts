// RAM quota of a restored target: every session gets what it had, through the reference accounts that the target had set.
// Owns no state. Source modelled: checkpoint-restore.md 4.5 N11 (never stored by the historic program); genode-16.08-abi.md 5.3.

import type { Plain } from '../../emu/plain.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { localCall } from '../native/local_call.ts';
import { done, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import { each } from './each.ts';
import { ramSessions } from './online_storage.ts';
import { lost, nowAt, snapshotOf } from './restoration.ts';
import type { StoredRamSession } from './target_state.ts';

/** What has to pass through a session: its own quota and that of all sessions that refer to it. */
export function subtreeQuota(sessions: readonly Pick<StoredRamSession, 'badge' | 'quota' | 'ref_badge'>[], badge: number): number {
  const own = sessions.find((session) => session.badge === badge)?.quota ?? 0;
  const below = sessions.filter((session) => session.badge !== badge && session.ref_badge === badge);
  return below.reduce((sum, session) => sum + subtreeQuota(sessions, session.badge), own);
}

/** Wrapped session behind the restored one. */
function realOf(x: Execution, badge: number): number | null {
  const cap = nowAt(x, badge);
  return ramSessions(x).find((row) => row.cap === cap)?.[1].real ?? null;
}

type ItemLocals = { [key: string]: Plain; item: number };

const giveQuota = procedure<ItemLocals>('rtcr.restore_quota_of', {
  start: (x, l) => {
    const stored = snapshotOf(x).ram_sessions[l.item];
    const ref = nowAt(x, stored?.ref_badge ?? 0);
    return stored === undefined || ref === null ? done() : localCall(x, Ram_session.ref_account, nowAt(x, stored.badge), { ram: ref }, 'transfer');
  },
  transfer: (x, l) => {
    const sessions = snapshotOf(x).ram_sessions;
    const stored = sessions[l.item];
    if (stored === undefined) return done();
    const amount = subtreeQuota(sessions, stored.badge);
    return amount === 0 ? done() : rpc(Ram_session.transfer_quota, realOf(x, stored.ref_badge), { ram: realOf(x, stored.badge), amount }, 'check');
  },
  check: (x, l, { value }: RpcReply) => {
    if (value !== 0) lost(x, { badge: snapshotOf(x).ram_sessions[l.item]?.badge ?? 0, purpose: 'the quota of a RAM session' });
    return done();
  },
});

/** Passes quota on from the target's own session, which has its own already, to the sessions that refer to it. */
export const restoreQuotas = procedure<Record<string, Plain>>('rtcr.restore_quotas', {
  start: (x) => {
    const sessions = snapshotOf(x).ram_sessions;
    const [own] = sessions;
    const more = own === undefined ? 0 : subtreeQuota(sessions, own.badge) - own.quota;
    if (own === undefined || sessions.length === 1) return done();
    // A session without quota may refer to another one all the same.
    return more <= 0 ? goto('others') : rpc(Ram_session.transfer_quota, env.get(x).ram, { ram: realOf(x, own.badge), amount: more }, 'others');
  },
  others: (x) => each(giveQuota, snapshotOf(x).ram_sessions.map((_session, at) => at).slice(1), {}, 'given'),
  given: () => done(),
});
