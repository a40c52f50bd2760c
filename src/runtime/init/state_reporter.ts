// The Report session of init and when a report goes out: so many milliseconds after the first change.
// Owner of the record `init_reporter`. Source modelled: Genode 17.02 init (State_reporter).

import type { Plain } from '../../emu/plain.ts';
import { sessions, sessionsOf } from '../child/child_table.ts';
import { dec } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { logError } from '../native/log.ts';
import { type Attached, attachDataspace, detachDataspace, writeMemory } from '../native/memory.ts';
import { call, done, type Failure, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { closeSession, openSession, type Opened } from '../native/session.ts';
import { manageContext, type ManagedContext } from '../native/signals.ts';
import { type HasStore, record } from '../native/store.ts';
import { Ram_session, Report_session, Timer_session } from '../rpc/interfaces.ts';
import { abort } from './abort.ts';
import { type InitChildRow, initChildren, initConfig, initDialect, initState, startedChildren } from './state.ts';
import { type RamFigures, REPORT_TOO_LARGE, type ReportedSession, type ReportedState, stateReport } from './state_report.ts';

type Reporter = {
  readonly session: number;
  readonly ds: number;
  readonly address: number;
  readonly buffer_bytes: number;
  /** Timer session and the signal context of its alarm; 0 until the first report is asked for. */
  readonly timer: number;
  readonly context: number;
  /** An alarm is set. */
  readonly scheduled: boolean;
};

export const reporter = record<Reporter>('init_reporter', { session: 0, ds: 0, address: 0, buffer_bytes: 0, timer: 0, context: 0, scheduled: false });

/** Whether changes have to be told to triggerReport. */
export const reporting = (x: Execution): boolean => reporter.get(x).timer !== 0 && initConfig.get(x).report !== null;

const HEADROOM_BYTES = 10 * 1024;

/** Follows the configuration: opens, replaces or closes the Report session, and schedules a report. A missing service is fatal, as in the original. */
export const applyReport = procedure<{ [key: string]: Plain }>('init.apply_report', {
  start: (x) => {
    const { report } = initConfig.get(x);
    if (initDialect.get(x).name === '16.08') return done();
    if (report === null && reporter.get(x).session === 0) return done();
    if (reporter.get(x).session === 0) return goto('open');
    return report !== null && report.buffer_bytes === reporter.get(x).buffer_bytes ? goto('timer') : call(detachDataspace, { address: reporter.get(x).address }, 'detached');
  },
  detached: (x) => {
    dec(x, reporter.get(x).ds);
    return call(closeSession, { cap: reporter.get(x).session }, 'closed');
  },
  closed: (x) => {
    reporter.update(x, { session: 0, ds: 0, address: 0 });
    return goto('open');
  },
  open: (x) => {
    const { report } = initConfig.get(x);
    if (report === null) return done();
    const bytes = report.buffer_bytes;
    reporter.update(x, { buffer_bytes: bytes });
    return call(openSession, { service: 'Report', args: `label="state", ram_quota=${HEADROOM_BYTES + bytes}, buffer_size=${bytes}` }, 'opened', 'denied');
  },
  denied: (_x, _l, failure: Failure) => call(abort, { type: `Genode::Parent::${failure.name}` }, ''),
  opened: (x, _l, { cap }: Opened) => {
    reporter.update(x, { session: cap });
    return rpc(Report_session.dataspace, cap, {}, 'dataspace');
  },
  dataspace: (x, _l, { cap }: RpcReply) => {
    reporter.update(x, { ds: cap ?? 0 });
    return call(attachDataspace, { ds: cap }, 'attached', 'denied');
  },
  attached: (x, _l, { address }: Attached) => {
    reporter.update(x, { address });
    return goto('timer');
  },
  timer: (x) => (reporter.get(x).timer === 0 ? call(openSession, { service: 'Timer', args: 'ram_quota=8K, label=""' }, 'timer_opened', 'denied') : goto('trigger')),
  timer_opened: (x, _l, { cap }: Opened) => {
    reporter.update(x, { timer: cap });
    return call(manageContext, { receiver: initState.get(x).receiver, handler: '' }, 'context');
  },
  context: (x, _l, { context, cap }: ManagedContext) => {
    reporter.update(x, { context });
    return rpc(Timer_session.sigh, reporter.get(x).timer, { sigh: cap }, 'trigger');
  },
  trigger: () => call(triggerReport, {}, 'triggered'),
  triggered: () => done(),
});

/** Schedules a report unless one is scheduled. */
export const triggerReport = procedure<{ [key: string]: Plain }>('init.trigger_report', {
  start: (x) => {
    const { report } = initConfig.get(x);
    if (!reporting(x) || report === null || report.delay_ms === 0 || reporter.get(x).scheduled) return done();
    reporter.update(x, { scheduled: true });
    return rpc(Timer_session.trigger_once, reporter.get(x).timer, { us: report.delay_ms * 1000 }, 'armed', 'armed');
  },
  armed: () => done(),
});

type ProduceLocals = { [key: string]: Plain; own?: RamFigures | null; pending?: readonly number[]; figures?: readonly (readonly [number, RamFigures])[]; quota?: number; length?: number };

/** Asks for the figures that the report shows, then writes and submits it. */
export const produceReport = procedure<ProduceLocals>('init.produce_report', {
  start: (x, l) => {
    reporter.update(x, { scheduled: false });
    const { report } = initConfig.get(x);
    if (report === null || reporter.get(x).session === 0) return done();
    l.figures = [];
    l.own = null;
    l.pending = report.child_ram ? startedChildren(x) : [];
    return report.init_ram ? rpc(Ram_session.quota, env.get(x).ram, {}, 'own_used') : goto('children');
  },
  own_used: (x, l, { value }: RpcReply) => {
    l.quota = value as number;
    return rpc(Ram_session.used, env.get(x).ram, {}, 'own_known');
  },
  own_known: (_x, l, { value }: RpcReply) => {
    l.own = { quota: l.quota ?? 0, used: value as number };
    return goto('children');
  },
  children: (x, l) => {
    const [key] = l.pending ?? [];
    return key === undefined ? goto('write') : rpc(Ram_session.quota, initChildren(x).require(key).ram, {}, 'used');
  },
  used: (x, l, { value }: RpcReply) => {
    l.quota = value as number;
    return rpc(Ram_session.used, initChildren(x).require(l.pending?.[0] ?? 0).ram, {}, 'known');
  },
  known: (_x, l, { value }: RpcReply) => {
    const [key = 0, ...rest] = l.pending ?? [];
    l.figures = [...(l.figures ?? []), [key, { quota: l.quota ?? 0, used: value as number }]];
    l.pending = rest;
    return goto('children');
  },
  write: (x, l) => {
    const text = new TextEncoder().encode(reportText(x, l.own ?? null, new Map(l.figures ?? [])));
    if (text.length < reporter.get(x).buffer_bytes) return goto('submit', { text });
    return call(logError, { text: 'state report exceeds maximum size' }, 'too_large');
  },
  too_large: () => goto('submit', { text: new TextEncoder().encode(REPORT_TOO_LARGE) }),
  submit: (x, l, { text }: { text: Uint8Array }) => {
    l.length = text.length;
    const terminated = new Uint8Array(text.length + 1);
    terminated.set(text);
    return call(writeMemory, { address: reporter.get(x).address, bytes: terminated }, 'written');
  },
  written: (x, l) => rpc(Report_session.submit, reporter.get(x).session, { length: l.length ?? 0 }, 'submitted', 'submitted'),
  submitted: () => done(),
});

function reportText(x: Execution, own: RamFigures | null, figures: ReadonlyMap<number, RamFigures>): string {
  const { report, version } = initConfig.get(x);
  if (report === null) throw new Error('there is no report to produce');
  return stateReport(reportedState(x, version, own, figures), report);
}

/** What a report is made of; `figures` by key of init's children. */
export function reportedState(x: HasStore, version: string, own: RamFigures | null, figures: ReadonlyMap<number, RamFigures>): ReportedState {
  const children = startedChildren(x).map((key) => childState(x, initChildren(x).require(key), figures.get(key) ?? null)).sort((a, b) => b.id - a.id);
  return { version, ram: own, children };
}

const childState = (x: HasStore, { name, id, child, start }: Readonly<InitChildRow>, ram: RamFigures | null) => ({
  name, id, binary: start.binary, ram,
  requested: reported(x, sessionsOf(x, child).reverse()),
  provided: reported(x, sessions(x).entries().filter(([, row]) => row.server === child).map(([key]) => key)),
});

const reported = (x: HasStore, keys: readonly number[]): ReportedSession[] =>
  keys.map((key) => sessions(x).require(key)).map(({ ident, request, donated_bytes }) => ({ service: request?.service ?? ident, args: request?.server_args ?? '', donated_bytes }));
