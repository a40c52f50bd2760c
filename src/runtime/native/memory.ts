// Dataspaces in the own address space, and work on own memory that lasts longer than one step.
// Copies go page by page; every page that is not yet mapped costs a real page fault.

import { PAGE_BYTES } from '../../emu/numbers.ts';
import type { Plain } from '../../emu/plain.ts';
import { Region_map } from '../rpc/interfaces.ts';
import { clearCost, copyCost } from './cost.ts';
import { env } from './env.ts';
import { done, type Failure, goto, procedure, raise } from './procedure.ts';
import { rpc, type RpcReply } from './rpc_client.ts';
import { upgradeEnv } from './session.ts';
import { call } from './procedure.ts';
import { unmapMemory } from './unmap.ts';

type AttachLocals = {
  [key: string]: Plain;
  ds: number | null;
  size?: number;
  offset?: number;
  executable?: boolean;
  /** Fixed address; anywhere if absent. */
  at?: number;
  /** Slot of the region map; the own address space if absent. */
  region_map?: number;
};

/** Attaches a dataspace: {address}. Fails with the exceptions of Region_map.attach. */
export const attachDataspace = procedure<AttachLocals>('native.attach_dataspace', {
  start: (x, l) =>
    rpc(
      Region_map.attach,
      l.region_map ?? env.get(x).address_space,
      {
        ds: l.ds, size: l.size ?? 0, offset: l.offset ?? 0, use_local_addr: l.at !== undefined, local_addr: l.at ?? 0,
        executable: l.executable ?? false,
      },
      'attached',
      'denied',
    ),
  attached: (_x, _l, { value }: RpcReply) => done({ address: value as number } satisfies Attached),
  denied: (_x, _l, failure: Failure) =>
    failure.name === 'Out_of_metadata'
      ? call(upgradeEnv, { service: 'pd', args: 'ram_quota=8192' }, 'start')
      : raise(failure.name, failure.text),
});

export type Attached = { readonly address: number };

type DetachLocals = {
  [key: string]: Plain;
  address: number;
  region_map?: number;
  /** Bytes from there that were touched and that core does not take away by itself: those of a managed dataspace. */
  unmap_bytes?: number;
};

export const detachDataspace = procedure<DetachLocals>('native.detach_dataspace', {
  start: (x, l) => rpc(Region_map.detach, l.region_map ?? env.get(x).address_space, { address: l.address }, 'detached'),
  detached: (x, l) => {
    const { address, unmap_bytes = 0 } = l;
    if (unmap_bytes > 0) unmapMemory(x, address, Math.ceil(unmap_bytes / PAGE_BYTES) * PAGE_BYTES, 'own space');
    return done();
  },
});

/** End of the page that contains an address, as an offset from it: how far a page-wise loop may go. */
const toPageEnd = (address: number): number => PAGE_BYTES - (address % PAGE_BYTES);

type CopyLocals = { [key: string]: Plain; from: number; to: number; length: number };

/** What one step copies at most: others of lower priority wait that long. */
const COPY_STEP_BYTES = 256 * 1024;

export const copyMemory = procedure<CopyLocals>('native.copy_memory', {
  start: (x, l) => {
    if (l.length <= 0) return done();
    const count = x.copy(l.from, l.to, Math.min(l.length, COPY_STEP_BYTES));
    l.from += count;
    l.to += count;
    l.length -= count;
    return goto('start');
  },
});

type ClearLocals = { [key: string]: Plain; address: number; length: number };

export const clearMemory = procedure<ClearLocals>('native.clear_memory', {
  start: (x, l) => {
    if (l.length <= 0) return done();
    const count = Math.min(l.length, toPageEnd(l.address));
    // Writing them is charged as a copy.
    x.charge(clearCost(count) - copyCost(count));
    x.write(l.address, new Uint8Array(count));
    l.address += count;
    l.length -= count;
    return goto('start');
  },
});

type WriteLocals = { [key: string]: Plain; address: number; bytes: Uint8Array; at?: number };

export const writeMemory = procedure<WriteLocals>('native.write_memory', {
  start: (x, l) => {
    const at = l.at ?? 0;
    if (at >= l.bytes.length) return done();
    const count = Math.min(l.bytes.length - at, toPageEnd(l.address + at));
    x.write(l.address + at, l.bytes.subarray(at, at + count));
    l.at = at + count;
    return goto('start');
  },
});

type ReadLocals = { [key: string]: Plain; address: number; length: number; bytes?: Uint8Array; at?: number };

/** Reads own memory of any length; the value is a Uint8Array. */
export const readMemory = procedure<ReadLocals>('native.read_memory', {
  start: (x, l) => {
    const bytes = l.bytes ?? new Uint8Array(l.length);
    const at = l.at ?? 0;
    if (at >= l.length) return done(bytes);
    const count = Math.min(l.length - at, toPageEnd(l.address + at));
    bytes.set(x.read(l.address + at, count), at);
    l.bytes = bytes;
    l.at = at + count;
    return goto('start');
  },
});
