// Sessions from a component's point of view: opening at the parent, closing, upgrading.
// Source modelled: genode-16.08-abi.md 2 (Parent), 5.3 (client retries).

import type { Plain } from '../../emu/plain.ts';
import { Parent } from '../rpc/interfaces.ts';
import { dec } from './cap_space.ts';
import { env } from './env.ts';
import { done, type Failure, procedure, raise } from './procedure.ts';
import { rpc, type RpcReply } from './rpc_client.ts';

type OpenLocals = { [key: string]: Plain; service: string; args: string; affinity?: readonly number[] };

const NO_AFFINITY = [0, 0, 0, 0, 0, 0];

/** Requests a session from the parent: {cap}. Fails with Service_denied, Quota_exceeded or Unavailable. */
export const openSession = procedure<OpenLocals>('native.open_session', {
  start: (x, l) => rpc(Parent.session, env.get(x).parent, { name: l.service, args: l.args, affinity: l.affinity ?? NO_AFFINITY }, 'opened'),
  opened: (_x, l, { cap }: RpcReply) => (cap === null ? raise('Unavailable', l.service) : done({ cap } satisfies Opened)),
});

export type Opened = { readonly cap: number };

type CloseLocals = { [key: string]: Plain; cap: number };

/** Closes a session and drops its capability. */
export const closeSession = procedure<CloseLocals>('native.close_session', {
  start: (x, l) => rpc(Parent.close, env.get(x).parent, { session: l.cap }, 'closed', 'closed'),
  closed: (x, l) => {
    dec(x, l.cap);
    return done();
  },
});

type UpgradeLocals = { [key: string]: Plain; cap: number; args: string };

export const upgradeSession = procedure<UpgradeLocals>('native.upgrade_session', {
  start: (x, l) => rpc(Parent.upgrade, env.get(x).parent, { session: l.cap, args: l.args }, 'upgraded'),
  upgraded: () => done(),
});

type UpgradeEnvLocals = { [key: string]: Plain; service: 'ram' | 'cpu' | 'pd'; args: string };

/** Donates quota to one of the environment's own sessions, as the expanding clients do when core runs out of meta data. */
export const upgradeEnv = procedure<UpgradeEnvLocals>('native.upgrade_env', {
  start: (x, l) => rpc(Parent.upgrade, env.get(x).parent, { session: env.get(x)[l.service], args: l.args }, 'upgraded', 'denied'),
  upgraded: () => done(),
  denied: (_x, l, failure: Failure) => raise(failure.name, `upgrade of ${l.service}: ${failure.text}`),
});
