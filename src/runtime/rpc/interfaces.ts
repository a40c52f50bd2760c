// The table of every RPC interface of Genode 16.08 on Fiasco.OC that components here speak.
// Source modelled: genode-16.08-abi.md 2 (opcode = position); functions beyond stock carry the extension's name.

import type { Argument, RpcFunction, RpcInterface, ValueType } from './interface.ts';

type Arguments = Readonly<Record<string, Argument['type']>>;
type Entry = readonly [args: Arguments, result: RpcFunction['result'], exceptions?: readonly string[], extension?: string];
type Functions<T> = { readonly [Name in keyof T]: RpcFunction };

/** Its arguments are listed when they are first looked at: of the functions here a run calls a few dozen. */
class Declared implements RpcFunction {
  readonly interface: string;
  readonly name: string;
  readonly opcode: number;
  readonly result: RpcFunction['result'];
  readonly exceptions: readonly string[];
  readonly extension: string | undefined;
  readonly #written: Arguments;
  #args: readonly Argument[] | null = null;

  constructor(where: string, name: string, opcode: number, [args, result, exceptions = NONE, extension]: Entry) {
    this.interface = where;
    this.name = name;
    this.opcode = opcode;
    this.#written = args;
    this.result = result;
    this.exceptions = exceptions;
    this.extension = extension;
  }

  get args(): readonly Argument[] {
    this.#args ??= Object.entries(this.#written).map(([name, type]) => ({ name, type }));
    return this.#args;
  }
}

const NONE: readonly string[] = [];

function define<const T extends Readonly<Record<string, Entry>>>(name: string, entries: T): Functions<T> & { readonly table: RpcInterface } {
  const functions: RpcFunction[] = [];
  const byName: Record<string, RpcFunction> = {};
  for (const fn in entries) {
    const declared = new Declared(name, fn, functions.length, entries[fn] as Entry);
    functions.push(declared);
    byName[fn] = declared;
  }
  return { ...(byName as Functions<T>), table: { name, functions } };
}

const name64: ValueType = { buffer: 64 };
const args160: ValueType = { buffer: 160 };
const affinity: ValueType = { words: 6 };
const location: ValueType = { words: 4 };
/** Thread_state: r0-r12, sp, lr, ip, cpsr, cpu_exception, flags, kcap, id, utcb, exceptions, flags, lock (abi 2, 116 bytes). */
const threadState: ValueType = { words: 29 };
const resourceArgs: ValueType = { string: 160 };

export const Parent = define('Parent', {
  exit: [{ value: 'i32' }, 'void'],
  announce: [{ name: name64, root: 'cap' }, 'void'],
  session: [{ name: name64, args: args160, affinity }, 'cap', ['Service_denied', 'Quota_exceeded', 'Unavailable']],
  upgrade: [{ session: 'cap', args: args160 }, 'void', ['Quota_exceeded']],
  close: [{ session: 'cap' }, 'void'],
  main_thread_cap: [{}, 'cap'],
  resource_avail_sigh: [{ sigh: 'cap' }, 'void'],
  resource_request: [{ args: resourceArgs }, 'void'],
  yield_sigh: [{ sigh: 'cap' }, 'void'],
  yield_request: [{}, resourceArgs],
  yield_response: [{}, 'void'],
});

export const Root = define('Root', {
  session: [{ args: args160, affinity }, 'cap', ['Unavailable', 'Quota_exceeded', 'Invalid_args']],
  upgrade: [{ session: 'cap', args: args160 }, 'void', ['Invalid_args']],
  close: [{ session: 'cap' }, 'void'],
});

export const Pd_session = define('Pd_session', {
  assign_parent: [{ parent: 'cap' }, 'void'],
  assign_pci: [{ address: 'u32', bdf: 'u16' }, 'bool'],
  alloc_signal_source: [{}, 'cap', ['Out_of_metadata']],
  free_signal_source: [{ source: 'cap' }, 'void'],
  alloc_context: [{ source: 'cap', imprint: 'u32' }, 'cap', ['Out_of_metadata', 'Invalid_signal_source']],
  free_context: [{ context: 'cap' }, 'void'],
  submit: [{ context: 'cap', count: 'u32' }, 'void'],
  alloc_rpc_cap: [{ ep: 'cap' }, 'cap', ['Out_of_metadata']],
  free_rpc_cap: [{ cap: 'cap' }, 'void'],
  address_space: [{}, 'cap'],
  stack_area: [{}, 'cap'],
  linker_area: [{}, 'cap'],
  native_pd: [{}, 'cap'],
});

export const Native_pd = define('Native_pd', {
  task_cap: [{}, 'cap'],
  install: [{ cap: 'cap', selector: 'u32' }, 'void', [], 'install'],
  cap_map_info: [{}, 'u32', [], 'cap_map_info'],
  set_cap_map_info: [{ address: 'u32' }, 'void', [], 'cap_map_info'],
  request: [{ selector: 'u32' }, 'cap', [], 'request'],
});

export const Cpu_session = define('Cpu_session', {
  create_thread: [
    { pd: 'cap', name: { string: 32 }, location, weight: 'u32', utcb: 'u32' },
    'cap',
    ['Thread_creation_failed', 'Out_of_metadata'],
  ],
  kill_thread: [{ thread: 'cap' }, 'void'],
  exception_sigh: [{ sigh: 'cap' }, 'void'],
  affinity_space: [{}, { words: 2 }],
  trace_control: [{}, 'cap'],
  ref_account: [{ cpu: 'cap' }, 'i32'],
  transfer_quota: [{ cpu: 'cap', amount: 'u32' }, 'i32'],
  quota: [{}, { words: 2 }],
  native_cpu: [{}, 'cap'],
});

export const Native_cpu = define('Native_cpu', {
  enable_vcpu: [{ thread: 'cap', state: 'u32' }, 'void'],
  native_cap: [{ thread: 'cap' }, 'cap'],
  alloc_irq: [{}, 'cap'],
});

export const Cpu_thread = define('Cpu_thread', {
  utcb: [{}, 'cap'],
  start: [{ ip: 'u32', sp: 'u32' }, 'void'],
  pause: [{}, 'void'],
  resume: [{}, 'void'],
  cancel_blocking: [{}, 'void'],
  set_state: [{ state: threadState }, 'void', ['State_access_failed']],
  state: [{}, threadState, ['State_access_failed']],
  exception_sigh: [{ sigh: 'cap' }, 'void'],
  single_step: [{ enable: 'bool' }, 'void'],
  affinity: [{ location }, 'void'],
  trace_control_index: [{}, 'u32'],
  trace_buffer: [{}, 'cap'],
  trace_policy: [{}, 'cap'],
});

export const Ram_session = define('Ram_session', {
  alloc: [{ size: 'u32', cached: 'u8' }, 'cap', ['Quota_exceeded', 'Out_of_metadata']],
  free: [{ ds: 'cap' }, 'void'],
  ref_account: [{ ram: 'cap' }, 'i32'],
  transfer_quota: [{ ram: 'cap', amount: 'u32' }, 'i32'],
  quota: [{}, 'u32'],
  used: [{}, 'u32'],
});

/** What a trace session knows of a thread: label, name, state, policy, 64 bits of time, affinity (232 bytes). */
const subjectInfo: ValueType = { words: 58 };
const labelImage: ValueType = { words: 41 };
const nameImage: ValueType = { words: 9 };

export const Trace_session = define('Trace_session', {
  dataspace: [{}, 'cap'],
  alloc_policy: [{ size: 'u32' }, 'u32', ['Out_of_metadata']],
  policy: [{ policy: 'u32' }, 'cap', ['Nonexistent_policy']],
  unload_policy: [{ policy: 'u32' }, 'void', ['Nonexistent_policy']],
  trace: [
    { subject: 'u32', policy: 'u32', buffer_size: 'u32' },
    'void',
    ['Out_of_metadata', 'Already_traced', 'Source_is_dead', 'Nonexistent_policy', 'Traced_by_other_session'],
  ],
  rule: [{ label: labelImage, name: nameImage, policy: 'u32', buffer_size: 'u32' }, 'void', ['Out_of_metadata']],
  pause: [{ subject: 'u32' }, 'void', ['Nonexistent_subject']],
  resume: [{ subject: 'u32' }, 'void', ['Nonexistent_subject', 'Source_is_dead']],
  subjects: [{}, 'u32', ['Out_of_metadata']],
  subject_info: [{ subject: 'u32' }, subjectInfo, ['Nonexistent_subject']],
  buffer: [{ subject: 'u32' }, 'cap', ['Nonexistent_subject', 'Subject_not_traced']],
  free: [{ subject: 'u32' }, 'void', ['Nonexistent_subject']],
});

export const Region_map = define('Region_map', {
  attach: [
    { ds: 'cap', size: 'u32', offset: 'i32', use_local_addr: 'bool', local_addr: 'u32', executable: 'bool' },
    'u32',
    ['Invalid_dataspace', 'Region_conflict', 'Out_of_metadata', 'Invalid_args'],
  ],
  detach: [{ address: 'u32' }, 'void'],
  fault_handler: [{ sigh: 'cap' }, 'void'],
  state: [{}, { words: 2 }],
  dataspace: [{}, 'cap'],
  attach_readonly: [
    { ds: 'cap', size: 'u32', offset: 'i32', use_local_addr: 'bool', local_addr: 'u32', executable: 'bool' },
    'u32',
    ['Invalid_dataspace', 'Region_conflict', 'Out_of_metadata', 'Invalid_args'],
    'attach_readonly',
  ],
});

export const Rm_session = define('Rm_session', {
  create: [{ size: 'u32' }, 'cap', ['Out_of_metadata']],
  destroy: [{ region_map: 'cap' }, 'void'],
});

export const Dataspace = define('Dataspace', {
  size: [{}, 'u32'],
  phys_addr: [{}, 'u32'],
  writable: [{}, 'bool'],
});

export const Rom_session = define('Rom_session', {
  dataspace: [{}, 'cap'],
  update: [{}, 'bool'],
  sigh: [{ sigh: 'cap' }, 'void'],
});

export const Log_session = define('Log_session', {
  write: [{ string: { buffer: 236 } }, 'u32'],
});

export const Signal_context = define('Signal_context', {});

export const Signal_source = define('Signal_source', {
  wait_for_signal: [{}, { words: 2 }],
  request_semaphore: [{}, 'cap'],
});

export const Timer_session = define('Timer_session', {
  trigger_once: [{ us: 'u32' }, 'void'],
  trigger_periodic: [{ us: 'u32' }, 'void'],
  sigh: [{ sigh: 'cap' }, 'void'],
  elapsed_ms: [{}, 'u32'],
});

export const Report_session = define('Report_session', {
  dataspace: [{}, 'cap'],
  submit: [{ length: 'u32' }, 'void'],
  response_sigh: [{ sigh: 'cap' }, 'void'],
  obtain_response: [{}, 'u32'],
});

export const Io_mem_session = define('Io_mem_session', { dataspace: [{}, 'cap'] });

export const Irq_session = define('Irq_session', {
  ack_irq: [{}, 'void'],
  sigh: [{ sigh: 'cap' }, 'void'],
  info: [{}, { words: 3 }],
});

/** Entrypoint-internal objects of every component (abi 2, "Entrypoint internal"). */
export const Entrypoint_exit = define('Entrypoint_exit', { exit: [{}, 'void'] });
export const Signal_proxy = define('Signal_proxy', { signal: [{}, 'void'] });
export const Constructor = define('Constructor', { construct: [{}, 'void'] });
/** Core's signal-source finalizer. */
export const Finalizer = define('Finalizer', { exit: [{}, 'void'] });

export const INTERFACES: Readonly<Record<string, RpcInterface>> = Object.fromEntries(
  [
    Parent, Root, Pd_session, Native_pd, Cpu_session, Native_cpu, Cpu_thread, Ram_session, Trace_session, Region_map, Rm_session, Dataspace,
    Rom_session, Log_session, Signal_context, Signal_source, Timer_session, Report_session, Io_mem_session, Irq_session, Entrypoint_exit,
    Signal_proxy, Constructor, Finalizer,
  ].map((entry) => [entry.table.name, entry.table]),
);
