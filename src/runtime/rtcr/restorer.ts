// A restore of one component, or of several together: the order of its parts. Every object is made by the calls that the target itself
// would make on its sessions, so that the online storage of the restored target is complete and it can be checkpointed again.
// Owns no state. Source modelled: checkpoint-restore.md 3.2 (empty child), 8; architecture.md "Restore strategies".

import type { Plain, PlainRecord } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { log } from '../native/log.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { thawTargets } from './kernel_threads.ts';
import { each } from './each.ts';
import { romSessions, targets } from './online_storage.ts';
import { ofTarget } from './target_rows.ts';
import { resumeProxies } from './proxy_restore.ts';
import { allMembers, beginRestoration, endRestoration, enterMember, lost, type Restoration, type RestoreItem, snapshotOf } from './restoration.ts';
import { noteLostSlots } from './restore_caps.ts';
import { awakenMember, buildMember, furnishMember } from './restore_member.ts';
import { restoreAnnouncements } from './restore_services.ts';
import type { DecidedStrategy } from './strategies.ts';
import { destroyTargets, targetNamed } from './target_child.ts';
import { dataspacesOf, snapshots, threadsOf } from './target_state.ts';

type RestoreLocals = {
  [key: string]: Plain;
  /** The components to be: the snapshot of each and its name. */
  items: readonly RestoreItem[];
  strategy: DecidedStrategy;
  members?: readonly number[];
  /** The new targets. */
  restored?: readonly number[];
  failure?: { readonly name: string; readonly text: string };
};

/** Result: facts for the outcome. On failure nothing of the new children remains. */
export const restoreTargets = procedure<RestoreLocals>('rtcr.restore_targets', {
  start: (x, l) => {
    const problem = l.items.map(({ name }) => nameProblem(x, name)).find((text) => text !== null) ?? bootstrapProblem(l);
    if (problem !== null) return raise('Restore_refused', problem);
    l.members = beginRestoration(x, l.items, l.strategy);
    return call(log, { text: 'Resto::restore()' }, 'build', 'failed');
  },
  build: (_x, l) => each(buildMember, l.members ?? [], { strategy: l.strategy }, l.strategy.bootstrap === 'empty' ? 'services' : 'finish', 'failed'),
  services: (_x, l) => each(restoreAnnouncements, l.members ?? [], {}, 'furnish', 'failed'),
  furnish: (_x, l) => each(furnishMember, l.members ?? [], { strategy: l.strategy }, 'awaken', 'failed'),
  awaken: (_x, l) => each(awakenMember, l.members ?? [], { strategy: l.strategy }, 'finish', 'failed'),
  finish: (x, l) => {
    for (const member of l.members ?? []) {
      enterMember(x, member);
      if (l.strategy.bootstrap === 'empty') noteLostSlots(x);
      noteLostSemaphores(x, l.strategy);
    }
    const members = allMembers(x);
    l['facts'] = restoreFacts(x, members);
    endRestoration(x);
    l.restored = members.map(({ target }) => target);
    return l.strategy.bootstrap === 'empty' && l.strategy['thread-order'] !== 'no-start' ? call(thawTargets, { targets: l.restored }, 'thawed') : goto('thawed');
  },
  thawed: (_x, l) => call(resumeProxies, { targets: l.restored ?? [] }, 'resumed'),
  resumed: (_x, l) => done(l['facts']),
  failed: (x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    const begun = l.items.flatMap((item) => targets(x).entries().filter(([key, row]) => row.name === item.name && (row.phase === 'building' || allMembers(x).some(({ target }) => target === key))));
    endRestoration(x);
    return call(destroyTargets, { targets: begun.map(([key]) => key) }, 'refused', 'refused');
  },
  refused: (_x, l) => raise(l.failure?.name ?? 'Restore_refused', l.failure?.text ?? ''),
});

/** An original that a checkpoint left stopped is in nobody's way; the historic programs never ended it. */
function nameProblem(x: Execution, name: string): string | null {
  const same = targetNamed(x, name);
  if (same === undefined || targets(x).require(same).phase === 'paused' || targets(x).require(same).phase === 'frozen') return null;
  return `there is a child "${name}" already; kill it first`;
}

const bootstrapProblem = ({ items, strategy }: RestoreLocals): string | null =>
  items.length > 1 && strategy.bootstrap !== 'empty' ? `bootstrap="${strategy.bootstrap}" restores one component; several together need bootstrap="empty"` : null;

/** A semaphore that is installed and wakes nobody is lost as well. */
function noteLostSemaphores(x: Execution, strategy: DecidedStrategy): void {
  if (strategy.bootstrap !== 'empty' || strategy.semaphore !== 'install') return;
  for (const source of snapshotOf(x).pd_sessions.flatMap(({ sources }) => sources)) {
    const slot = snapshotOf(x).cap_map.find(({ id }) => id === source.semaphore_badge)?.slot ?? 0;
    lost(x, { slot, badge: source.semaphore_badge, type: 'IRQ', purpose: 'the binding of the signal semaphore to the signal handler' });
  }
}

function restoreFacts(x: Execution, members: readonly Restoration[]): PlainRecord {
  const stored = members.map(({ snapshot }) => snapshots(x).require(snapshot));
  const changed = members.reduce((total, { target }) => total + ofTarget(romSessions, x, target).filter(([, { outdated }]) => outdated).length, 0);
  const sum = (size: (member: Restoration) => number): number => members.reduce((total, member) => total + size(member), 0);
  return {
    from: stored[0]?.name ?? '', target: members.map(({ name }) => name).join(', '), threads: sum(({ threads }) => threads.length),
    stored_threads: stored.reduce((total, snapshot) => total + threadsOf(snapshot).length, 0), dataspaces: stored.reduce((total, snapshot) => total + dataspacesOf(snapshot).length, 0),
    copied_bytes: sum(({ copied_bytes }) => copied_bytes), records_rewritten: sum(({ rewritten }) => rewritten), slots_installed: sum(({ installed }) => installed),
    extensions: [...new Set(members.flatMap(({ extensions }) => extensions))].sort(), lost: members.flatMap((member) => member.lost),
    // Modules whose server has another content now; the component is told by a signal.
    ...(changed === 0 ? {} : { changed_modules: changed }),
  };
}
