// Entrypoints of core: threads that serve RPC objects, created as Genode's Rpc_entrypoint is.
// Source modelled: genode-16.08-abi.md 1.3 (server window), 4.4, 5.1. Owns nothing; threads and objects have their own tables.

import type { Plain } from '../../emu/plain.ts';
import { newServeLocals, serveEntrypoint } from '../native/entrypoint.ts';
import { lockAcquire, lockRelease, newLock } from '../native/lock.ts';
import { type Action, call, done, procedure } from '../native/procedure.ts';
import { createCoreThread, startUnderCorePager } from './core_thread.ts';
import { manageObject } from './object.ts';

type EntrypointLocals = { [key: string]: Plain; index: number; name: string; cap_valid?: number; delay?: number };

/**
 * Creates an entrypoint of core: its thread runs until it has its receive window, then its exit handler is made. The value is
 * the lock whose release lets it serve.
 */
export const createCoreEntrypoint = procedure<EntrypointLocals>('core.create_entrypoint', {
  start: (x, l) => {
    const cap_valid = newLock(x, true);
    l.delay = newLock(x, true);
    createCoreThread(x, l.index, l.name, serveEntrypoint.name, newServeLocals(cap_valid, l.delay));
    startUnderCorePager(x, l.index);
    return call(lockAcquire, { lock: cap_valid }, 'served');
  },
  served: (x, l) => {
    manageObject(x, 'Entrypoint_exit', l.index, l.index);
    return done({ delay: l.delay ?? 0 } satisfies CreatedEntrypoint);
  },
});

export type CreatedEntrypoint = { readonly delay: number };

/** Lets an entrypoint serve requests. */
export const activate = (delay: number, then: string): Action => call(lockRelease, { lock: delay }, then);
