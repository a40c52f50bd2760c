// How core comes up: platform, entrypoints, its own sessions, then everything that init needs, and init itself.
// Source modelled: genode-16.08-abi.md 5.1 (order), 5.2 (console), 4.4 (kernel objects). Owns no state but procedures' locals.

import type { Plain } from '../../emu/plain.ts';
import { dec, inc } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { sleepForever } from '../native/lock.ts';
import { call, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import type { RpcRequest } from '../native/service.ts';
import { Constructor, Cpu_session, Cpu_thread, Pd_session, Ram_session, Rom_session } from '../rpc/interfaces.ts';
import { KIP_PAGE, MULTIBOOT_INFO } from './board_memory.ts';
import { ALLOCATOR, readAllocator } from './allocators.ts';
import { initCapIds } from './cap_ids.ts';
import { boot } from './config.ts';
import { coreLog, coreText } from './console.ts';
import { coreChild } from './core_parent.ts';
import { activate, createCoreEntrypoint, type CreatedEntrypoint } from './core_entrypoint.ts';
import { adoptMainThread, CORE_THREAD, createCoreThread, startUnderCorePager, takeRecords, takeStack } from './core_thread.ts';
import { CPU_QUOTA_LIMIT_LOG2, cpuSessions, newCoreCpu, transferCpu } from './cpu_session.ts';
import { UNGUARDED } from './guard.ts';
import { type InitLoaded, loadInit } from './init_loader.ts';
import { manageObject } from './object.ts';
import { pagerEntry } from './pager.ts';
import { dumpAllocator, setupPlatformMemory } from './platform_memory.ts';
import { newCoreRam } from './ram_session.ts';
import { romListing } from './rom_modules.ts';
import { type CoreServiceName, openCoreSession, sessionRef, sessionSlot } from './roots.ts';
import { slicedAlloc } from './sliced_heap.ts';

const KIP = { magic: '0x4be6344c', version: '0x87024444' } as const;
const INIT = 'init';
/** What core keeps for itself when it gives its memory to init. */
const PRESERVED_BYTES = 224 * 1024;
const MEGABYTE = 0x10_0000;
/** First chunk of core's own heap, taken for the object that stands for init. */
const HEAP_CHUNK_BYTES = 16 * 1024;
/** Core's own protection domain has no session: its object serves core's submission of signals. */
const CORE_PD = 0;
const DEFAULT_WEIGHT = 10;

function setupPlatform(x: Execution): void {
  initCapIds(x);
  const { flavour, ram, modules } = boot.get(x);
  setupPlatformMemory(x, flavour, ram, modules);
  const lines = [
    '', `KIP @ 0x${KIP_PAGE.base.toString(16)}`, `    magic: ${KIP.magic}`, `  version: ${KIP.version}`, `MBI @ 0x${MULTIBOOT_INFO.base.toString(16)}`,
    ...(['ram', 'region', 'io_mem', 'io_port', 'irq'] as const).flatMap((name) => dumpAllocator(x, flavour, name)),
    ...romListing(modules), ...dumpAllocator(x, flavour, 'core_ranges'),
  ];
  for (const line of lines) coreText(x, `${line}\n`);
  adoptMainThread(x);
}

type MainLocals = { [key: string]: Plain; delay?: number; constructor_cap?: number };

/** The first thread: builds core's environment and component, then waits for its construction, which never ends. */
export const coreMain = procedure<MainLocals>('core.main', {
  start: (x) => {
    setupPlatform(x);
    return call(createCoreEntrypoint, { index: CORE_THREAD.entrypoint, name: 'entrypoint' }, 'serve');
  },
  serve: (_x, _l, { delay }: CreatedEntrypoint) => activate(delay, 'environment'),
  environment: (x) => {
    env.update(x, { ram: newCoreRam(x).slot });
    takeStack(x, CORE_THREAD.main);
    takeRecords(x);
    env.update(x, { pd: manageObject(x, 'Pd_session', CORE_PD).slot });
    return call(createCoreEntrypoint, { index: CORE_THREAD.ep, name: 'ep' }, 'component');
  },
  component: (x, l, { delay }: CreatedEntrypoint) => {
    manageObject(x, 'Signal_proxy', 0, CORE_THREAD.ep);
    l.constructor_cap = manageObject(x, 'Constructor', 0, CORE_THREAD.ep).slot;
    return activate(delay, 'construct');
  },
  construct: (_x, l) => rpc(Constructor.construct, l.constructor_cap ?? 0, {}, 'constructed'),
  constructed: () => call(sleepForever, {}, 'constructed'),
});

type ConstructLocals = {
  [key: string]: Plain;
  request: RpcRequest;
  /** Slots of what is made for init. */
  rom?: number;
  ram?: number;
  ram_amount?: number;
  cpu?: number;
  /** Keys of the CPU sessions of core and init. */
  core_cpu?: number;
  init_cpu?: number;
  pd?: number;
  elf?: number;
  region_map?: number;
  main_thread?: number;
  parent_id?: number;
  parent_cap?: number;
  entry?: number;
  delay?: number;
};

function open(x: Execution, service: CoreServiceName, args: string): number {
  const session = openCoreSession(x, service, args);
  if (typeof session === 'string') throw new Error(`core cannot start init: ${service} session (${args}): ${session}`);
  return session;
}

/** Core's main program, run by its entrypoint "ep". */
export const coreConstruct = procedure<ConstructLocals>('core.construct', {
  start: (x) => {
    const { flavour, version } = boot.get(x);
    if (flavour === 'rtcr') coreLog(x, 'Initializing LOG session');
    coreLog(x, `Genode ${version}`);
    createCoreThread(x, CORE_THREAD.pager_ep, 'pager_ep', pagerEntry.name, {});
    startUnderCorePager(x, CORE_THREAD.pager_ep);
    return call(createCoreEntrypoint, { index: CORE_THREAD.irq, name: 'irq' }, 'serve_irq');
  },
  serve_irq: (_x, _l, { delay }: CreatedEntrypoint) => activate(delay, 'sessions'),
  sessions: (x, l) => {
    l.rom = sessionSlot(x, open(x, 'ROM', `ram_quota=4K, label="${INIT}"`));
    l.ram = sessionSlot(x, open(x, 'RAM', `ram_quota=32K, label="${INIT}"`));
    return rpc(Ram_session.ref_account, l.ram, { ram: env.get(x).ram }, 'cpu_session');
  },
  cpu_session: (x, l) => {
    const core = newCoreCpu(x);
    const session = open(x, 'CPU', `priority=0x0, ram_quota=128K, label="${INIT}"`);
    l.cpu = sessionSlot(x, session);
    l.core_cpu = core;
    l.init_cpu = sessionRef(x, session);
    return rpc(Cpu_session.ref_account, l.cpu, { cpu: cpuSessions(x).require(core).cap.slot }, 'quota');
  },
  quota: (x, l) => {
    transferCpu(x, l.core_cpu ?? 0, l.init_cpu ?? 0, 1 << CPU_QUOTA_LIMIT_LOG2);
    const amount = readAllocator(x, ALLOCATOR.ram, (ram) => ram.available_bytes) - PRESERVED_BYTES;
    l.ram_amount = amount;
    return rpc(Ram_session.transfer_quota, env.get(x).ram, { ram: l.ram ?? 0, amount }, 'pd_session');
  },
  pd_session: (x, l) => {
    coreLog(x, `${Math.floor((l.ram_amount ?? 0) / MEGABYTE)} MiB RAM assigned to init`);
    l.pd = sessionSlot(x, open(x, 'PD', `ram_quota=81920, label="${INIT}"`));
    if (slicedAlloc(x, UNGUARDED, HEAP_CHUNK_BYTES) === null) throw new Error('core memory is never refused');
    return rpc(Rom_session.dataspace, l.rom ?? 0, {}, 'entrypoint');
  },
  entrypoint: (_x, l, { cap }: RpcReply) => {
    l.elf = cap ?? 0;
    return call(createCoreEntrypoint, { index: CORE_THREAD.init_child, name: 'init_child' }, 'main_thread');
  },
  main_thread: (_x, l, { delay }: CreatedEntrypoint) => {
    l.delay = delay;
    const args = { pd: l.pd ?? 0, name: 'init_main', location: [0, 0, 0, 0], weight: DEFAULT_WEIGHT, utcb: 0 };
    return rpc(Cpu_session.create_thread, l.cpu ?? 0, args, 'address_space');
  },
  address_space: (_x, l, { cap }: RpcReply) => {
    l.main_thread = cap ?? 0;
    return rpc(Pd_session.address_space, l.pd ?? 0, {}, 'parent');
  },
  parent: (x, l, { cap }: RpcReply) => {
    l.region_map = cap ?? 0;
    const parent = manageObject(x, 'Parent', 1, CORE_THREAD.init_child);
    l.parent_id = parent.id;
    l.parent_cap = parent.slot;
    const { pd = 0, ram = 0, cpu = 0, main_thread = 0 } = l;
    for (const slot of [pd, ram, cpu]) inc(x, slot);
    coreChild.update(x, { name: INIT, pd, ram, cpu, main_thread });
    return call(loadInit, { elf: l.elf ?? 0, ram, region_map: l.region_map, parent_id: parent.id }, 'assign_parent');
  },
  assign_parent: (_x, l, { entry }: InitLoaded) => {
    l.entry = entry;
    return rpc(Pd_session.assign_parent, l.pd ?? 0, { parent: l.parent_cap ?? 0 }, 'start_init');
  },
  start_init: (_x, l) => rpc(Cpu_thread.start, l.main_thread ?? 0, { ip: l.entry ?? 0, sp: 0 }, 'serve_init'),
  serve_init: (x, l) => {
    dec(x, l.region_map ?? null);
    return activate(l.delay ?? 0, 'sleep');
  },
  sleep: () => call(sleepForever, {}, 'woken'),
  woken: () => goto('sleep'),
});
