// What the checkpointer decides as a parent: which of its own services a session request of a target goes to, under which label.
// Owner of the targets' rows in the table of services. Source modelled: checkpoint-restore.md 1.2, 1.3.

import type { Plain } from '../../emu/plain.ts';
import { withLabelPrefix } from '../arg_string.ts';
import { children } from '../child/child_table.ts';
import { type FilteredRequest, type FilterLocals, policyOf, type Resolved, type ResolveLocals } from '../child/policy.ts';
import { type CloseLocals, localService, type OpenLocals, services, type UpgradeLocals } from '../child/services.ts';
import { inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { log, logWarning } from '../native/log.ts';
import { call, callNamed, done, goto, type Procedure, procedure } from '../native/procedure.ts';
import { type Opened, upgradeSession } from '../native/session.ts';
import { numberArgument } from '../arg_string.ts';
import { createCpuSession } from './cpu_session.ts';
import type { CreatedSession, CreateSession } from './created_session.ts';
import { FOREIGN_SERVICE } from './foreign_session.ts';
import { createLogSession } from './log_session.ts';
import { targets } from './online_storage.ts';
import { awaitsHook } from './restoration.ts';
import { createPdSession } from './pd_session.ts';
import { createRamSession } from './ram_session.ts';
import { createRmSession } from './rm_session.ts';
import { createRomSession } from './rom_session.ts';
import { announceToSiblings, awaitExpected, expectedService, siblingService } from './siblings.ts';
import { endSession, type Service, SERVICES, sessionsOfService } from './session_end.ts';
import { createTimerSession } from './timer_session.ts';

/** Creates the session and its interposed object, by service. */
export const CREATORS = {
  PD: createPdSession,
  CPU: createCpuSession,
  RAM: createRamSession,
  ROM: createRomSession,
  RM: createRmSession,
  LOG: createLogSession,
  Timer: createTimerSession,
} as const satisfies Record<Service, Procedure<CreateSession>>;

/** Named, not imported: the restorer opens sessions through this module. */
const HOOK = 'rtcr.restore_in_bootstrap';

const isService = (name: string): name is Service => (SERVICES as readonly string[]).includes(name);

const keyOfCap = (x: Execution, service: Service, cap: number): number | undefined => sessionsOfService(x, service).find((row) => row.cap === cap)?.[0];

/** The procedures that the shared Parent code calls for sessions of one interposed service. */
const PROCEDURES = Object.fromEntries(SERVICES.map((service) => [service, proceduresOf(service)])) as Record<Service, ReturnType<typeof proceduresOf>>;

function proceduresOf(service: Service) {
  const open = procedure<OpenLocals>(`rtcr.open_session.${service}`, {
    start: (x, l) => {
      const row = services(x).require(l.service);
      const target = row.kind === 'local' ? row.ref : 0;
      return call(CREATORS[service], { target, args: l.args, affinity: l.affinity }, 'created');
    },
    created: (x, _l, { cap }: CreatedSession) => {
      inc(x, cap);
      return done({ cap } satisfies Opened);
    },
  });
  const upgrade = procedure<UpgradeLocals>(`rtcr.upgrade_session.${service}`, {
    start: (x, l) => {
      const key = keyOfCap(x, service, l.cap);
      return key === undefined ? done() : call(upgradeSession, { cap: sessionsOfService(x, service).require(key).real, args: l.args }, 'upgraded');
    },
    upgraded: (x, l) => {
      const key = keyOfCap(x, service, l.cap);
      if (key === undefined) return done();
      const { upgrade_bytes } = sessionsOfService(x, service).require(key);
      sessionsOfService(x, service).update(key, { upgrade_bytes: upgrade_bytes + numberArgument(l.args, 'ram_quota', 0) });
      return done();
    },
  });
  const close = procedure<CloseLocals>(`rtcr.close_session.${service}`, {
    start: (x, l) => {
      const key = keyOfCap(x, service, l.cap);
      return key === undefined ? done() : call(endSession, { service, key }, 'ended');
    },
    ended: () => done(),
  });
  return { open, upgrade, close };
}

/** Declares the interposed services of a target; the keys by service name. */
export function declareServices(x: Execution, target: number): Record<Service, number> {
  const keys = SERVICES.map((service) => [service, services(x).insert(localService(service, target, PROCEDURES[service]))] as const);
  return Object.fromEntries(keys) as Record<Service, number>;
}

export function removeServices(x: Execution, target: number): void {
  for (const [key, row] of services(x).entries()) if (row.kind === 'local' && row.ref === target) services(x).delete(key);
}

/** Key of the row of an interposed service of a target. */
export const serviceOf = (x: Execution, target: number, service: Service): number =>
  services(x).find((row) => row.kind === 'local' && row.ref === target && row.name === service)?.[0] ?? 0;

/** Key of the row of a service that is not interposed; made where the target had no session there yet. */
export const foreignServiceOf = (x: Execution, target: number, name: string): number =>
  services(x).find((row) => row.kind === 'local' && row.ref === target && row.name === name)?.[0] ?? services(x).insert(localService(name, target, FOREIGN_SERVICE));

const targetOf = (x: Execution, child: number): number => targets(x).find((row) => row.child === child)?.[0] ?? 0;

/** The child's name becomes the first part of every label. */
const filter = procedure<FilterLocals>('rtcr.filter_session_args', {
  start: (x, l) => done({ args: withLabelPrefix(l.args, children(x).require(l.child).name), affinity: l.affinity } satisfies FilteredRequest),
});

type Resolving = ResolveLocals & { found?: number; [key: string]: Plain | undefined };

const resolve = procedure<Resolving>('rtcr.resolve_session_request', {
  start: (_x, l) => call(log, { text: `Target_child::resolve_session_request(${l.service} ${l.args})` }, 'bootstrap'),
  bootstrap: (x, l) => {
    const target = targetOf(x, l.child);
    if (l.service !== 'LOG' || !targets(x).require(target).bootstrap) return goto('find');
    targets(x).update(target, { bootstrap: false });
    return call(log, { text: '  Unsetting bootstrap_phase' }, 'hook');
  },
  hook: (x, l) => (awaitsHook(x, targetOf(x, l.child)) ? callNamed(HOOK, {}, 'find') : goto('find')),
  find: (x, l) => {
    if (isService(l.service)) return done({ service: serviceOf(x, targetOf(x, l.child), l.service) } satisfies Resolved);
    const sibling = siblingService(x, l.child, l.service);
    if (sibling !== undefined) return done({ service: sibling } satisfies Resolved);
    const expected = expectedService(x, l.service);
    if (expected !== undefined) return call(awaitExpected, { expected }, 'find');
    l.found = foreignServiceOf(x, targetOf(x, l.child), l.service);
    return call(logWarning, { text: `Unknown service "${l.service}" is routed to the parent; what it keeps cannot be checkpointed` }, 'foreign');
  },
  foreign: (_x, l) => done({ service: l.found ?? 0 } satisfies Resolved),
});

export const TARGET_POLICY = policyOf({ filter, resolve, announce: announceToSiblings });
