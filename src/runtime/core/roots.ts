// Core's services: how a session of each is made from its arguments, upgraded and closed. The roots are called directly by
// whoever in core acts as a parent. Owner of the table 'core_sessions'. Source modelled: genode-16.08-abi.md 2.1, 4.1, 5.3, 5.4.

import { labelOf, lastLabelElement, numberArgument, signedArgument } from '../arg_string.ts';
import type { Execution } from '../native/execution.ts';
import { table } from '../native/store.ts';
import { coreError } from './console.ts';
import { cpuSessions, destroyCpuSession, newCpuSession, TRACE_CONTROL_BYTES, upgradeCpuSession } from './cpu_session.ts';
import { UNGUARDED, upgradeGuard } from './guard.ts';
import type { CoreCap } from './kernel_object.ts';
import { destroyLogSession, logSessions, newLogSession } from './log_session.ts';
import { destroyPdSession, newPdSession, pdSessions } from './pd_session.ts';
import { ramSessions } from './ram_account.ts';
import { destroyRamSession, newRamSession } from './ram_session.ts';
import { destroyRmSession, newRmSession, rmSessions } from './rm_session.ts';
import { destroyRomSession, newRomSession, romSessions } from './rom_session.ts';
import { destroyTraceSession, newTraceSession, traceSessions, upgradeTraceSession } from './trace_session.ts';
import { freeSliced, type SlicedBlock, slicedAlloc } from './sliced_heap.ts';

export type RootError = 'Invalid_args' | 'Unavailable' | 'Quota_exceeded';

interface Root {
  /** What the session object occupies, in whole pages: taken from the donated quota first. */
  readonly component_bytes: number;
  /** Refusals that come before any memory is taken. */
  readonly check?: (donated: number) => RootError | null;
  /** Makes the session of the remaining donation. On refusal the memory of the session object is lost, as in the original. */
  readonly open: (x: Execution, args: string, donated: number) => number | RootError;
  readonly upgrade?: (x: Execution, key: number, bytes: number) => void;
  readonly close: (x: Execution, key: number) => void;
  readonly cap: (x: Execution, key: number) => CoreCap;
}

interface SessionRow {
  readonly service: CoreServiceName;
  readonly ref: number;
  readonly component: SlicedBlock;
  readonly cap: CoreCap;
}

const sessions = table<SessionRow>('core_sessions');

const PAGE = 4096;
const PRIORITY_LIMIT = 65536;
const PD_LABEL_CHARS = 63;
const LOG_LABEL_CHARS = 127;
/** A constructor that runs out of its donation. */
const refused = (key: number | null): number | RootError => key ?? 'Unavailable';
const nothing = (): void => undefined;
const notThere = (): CoreCap => {
  throw new Error('there are no sessions of this service');
};

const hex8 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** A range as the original prints it. */
function rangeText(base: number, size: number): string {
  const end = (base + size) >>> 0;
  if (base !== 0 && end === 0) return `[${hex8(base)},${hex8(end - 1)}]`;
  return `[${hex8(base)},${hex8(end)})${base !== 0 && end < base ? ' (overflow!)' : ''}${size === 0 ? ' (empty!)' : ''}`;
}

/** Why a range is no device memory. The board shows user level no devices, so that there is always a reason. */
function whyNoDevice(x: Execution, base: number, size: number): string {
  const from = base - (base % PAGE);
  const bytes = Math.ceil((base + size) / PAGE) * PAGE - from;
  if (bytes === 0) return `${rangeText(from, 0)} used by RAM allocator (-1)`;
  const isRam = (address: number): boolean => x.cpu.memory.index(address >>> 0) >= 0;
  if (isRam(from) || isRam(from + bytes - 1)) return `${rangeText(from, bytes)} used by RAM allocator (-3)`;
  return `${rangeText(base, size)} not available`;
}

const ROOTS = {
  ROM: {
    component_bytes: PAGE,
    open: (x, args) => newRomSession(x, lastLabelElement(labelOf(args))) ?? 'Invalid_args',
    close: destroyRomSession,
    cap: (x, key) => romSessions(x).require(key).cap,
  },
  RAM: {
    component_bytes: PAGE,
    open: (x, args, ram_quota) =>
      refused(newRamSession(x, { label: labelOf(args), ram_quota, phys_start: numberArgument(args, 'phys_start', 0), phys_size: numberArgument(args, 'phys_size', 0) })),
    upgrade: (x, key, bytes) => upgradeGuard(x, ramSessions(x).require(key).guard, bytes),
    close: destroyRamSession,
    cap: (x, key) => ramSessions(x).require(key).cap,
  },
  RM: {
    component_bytes: PAGE,
    open: (x, _args, donated) => newRmSession(x, donated),
    upgrade: (x, key, bytes) => upgradeGuard(x, rmSessions(x).require(key).guard, bytes),
    close: destroyRmSession,
    cap: (x, key) => rmSessions(x).require(key).cap,
  },
  CPU: {
    component_bytes: PAGE,
    check: (donated) => (donated < TRACE_CONTROL_BYTES ? 'Quota_exceeded' : null),
    open: (x, args, donated) => {
      const priority = Math.min(numberArgument(args, 'priority', 0), PRIORITY_LIMIT - 1);
      return refused(newCpuSession(x, labelOf(args), priority, donated - TRACE_CONTROL_BYTES));
    },
    upgrade: upgradeCpuSession,
    close: destroyCpuSession,
    cap: (x, key) => cpuSessions(x).require(key).cap,
  },
  PD: {
    component_bytes: 4 * PAGE,
    open: (x, args, donated) => refused(newPdSession(x, labelOf(args).slice(0, PD_LABEL_CHARS), donated)),
    upgrade: (x, key, bytes) => upgradeGuard(x, pdSessions(x).require(key).guard, bytes),
    close: destroyPdSession,
    cap: (x, key) => pdSessions(x).require(key).cap,
  },
  LOG: {
    component_bytes: PAGE,
    open: (x, args) => newLogSession(x, labelOf(args).slice(0, LOG_LABEL_CHARS)),
    close: destroyLogSession,
    cap: (x, key) => logSessions(x).require(key).cap,
  },
  // The board shows user level no devices: what these services would hand out does not exist.
  IO_MEM: {
    component_bytes: PAGE,
    open: (x, args) => {
      coreError(x, `I/O memory ${whyNoDevice(x, numberArgument(args, 'base', 0), numberArgument(args, 'size', 0))}`);
      coreError(x, 'Local MMIO mapping failed!');
      return 'Invalid_args';
    },
    close: nothing,
    cap: notThere,
  },
  IRQ: {
    component_bytes: PAGE,
    open: (x, args) => {
      coreError(x, `unavailable IRQ ${signedArgument(args, 'irq_number', -1)} requested`);
      return 'Unavailable';
    },
    close: nothing,
    cap: notThere,
  },
  TRACE: {
    component_bytes: PAGE,
    open: (x, args, donated) => {
      const buffer_bytes = numberArgument(args, 'arg_buffer_size', 0);
      // Without an argument buffer the original's constructor fails in a way that core itself does not survive.
      return buffer_bytes > donated || buffer_bytes === 0 ? 'Invalid_args' : refused(newTraceSession(x, donated, buffer_bytes));
    },
    upgrade: upgradeTraceSession,
    close: destroyTraceSession,
    cap: (x, key) => traceSessions(x).require(key).cap,
  },
} as const satisfies Readonly<Record<string, Root>>;

export type CoreServiceName = keyof typeof ROOTS;

/** Names of core's services, in the order in which core registers them. */
export const coreServices = Object.keys(ROOTS) as readonly CoreServiceName[];

export const isCoreService = (name: string): name is CoreServiceName => Object.hasOwn(ROOTS, name);

/** Opens a session; returns its key in the table of sessions. */
export function openCoreSession(x: Execution, service: CoreServiceName, args: string): number | RootError {
  const root: Root = ROOTS[service];
  const provided = numberArgument(args, 'ram_quota', 0);
  if (provided < root.component_bytes) {
    coreError(x, `Insufficient ram quota, provided=${provided}, required=${root.component_bytes}`);
    return 'Quota_exceeded';
  }
  const donated = provided - root.component_bytes;
  const objection = root.check?.(donated) ?? null;
  if (objection !== null) return objection;
  const component = slicedAlloc(x, UNGUARDED, root.component_bytes);
  const ref = component === null ? 'Unavailable' : root.open(x, args, donated);
  if (typeof ref === 'string' || component === null) {
    return typeof ref === 'string' ? ref : 'Unavailable';
  }
  return sessions(x).insert({ service, ref, component, cap: root.cap(x, ref) });
}

export function upgradeCoreSession(x: Execution, key: number, args: string): void {
  const { service, ref } = sessions(x).require(key);
  const root: Root = ROOTS[service];
  root.upgrade?.(x, ref, numberArgument(args, 'ram_quota', 0));
}

export function closeCoreSession(x: Execution, key: number): void {
  const { service, ref, component } = sessions(x).require(key);
  const root: Root = ROOTS[service];
  root.close(x, ref);
  sessions(x).delete(key);
  freeSliced(x, UNGUARDED, component);
}

/** Slot of a session's capability. */
export const sessionSlot = (x: Execution, key: number): number => sessions(x).require(key).cap.slot;

export const sessionService = (x: Execution, key: number): CoreServiceName => sessions(x).require(key).service;

/** Key of the row that implements a session, in the table of its service. */
export const sessionRef = (x: Execution, key: number): number => sessions(x).require(key).ref;

/** The session that a capability id names. */
export const sessionOfId = (x: Execution, id: number): number | undefined => sessions(x).find((row) => row.cap.id === id)?.[0];
