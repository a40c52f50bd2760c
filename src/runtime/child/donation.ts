// Transfers of RAM quota between a child, this component and a server that go with sessions.
// Source modelled: genode-16.08-abi.md 5.3 (donations), 6 (texts).

import type { Plain } from '../../emu/plain.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import { logWarning } from '../native/log.ts';
import { call, done, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';

export type TransferLocals = {
  [key: string]: Plain;
  /** RAM sessions; nothing happens where one of them is null. */
  from: number | null;
  to: number | null;
  bytes: number;
};

/** Donates quota. Fails with Quota_exceeded, after a warning, where the donor cannot afford it. */
export const donate = procedure<TransferLocals>('child.donate', {
  start: (_x, l) => (l.from === null || l.to === null ? done() : rpc(Ram_session.transfer_quota, l.from, { ram: l.to, amount: l.bytes }, 'answered')),
  answered: (_x, l, { value }: RpcReply) =>
    value === 0 ? done() : call(logWarning, { text: `not enough quota for a donation of ${l.bytes} bytes` }, 'refused'),
  refused: (_x, l) => raise('Quota_exceeded', `donation of ${l.bytes} bytes`),
});

/** Moves quota without complaint: the value is what the donor's RAM session answered, 0 for success. */
export const transfer = procedure<TransferLocals>('child.transfer', {
  start: (_x, l) => (l.from === null || l.to === null ? done(0) : rpc(Ram_session.transfer_quota, l.from, { ram: l.to, amount: l.bytes }, 'answered')),
  answered: (_x, _l, { value }: RpcReply) => done(value),
});
