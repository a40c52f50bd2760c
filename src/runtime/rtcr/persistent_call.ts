// A call on an interposed object of the checkpointer's own, made directly as the historic program did, that donates meta data to the wrapped session when core runs out of it, as clients do.
// Owns no state. Source modelled: genode-base-foc.md 6.4 (client-side handling of Out_of_metadata).

import type { Plain } from '../../emu/plain.ts';
import type { RpcFunction } from '../rpc/interface.ts';
import { INTERFACES } from '../rpc/interfaces.ts';
import { localCall } from '../native/local_call.ts';
import { type Action, call, done, type Failure, procedure, raise } from '../native/procedure.ts';
import type { RpcArguments, RpcReply } from '../native/rpc_client.ts';
import { upgradeSession } from '../native/session.ts';

const DONATION = 'ram_quota=16K';
const DONATIONS_MAX = 64;

type Locals = {
  [key: string]: Plain;
  interface: string;
  fn: number;
  object: number | null;
  args: { readonly [name: string]: Plain };
  /** Slot of the wrapped session that pays. */
  session: number;
  donations: number;
};

const persistentCall = procedure<Locals>('rtcr.persistent_call', {
  start: (x, l) => {
    const fn = INTERFACES[l.interface]?.functions[l.fn];
    if (fn === undefined) throw new Error(`no function ${l.interface}[${l.fn}]`);
    return localCall(x, fn, l.object, l.args as RpcArguments, 'answered', 'failed');
  },
  answered: (_x, _l, reply: RpcReply) => done(reply),
  failed: (_x, l, failure: Failure) => {
    if (failure.name !== 'Out_of_metadata' || l.donations >= DONATIONS_MAX) return raise('Restore_refused', `${failure.text}: ${failure.name}`);
    l.donations += 1;
    return call(upgradeSession, { cap: l.session, args: DONATION }, 'start');
  },
});

/** Step `then` gets an RpcReply; any failure is a refusal of the restore, and goes to step `error` if there is one. */
export function callPersistently(fn: RpcFunction, object: number | null, args: RpcArguments, session: number, then: string, error = ''): Action {
  return call(persistentCall, { interface: fn.interface, fn: fn.opcode, object, args: args as { [name: string]: Plain }, session, donations: 0 }, then, error);
}
