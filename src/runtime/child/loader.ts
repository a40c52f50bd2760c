// Loading of an executable into the protection domain of a child: read-only segments are attached from the file, writable ones
// are copied into RAM of the child, with the parent capability at their beginning. Source modelled: genode-16.08-abi.md 3.1, 4.2 step 9.

import type { Plain } from '../../emu/plain.ts';
import { Pd_session, Ram_session, Region_map } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import { logError, logWarning } from '../native/log.ts';
import { type Attached, attachDataspace, clearMemory, copyMemory, detachDataspace } from '../native/memory.ts';
import { type Action, call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { localCall } from '../native/local_call.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { readLoadable } from './loadable.ts';

type Segment = {
  readonly offset: number;
  readonly address: number;
  readonly file_bytes: number;
  readonly memory_bytes: number;
  readonly writable: boolean;
  readonly executable: boolean;
};

export type LoadLocals = {
  [key: string]: Plain;
  /** Dataspaces of the executable and, for dynamic programs, of the dynamic linker. */
  elf: number;
  ldso: number | null;
  /** RAM session that pays, region map that is filled. */
  ram: number;
  region_map: number;
  /** Global id of the parent gate. */
  parent_id: number;
  /** The RAM session gives managed dataspaces, whose pages core leaves mapped here when they are detached. */
  managed?: boolean;
  file?: number;
  entry?: number;
  segments?: readonly Segment[];
  ds?: number;
  address?: number;
  failure?: string;
};

/** Entry point of the loaded program. */
export type Loaded = { readonly entry: number };

const CACHED = 2;
/** The parent capability as a child finds it: its global id and three zero words. */
const PARENT_WORDS = 4;

/** Fails with Invalid_executable, Missing_dynamic_linker, Attach_failed, or what the child's RAM session raised. */
export const loadExecutable = procedure<LoadLocals>('child.load_executable', {
  start: (_x, l) => call(attachDataspace, { ds: l.elf }, 'headers', 'file_not_attached'),
  file_not_attached: () => fails('Attach_failed', 'local attach of ELF executable failed'),
  headers: (x, l, { address }: Attached) => {
    const elf = readLoadable((offset, length) => x.read(address + offset, length));
    l.file = address;
    if (elf.kind === 'elf-error') return raise('Invalid_executable', elf.message);
    if (elf.dynamic && elf.interpreter !== undefined) return call(detachDataspace, { address }, 'dynamic');
    return begin(l, elf);
  },
  dynamic: (_x, l) => {
    if (l.ldso === null) return fails('Missing_dynamic_linker', 'attempt to start dynamic executable without dynamic linker');
    l.elf = l.ldso;
    return call(attachDataspace, { ds: l.ldso }, 'linker_headers', 'linker_not_attached');
  },
  linker_not_attached: () => fails('Attach_failed', 'local attach of dynamic linker failed'),
  linker_headers: (x, l, { address }: Attached) => {
    const elf = readLoadable((offset, length) => x.read(address + offset, length));
    l.file = address;
    return elf.kind === 'elf-error' ? raise('Invalid_executable', elf.message) : begin(l, elf);
  },
  next: (x, l) => {
    const [segment] = l.segments ?? [];
    if (segment === undefined) return call(detachDataspace, { address: l.file ?? 0 }, 'loaded');
    if (segment.writable) return localCall(x, Ram_session.alloc, l.ram, { size: segment.memory_bytes, cached: CACHED }, 'allocated', 'no_ram');
    if (segment.file_bytes !== segment.memory_bytes) return call(logWarning, { text: 'filesz and memsz for read-only segment differ' }, 'read_only');
    return goto('read_only');
  },
  read_only: (_x, l) => attachRemote(l, l.elf, current(l).offset, 'segment_done', 'read_only_failed'),
  read_only_failed: () => fails('Attach_failed', 'remote attach of read-only segment failed'),
  no_ram: (_x, l, failure: Failure) => {
    l.failure = failure.name;
    return call(logError, { text: 'allocation of read-write segment failed' }, 'out_of_ram');
  },
  out_of_ram: (_x, l) => raise(l.failure ?? 'Quota_exceeded', 'read-write segment'),
  allocated: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Invalid_executable', 'empty read-write segment');
    l.ds = cap;
    return call(attachDataspace, { ds: cap }, 'copy', 'segment_not_attached');
  },
  segment_not_attached: () => fails('Attach_failed', 'local attach of segment dataspace failed'),
  copy: (_x, l, { address }: Attached) => {
    l.address = address;
    return call(copyMemory, { from: (l.file ?? 0) + current(l).offset, to: address, length: current(l).file_bytes }, 'clear');
  },
  clear: (_x, l) => {
    const { file_bytes, memory_bytes } = current(l);
    return call(clearMemory, { address: (l.address ?? 0) + file_bytes, length: memory_bytes - file_bytes }, 'parent');
  },
  parent: (x, l) => {
    x.writeWords(l.address ?? 0, [l.parent_id, ...new Array<number>(PARENT_WORDS - 1).fill(0)]);
    const left = l.managed === true ? { unmap_bytes: current(l).memory_bytes } : {};
    return call(detachDataspace, { address: l.address ?? 0, ...left }, 'remote');
  },
  remote: (_x, l) => attachRemote(l, l.ds ?? null, 0, 'written', 'remote_failed'),
  remote_failed: () => fails('Attach_failed', 'remote attach of read-write segment failed'),
  written: (x, l) => {
    // The dataspace stays alive with the child's RAM session; the loader forgets it.
    dec(x, l.ds ?? null);
    return goto('segment_done');
  },
  segment_done: (_x, l) => {
    l.segments = (l.segments ?? []).slice(1);
    return goto('next');
  },
  loaded: (_x, l) => done({ entry: l.entry ?? 0 } satisfies Loaded),
});

function begin(l: LoadLocals, elf: Extract<ReturnType<typeof readLoadable>, { kind: 'elf' }>): Action {
  l.entry = elf.entry;
  l.segments = elf.segments.map(({ offset, address, fileBytes, memoryBytes, writable, executable }) => ({
    offset, address, file_bytes: fileBytes, memory_bytes: memoryBytes, writable, executable,
  }));
  return goto('next');
}

function current(l: LoadLocals): Segment {
  const [segment] = l.segments ?? [];
  if (segment === undefined) throw new Error('no segment is being loaded');
  return segment;
}

function attachRemote(l: LoadLocals, ds: number | null, offset: number, then: string, error: string): Action {
  const { address, memory_bytes, writable, executable } = current(l);
  const where = { size: memory_bytes, offset, use_local_addr: true, local_addr: address, executable: executable && !writable };
  return rpc(Region_map.attach, l.region_map, { ds, ...where }, then, error);
}

/** Logs an error, then fails; the frame that did so is gone when the failure arrives. */
function fails(name: string, text: string): Action {
  return call(failWith, { name, text }, '');
}

const failWith = procedure<{ [key: string]: Plain; name: string; text: string }>('child.fail_with', {
  start: (_x, l) => call(logError, { text: l.text }, 'logged'),
  logged: (_x, l) => raise(l.name, l.text),
});

export type ProcessLocals = {
  [key: string]: Plain;
  /** Dataspace of the executable; null makes an empty process: nothing is loaded and its main thread is not started. */
  elf: number | null;
  ldso: number | null;
  pd: number;
  ram: number;
  region_map: number;
  parent_id: number;
  parent_cap: number;
  managed?: boolean;
};

/** What became of a process: the entry point at which the main thread is to start, null for an empty one. */
export type ProcessMade = { readonly entry: number | null };

/** Fills the protection domain and gives it its parent; starting is up to the caller. */
export const makeProcess = procedure<ProcessLocals & { entry?: number }>('child.make_process', {
  start: (_x, l) =>
    l.elf === null
      ? goto('assign')
      : call(loadExecutable, { elf: l.elf, ldso: l.ldso, ram: l.ram, region_map: l.region_map, parent_id: l.parent_id, managed: l.managed ?? false }, 'loaded'),
  loaded: (_x, l, { entry }: Loaded) => {
    l.entry = entry;
    return goto('assign');
  },
  assign: (x, l) => localCall(x, Pd_session.assign_parent, l.pd, { parent: l.parent_cap }, 'assigned'),
  assigned: (_x, l) => done({ entry: l.entry ?? null } satisfies ProcessMade),
});
