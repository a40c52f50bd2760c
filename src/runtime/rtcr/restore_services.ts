// What connects a restored target with other components of the checkpointer: services that it announced, sessions at siblings, and what it
// had told its parent. Creates rows of services and child sessions. Source modelled: genode-16.08-abi.md 5.3, 6; Genode's Child.

import type { Plain } from '../../emu/plain.ts';
import { type ChildHeapBlock, childHeapAlloc, SESSION_BYTES } from '../child/child_heap.ts';
import { children, sessions } from '../child/child_table.ts';
import { donate, transfer } from '../child/donation.ts';
import { findRouted, openAtService, routedService, services, serviceRam } from '../child/services.ts';
import { inc } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { NO_AFFINITY } from './created_session.ts';
import { each } from './each.ts';
import { targets } from './online_storage.ts';
import { announceProxy } from './proxy_service.ts';
import { bindSessions } from './proxy_restore.ts';
import { allMembers, alsoKnown, enterMember, lost, nowAt, restoration, snapshotOf } from './restoration.ts';
import { relabelled } from './restore_sessions.ts';
import { siblingService } from './siblings.ts';
import { snapshots } from './target_state.ts';

const childOf = (x: Execution): number => targets(x).require(restoration.get(x).target).child;

type MemberLocals = { [key: string]: Plain; item: number };

/** Services that a restored target had announced are announced again, with the new root capability, and its parent knows its signal contexts. */
export const restoreAnnouncements = procedure<MemberLocals>('rtcr.restore_announcements', {
  start: (x, l) => {
    enterMember(x, l.item);
    const child = childOf(x);
    const { resource_sigh_badge, yield_sigh_badge, yield_args, announced } = snapshotOf(x);
    const kept = (badge: number): number => {
      const slot = badge === 0 ? null : nowAt(x, badge);
      inc(x, slot);
      return slot ?? 0;
    };
    children(x).update(child, { resource_avail_sigh: kept(resource_sigh_badge), yield_sigh: kept(yield_sigh_badge), yield_args });
    return each(restoreAnnouncement, announced.map((_service, at) => at), {}, 'bind');
  },
  bind: (x) => {
    bindSessions(x);
    return done();
  },
});

const restoreAnnouncement = procedure<MemberLocals>('rtcr.restore_announcement', {
  start: (x, l) => {
    const { service = '', root_badge = 0 } = snapshotOf(x).announced[l.item] ?? {};
    const child = childOf(x);
    const root = nowAt(x, root_badge);
    if (root === null) {
      lost(x, { badge: root_badge, purpose: `the root of the service "${service}" that it had announced` });
      return done();
    }
    inc(x, root);
    const key = findRouted(x, service, child) ?? services(x).insert(routedService(service, child));
    services(x).set(key, { ...routedService(service, child), announced: true, root });
    const { target } = restoration.get(x);
    return targets(x).require(target).proxied.includes(service) ? call(announceProxy, { target, service, root, held: true }, 'announced') : done();
  },
  announced: () => done(),
});

type SessionLocals = { [key: string]: Plain; item: number; cap?: number; service?: number; failure?: string };

const restoreSiblingSession = procedure<SessionLocals>('rtcr.restore_sibling_session', {
  start: (x, l) => {
    const stored = snapshotOf(x).sibling_sessions[l.item];
    if (stored === undefined) return done();
    const cap = nowAt(x, stored.badge);
    // Its server is restored with it: the capability came back with the server's other RPC objects.
    if (cap !== null) return goto('found', cap);
    if (!stored.reopen) {
      lost(x, { slot: stored.slot, badge: stored.badge, purpose: `the session "${stored.service}" at a component that is not restored` });
      return done();
    }
    const service = siblingService(x, childOf(x), stored.service);
    if (service === undefined) return raise('Restore_refused', `nobody serves "${stored.service}", of which the target had a session`);
    l.service = service;
    return call(donate, { from: env.get(x).ram, to: serviceRam(x, service), bytes: stored.donated_bytes }, 'donated');
  },
  donated: (x, l) => {
    const args = relabelled(x, snapshotOf(x).sibling_sessions[l.item]?.creation_args ?? '');
    return call(openAtService, { service: l.service ?? 0, args, affinity: NO_AFFINITY }, 'opened', 'denied');
  },
  denied: (x, l, { name }: Failure) => {
    l.failure = name;
    return call(transfer, { from: serviceRam(x, l.service ?? 0), to: env.get(x).ram, bytes: snapshotOf(x).sibling_sessions[l.item]?.donated_bytes ?? 0 }, 'refused', 'refused');
  },
  refused: (x, l) => raise('Restore_refused', `the session "${snapshotOf(x).sibling_sessions[l.item]?.service ?? ''}" cannot be opened again (${l.failure ?? ''})`),
  opened: (x, l, { cap }: { readonly cap: number }) => {
    alsoKnown(x, snapshotOf(x).sibling_sessions[l.item]?.badge ?? 0, cap);
    l.cap = cap;
    return goto('register');
  },
  found: (x, l, cap: number) => {
    inc(x, cap);
    l.cap = cap;
    return goto('register');
  },
  register: (x) => call(childHeapAlloc, { child: childOf(x), bytes: SESSION_BYTES }, 'registered'),
  registered: (x, l, { block }: ChildHeapBlock) => {
    const stored = snapshotOf(x).sibling_sessions[l.item];
    if (stored === undefined) return done();
    const service = l.service ?? servedBy(x, stored.badge, stored.service);
    const row = services(x).get(service);
    const args = relabelled(x, stored.creation_args);
    sessions(x).insert({
      child: childOf(x), service, server: row?.kind === 'routed' ? row.server : 0, ident: stored.service.slice(0, IDENT_CHARS_MAX), cap: l.cap ?? 0, donated_bytes: stored.donated_bytes, block,
      request: { service: stored.service, args, server_args: args },
    });
    return done();
  },
});

/** Longest service name that the shared Parent code keeps for a session. */
const IDENT_CHARS_MAX = 15;

/** Key of the service of the restored component that holds the object of a session. */
function servedBy(x: Execution, badge: number, name: string): number {
  const member = allMembers(x).find(({ snapshot }) => snapshots(x).require(snapshot).pd_sessions.some(({ native_caps }) => native_caps.some((row) => row.badge === badge)));
  return (member === undefined ? undefined : findRouted(x, name, targets(x).require(member.target).child)) ?? 0;
}

/** The sessions of a restored target at siblings: those that are restored with it go on, others are opened again where the checkpoint says so. */
export const restoreSiblingSessions = procedure<Record<string, Plain>>('rtcr.restore_sibling_sessions', {
  start: (x) => each(restoreSiblingSession, snapshotOf(x).sibling_sessions.map((_session, at) => at), {}, 'restored'),
  restored: () => done(),
});
