// A checkpoint waits until the proxies of its targets have taken in what core and the servers have answered them: what a target was given and
// which sessions it has opened is known only then. Owns no state. Source modelled: architecture.md "When the checkpointer acts".

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { threads } from '../native/thread_table.ts';
import { Cpu_session, Native_cpu } from '../rpc/interfaces.ts';
import { PROXY_PAUSE_US, PROXY_ROUNDS } from './limits.ts';
import { isDonating } from './proxy_quota.ts';
import { asking } from './proxy_table.ts';
import { sleep } from './sleep.ts';
import { isDenied, readPhase } from './thread_access.ts';

type SettleLocals = { [key: string]: Plain; targets: readonly number[]; rounds?: number; native?: number; lanes?: readonly number[] };

/** What the kernel knows of a thread that has asked: its question stands in the queue of a server that is frozen, and stays there. */
function isQueued(x: Execution, thread: number): boolean {
  const read = readPhase(x, thread);
  // Without the extension nobody can tell; the pause has to do.
  return isDenied(read) || read.phase.kind === 'send_queued';
}

/** Lets others run until no proxy of some frozen targets has an answer or a transfer on its way; refuses the checkpoint if that takes too long. */
export const settleProxies = procedure<SettleLocals>('rtcr.settle_proxies', {
  start: (x, l) => {
    if (!isDonating(x, l.targets) && asking(x, l.targets).length === 0) return done();
    l.rounds = (l.rounds ?? 0) + 1;
    if (l.rounds <= PROXY_ROUNDS) return call(sleep, { us: PROXY_PAUSE_US }, 'look');
    return raise('Checkpoint_refused', `a session at a service that is offered outside is being opened or closed, and is not after ${(PROXY_ROUNDS * PROXY_PAUSE_US) / 1000} ms`);
  },
  look: (x, l) => {
    l.lanes = asking(x, l.targets).map(({ ep }) => ep);
    return isDonating(x, l.targets) || l.lanes.length === 0 ? goto('start') : rpc(Cpu_session.native_cpu, env.get(x).cpu, {}, 'native');
  },
  native: (_x, l, { cap }: RpcReply) => {
    l.native = cap ?? 0;
    return goto('next');
  },
  next: (x, l) => {
    const [ep] = l.lanes ?? [];
    if (ep !== undefined) return rpc(Native_cpu.native_cap, l.native ?? null, { thread: threads(x).require(ep).cap }, 'thread', 'unknown');
    dec(x, l.native ?? null);
    return done();
  },
  thread: (x, l, { cap }: RpcReply) => {
    const queued = cap === null || isQueued(x, cap);
    dec(x, cap);
    if (!queued) return goto('unknown');
    l.lanes = (l.lanes ?? []).slice(1);
    return goto('next');
  },
  unknown: (x, l) => {
    dec(x, l.native ?? null);
    return goto('start');
  },
});
