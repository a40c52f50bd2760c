// The pager thread: answers page faults by mappings, collects the registers of paused threads, passes exceptions on as signals.
// Owner of the record 'core_pager_exception'. Source modelled: genode-base-foc.md 6.1, 9.3, genode-16.08-abi.md 2.2.

import type { Plain } from '../../emu/plain.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { type Action, goto, invoke, type InvokeResult, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { objects } from '../native/service.ts';
import { Pd_session } from '../rpc/interfaces.ts';
import { record } from '../native/store.ts';
import { makeTag, OPERATION, SELF, TAG_ERROR, tagLabel, TIMEOUT } from '../native/utcb.ts';
import { coreError, coreText, coreWarning } from './console.ts';
import { cpuThreads, kernelThreadSlot, updateState } from './cpu_thread.ts';
import { type Resolution, resolveFault } from './fault_resolution.ts';
import { pdSessions } from './pd_session.ts';
import { registerFault, regionMaps } from './region_map.ts';
import { afterException, EXCEPTION_WORDS, exceptionAddress, exceptionError, exceptionIp, hasFlag, PAUSE_ERROR, replyImage, withFlag } from './thread_state.ts';

type PagerLocals = { [key: string]: Plain; thread?: number; address?: number; ip?: number; label?: number };

/** The exception message that came last, of whatever thread: replies are built on it. */
const lastException = record<{ readonly words: readonly number[] }>('core_pager_exception', { words: [] });

const LABEL = { page_fault: -2, exception: -5 } as const;
/** Bits of an exception's error word: a fault that came from user mode, and one that read. */
const ERROR_PAGE_FAULT = 0x1_0000;
const ERROR_READ = 0x2_0000;
const FAULT_WRITE = 2;

const MAP = 8;
const CACHE_BITS = { cached: 0x30, write_combined: 0x50, uncached: 0x50 } as const;
const MEMORY_RWX = 0x17;
const MEMORY_RX = 0x15;

const hex = (value: number): string => (value >>> 0).toString(16);

export const pagerEntry = procedure<PagerLocals>('core.pager', {
  start: (x) => {
    setRegisters(x, 0, SELF | OPERATION.wait, TIMEOUT.never);
    return invoke('received');
  },
  received: (x, l, result: InvokeResult) => {
    if ((result.tag & TAG_ERROR) !== 0) {
      coreError(x, `Ipc error ${result.error} in pagefault from 0x${hex((l.label ?? 0) & ~3)}`);
      return goto('start');
    }
    l.label = result.label;
    const object = objects(x).get((result.label & ~3) >>> 0);
    if (object?.interface !== 'Pager_object') {
      coreWarning(x, 'no pager object found!');
      return goto('start');
    }
    l.thread = object.ref;
    return dispatch(x, l, object.ref, tagLabel(result.tag));
  },
  signalled: (x, l) => {
    coreWarning(x, `could not resolve pf=0x${hex(l.address ?? 0)} ip=0x${hex(l.ip ?? 0)}`);
    return goto('start');
  },
  /** A thread is to be woken: the asking thread first gets its answer. */
  acknowledge: (x) => {
    setRegisters(x, makeTag(0, 0), SELF | OPERATION.reply, TIMEOUT.send_zero);
    return invoke('release');
  },
  release: (x, l) => {
    const key = l.thread ?? 0;
    if (cpuThreads(x).get(key) === undefined) return goto('start');
    updateState(x, key, (state) => withFlag(state, 'in_exception', false));
    return sendRegisters(x, key, replyImage(cpuThreads(x).require(key).state, lastException.get(x).words));
  },
});

function dispatch(x: Execution, l: PagerLocals, thread: number, label: number): Action {
  if (label === LABEL.page_fault) {
    const [fault = 0, ip = 0] = x.cpu.utcb;
    return pageFault(x, l, thread, { address: (fault & ~3) >>> 0, write: (fault & FAULT_WRITE) !== 0, ip });
  }
  if (label !== LABEL.exception) return goto('acknowledge');
  const words = Array.from(x.cpu.utcb.subarray(0, EXCEPTION_WORDS));
  const error = exceptionError(words);
  if ((error & ERROR_PAGE_FAULT) !== 0) {
    return pageFault(x, l, thread, { address: (exceptionAddress(words) & ~3) >>> 0, write: (error & ERROR_READ) === 0, ip: exceptionIp(words) });
  }
  lastException.set(x, { words });
  updateState(x, thread, (state) => afterException(state, words));
  const { state, exception_sigh, session_exception_sigh } = cpuThreads(x).require(thread);
  if (error === PAUSE_ERROR) {
    // A thread that was resumed before its exception came goes on at once.
    return hasFlag(state, 'paused') ? goto('start') : sendRegisters(x, thread, words);
  }
  const context = exception_sigh !== 0 ? exception_sigh : session_exception_sigh;
  return context === 0 ? goto('start') : submit(x, context, 'start');
}

type PageFault = { readonly address: number; readonly write: boolean; readonly ip: number };

function pageFault(x: Execution, l: PagerLocals, thread: number, fault: PageFault): Action {
  const pd = pdSessions(x).get(cpuThreads(x).require(thread).pd);
  if (pd === undefined) return goto('start');
  const found = resolveFault(x, pd.address_space, fault.address, fault.write);
  if (found.kind === 'mapping') return sendMapping(x, thread, found);
  l.address = fault.address;
  l.ip = fault.ip;
  const text = `(${fault.write ? 'WRITE' : 'READ'} pf_addr=${hex(l.address)} pf_ip=${hex(fault.ip)} from ${hex(kernelThreadSlot(x, thread) << 12)})`;
  if (found.kind === 'read_only') coreText(x, `attempted write at read-only memory ${text}\n`);
  else if (found.map === pd.address_space) coreText(x, `no RM attachment ${text}\n`);
  registerFault(x, found.map, { thread, address: found.address, type: found.type });
  updateState(x, thread, (state) => withFlag(state, 'unresolved_page_fault', true));
  const { fault_handler } = regionMaps(x).require(found.map);
  return submit(x, fault_handler === 0 ? null : fault_handler, 'signalled');
}

/** Signals go through core's own PD session, hence by a call to the entrypoint: whoever is woken by one cannot be served before. */
const submit = (x: Execution, context: number | null, then: string): Action => rpc(Pd_session.submit, env.get(x).pd, { context, count: 1 }, then);

function sendMapping(x: Execution, thread: number, { to, from, size_log2, writable, cache }: Extract<Resolution, { kind: 'mapping' }>): Action {
  const { utcb } = x.cpu;
  utcb[0] = (to | MAP | CACHE_BITS[cache]) >>> 0;
  utcb[1] = (from | (size_log2 << 6) | (writable ? MEMORY_RWX : MEMORY_RX)) >>> 0;
  setRegisters(x, makeTag(0, 0, 1), (kernelThreadSlot(x, thread) << 12) | OPERATION.send_and_wait, TIMEOUT.send_zero);
  return invoke('received');
}

function sendRegisters(x: Execution, thread: number, words: readonly number[]): Action {
  words.slice(0, EXCEPTION_WORDS).forEach((word, i) => {
    x.cpu.utcb[i] = word;
  });
  setRegisters(x, makeTag(0, EXCEPTION_WORDS), (kernelThreadSlot(x, thread) << 12) | OPERATION.send, TIMEOUT.send_zero);
  return invoke('start');
}

function setRegisters(x: Execution, tag: number, target: number, timeouts: number): void {
  const { r } = x.cpu;
  r[0] = tag;
  r[2] = target >>> 0;
  r[3] = timeouts;
  r[4] = 0;
}
