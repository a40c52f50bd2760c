// Threads of the checkpointer that wait for an answer of a component that has been ended: the kernel leaves them waiting, so their
// calls are ended here. Owns no state. Source modelled: fiasco-kernel.md 11 (reply of a dead partner), 4.4 (ex_regs cancel).

import type { Plain } from '../../emu/plain.ts';
import { rootCalls } from '../child/services.ts';
import { dec } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { threads } from '../native/thread_table.ts';
import { Cpu_session, Native_cpu } from '../rpc/interfaces.ts';
import { each } from './each.ts';
import { DEAD_CALL_SETTLE_US } from './limits.ts';
import { cpuCalls, crews, targets } from './online_storage.ts';
import { lanes, proxyAt } from './proxy_table.ts';
import { sleep } from './sleep.ts';
import { cancelIpc } from './thread_access.ts';

/**
 * Indices of threads that wait for targets that are being dissolved: proxies, those that serve the parent's part of siblings, and
 * those in the middle of a call at core for a thread that is gone with its CPU session: core leaves callers of unknown objects waiting.
 */
function waiting(x: Execution): number[] {
  const through = lanes(x).entries().filter(([lane, row]) => row.calling !== 'no' && proxyAt(x, lane).target === 0).map(([, row]) => row.ep);
  const dissolving = (child: number): boolean => targets(x).find((row) => row.child === child)?.[1].phase === 'dissolving';
  const atCore = crews(x).entries().map(([, row]) => row).filter(({ target, resources }) => targets(x).get(target)?.phase === 'dissolving' && cpuCalls(x).get(resources) !== undefined);
  return [...through, ...atCore.map(({ resources }) => resources), ...rootCalls(x).entries().filter(([, { server }]) => dissolving(server)).map(([index]) => index)];
}

/** Ends the calls of threads whose server has died: a proxy sends its message again when there is a server, a session request is denied. */
export const releaseCallers = procedure<Record<string, Plain>>('rtcr.release_callers', {
  // An answer that had come before may still be on its way to the thread, which is of lower priority.
  start: (x) => (waiting(x).length === 0 ? done() : call(sleep, { us: DEAD_CALL_SETTLE_US }, 'cancel')),
  cancel: (x) => each(cancelCall, waiting(x), {}, 'cancelled'),
  cancelled: () => done(),
});

type CancelLocals = { [key: string]: Plain; item: number; native?: number };

/** Stock: the native CPU session gives the kernel's capability of the checkpointer's own thread, and the register exchange can end its IPC. */
const cancelCall = procedure<CancelLocals>('rtcr.cancel_call', {
  start: (x) => rpc(Cpu_session.native_cpu, env.get(x).cpu, {}, 'native', 'cancelled'),
  native: (x, l, { cap }: RpcReply) => {
    l.native = cap ?? 0;
    return rpc(Native_cpu.native_cap, cap, { thread: threads(x).require(l.item).cap }, 'thread', 'cancelled');
  },
  thread: (x, l, { cap }: RpcReply) => {
    if (cap !== null) cancelIpc(x, cap);
    dec(x, cap);
    dec(x, l.native ?? null);
    return done();
  },
  cancelled: () => done(),
});
