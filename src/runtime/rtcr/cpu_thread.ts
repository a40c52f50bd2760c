// Interposed threads: every call goes to the real thread; started, paused, single-step, affinity and handler are recorded.
// Changes the rows that cpu_session.ts creates. Source modelled: checkpoint-restore.md 1.4.

import { Cpu_thread } from '../rpc/interfaces.ts';
import type { Execution } from '../native/execution.ts';
import { cap, num, type RpcRequest, words } from '../native/service.ts';
import { forwarded, replaceHeld } from './interposer.ts';
import { type CpuThreadRow, cpuThreads } from './online_storage.ts';

const to = (x: Execution, ref: number): number | null => cpuThreads(x).get(ref)?.real ?? null;

const recording = (patch: (request: RpcRequest) => Partial<CpuThreadRow>) => (x: Execution, request: RpcRequest): void => {
  if (cpuThreads(x).get(request.ref) !== undefined) cpuThreads(x).update(request.ref, patch(request));
};

function recordHandler(x: Execution, request: RpcRequest): void {
  const row = cpuThreads(x).get(request.ref);
  if (row !== undefined) cpuThreads(x).update(request.ref, { sigh: replaceHeld(x, row.sigh, cap(request, 'sigh')) });
}

export const cpuThreadService = {
  utcb: forwarded(Cpu_thread.utcb, { to }),
  start: forwarded(Cpu_thread.start, { to, record: recording((request) => ({ started: true, start_ip: num(request, 'ip'), start_sp: num(request, 'sp') })) }),
  pause: forwarded(Cpu_thread.pause, { to, record: recording(() => ({ paused: true })) }),
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
