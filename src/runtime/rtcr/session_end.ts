// The end of interposed sessions: the real session is closed, every object before it withdrawn, every row dropped.
// Removes the rows that the session files create. Source modelled: checkpoint-restore.md 1.4 (close), 4.6 D-12.

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { type Action, call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { closeSession } from '../native/session.ts';
import type { Table } from '../native/store.ts';
import { dropThread } from './cpu_session.ts';
import { each } from './each.ts';
import { endingBegins, endingEnds } from './endings.ts';
import { freeManaged, managedDataspaces } from './managed_dataspaces.ts';
import { release, withdraw } from './interposer.ts';
import {
  cpuSessions, cpuThreads, type InterposedSession, logSessions, nativeCaps, pdSessions, ramSessions, regionMaps, rmSessions, romSessions,
  signalContexts, signalSources, timerSessions,
} from './online_storage.ts';
import { forgetDataspaces } from './ram_session.ts';
import { forgetAttachmentsOf } from './region_map.ts';
import { dropRegionMap } from './rm_session.ts';
import { freeLocalModule } from './rom_session.ts';
import { mapsOfPd, mapsOfRm } from './target_rows.ts';
import { freeTimerContexts } from './timer_session.ts';

export const SERVICES = ['PD', 'CPU', 'RAM', 'ROM', 'RM', 'LOG', 'Timer'] as const;
export type Service = (typeof SERVICES)[number];

const TABLES = {
  PD: pdSessions, CPU: cpuSessions, RAM: ramSessions, ROM: romSessions, RM: rmSessions, LOG: logSessions, Timer: timerSessions,
} as const;

/** The rows of a service's sessions, seen as sessions. */
export const sessionsOfService = (x: Execution, service: Service): Table<InterposedSession> => TABLES[service](x) as unknown as Table<InterposedSession>;

type EndLocals = { [key: string]: Plain; service: Service; key: number };
type ItemLocals = { [key: string]: Plain; item: number };

const endRegionMap = procedure<ItemLocals>('rtcr.end_region_map', {
  start: (x, l) => {
    const { id, cap } = regionMaps(x).require(l.item);
    return call(withdraw, { id, cap }, 'withdrawn');
  },
  withdrawn: (x, l) => {
    dropRegionMap(x, l.item);
    return done();
  },
});

const endThread = procedure<ItemLocals>('rtcr.end_thread', {
  start: (x, l) => {
    const { id, cap } = cpuThreads(x).require(l.item);
    return call(withdraw, { id, cap }, 'withdrawn');
  },
  withdrawn: (x, l) => {
    dropThread(x, l.item);
    return done();
  },
});

const endManaged = procedure<ItemLocals>('rtcr.end_managed_dataspace', {
  start: (_x, l) => call(freeManaged, { managed: l.item, session_lives: false }, 'ended'),
  ended: () => done(),
});

/** Ends one interposed session of a service. The real session goes first: what it holds may still use the objects. */
export const endSession = procedure<EndLocals & { ending?: number }>('rtcr.end_session', {
  start: (x, l) => {
    l.ending = endingBegins(x, sessionsOfService(x, l.service).require(l.key).target);
    return call(endKnownSession, { service: l.service, key: l.key }, 'ended', 'failed');
  },
  ended: (x, l) => {
    endingEnds(x, l.ending ?? 0);
    return done();
  },
  failed: (x, l, { name, text }: Failure) => {
    endingEnds(x, l.ending ?? 0);
    return raise(name, text);
  },
});

const endKnownSession = procedure<EndLocals>('rtcr.end_known_session', {
  start: (x, l) => {
    const { real } = sessionsOfService(x, l.service).require(l.key);
    return real === 0 ? goto('parts') : call(closeSession, { cap: real }, 'parts');
  },
  parts: (x, l) => endParts(x, l.service, l.key),
  beside: (x, l) => {
    const { rm } = ramSessions(x).require(l.key);
    return rm === 0 ? goto('object') : call(closeSession, { cap: rm }, 'object');
  },
  object: (x, l) => {
    const { id, cap } = sessionsOfService(x, l.service).require(l.key);
    return call(withdraw, { id, cap }, 'drop');
  },
  drop: (x, l) => {
    dropHeld(x, l.service, l.key);
    sessionsOfService(x, l.service).delete(l.key);
    return done();
  },
});

/** What belongs to a session and has an object or a session of its own. */
function endParts(x: Execution, service: Service, key: number): Action {
  if (service === 'PD') return each(endRegionMap, mapsOfPd(x, key).map(([map]) => map), {}, 'object');
  if (service === 'RM') return each(endRegionMap, mapsOfRm(x, key).map(([map]) => map), {}, 'object');
  if (service === 'CPU') return each(endThread, cpuThreads(x).entries().filter(([, row]) => row.cpu === key).map(([thread]) => thread), {}, 'object');
  if (service === 'ROM') return call(freeLocalModule, { key }, 'object');
  if (service === 'Timer') return call(freeTimerContexts, { timer: key }, 'object');
  if (service === 'RAM') return each(endManaged, managedDataspaces(x).entries().filter(([, row]) => row.ram === key).map(([managed]) => managed), {}, 'beside');
  return goto('object');
}

/** Drops the capabilities that a session's row and its records keep. */
function dropHeld(x: Execution, service: Service, key: number): void {
  switch (service) {
    case 'PD':
      return dropPdRecords(x, key);
    case 'RAM':
      return forgetDataspaces(x, key);
    case 'CPU': {
      const { sigh, native_cpu } = cpuSessions(x).require(key);
      release(x, sigh);
      if (native_cpu !== 0) dec(x, native_cpu);
      return;
    }
    case 'ROM': {
      const { ds, sigh } = romSessions(x).require(key);
      if (ds !== null) forgetAttachmentsOf(x, ds.id);
      release(x, ds);
      release(x, sigh);
      return;
    }
    case 'Timer':
      return release(x, timerSessions(x).require(key).sigh);
    case 'RM':
    case 'LOG':
      return;
  }
}

function dropPdRecords(x: Execution, pd: number): void {
  release(x, pdSessions(x).require(pd).parent);
  for (const [, { pd: owner, ep }] of nativeCaps(x).entries()) if (owner === pd) release(x, ep);
  for (const rows of [signalSources(x), signalContexts(x), nativeCaps(x)]) {
    for (const [key, row] of rows.entries()) {
      if (row.pd !== pd) continue;
      release(x, row.cap);
      rows.delete(key);
    }
  }
}
