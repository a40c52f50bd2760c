// Contents of memory that checkpoints keep: dataspaces of the checkpointer, shared by all snapshots and parts that have the same
// content. Owner of the reference counts. Source modelled: checkpoint-restore.md 2.2 (buffers counted by their users).

import type { Plain } from '../../emu/plain.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { upgradeEnv } from '../native/session.ts';
import { table } from '../native/store.ts';
import { forgetView } from './view_rows.ts';

/** Users of a content and its size, by its slot. */
const users = table<{ readonly count: number; readonly bytes: number }>('rtcr_contents');

const CACHED = 2;

/** One more user of a content. */
export function shareContent(x: Execution, content: number): void {
  users(x).update(content, { count: users(x).require(content).count + 1 });
}

/** True if the dataspace in a slot is a content, and not one of somebody else. */
export const isContent = (x: Execution, slot: number): boolean => users(x).get(slot) !== undefined;

/** Bytes that a content was allocated for. */
export const contentBytes = (x: Execution, content: number): number => users(x).get(content)?.bytes ?? 0;

export type NewContent = { readonly content: number };

/** Allocates a content with one user: {content}. Fails with `refusal` where core has no RAM for it. */
export const allocContent = procedure<{ [key: string]: Plain; bytes: number; refusal: string }>('rtcr.alloc_content', {
  start: (x, l) => rpc(Ram_session.alloc, env.get(x).ram, { size: l.bytes, cached: CACHED }, 'allocated', 'denied'),
  denied: (_x, l, failure: Failure) =>
    failure.name === 'Out_of_metadata' ? call(upgradeEnv, { service: 'ram', args: 'ram_quota=8192' }, 'start') : raise(l.refusal, `not enough RAM for ${l.bytes} bytes (${failure.name})`),
  allocated: (x, l, { cap }: RpcReply) => {
    if (cap === null) return raise(l.refusal, 'core gave no dataspace');
    users(x).set(cap, { count: 1, bytes: l.bytes });
    return done({ content: cap } satisfies NewContent);
  },
});

/** One user less; the last one gives the memory back. */
export const dropContent = procedure<{ [key: string]: Plain; content: number }>('rtcr.drop_content', {
  start: (x, l) => {
    const { count } = users(x).require(l.content);
    if (count > 1) {
      users(x).update(l.content, { count: count - 1 });
      return done();
    }
    users(x).delete(l.content);
    forgetView(x, l.content);
    return rpc(Ram_session.free, env.get(x).ram, { ds: l.content }, 'freed', 'freed');
  },
  freed: (x, l) => {
    dec(x, l.content);
    return done();
  },
});
