// Entrypoint threads beside a component's own: created and started, but serving only once they are activated.
// Owner of the table `child_entrypoints`. Source modelled: genode-16.08-abi.md 4.2 step 5; Genode's Rpc_entrypoint.

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import { dissolve, manage, type Managed, newServeLocals, serveEntrypoint } from '../native/entrypoint.ts';
import { lockAcquire, lockRelease, newLock } from '../native/lock.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { table } from '../native/store.ts';
import { forgetWaits } from './services.ts';
import { createThread, type Created, destroyThread, startThread, type Started } from '../native/thread.ts';

type EntrypointRow = {
  /** Held until the entrypoint may serve. */
  readonly delay_start: number;
  readonly exit_id: number;
  readonly exit_cap: number;
};

/** By thread index. */
const entrypoints = table<EntrypointRow>('child_entrypoints');

type CreateLocals = { [key: string]: Plain; name: string; stack_bytes: number; cap_valid?: number; delay_start?: number; index?: number };

export type EntrypointMade = { readonly ep: number };

/** Creates an entrypoint thread and its exit handler: {ep}, the thread's index. */
export const createEntrypoint = procedure<CreateLocals>('child.create_entrypoint', {
  start: (x, l) => {
    l.cap_valid = newLock(x, true);
    l.delay_start = newLock(x, true);
    const entry_locals = newServeLocals(l.cap_valid, l.delay_start);
    return call(createThread, { name: l.name, stack_bytes: l.stack_bytes, entry: serveEntrypoint.name, entry_locals }, 'created');
  },
  created: (_x, _l, { thread }: Created) => call(startThread, { thread }, 'started'),
  started: (_x, l, { index }: Started) => {
    l.index = index;
    return call(lockAcquire, { lock: l.cap_valid ?? 0 }, 'exit_handler');
  },
  exit_handler: (_x, l) => call(manage, { interface: 'Entrypoint_exit', ref: 0, ep: l.index ?? 0 }, 'managed'),
  managed: (x, l, { id, cap }: Managed) => {
    entrypoints(x).set(l.index ?? 0, { delay_start: l.delay_start ?? 0, exit_id: id, exit_cap: cap });
    return done({ ep: l.index ?? 0 } satisfies EntrypointMade);
  },
});

type EpLocals = { [key: string]: Plain; ep: number };

export const activateEntrypoint = procedure<EpLocals>('child.activate_entrypoint', {
  start: (x, l) => call(lockRelease, { lock: entrypoints(x).require(l.ep).delay_start }, 'released'),
  released: () => done(),
});

/**
 * Ends an entrypoint whose objects are dissolved. The thread is killed where it waits; the original asks it to leave its loop,
 * which never happens while it waits for a service that was not announced.
 */
export const destroyEntrypoint = procedure<EpLocals>('child.destroy_entrypoint', {
  start: (x, l) => call(dissolve, { id: entrypoints(x).require(l.ep).exit_id }, 'kill'),
  kill: (x, l) => {
    dec(x, entrypoints(x).require(l.ep).exit_cap);
    return call(destroyThread, { index: l.ep }, 'destroyed');
  },
  destroyed: (x, l) => {
    entrypoints(x).delete(l.ep);
    forgetWaits(x, l.ep);
    return done();
  },
});
