// Creation of one child from its start node, RPC by RPC: sessions, quotas, main thread, entrypoint, binary, configuration,
// process, local ROM modules, declared services. Source modelled: genode-16.08-abi.md 4.2, 4.3 (#47 to #75).

import type { Plain } from '../../emu/plain.ts';
import { newChild, startChild } from '../child/child.ts';
import { createEntrypoint, type EntrypointMade } from '../child/child_entrypoint.ts';
import { childHeapAlloc, ROUTED_SERVICE_BYTES } from '../child/child_heap.ts';
import { routedService, services } from '../child/services.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { log, logError, logWarning } from '../native/log.ts';
import { type Action, call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { openSession, type Opened } from '../native/session.ts';
import { Cpu_session, Pd_session, Ram_session, Rom_session } from '../rpc/interfaces.ts';
import { childAffinity } from './affinity.ts';
import { type ChildConfigMade, makeChildConfig } from './child_config.ts';
import type { StartNode } from './config.ts';
import { destroyResources } from './destroy_child.ts';
import { provideLocalRom } from './local_rom.ts';
import { initPolicy } from './policy.ts';
import { bandStart, childPriority } from './priority.ts';
import { cpuQuota, CPU_SESSION_ARGUMENT, effectiveRam, insufficientQuota, PD_SESSION_BYTES, RAM_SESSION_BYTES } from './quota.ts';
import { openRom } from './rom_connection.ts';
import { type InitChildRow, initChildren, initConfig, initDialect, initState, slackOf } from './state.ts';

export type StartLocals = {
  [key: string]: Plain;
  /** Index of the start node in the configuration. */
  index: number;
  levels: number;
  /** Heap block of the child object. */
  block: number;
  /** RAM that was set aside for it, and its number; null: as much of its quantum as there is, and the next number. */
  granted: { readonly bytes: number; readonly id: number } | null;
  key?: number;
  quota?: number;
  /** Quantum, limited to what init has. */
  quantum?: number;
  lines?: readonly string[];
  next?: string;
  provides?: readonly (string | null)[];
  service?: string;
};

const ENTRYPOINT_STACK_BYTES = 12 * 1024;
const DEFAULT_WEIGHT = 10;
const THREAD_NAME_BYTES = 32;

function startOf(x: Execution, l: StartLocals): StartNode {
  const start = initConfig.get(x).starts[l.index];
  if (start === undefined) throw new Error(`no start node ${l.index}`);
  return start;
}

const rowOf = (x: Execution, l: StartLocals): Readonly<InitChildRow> => initChildren(x).require(l.key ?? 0);
const update = (x: Execution, l: StartLocals, patch: Partial<InitChildRow>): void => initChildren(x).update(l.key ?? 0, patch);

/** Logs lines one by one, then goes on at a step. */
function sayThen(l: StartLocals, lines: readonly string[], next: string): Action {
  l.lines = lines;
  l.next = next;
  return goto('say');
}

/** Fails with Child_name_is_not_unique, Rom_connection_failed, or with the C++ name of an exception that nobody catches. */
export const startNode = procedure<StartLocals>('init.start_node', {
  start: (x, l) => {
    const { name } = startOf(x, l);
    if (name === null) return call(logWarning, { text: "missing 'name' attribute in '<start>' entry" }, 'nameless');
    const { aliases } = initConfig.get(x);
    const taken = aliases.some((alias) => alias.name === name && alias.child !== null) || initChildren(x).find((row) => row.name === name) !== undefined;
    if (taken) return call(logError, { text: `child name "${name}" is not unique` }, 'not_unique');
    return rpc(Ram_session.quota, env.get(x).ram, {}, 'used');
  },
  nameless: () => raise('Genode::Xml_attribute::Nonexistent_attribute', 'start node without name'),
  not_unique: () => raise('Child_name_is_not_unique'),
  say: (_x, l) => {
    const [text, ...rest] = l.lines ?? [];
    if (text === undefined) return goto(l.next ?? '');
    l.lines = rest;
    return call(log, { text }, 'say');
  },

  used: (x, l, { value }: RpcReply) => {
    l.quota = value as number;
    return rpc(Ram_session.used, env.get(x).ram, {}, 'limit');
  },
  limit: (x, l, { value }: RpcReply) => {
    x.charge(startOf(x, l).work.placement);
    const slack = l.granted?.bytes ?? slackOf(x, l.quota ?? 0, value as number);
    const { ram_bytes } = startOf(x, l);
    l.quantum = Math.min(ram_bytes, slack);
    return sayThen(l, ram_bytes > slack && initConfig.get(x).verbose ? insufficientQuota(slack) : [], 'priority');
  },
  priority: (x, l) => {
    const start = startOf(x, l);
    const { level, warning } = childPriority(start.name ?? '', start.priority, l.levels);
    const { child_count } = initState.get(x);
    const id = l.granted?.id ?? child_count + 1;
    initState.update(x, { child_count: child_count + 1 });
    l.key = initChildren(x).insert({
      name: start.name ?? '', id, abandoned: false, child: 0, start, level, levels: l.levels, affinity: childAffinity(initConfig.get(x).affinity_space, start.affinity),
      ram_bytes: effectiveRam(l.quantum ?? 0), pd: 0, ram: 0, cpu: 0, main_thread: 0, ep: 0, binary_rom: 0, binary_ds: 0, config_ds: 0,
      address_space: 0, block: l.block,
    });
    return warning === null ? goto('pd') : call(logWarning, { text: warning }, 'pd');
  },

  pd: (x, l) => call(openSession, { service: 'PD', args: `ram_quota=${PD_SESSION_BYTES}, label="${rowOf(x, l).name}"` }, 'ram', 'parent_failed'),
  ram: (x, l, { cap }: Opened) => {
    update(x, l, { pd: cap });
    const args = `ram_quota=${RAM_SESSION_BYTES}, phys_start=0x0, phys_size=0x0, label="${rowOf(x, l).name}"`;
    return call(openSession, { service: 'RAM', args }, 'cpu', 'parent_failed');
  },
  cpu: (x, l, { cap }: Opened) => {
    update(x, l, { ram: cap });
    const { name, level, levels, affinity } = rowOf(x, l);
    const args = `priority=0x${(bandStart(level, levels) >>> 0).toString(16)}, ram_quota=${CPU_SESSION_ARGUMENT}, label="${name}"`;
    return call(openSession, { service: 'CPU', args, affinity }, 'ram_account', 'parent_failed');
  },
  parent_failed: (_x, _l, failure: Failure) => raise(`Genode::Parent::${failure.name}`, failure.text),
  ram_account: (x, l, { cap }: Opened) => {
    update(x, l, { cpu: cap });
    return rpc(Ram_session.ref_account, rowOf(x, l).ram, { ram: env.get(x).ram }, 'ram_quota');
  },
  ram_quota: (x, l) => rpc(Ram_session.transfer_quota, env.get(x).ram, { ram: rowOf(x, l).ram, amount: rowOf(x, l).ram_bytes }, 'cpu_limit'),
  cpu_limit: (x, l) => {
    const { exceeded } = cpuQuota(rowOf(x, l).start.cpu_percent, initState.get(x).cpu_left);
    return sayThen(l, exceeded !== null && initConfig.get(x).verbose ? insufficientQuota(exceeded) : [], 'cpu_account');
  },
  cpu_account: (x, l) => rpc(Cpu_session.ref_account, rowOf(x, l).cpu, { cpu: env.get(x).cpu }, 'cpu_quota'),
  cpu_quota: (x, l) => {
    const { amount, left } = cpuQuota(rowOf(x, l).start.cpu_percent, initState.get(x).cpu_left);
    initState.update(x, { cpu_left: left });
    return rpc(Cpu_session.transfer_quota, env.get(x).cpu, { cpu: rowOf(x, l).cpu, amount }, 'main_thread');
  },

  main_thread: (x, l) => {
    const { cpu, pd, name } = rowOf(x, l);
    const thread = { pd, name: name.slice(0, THREAD_NAME_BYTES - 1), location: [0, 0, 0, 0], weight: DEFAULT_WEIGHT, utcb: 0 };
    return rpc(Cpu_session.create_thread, cpu, thread, 'entrypoint', 'thread_failed');
  },
  thread_failed: (_x, _l, failure: Failure) => raise(`Genode::Cpu_session::${failure.name}`, failure.text),
  entrypoint: (x, l, { cap }: RpcReply) => {
    update(x, l, { main_thread: cap ?? 0 });
    return call(createEntrypoint, { name: rowOf(x, l).name.slice(0, THREAD_NAME_BYTES - 1), stack_bytes: ENTRYPOINT_STACK_BYTES }, 'binary');
  },
  binary: (x, l, { ep }: EntrypointMade) => {
    update(x, l, { ep });
    return call(openRom, { module: rowOf(x, l).start.binary }, 'binary_ds', 'no_binary');
  },
  no_binary: (_x, l) => call(destroyResources, { init_child: l.key ?? 0 }, 'skipped'),
  skipped: () => raise('Rom_connection_failed'),
  binary_ds: (x, l, { cap }: Opened) => {
    update(x, l, { binary_rom: cap });
    return rpc(Rom_session.dataspace, cap, {}, 'config');
  },
  config: (x, l, { cap }: RpcReply) => {
    update(x, l, { binary_ds: cap ?? 0 });
    const { ram, start } = rowOf(x, l);
    x.charge(start.work.config);
    return call(makeChildConfig, { ram, text: start.config }, 'address_space');
  },
  address_space: (x, l, { ds }: ChildConfigMade) => {
    update(x, l, { config_ds: ds });
    return rpc(Pd_session.address_space, rowOf(x, l).pd, {}, 'process');
  },
  process: (x, l, { cap }: RpcReply) => {
    update(x, l, { address_space: cap ?? 0 });
    const { name, ep, pd, ram, cpu, main_thread, address_space, binary_ds } = rowOf(x, l);
    const child = newChild(x, { name, ep, pd, ram, cpu, main_thread, policy: initPolicy });
    update(x, l, { child });
    const { ldso_ds } = initState.get(x);
    const elf = binary_ds === 0 ? null : binary_ds;
    return call(startChild, { child, elf, ldso: ldso_ds === 0 ? null : ldso_ds, region_map: address_space }, 'config_rom', 'process_failed');
  },
  // 16.08 gives up altogether; since 17.02 such a child just does not run.
  process_failed: (x, l, failure: Failure) => {
    if (initDialect.get(x).name === '16.08') return goto('fatal', failure);
    const why = failure.name === 'Process_startup_failed' ? 'ELF loading failed' : 'RAM allocation failed during ELF loading';
    return call(logError, { text: `${rowOf(x, l).name}: ${why}` }, 'config_rom');
  },
  fatal: (_x, _l, failure: Failure) =>
    raise(failure.name === 'Process_startup_failed' ? 'Genode::Child::Process_startup_failed' : `Genode::Ram_session::${failure.name}`, failure.text),

  config_rom: (x, l) => call(provideLocalRom, { init_child: l.key ?? 0, module: 'config', ds: rowOf(x, l).config_ds }, 'binary_rom'),
  binary_rom: (x, l) => call(provideLocalRom, { init_child: l.key ?? 0, module: 'binary', ds: rowOf(x, l).binary_ds }, 'warn'),
  warn: (x, l) => (rowOf(x, l).ram_bytes > 0 ? goto('describe') : call(logWarning, { text: `no valid RAM resource for child "${rowOf(x, l).name}"` }, 'describe')),
  describe: (x, l) => {
    const { name, ram_bytes, start, level } = rowOf(x, l);
    l.provides = start.provides;
    x.charge(start.work.provides);
    const facts = [`child "${name}"`, `  RAM quota:  ${ram_bytes}`, `  ELF binary: ${start.binary}`, `  priority:   ${level}`];
    return sayThen(l, initConfig.get(x).verbose ? facts : [], 'provides');
  },
  provides: (x, l) => {
    const [service, ...rest] = l.provides ?? [];
    if (service === undefined) return done();
    if (service === null) return raise('Genode::Xml_attribute::Nonexistent_attribute', 'provided service without name');
    l.provides = rest;
    l.service = service;
    return sayThen(l, initConfig.get(x).verbose ? [`  provides service ${service}`] : [], 'declare');
  },
  declare: (x, l) => call(childHeapAlloc, { child: rowOf(x, l).child, bytes: ROUTED_SERVICE_BYTES }, 'declared', 'no_memory'),
  no_memory: (_x, _l, failure: Failure) => raise('Genode::Allocator::Out_of_memory', failure.text),
  declared: (x, l) => {
    services(x).insert(routedService(l.service ?? '', rowOf(x, l).child));
    return goto('provides');
  },
});
