// Init: reads its configuration, starts the children, serves them, and starts all over when the configuration changes.
// Source modelled: genode-16.08-abi.md 4.2, 4.3, 6; Genode 16.08 init main.

import type { Plain } from '../../emu/plain.ts';
import { activateEntrypoint } from '../child/child_entrypoint.ts';
import { parentService } from '../child/parent_service.ts';
import { services } from '../child/services.ts';
import { revokeServer } from '../child/session_close.ts';
import { env } from '../native/env.ts';
import { heapAlloc, type HeapBlock, heapFree } from '../native/heap.ts';
import { log, logError, logWarning } from '../native/log.ts';
import { call, done, type Failure, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import type { Opened } from '../native/session.ts';
import { type ManagedContext, manageContext, newReceiver, type ReceivedSignal, waitForSignal } from '../native/signals.ts';
import { defineComponent } from '../native/startup.ts';
import { table } from '../native/store.ts';
import { Parent, Rom_session } from '../rpc/interfaces.ts';
import { abort } from './abort.ts';
import { openConfig, reloadConfig } from './config_rom.ts';
import { destroyInitChild } from './destroy_child.ts';
import { romService } from './local_rom.ts';
import { priorityLevels } from './priority.ts';
import { openRom } from './rom_connection.ts';
import { startNode } from './start_child.ts';
import { initChildren, initConfig, initState, startedChildren } from './state.ts';

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
  run: () => call(startChildren, {}, 'wait'),
  wait: (x) => call(waitForSignal, { receiver: initState.get(x).receiver }, 'signal'),
  signal: (x, _l, { context }: ReceivedSignal) =>
    context === initState.get(x).config_context ? goto('kill') : call(logWarning, { text: 'unexpected signal received - drop it' }, 'wait'),
  kill: () => call(killChildren, {}, 'reload'),
  reload: (x) => {
    for (const [key, row] of services(x).entries()) if (row.kind === 'parent') services(x).delete(key);
    const alias = aliasBlocks(x).entries().at(-1);
    if (alias === undefined) return call(reloadConfig, {}, 'run');
    aliasBlocks(x).delete(alias[0]);
    return call(heapFree, { block: alias[1].block }, 'reload');
  },
});

type StartAllLocals = { [key: string]: Plain; next?: number; levels?: number; block?: number; pending?: readonly number[] };

/** Does what the configuration says: parent services, aliases, start nodes, then activation of all children, the last first. */
const startChildren = procedure<StartAllLocals>('init.start_children', {
  start: (x, l) => {
    l.next = 0;
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
      l.next = 0;
      return goto('starts');
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
  starts: (x, l) => {
    const config = initConfig.get(x);
    if (config.starts[l.next ?? 0] === undefined) {
      l.pending = startedChildren(x);
      return goto('activate');
    }
    const { levels, warning } = priorityLevels(config.prio_levels);
    l.levels = levels;
    return warning === null ? goto('allocate') : call(logWarning, { text: warning }, 'allocate');
  },
  allocate: () => call(heapAlloc, { bytes: CHILD_BYTES }, 'start_node'),
  start_node: (_x, l, { block }: HeapBlock) => {
    l.block = block;
    return call(startNode, { index: l.next ?? 0, levels: l.levels ?? 0, block }, 'next_start', 'start_failed');
  },
  next_start: (_x, l) => {
    l.next = (l.next ?? 0) + 1;
    return goto('starts');
  },
  start_failed: (_x, l, failure: Failure) => {
    switch (failure.name) {
      // The binary does not exist: everything made for the child is gone again, the others go on.
      case 'Rom_connection_failed':
        return goto('next_start');
      // The children that exist stay as they are and are never activated.
      case 'Child_name_is_not_unique':
        return call(heapFree, { block: l.block ?? 0 }, 'finished');
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
  name: 'init',
  ep_stack_bytes: 64 * 1024,
  construct,
  services: { Parent: parentService, Rom_session: romService },
  text_bytes: 0x4_9000,
  data_bytes: 0x2_7000,
});
