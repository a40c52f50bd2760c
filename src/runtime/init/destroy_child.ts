// Destruction of a child of init, whole or as far as it came: in the reverse order of its creation.
// Source modelled: Genode 16.08 init (order of members), genode-16.08-abi.md 6 (configuration update, missing binary).

import type { Plain } from '../../emu/plain.ts';
import { destroyChild } from '../child/child.ts';
import { destroyEntrypoint } from '../child/child_entrypoint.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { heapFree } from '../native/heap.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { closeSession } from '../native/session.ts';
import { Cpu_session, Ram_session } from '../rpc/interfaces.ts';
import { removeLocalRoms } from './local_rom.ts';
import { type InitChildRow, initChildren } from './state.ts';

type DestroyLocals = { [key: string]: Plain; init_child: number };

const rowOf = (x: Execution, l: DestroyLocals): Readonly<InitChildRow> => initChildren(x).require(l.init_child);

/** Ends a child that was completely set up. */
export const destroyInitChild = procedure<DestroyLocals>('init.destroy_child', {
  start: (_x, l) => call(removeLocalRoms, { init_child: l.init_child }, 'child'),
  child: (x, l) => call(destroyChild, { child: rowOf(x, l).child }, 'config'),
  config: (x, l) => {
    dec(x, rowOf(x, l).address_space);
    const { config_ds, ram } = rowOf(x, l);
    return config_ds === 0 ? goto('binary') : rpc(Ram_session.free, ram, { ds: config_ds }, 'config_freed', 'config_freed');
  },
  config_freed: (x, l) => {
    dec(x, rowOf(x, l).config_ds);
    return goto('binary');
  },
  binary: (x, l) => {
    dec(x, rowOf(x, l).binary_ds);
    return call(closeSession, { cap: rowOf(x, l).binary_rom }, 'resources', 'resources');
  },
  resources: (_x, l) => call(destroyResources, { init_child: l.init_child }, 'done'),
  done: () => done(),
});

/** Ends what was made before the binary was opened: entrypoint, main thread, environment sessions, the record itself. */
export const destroyResources = procedure<DestroyLocals>('init.destroy_resources', {
  start: (x, l) => call(destroyEntrypoint, { ep: rowOf(x, l).ep }, 'main_thread'),
  main_thread: (x, l) => rpc(Cpu_session.kill_thread, rowOf(x, l).cpu, { thread: rowOf(x, l).main_thread }, 'cpu', 'cpu'),
  cpu: (x, l) => {
    dec(x, rowOf(x, l).main_thread);
    return call(closeSession, { cap: rowOf(x, l).cpu }, 'ram', 'ram');
  },
  ram: (x, l) => call(closeSession, { cap: rowOf(x, l).ram }, 'pd', 'pd'),
  pd: (x, l) => call(closeSession, { cap: rowOf(x, l).pd }, 'heap', 'heap'),
  heap: (x, l) => call(heapFree, { block: rowOf(x, l).block }, 'remove'),
  remove: (x, l) => {
    initChildren(x).delete(l.init_child);
    return done();
  },
});
