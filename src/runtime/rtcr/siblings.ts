// Services that targets announce to each other: announcement, and which of them a session request of a sibling goes to.
// Changes the rows of routed services. Source modelled: genode-16.08-abi.md 6 (blocking until the announcement); Genode's Child_policy.

import { announceService, findRouted, routedNamed, routedService, services } from '../child/services.ts';
import type { AnnounceLocals } from '../child/policy.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, procedure } from '../native/procedure.ts';
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

/** A target announces a service: siblings that ask for it, or wait for it already, get their sessions there. */
export const announceToSiblings = procedure<AnnounceLocals>('rtcr.announce', {
  start: (x, l) => {
    const service = findRouted(x, l.service, l.child) ?? services(x).insert(routedService(l.service, l.child));
    return call(announceService, { service, root: l.root }, 'announced');
  },
  announced: (x, l) => {
    const target = targets(x).find((row) => row.child === l.child)?.[0];
    if (target === undefined || l.root === null || !targets(x).require(target).proxied.includes(l.service)) return done();
    return call(announceProxy, { target, service: l.service, root: l.root }, 'offered');
  },
  offered: () => done(),
});

/** Services that a child's configuration declares exist before it announces them: requests wait for the announcement. */
export function declareProvided(x: Execution, child: number, names: readonly string[]): void {
  for (const name of names) services(x).insert(routedService(name, child));
}
