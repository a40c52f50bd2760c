// The checkpoint/restore component: starts its children under interposed sessions, then waits for commands.
// Owns no state. Source modelled: checkpoint-restore.md 1.1, 1.2; order of objects as in the captures of the historic program.

import type { Plain } from '../../emu/plain.ts';
import { parentService } from '../child/parent_service.ts';
import { logError, logWarning } from '../native/log.ts';
import { call, done, type Failure, goto, procedure } from '../native/procedure.ts';
import { RAW_INTERFACE } from '../native/raw_rpc.ts';
import type { Services } from '../native/service.ts';
import { defineComponent } from '../native/startup.ts';
import { type ChildNode, readConfig } from './config_rom.ts';
import { serveControl } from './control.ts';
import { cpuSessionService } from './cpu_session.ts';
import { cpuThreadService } from './cpu_thread.ts';
import { each } from './each.ts';
import { logSessionService } from './log_session.ts';
import { HISTORIC_PROGRAM, RTCR_PROGRAM } from './names.ts';
import { pdSessionService } from './pd_session.ts';
import { proxyMessageService, proxyRootService } from './proxy_service.ts';
import { ramSessionService } from './ram_session.ts';
import { regionMapService } from './region_map.ts';
import { rmSessionService } from './rm_session.ts';
import { endExpectation, expectServices } from './siblings.ts';
import { romSessionService } from './rom_session.ts';
import { createTarget, type CreatedTarget, destroyTargetQuietly, startTarget, targetNamed } from './target_child.ts';
import { connectTimer, type Connected, ownTimer, timerSessionService } from './timer_session.ts';

const SERVICES: Services = {
  Parent: parentService,
  Pd_session: pdSessionService,
  Region_map: regionMapService,
  Cpu_session: cpuSessionService,
  Cpu_thread: cpuThreadService,
  Ram_session: ramSessionService,
  Rom_session: romSessionService,
  Rm_session: rmSessionService,
  Log_session: logSessionService,
  Timer_session: timerSessionService,
  Root: proxyRootService,
  [RAW_INTERFACE]: proxyMessageService,
};

/** What the compiled program of the captures occupies. */
const FOOTPRINT = { ep_stack_bytes: 64 * 1024, text_bytes: 0x7_3000, data_bytes: 0x3_9000 } as const;

type ChildLocals = { [key: string]: Plain; item: ChildNode };

const startConfigured = procedure<ChildLocals>('rtcr.start_configured_child', {
  start: (_x, { item }) => call(createTarget, { ...item }, 'created', 'failed'),
  created: (_x, _l, { target }: CreatedTarget) => call(startTarget, { target, empty: false, binary: true }, 'started', 'failed'),
  started: (_x, { item }) => (item.provides.length === 0 ? done() : call(endExpectation, { server: item.name }, 'settled')),
  settled: () => done(),
  failed: (_x, { item }, failure: Failure) => call(logError, { text: `child "${item.name}" cannot be started: ${failure.text || failure.name}` }, 'dissolve'),
  dissolve: (x, { item }) => call(destroyTargetQuietly, { target: targetNamed(x, item.name) ?? 0 }, 'started'),
});

type RunLocals = { [key: string]: Plain; children: readonly ChildNode[] };

/** Starts the children one after the other, then carries out commands for ever. */
const run = procedure<RunLocals>('rtcr.run', {
  start: () => call(connectTimer, { args: 'ram_quota=8K' }, 'timer', 'no_timer'),
  timer: (x, _l, { cap }: Connected) => {
    ownTimer.set(x, { session: cap });
    return goto('children');
  },
  no_timer: (_x, _l, failure: Failure) => call(logWarning, { text: `no Timer session (${failure.name}), triggers of children cannot be measured` }, 'children'),
  children: (x, l) => {
    for (const { name, provides } of l.children) expectServices(x, name, provides);
    return each(startConfigured, l.children, {}, 'serve');
  },
  serve: () => call(serveControl, {}, 'serve'),
});

const construct = procedure<Record<string, never>>('rtcr.construct', {
  start: () => call(readConfig, {}, 'configured', 'unconfigured'),
  configured: (_x, _l, children: readonly ChildNode[]) => call(run, { children }, 'end'),
  unconfigured: (_x, _l, failure: Failure) => call(logError, { text: failure.text }, 'idle'),
  idle: () => call(run, { children: [] }, 'end'),
  end: () => done(),
});

defineComponent({ name: RTCR_PROGRAM, construct, services: SERVICES, ...FOOTPRINT });

/** The historic test program as far as its capability spaces go: it asks for no configuration and starts one child. */
const constructHistoric = procedure<Record<string, never>>('rtcr.construct_historic', {
  start: () => call(run, { children: [{ name: 'sheep_counter', binary: 'sheep_counter', config: '', defects: '', granularity: 0, tracking: 'accesses', provides: [], proxied: [], ram_bytes: 0 }] }, 'end'),
  end: () => done(),
});

defineComponent({ name: HISTORIC_PROGRAM, construct: constructHistoric, services: SERVICES, ...FOOTPRINT });
