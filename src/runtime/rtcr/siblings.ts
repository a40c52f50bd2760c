// Services that targets announce to each other: announcement, and which of them a session request of a sibling goes to.
// Changes the rows of routed services; owner of those that are expected. Source modelled: genode-16.08-abi.md 6 (blocking until the announcement); Genode's Child_policy.

import { announceService, findRouted, routedNamed, routedService, services } from '../child/services.ts';
import type { AnnounceLocals } from '../child/policy.ts';
import type { Execution } from '../native/execution.ts';
import type { Plain } from '../../emu/plain.ts';
import { logWarning } from '../native/log.ts';
import { lockAcquire, lockRelease, newLock } from '../native/lock.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { table } from '../native/store.ts';
import { ANNOUNCED_SERVICES } from './limits.ts';
import { targets } from './online_storage.ts';
import { announceProxy } from './proxy_service.ts';

/** The child that serves a routed service. */
const serverOf = (x: Execution, service: number): number => {
  const row = services(x).require(service);
  return row.kind === 'routed' ? row.server : 0;
};

/** Whether a child is a target that runs. */
export const runs = (x: Execution, child: number): boolean => targets(x).find((row) => row.child === child)?.[1].phase === 'running';

/**
 * Key of the service that a child's request goes to: the oldest running sibling that has it, so that a copy made later takes nothing
 * away from its original. Undefined if no sibling has it.
 */
export function siblingService(x: Execution, child: number, name: string): number | undefined {
  const others = routedNamed(x, name).filter((key) => serverOf(x, key) !== child);
  return others.find((key) => runs(x, serverOf(x, key))) ?? others[0];
}

const servedBy = (x: Execution, child: number): number => services(x).entries().filter(([, row]) => row.kind === 'routed' && row.server === child).length;

/** A target announces a service: siblings that ask for it, or wait for it already, get their sessions there. */
export const announceToSiblings = procedure<AnnounceLocals>('rtcr.announce', {
  start: (x, l) => {
    const known = findRouted(x, l.service, l.child);
    if (known === undefined && servedBy(x, l.child) >= ANNOUNCED_SERVICES) return call(logWarning, { text: `more than ${ANNOUNCED_SERVICES} services of one child, ignoring "${l.service}"` }, 'offered');
    const service = known ?? services(x).insert(routedService(l.service, l.child));
    return call(announceService, { service, root: l.root }, 'announced');
  },
  announced: (x, l) => {
    const target = targets(x).find((row) => row.child === l.child)?.[0];
    if (target === undefined || l.root === null || !targets(x).require(target).proxied.includes(l.service)) return done();
    return call(announceProxy, { target, service: l.service, root: l.root, held: false }, 'offered');
  },
  offered: () => done(),
});

/** Services of configured children that have not been started yet, and the locks on which requests for them wait. */
const expected = table<{ readonly service: string; readonly server: string; readonly applicants: readonly number[] }>('rtcr_expected_services');

/** Children are started one after the other; what a later one provides is known from the beginning. */
export function expectServices(x: Execution, server: string, names: readonly string[]): void {
  for (const service of names) expected(x).insert({ service, server, applicants: [] });
}

/** Key of a service that a child asks for before the child that provides it is there. */
export const expectedService = (x: Execution, name: string): number | undefined => expected(x).find((row) => row.service === name)?.[0];

/** Returns when the child that provides an expected service has been started, or could not be. */
export const awaitExpected = procedure<{ [key: string]: Plain; expected: number }>('rtcr.await_expected', {
  start: (x, l) => {
    const lock = newLock(x, true);
    expected(x).update(l.expected, { applicants: [...expected(x).require(l.expected).applicants, lock] });
    return call(lockAcquire, { lock }, 'there');
  },
  there: () => done(),
});

/** The services of a child are to be expected no longer: it has declared them, or there is no such child. */
export const endExpectation = procedure<{ [key: string]: Plain; server: string; locks?: readonly number[] }>('rtcr.end_expectation', {
  start: (x, l) => {
    const rows = expected(x).entries().filter(([, row]) => row.server === l.server);
    for (const [key] of rows) expected(x).delete(key);
    l.locks = rows.flatMap(([, { applicants }]) => applicants);
    return goto('wake');
  },
  wake: (_x, l) => {
    const [lock, ...rest] = l.locks ?? [];
    if (lock === undefined) return done();
    l.locks = rest;
    return call(lockRelease, { lock }, 'wake');
  },
});

/** Services that a child's configuration declares exist before it announces them: requests wait for the announcement. */
export function declareProvided(x: Execution, child: number, names: readonly string[]): void {
  for (const name of names) services(x).insert(routedService(name, child));
}
