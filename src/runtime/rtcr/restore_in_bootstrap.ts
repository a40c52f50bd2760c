// The restore that the historic program's first version did: the new child is started with its program, and while it asks for its
// first LOG session, what it has is identified with what is stored, and the rest is recreated.
// Fills translations. Source modelled: checkpoint-restore.md 3.1 (steps 3 to 10), 1.8, 1.9.

import type { Plain } from '../../emu/plain.ts';
import { call, done, type Failure, goto, procedure } from '../native/procedure.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { discard } from './discard.ts';
import { each } from './each.ts';
import { signalSources, targets } from './online_storage.ts';
import { type NativePd, openNativePd } from './pd_access.ts';
import { alsoKnown, lost, nowAt, restoration, snapshotOf } from './restoration.ts';
import { installSlot, toInstall } from './restore_caps.ts';
import { restoreTimers } from './restore_launch.ts';
import { allocDataspace, attachRegion, fillMemory } from './restore_memory.ts';
import { identifyOwn, reopenSessions } from './restore_sessions.ts';
import { recreateContexts } from './restore_signals.ts';
import { dataspacesOfTarget, regionsOfTarget, threadsOfTarget } from './target_rows.ts';
import { regionMapsOf, threadsOf } from './target_state.ts';

/** Threads by their names, RAM dataspaces by their place among those that both start-ups made, the one signal source. */
function identifyBootstrapped(x: Execution): void {
  const { target } = restoration.get(x);
  const snapshot = snapshotOf(x);
  for (const stored of threadsOf(snapshot)) {
    const found = threadsOfTarget(x, target).find(([, row]) => row.name === stored.name);
    if (found === undefined) continue;
    alsoKnown(x, stored.badge, found[1].cap);
    const { threads } = restoration.get(x);
    if (!threads.some(({ key }) => key === found[0])) restoration.update(x, { threads: [...threads, { stored: stored.key, key: found[0] }] });
  }
  const stored = snapshot.ram_sessions.flatMap(({ dataspaces }) => dataspaces).filter(({ bootstrapped }) => bootstrapped);
  const present = dataspacesOfTarget(x, target).filter(([, row]) => row.bootstrapped);
  if (stored.length !== present.length) lost(x, { purpose: `the pairing of RAM dataspaces: ${stored.length} are stored, ${present.length} are there` });
  for (const [at, { badge }] of stored.entries()) {
    const row = present[at]?.[1];
    if (row !== undefined) alsoKnown(x, badge, row.cap.slot);
  }
  const source = signalSources(x).find((row) => row.pd === targets(x).require(target).pd)?.[1];
  const known = snapshot.pd_sessions[0]?.sources[0];
  if (source !== undefined && known !== undefined) alsoKnown(x, known.badge, source.cap.slot);
}

/** RAM dataspaces that only the original had. */
function missingDataspaces(x: Execution): { ram: number; at: number }[] {
  return snapshotOf(x).ram_sessions.flatMap((session, ram) => session.dataspaces.flatMap(({ badge }, at) => (nowAt(x, badge) === null ? [{ ram, at }] : [])));
}

/** Regions that only the original had: nothing is attached at their addresses. */
function missingRegions(x: Execution): { map: number; region: number }[] {
  const present = new Set(regionsOfTarget(x, restoration.get(x).target).map(([, { map, address }]) => `${map} ${address}`));
  const taken = (address: number): boolean => [...present].some((key) => key.endsWith(` ${address}`));
  return regionMapsOf(snapshotOf(x)).flatMap((map, at) => map.regions.flatMap(({ address }, region) => (taken(address) ? [] : [{ map: at, region }])));
}

/** Slots whose objects were recreated: those of the start-up are where the start-up put them. */
function recreatedSlots(x: Execution, before: ReadonlySet<number>): { slot: number; badge: number }[] {
  return toInstall(x, 0).filter(({ badge }) => !before.has(badge));
}

type Locals = { [key: string]: Plain; identified?: readonly number[] };

/** Runs in the thread that serves the child's session request. */
export const restoreInBootstrap = procedure<Locals>('rtcr.restore_in_bootstrap', {
  start: () => call(identifyOwn, {}, 'identify', 'failed'),
  identify: (x, l) => {
    identifyBootstrapped(x);
    l.identified = toInstall(x, 0).map(({ badge }) => badge);
    return each(allocDataspace, missingDataspaces(x), {}, 'signals', 'failed');
  },
  signals: () => call(recreateContexts, {}, 'sessions', 'failed'),
  sessions: () => call(reopenSessions, {}, 'regions', 'failed'),
  regions: (x) => each(attachRegion, missingRegions(x), {}, 'timers', 'failed'),
  timers: () => call(restoreTimers, {}, 'native', 'failed'),
  native: (x) => call(openNativePd, { pd: targets(x).require(restoration.get(x).target).pd }, 'space', 'failed'),
  space: (x, _l, { native, task }: NativePd) => {
    restoration.update(x, { native, task });
    return goto('install');
  },
  install: (x, l) => each(installSlot, recreatedSlots(x, new Set(l.identified ?? [])), { pd: 0 }, 'memory', 'failed'),
  memory: () => call(fillMemory, {}, 'end', 'failed'),
  failed: (x, _l, failure: Failure) => {
    lost(x, { purpose: `the restore inside the start-up ended early: ${failure.text || failure.name}` });
    return goto('end');
  },
  // The child goes on from here: the slots are free for what it asks for next.
  end: (x) => {
    const { native, task } = restoration.get(x);
    if (native !== 0) dec(x, native);
    discard(x, task);
    restoration.update(x, { hooked: true, native: 0, task: 0 });
    return done();
  },
});
