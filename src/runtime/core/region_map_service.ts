// The Region_map interface of core's region maps.
// Source modelled: genode-16.08-abi.md 2, genode-base-foc.md 6.2, 6.3. Owns nothing; the rows are region_map.ts's.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, procedure, raise } from '../native/procedure.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { extended } from './config.ts';
import { dataspaceOf, dataspaces } from './dataspace.ts';
import { attach, detach, FAULT, regionMaps, setFaultHandler } from './region_map.ts';
import { wakeAll } from './thread_control.ts';

type AttachLocals = { [key: string]: Plain; request: RpcRequest; writable?: boolean; address?: number };

/** Attaching may resolve faults; then the faulting threads are woken before the answer goes out. */
const attachRequest = procedure<AttachLocals>('core.region_map.attach', {
  start: (x, l) => {
    const { request } = l;
    const result = attach(x, request.ref, {
      ds: dataspaceOf(x, cap(request, 'ds')),
      size: num(request, 'size'),
      offset: num(request, 'offset'),
      at: request.args['use_local_addr'] === true ? num(request, 'local_addr') : undefined,
      writable: l.writable ?? true,
    });
    if (typeof result === 'string') return raise(result, 'attach');
    l.address = result.address;
    if (result.resolved.length === 0) return done({ value: result.address } satisfies RpcAnswer);
    return call(wakeAll, { threads: result.resolved }, 'woken');
  },
  woken: (_x, l) => done({ value: l.address ?? 0 } satisfies RpcAnswer),
});

/** Extension attach_readonly; what is switched off answers as a function that core has never had. */
const attachReadonly = procedure<AttachLocals>('core.region_map.attach_readonly', {
  start: (x, l) => (extended(x, 'attach_readonly') ? call(attachRequest, { request: l.request, writable: false }, 'attached') : done({ exception: 'Invalid_opcode' } satisfies RpcAnswer)),
  attached: (_x, _l, answer: RpcAnswer) => done(answer),
});

const detachRequest = (x: Execution, request: RpcRequest): RpcAnswer => {
  detach(x, request.ref, num(request, 'address'));
  return {};
};

const fault_handler = (x: Execution, request: RpcRequest): RpcAnswer => {
  setFaultHandler(x, request.ref, cap(request, 'sigh'));
  return {};
};

const state = (x: Execution, request: RpcRequest): RpcAnswer => {
  const [oldest] = regionMaps(x).require(request.ref).faults;
  return { value: oldest === undefined ? [FAULT.ready, 0] : [oldest.type, oldest.address] };
};

const dataspace = (x: Execution, request: RpcRequest): RpcAnswer => ({
  cap: dataspaces(x).require(regionMaps(x).require(request.ref).dataspace).cap.slot,
});

export const regionMapService = { attach: attachRequest, detach: detachRequest, fault_handler, state, dataspace, attach_readonly: attachReadonly };
