// Interposed threads: every call goes to the real thread; started, paused, single-step, affinity and handler are recorded.
// Changes the rows that cpu_session.ts creates. Source modelled: checkpoint-restore.md 1.4.

import { Cpu_thread } from '../rpc/interfaces.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { type BlockingHandler, cap, num, type RpcAnswer, type RpcRequest, words } from '../native/service.ts';
import { forwarded, replaceHeld } from './interposer.ts';
import { PAUSE_AFTER_THAW_US, PAUSE_HOLD_US } from './limits.ts';
import { type CpuThreadRow, cpuThreads, crews, pauses, targets } from './online_storage.ts';
import { sleep } from './sleep.ts';

const to = (x: Execution, ref: number): number | null => cpuThreads(x).get(ref)?.real ?? null;

const recording = (patch: (request: RpcRequest) => Partial<CpuThreadRow>) => (x: Execution, request: RpcRequest): void => {
  if (cpuThreads(x).get(request.ref) !== undefined) cpuThreads(x).update(request.ref, patch(request));
};

function recordHandler(x: Execution, request: RpcRequest): void {
  const row = cpuThreads(x).get(request.ref);
  if (row !== undefined) cpuThreads(x).update(request.ref, { sigh: replaceHeld(x, row.sigh, cap(request, 'sigh')) });
}

const forwardPause = forwarded(Cpu_thread.pause, { to, record: recording(() => ({ paused: true })) });

/**
 * Core polls until the paused thread has taken its exception, and serves nobody meanwhile: for ever, where the checkpointer has frozen
 * that thread, or where it has not run since it was resumed, because the kernel then ignores the pause. A request that comes while the
 * target stands still is held until it goes on and all its threads had a time slice, and no freeze begins before it is answered.
 */
const pause: BlockingHandler = procedure<{ request: RpcRequest; key?: number }>('rtcr.pause_thread', {
  start: (x, l) => {
    const target = cpuThreads(x).get(l.request.ref)?.target ?? 0;
    l.key = pauses(x).insert({ target });
    // The restorer pauses threads of a target that stands still, before they have run: it knows what it does.
    const asked = crews(x).get(targets(x).get(target)?.crew ?? 0)?.resources === x.index;
    return asked ? goto('hold') : goto('forward');
  },
  hold: (x, l) => {
    const { target } = pauses(x).require(l.key ?? 0);
    const row = targets(x).get(target);
    if (row?.phase === 'frozen' || row?.held === true) return call(sleep, { us: PAUSE_HOLD_US }, 'hold');
    if (row?.set_off !== true) return goto('forward');
    targets(x).update(target, { set_off: false });
    return call(sleep, { us: PAUSE_AFTER_THAW_US }, 'hold');
  },
  forward: (_x, l) => call(forwardPause, { request: l.request }, 'answered', 'failed'),
  answered: (x, l, answer: RpcAnswer) => {
    pauses(x).delete(l.key ?? 0);
    return done(answer);
  },
  failed: (x, l, { name, text }: Failure) => {
    pauses(x).delete(l.key ?? 0);
    return raise(name, text);
  },
});

export const cpuThreadService = {
  utcb: forwarded(Cpu_thread.utcb, { to }),
  start: forwarded(Cpu_thread.start, { to, record: recording((request) => ({ started: true, start_ip: num(request, 'ip'), start_sp: num(request, 'sp') })) }),
  pause,
  resume: forwarded(Cpu_thread.resume, { to, record: recording(() => ({ paused: false })) }),
  cancel_blocking: forwarded(Cpu_thread.cancel_blocking, { to }),
  set_state: forwarded(Cpu_thread.set_state, { to }),
  state: forwarded(Cpu_thread.state, { to }),
  exception_sigh: forwarded(Cpu_thread.exception_sigh, { to, record: recordHandler }),
  single_step: forwarded(Cpu_thread.single_step, { to, record: recording((request) => ({ single_step: request.args['enable'] === true })) }),
  affinity: forwarded(Cpu_thread.affinity, { to, record: recording((request) => ({ affinity: words(request, 'location') })) }),
  trace_control_index: forwarded(Cpu_thread.trace_control_index, { to }),
  trace_buffer: forwarded(Cpu_thread.trace_buffer, { to }),
  trace_policy: forwarded(Cpu_thread.trace_policy, { to }),
} as const;
