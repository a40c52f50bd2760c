// RAM of the checkpointer that restored targets have attached in place of what the originals had attached (strategy attached="copy").
// Owner of the list of it, by target. Source modelled: checkpoint-restore.md 3.2 (phase 2), D-06.

import type { Plain } from '../../emu/plain.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import { dec, inc } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import { call, done, type Failure, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { upgradeEnv } from '../native/session.ts';
import { table } from '../native/store.ts';
import { each } from './each.ts';

const copies = table<{ readonly target: number; readonly ds: number }>('rtcr_private_copies');

const CACHED = 2;

export type PrivateCopy = { readonly ds: number };

/** Allocates a dataspace for a target, which lives as long as the target: {ds}, with one reference for the caller. */
export const allocPrivateCopy = procedure<{ [key: string]: Plain; target: number; bytes: number }>('rtcr.alloc_private_copy', {
  start: (x, l) => rpc(Ram_session.alloc, env.get(x).ram, { size: l.bytes, cached: CACHED }, 'allocated', 'denied'),
  denied: (_x, l, { name }: Failure) =>
    name === 'Out_of_metadata' ? call(upgradeEnv, { service: 'ram', args: 'ram_quota=8192' }, 'start') : raise('Restore_refused', `not enough RAM for ${l.bytes} bytes (${name})`),
  allocated: (x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Restore_refused', 'core gave no dataspace');
    inc(x, cap);
    copies(x).insert({ target: l.target, ds: cap });
    return done({ ds: cap } satisfies PrivateCopy);
  },
});

/** Gives back what a target had attached of them; its region maps are gone. */
export const freePrivateCopies = procedure<{ [key: string]: Plain; target: number }>('rtcr.free_private_copies', {
  start: (x, l) => each(freeCopy, copies(x).entries().filter(([, row]) => row.target === l.target).map(([key]) => key), {}, 'freed'),
  freed: () => done(),
});

const freeCopy = procedure<{ [key: string]: Plain; item: number }>('rtcr.free_private_copy', {
  start: (x, l) => rpc(Ram_session.free, env.get(x).ram, { ds: copies(x).require(l.item).ds }, 'freed', 'freed'),
  freed: (x, l) => {
    dec(x, copies(x).require(l.item).ds);
    copies(x).delete(l.item);
    return done();
  },
});
