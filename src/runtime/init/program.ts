// Init: reads its configuration, starts the children, serves them, and starts all over when the configuration changes.
// Source modelled: genode-16.08-abi.md 4.2, 4.3, 6; Genode 16.08 init main.

import type { Plain } from '../../emu/plain.ts';
import { activateEntrypoint } from '../child/child_entrypoint.ts';
import { parentService } from '../child/parent_service.ts';
import { services } from '../child/services.ts';
import { revokeServer } from '../child/session_close.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { heapAlloc, type HeapBlock, heapFree } from '../native/heap.ts';
import { log, logError, logWarning } from '../native/log.ts';
import { call, done, type Failure, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import type { Opened } from '../native/session.ts';
import { type ManagedContext, manageContext, newReceiver, type ReceivedSignal, waitForSignal } from '../native/signals.ts';
import { defineComponent } from '../native/startup.ts';
import { table } from '../native/store.ts';
import { Parent, Ram_session, Rom_session } from '../rpc/interfaces.ts';
import { abort } from './abort.ts';
import { openConfig, reloadConfig } from './config_rom.ts';
import { applyConfig, applyParentServices, destroyAbandoned } from './live_config.ts';
import { destroyInitChild } from './destroy_child.ts';
import { INIT_FOOTPRINT } from './footprint.ts';
import { romService } from './local_rom.ts';
import { priorityLevels } from './priority.ts';
import { openRom } from './rom_connection.ts';
import { startNode } from './start_child.ts';
import { initChildren, initConfig, initDialect, initState, slackOf, startedChildren } from './state.ts';
import { applyReport, produceReport, reporter, triggerReport } from './state_reporter.ts';

/** Sizes of init's own objects on its heap. */
const CHILD_BYTES = 8416;
const PARENT_SERVICE_BYTES = 40;
const ALIAS_BYTES = 272;

/** Heap blocks of aliases; those of parent services are never given back. */
const aliasBlocks = table<{ readonly block: number }>('init_alias_blocks');

const construct = procedure<Record<string, never>>('init.construct', {
  start: () => call(openRom, { module: 'ld.lib.so' }, 'linker', 'config'),
  linker: (_x, _l, { cap }: Opened) => rpc(Rom_session.dataspace, cap, {}, 'linker_ds'),
  linker_ds: (x, _l, { cap }: RpcReply) => {
    initState.update(x, { ldso_ds: cap ?? 0 });
    return goto('config');
  },
  config: () => call(openConfig, {}, 'signals'),
  signals: (x) => {
    initState.update(x, { receiver: newReceiver(x) });
    return call(manageContext, { receiver: initState.get(x).receiver, handler: '' }, 'config_sigh');
  },
  config_sigh: (x, _l, { context, cap }: ManagedContext) => {
    initState.update(x, { config_context: context });
    const { config_rom } = initState.get(x);
    return config_rom === 0 ? goto('resources') : rpc(Rom_session.sigh, config_rom, { sigh: cap }, 'resources');
  },
  resources: (x) => call(manageContext, { receiver: initState.get(x).receiver, handler: '' }, 'resource_sigh'),
  // With a handler of its own init never blocks for resources, which core does not grant anyway.
  resource_sigh: (x, _l, { cap }: ManagedContext) => rpc(Parent.resource_avail_sigh, env.get(x).parent, { sigh: cap }, 'run'),
  run: (x) => (initDialect.get(x).name === '16.08' ? call(startChildren, {}, 'wait') : call(applyReport, {}, 'run_reported')),
  run_reported: () => call(startChildren, {}, 'wait'),
  wait: (x) => call(waitForSignal, { receiver: initState.get(x).receiver }, 'signal'),
  signal: (x, _l, { context }: ReceivedSignal) => {
    if (context === initState.get(x).config_context) return initDialect.get(x).name === '16.08' ? goto('kill') : call(reconfigure, {}, 'wait');
    if (context === reporter.get(x).context) return call(produceReport, {}, 'wait');
    return call(logWarning, { text: 'unexpected signal received - drop it' }, 'wait');
  },
  kill: () => call(killChildren, {}, 'reload'),
  reload: (x) => {
    for (const [key, row] of services(x).entries()) if (row.kind === 'parent') services(x).delete(key);
    const alias = aliasBlocks(x).entries().at(-1);
    if (alias === undefined) return call(reloadConfig, {}, 'run');
    aliasBlocks(x).delete(alias[0]);
    return call(heapFree, { block: alias[1].block }, 'reload');
  },
});

/** A new configuration in 17.02: what stays valid stays alive. */
const reconfigure = procedure<Record<string, never>>('init.reconfigure', {
  start: () => call(reloadConfig, {}, 'report'),
  report: () => call(applyReport, {}, 'services'),
  services: () => call(applyParentServices, {}, 'aliases'),
  aliases: (x) => {
    const alias = aliasBlocks(x).entries().at(-1);
    if (alias === undefined) return call(applyConfig, {}, 'destroy');
    aliasBlocks(x).delete(alias[0]);
    return call(heapFree, { block: alias[1].block }, 'aliases');
  },
  destroy: () => call(destroyAbandoned, {}, 'new'),
  new: () => call(startChildren, {}, 'started'),
  started: () => call(triggerReport, {}, 'reported'),
  reported: () => done(),
});

/**
 * Start nodes in the order in which their children are made. 17.02 starts them from the head of its list of children, the newest;
 * it passes over names that exist, and nothing behind a name that an alias has already is looked at.
 */
function startOrder(x: Execution): number[] {
  const { starts, aliases } = initConfig.get(x);
  const order = starts.map((_start, index) => index);
  if (initDialect.get(x).name === '16.08') return order;
  const known = new Set(startedChildren(x).map((key) => initChildren(x).require(key).name));
  const clash = starts.findIndex(({ name }) => aliases.some((alias) => alias.name === name && alias.child !== null));
  const fresh = order.filter((index) => {
    const name = starts[index]?.name ?? null;
    return (clash === -1 || index <= clash) && (name === null || (!known.has(name) && starts.findIndex((start) => start.name === name) === index));
  });
  return fresh.reverse();
}

/** What 17.02 decides before it starts anybody, in the order of the configuration: the child's number, and its RAM from what there is. */
function grants(x: Execution, order: readonly number[], slack: number): readonly Grant[] {
  let left = slack;
  return [...order].sort((a, b) => a - b).map((index, position) => {
    const bytes = Math.min(initConfig.get(x).starts[index]?.ram_bytes ?? 0, left);
    left = Math.max(0, left - bytes - CHILD_BYTES);
    return { index, bytes, id: initState.get(x).child_count + 1 + position };
  });
}

type Grant = { readonly index: number; readonly bytes: number; readonly id: number };

type StartAllLocals = {
  [key: string]: Plain;
  next?: number;
  levels?: number;
  block?: number;
  pending?: readonly number[];
  /** Indices of start nodes that are still to be done. */
  order?: readonly number[];
  /** Children that existed before. */
  before?: readonly number[];
  grants?: readonly Grant[];
  quota?: number;
};

/** Does what the configuration says: parent services, aliases, start nodes, then activation of all children, the last first. */
const startChildren = procedure<StartAllLocals>('init.start_children', {
  start: (x, l) => {
    l.next = 0;
    l.before = startedChildren(x);
    x.charge(initConfig.get(x).work.begin);
    if (l.before.length > 0 || services(x).find((row) => row.kind === 'parent') !== undefined) return goto('aliases');
    return initConfig.get(x).verbose ? call(log, { text: 'parent provides' }, 'parent_services') : goto('parent_services');
  },
  parent_services: (x, l) => {
    if (initConfig.get(x).parent_services[l.next ?? 0] !== undefined) return call(heapAlloc, { bytes: PARENT_SERVICE_BYTES }, 'parent_service');
    l.next = 0;
    return goto('aliases');
  },
  parent_service: (x, l) => {
    const { parent_services, verbose } = initConfig.get(x);
    const name = parent_services[l.next ?? 0] ?? '';
    services(x).insert({ kind: 'parent', name });
    l.next = (l.next ?? 0) + 1;
    return verbose ? call(log, { text: `  service "${name}"` }, 'parent_services') : goto('parent_services');
  },
  aliases: (x, l) => {
    const { aliases } = initConfig.get(x);
    const alias = aliases[l.next ?? 0];
    if (alias === undefined) {
      l.order = startOrder(x);
      return initDialect.get(x).name === '16.08' ? goto('starts') : rpc(Ram_session.quota, env.get(x).ram, {}, 'ram_used');
    }
    if (alias.name === null) return call(logWarning, { text: "missing 'name' attribute in '<alias>' entry" }, 'next_alias');
    if (alias.child === null) return call(logWarning, { text: "missing 'child' attribute in '<alias>' entry" }, 'next_alias');
    const taken = aliases.slice(0, l.next).some((other) => other.name === alias.name && other.child !== null);
    if (taken) return call(logError, { text: `alias name ${alias.name} is not unique` }, 'alias_not_unique');
    return call(heapAlloc, { bytes: ALIAS_BYTES }, 'alias');
  },
  alias: (x, _l, { block }: HeapBlock) => {
    aliasBlocks(x).insert({ block });
    return goto('next_alias');
  },
  next_alias: (_x, l) => {
    l.next = (l.next ?? 0) + 1;
    return goto('aliases');
  },
  alias_not_unique: () => call(abort, { type: 'Init::Child_registry::Alias_name_is_not_unique' }, ''),
  ram_used: (x, l, { value }: RpcReply) => {
    l.quota = value as number;
    return rpc(Ram_session.used, env.get(x).ram, {}, 'ram_known');
  },
  ram_known: (x, l, { value }: RpcReply) => {
    l.grants = grants(x, l.order ?? [], slackOf(x, l.quota ?? 0, value as number));
    if ((l.quota ?? 0) - (value as number) >= initConfig.get(x).preserve_bytes) return goto('starts');
    l.order = [];
    return call(logError, { text: 'RAM preservation exceeds available memory' }, 'starts');
  },
  starts: (x, l) => {
    const config = initConfig.get(x);
    const [index, ...rest] = l.order ?? [];
    if (index === undefined) {
      l.pending = startedChildren(x).filter((key) => !(l.before ?? []).includes(key));
      return goto('activate');
    }
    l.next = index;
    l.order = rest;
    x.charge(config.starts[index]?.work.resources ?? 0);
    const { levels, warning } = priorityLevels(config.prio_levels);
    l.levels = levels;
    return warning === null ? goto('allocate') : call(logWarning, { text: warning }, 'allocate');
  },
  allocate: () => call(heapAlloc, { bytes: CHILD_BYTES }, 'start_node'),
  start_node: (_x, l, { block }: HeapBlock) => {
    l.block = block;
    const granted = l.grants?.find(({ index }) => index === l.next) ?? null;
    return call(startNode, { index: l.next ?? 0, levels: l.levels ?? 0, block, granted }, 'starts', 'start_failed');
  },
  start_failed: (x, l, failure: Failure) => {
    const newer = initDialect.get(x).name === '17.02';
    switch (failure.name) {
      // The binary does not exist: everything made for the child is gone again, the others go on.
      case 'Rom_connection_failed':
        return goto('starts');
      case 'Genode::Xml_attribute::Nonexistent_attribute':
        if (newer) return call(logWarning, { text: 'skipped startup of nameless child' }, 'starts');
        return call(abort, { type: failure.name }, '');
      // The children that exist stay as they are and are never activated.
      case 'Child_name_is_not_unique':
        return call(heapFree, { block: l.block ?? 0 }, newer ? 'starts' : 'finished');
      default:
        return call(abort, { type: failure.name }, '');
    }
  },
  activate: (x, l) => {
    const [key, ...rest] = l.pending ?? [];
    if (key === undefined) return done();
    l.pending = rest;
    return call(activateEntrypoint, { ep: initChildren(x).require(key).ep }, 'activate');
  },
  finished: () => done(),
});

type KillLocals = { [key: string]: Plain; child?: number };

/** Destroys all children, the newest first; sessions at a destroyed server are forgotten. */
const killChildren = procedure<KillLocals>('init.kill_children', {
  start: (x, l) => {
    const [key] = startedChildren(x);
    if (key === undefined) return done();
    l.child = initChildren(x).require(key).child;
    return call(destroyInitChild, { init_child: key }, 'revoke');
  },
  revoke: (_x, l) => call(revokeServer, { server: l.child ?? 0 }, 'start'),
});

export const INIT_PROGRAM = defineComponent({
  ...INIT_FOOTPRINT,
  ep_stack_bytes: 64 * 1024,
  construct,
  services: { Parent: parentService, Rom_session: romService },
});
