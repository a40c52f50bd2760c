// A new configuration while children run, as 17.02 takes it: children whose start node, inline configuration and routes stay valid
// go on; others are destroyed, and started again if the configuration still has them. Source modelled: Genode 17.02 init, init-run-tools.md 1.14.

import type { Plain } from '../../emu/plain.ts';
import { sessions, sessionsOf } from '../child/child_table.ts';
import { services } from '../child/services.ts';
import { revokeServer } from '../child/session_close.ts';
import { dec } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { log } from '../native/log.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { Pd_session, Ram_session } from '../rpc/interfaces.ts';
import { type ChildConfigMade, makeChildConfig } from './child_config.ts';
import type { StartNode } from './config.ts';
import { destroyInitChild } from './destroy_child.ts';
import { routeOf } from './policy.ts';
import { initChildren, initConfig, localRoms, startedChildren } from './state.ts';

type ApplyLocals = { [key: string]: Plain; pending?: readonly string[]; again?: boolean };

/** Decides which children stay, marks the others, and hands new inline configurations out. */
export const applyConfig = procedure<ApplyLocals>('init.apply_config', {
  start: (x, l) => {
    const { starts } = initConfig.get(x);
    for (const key of startedChildren(x)) if (!starts.some(({ name }) => name === initChildren(x).require(key).name)) abandon(x, key);
    l.pending = starts.flatMap(({ name }) => name ?? []);
    l.again = false;
    return goto('next');
  },
  next: (x, l) => {
    const [name, ...rest] = l.pending ?? [];
    if (name === undefined) return l.again === true ? goto('start') : done();
    l.pending = rest;
    const start = initConfig.get(x).starts.find((one) => one.name === name);
    const key = startedChildren(x).find((one) => initChildren(x).require(one).name === name);
    if (start === undefined || key === undefined || initChildren(x).require(key).abandoned) return goto('next');
    const before = initChildren(x).require(key).start;
    initChildren(x).update(key, { start });
    return before.config !== start.config && before.config !== null && start.config !== null
      ? call(replaceConfig, { init_child: key, start }, 'validate')
      : goto('check', { key });
  },
  validate: (_x, _l, { key }: { key: number }) => goto('check', { key }),
  check: (x, l, { key }: { key: number }) => {
    if (sessionsOf(x, initChildren(x).require(key).child).some((session) => !routeStands(x, key, session))) {
      abandon(x, key);
      l.again = true;
    }
    return goto('next');
  },
});

/** Its services are no destinations any more. */
function abandon(x: Execution, key: number): void {
  initChildren(x).update(key, { abandoned: true });
}

/** Whether a request for an open session would still lead to the same service under the same label. */
function routeStands(x: Execution, key: number, session: number): boolean {
  const { service, request } = sessions(x).require(session);
  if (request === undefined || services(x).get(service) === undefined) return false;
  const found = routeOf(x, key, request.service, request.args);
  return found.service === service && (found.args ?? request.args) === request.server_args;
}

type ReplaceLocals = { [key: string]: Plain; init_child: number; start: StartNode; sigh?: number; unseen?: number };

/** The child keeps the old content until it asks for the new one, which it is told of. */
const replaceConfig = procedure<ReplaceLocals>('init.replace_config', {
  start: (x, l) => call(makeChildConfig, { ram: initChildren(x).require(l.init_child).ram, text: l.start.config }, 'made'),
  made: (x, l, { ds }: ChildConfigMade) => {
    const found = localRoms(x).find((row) => row.init_child === l.init_child && row.module === 'config');
    if (found === undefined || ds === 0) return goto('told');
    const [rom, { next_ds, sigh }] = found;
    localRoms(x).update(rom, { next_ds: ds });
    initChildren(x).update(l.init_child, { config_ds: ds });
    l.sigh = sigh;
    l.unseen = next_ds;
    return next_ds === 0 ? goto('tell') : rpc(Ram_session.free, initChildren(x).require(l.init_child).ram, { ds: next_ds }, 'freed', 'freed');
  },
  freed: (x, l) => {
    dec(x, l.unseen ?? 0);
    return goto('tell');
  },
  tell: (x, l) => (l.sigh === 0 ? goto('told') : rpc(Pd_session.submit, env.get(x).pd, { context: l.sigh ?? null, count: 1 }, 'told', 'told')),
  told: (_x, l) => done({ key: l.init_child }),
});

type DestroyLocals = { [key: string]: Plain; child?: number };

/** Destroys the children that are marked, the newest first; sessions at a destroyed server are forgotten. */
export const destroyAbandoned = procedure<DestroyLocals>('init.destroy_abandoned', {
  start: (x, l) => {
    const key = startedChildren(x).find((one) => initChildren(x).require(one).abandoned);
    if (key === undefined) return done();
    l.child = initChildren(x).require(key).child;
    return call(destroyInitChild, { init_child: key }, 'revoke');
  },
  revoke: (_x, l) => call(revokeServer, { server: l.child ?? 0 }, 'start'),
});

type ServicesLocals = { [key: string]: Plain; next?: number };

/** Parent services of the new configuration; those that vanished are no destinations any more. */
export const applyParentServices = procedure<ServicesLocals>('init.apply_parent_services', {
  start: (x, l) => {
    const { parent_services, verbose } = initConfig.get(x);
    for (const [key, row] of services(x).entries()) if (row.kind === 'parent' && !parent_services.includes(row.name)) services(x).delete(key);
    l.next = 0;
    return verbose ? call(log, { text: 'parent provides' }, 'next') : goto('next');
  },
  next: (x, l) => {
    const { parent_services, verbose } = initConfig.get(x);
    const name = parent_services[l.next ?? 0];
    if (name === undefined) return done();
    l.next = (l.next ?? 0) + 1;
    if (services(x).find((row) => row.kind === 'parent' && row.name === name) !== undefined) return goto('next');
    services(x).insert({ kind: 'parent', name });
    return verbose ? call(log, { text: `  service "${name}"` }, 'next') : goto('next');
  },
});
