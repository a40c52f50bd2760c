// What init decides for its children: arguments, routes, announcements, exits and wishes for resources.
// Source modelled: genode-16.08-abi.md 6 (routing, texts).

import { numberArgument } from '../arg_string.ts';
import { children } from '../child/child_table.ts';
import { notifyResourceAvail } from '../child/parent_service.ts';
import {
  type AnnounceLocals, type ExitLocals, type FilteredRequest, type FilterLocals, logExit, policyOf, type Resolved, type ResolveLocals,
  type ResourceRequestLocals,
} from '../child/policy.ts';
import { announceService, findRouted, services } from '../child/services.ts';
import { env } from '../native/env.ts';
import { log, logError, logWarning } from '../native/log.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import type { HasStore } from '../native/store.ts';
import { Parent, Ram_session } from '../rpc/interfaces.ts';
import { filterAffinity } from './affinity.ts';
import { INIT_COST } from './cost.ts';
import { filterArguments } from './filter.ts';
import { route, type RouteMessage, type RouteTo, type RouteWorld } from './routing.ts';
import { initChildOf, initChildren, initConfig, initDialect, localRoms, slackOf } from './state.ts';
import { reporting, triggerReport } from './state_reporter.ts';

const filter = procedure<FilterLocals & { warnings?: readonly string[] }>('init.filter', {
  start: (x, l) => {
    const [, { name, start, level, levels, affinity }] = initChildOf(x, l.child);
    const filtered = filterArguments({ name, start, level, levels, dialect: initDialect.get(x).name }, l.service, l.args);
    x.charge(INIT_COST.filter);
    l.args = filtered.args;
    l.affinity = filterAffinity(affinity, l.affinity);
    l.warnings = filtered.warnings;
    return goto('warn');
  },
  warn: (_x, l) => {
    const [text, ...rest] = l.warnings ?? [];
    if (text === undefined) return done({ args: l.args, affinity: l.affinity } satisfies FilteredRequest);
    l.warnings = rest;
    return call(logWarning, { text }, 'warn');
  },
});

/** Services and children as they are now, for the pure routing function. */
function routeWorld(x: HasStore): RouteWorld {
  const rows = services(x).entries().map(([, row]) => row);
  return {
    parent_services: rows.filter((row) => row.kind === 'parent').map((row) => row.name),
    child_services: rows
      .filter((row) => row.kind === 'routed')
      .filter((row) => !initChildOf(x, row.server)[1].abandoned)
      .map((row) => ({ service: row.name, child: children(x).require(row.server).name })),
    children: initChildren(x).entries().map(([, row]) => row.name),
  };
}

/** Where a request of a child would go now: key of the service, 0 where it is denied, and rewritten arguments. */
export function routeOf(x: HasStore, init_child: number, service: string, args: string): Resolved {
  const { name, start } = initChildren(x).require(init_child);
  const decision = route(initConfig.get(x), { child: name, start, service, args }, routeWorld(x), initDialect.get(x).name);
  const key = decision.to === null ? 0 : serviceOf(x, init_child, service, decision.to);
  return { service: key, ...(decision.args === null ? {} : { args: decision.args }) };
}

/** Row of the services table that a decision means. */
function serviceOf(x: HasStore, init_child: number, service: string, to: RouteTo): number {
  switch (to.kind) {
    case 'parent':
      return services(x).find((row) => row.kind === 'parent' && row.name === service)?.[0] ?? 0;
    case 'child': {
      const server = children(x).find((row) => row.name === to.child)?.[0];
      return server === undefined ? 0 : (findRouted(x, service, server) ?? 0);
    }
    case 'local':
      return localRoms(x).find((row) => row.init_child === init_child && row.module === to.module)?.[1].service ?? 0;
  }
}

const resolve = procedure<ResolveLocals & { messages?: readonly RouteMessage[]; resolved?: Resolved }>('init.resolve', {
  start: (x, l) => {
    const [key, { name, start }] = initChildOf(x, l.child);
    const decision = route(initConfig.get(x), { child: name, start, service: l.service, args: l.args }, routeWorld(x), initDialect.get(x).name);
    x.charge(decision.work);
    x.note('route', { child: name, service: l.service, args: l.args, to: decision.to });
    const service = decision.to === null ? 0 : serviceOf(x, key, l.service, decision.to);
    l.resolved = { service, ...(decision.args === null ? {} : { args: decision.args }) };
    l.messages = decision.messages;
    return goto('say');
  },
  say: (x, l) => {
    const [message, ...rest] = l.messages ?? [];
    if (message === undefined) return reporting(x) ? call(triggerReport, {}, 'reported') : done(l.resolved);
    l.messages = rest;
    return call(message.severity === 'error' ? logError : logWarning, { text: message.text }, 'say');
  },
  reported: (_x, l) => done(l.resolved),
});

const announce = procedure<AnnounceLocals>('init.announce', {
  start: (x, l) => {
    const always = initDialect.get(x).name === '17.02';
    if (!always && !initConfig.get(x).verbose) return goto('find');
    return call(log, { text: `child "${children(x).require(l.child).name}" announces service "${l.service}"` }, 'find');
  },
  find: (x, l) => {
    const service = findRouted(x, l.service, l.child);
    if (service !== undefined) return call(announceService, { service, root: l.root }, 'announced');
    return call(logError, { text: `${children(x).require(l.child).name}: illegal announcement of service "${l.service}"` }, 'announced');
  },
  announced: () => done(),
});

const exit = procedure<ExitLocals>('init.exit', {
  start: (x, l) => {
    const [, { start }] = initChildOf(x, l.child);
    x.charge(start.work.exit);
    if (!start.propagate_exit) return call(logExit, { child: l.child, value: l.value }, 'exited');
    return rpc(Parent.exit, env.get(x).parent, { value: l.value }, 'exited');
  },
  exited: () => done(),
});

type RequestLocals = ResourceRequestLocals & { bytes?: number; quota?: number };

const resourceRequest = procedure<RequestLocals>('init.resource_request', {
  start: (x, l) => call(log, { text: `child "${children(x).require(l.child).name}" requests resources: ${l.args}` }, 'quota'),
  quota: (x, l) => {
    l.bytes = numberArgument(l.args, 'ram_quota', 0);
    return rpc(Ram_session.quota, env.get(x).ram, {}, 'used');
  },
  used: (x, l, { value }: RpcReply) => {
    l.quota = value as number;
    return rpc(Ram_session.used, env.get(x).ram, {}, 'decide');
  },
  decide: (x, l, { value }: RpcReply) => {
    const bytes = l.bytes ?? 0;
    if (slackOf(x, l.quota ?? 0, value as number) < bytes) {
      return call(logWarning, { text: 'cannot respond to resource request - out of memory' }, 'answered');
    }
    return rpc(Ram_session.transfer_quota, env.get(x).ram, { ram: children(x).require(l.child).ram, amount: bytes }, 'notify');
  },
  notify: (_x, l) => call(notifyResourceAvail, { child: l.child }, 'answered'),
  answered: () => done(),
});

export const initPolicy = policyOf({ filter, resolve, announce, exit, resource_request: resourceRequest });
