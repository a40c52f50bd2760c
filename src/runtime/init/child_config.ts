// The inline configuration of a child as a dataspace of the child's own RAM.
// Source modelled: genode-16.08-abi.md 4.2 step 7. Failing to provide it is no error: the child just has no configuration.

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import { type Attached, attachDataspace, detachDataspace, writeMemory } from '../native/memory.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Ram_session } from '../rpc/interfaces.ts';

type ConfigLocals = { [key: string]: Plain; ram: number; text: string | null; bytes?: Uint8Array; ds?: number; address?: number };

const CACHED = 2;

/** Dataspace slot, 0 for none; its reference belongs to the caller. */
export type ChildConfigMade = { readonly ds: number };

const NONE: ChildConfigMade = { ds: 0 };

export const makeChildConfig = procedure<ConfigLocals>('init.make_child_config', {
  start: (_x, l) => {
    if (l.text === null) return done(NONE);
    const encoded = new TextEncoder().encode(l.text);
    l.bytes = new Uint8Array(encoded.length + 1);
    l.bytes.set(encoded);
    return rpc(Ram_session.alloc, l.ram, { size: l.bytes.length, cached: CACHED }, 'allocated', 'none');
  },
  allocated: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return done(NONE);
    l.ds = cap;
    return call(attachDataspace, { ds: cap }, 'attached', 'give_back');
  },
  attached: (_x, l, { address }: Attached) => {
    l.address = address;
    return call(writeMemory, { address, bytes: l.bytes ?? new Uint8Array(0) }, 'written');
  },
  written: (_x, l) => call(detachDataspace, { address: l.address ?? 0 }, 'made'),
  made: (_x, l) => done({ ds: l.ds ?? 0 } satisfies ChildConfigMade),
  give_back: (_x, l) => rpc(Ram_session.free, l.ram, { ds: l.ds ?? null }, 'given_back', 'given_back'),
  given_back: (x, l) => {
    dec(x, l.ds ?? null);
    return done(NONE);
  },
  none: () => done(NONE),
});
