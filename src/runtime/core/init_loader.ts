// Loading init's program: core reads the ROM module where it lies and fills the address space of init's protection domain.
// Source modelled: genode-16.08-abi.md 3.1, 4.2 steps 9 to 11, 5.1. Owns nothing.

import type { Plain } from '../../emu/plain.ts';
import { readElf } from '../elf.ts';
import { dec } from '../native/cap_space.ts';
import { done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Ram_session, Region_map } from '../rpc/interfaces.ts';
import { pageAligned } from './board_memory.ts';
import { dataspaceOf, dataspaces } from './dataspace.ts';
import { readPhysical, writePhysical } from './physical_store.ts';

type Segment = {
  readonly offset: number;
  readonly address: number;
  readonly file_bytes: number;
  readonly memory_bytes: number;
  readonly writable: boolean;
  readonly executable: boolean;
};

type LoadLocals = {
  [key: string]: Plain;
  /** Slots: the program's dataspace, the RAM session that pays, the address space to fill. */
  elf: number;
  ram: number;
  region_map: number;
  parent_id: number;
  phys?: number;
  entry?: number;
  segments?: readonly Segment[];
  ds?: number;
};

export type InitLoaded = { readonly entry: number };

const CACHED = 2;
/** What a program finds at the start of a writable segment: the id of its parent gate and three zero words. */
const PARENT_BYTES = 16;

const current = (l: LoadLocals): Segment => {
  const [segment] = l.segments ?? [];
  if (segment === undefined) throw new Error('no segment is being loaded');
  return segment;
};

export const loadInit = procedure<LoadLocals>('core.load_init', {
  start: (x, l) => {
    const { phys, size } = dataspaces(x).require(dataspaceOf(x, l.elf) ?? 0);
    const elf = readElf(readPhysical(x, phys, size));
    if (elf.kind === 'elf-error') return raise('Invalid_executable', elf.message);
    l.phys = phys;
    l.entry = elf.entry;
    l.segments = elf.segments.map(({ offset, address, fileBytes, memoryBytes, writable, executable }) => ({
      offset, address, file_bytes: fileBytes, memory_bytes: memoryBytes, writable, executable,
    }));
    return goto('next');
  },
  next: (_x, l) => {
    const [segment] = l.segments ?? [];
    if (segment === undefined) return done({ entry: l.entry ?? 0 } satisfies InitLoaded);
    if (segment.writable) return rpc(Ram_session.alloc, l.ram, { size: segment.memory_bytes, cached: CACHED }, 'fill');
    const where = { size: segment.memory_bytes, offset: segment.offset, use_local_addr: true, local_addr: segment.address };
    return rpc(Region_map.attach, l.region_map, { ds: l.elf, ...where, executable: segment.executable }, 'attached');
  },
  fill: (x, l, { cap }: RpcReply) => {
    const segment = current(l);
    const { phys } = dataspaces(x).require(dataspaceOf(x, cap) ?? 0);
    const bytes = new Uint8Array(pageAligned(segment.memory_bytes));
    bytes.set(readPhysical(x, (l.phys ?? 0) + segment.offset, segment.file_bytes));
    bytes.fill(0, 0, PARENT_BYTES);
    new DataView(bytes.buffer).setUint32(0, l.parent_id, true);
    writePhysical(x, phys, bytes);
    l.ds = cap ?? 0;
    const where = { size: segment.memory_bytes, offset: 0, use_local_addr: true, local_addr: segment.address, executable: false };
    return rpc(Region_map.attach, l.region_map, { ds: cap, ...where }, 'filled');
  },
  filled: (x, l) => {
    // The dataspace lives on with init's RAM session.
    dec(x, l.ds ?? null);
    return goto('attached');
  },
  attached: (_x, l) => {
    l.segments = (l.segments ?? []).slice(1);
    return goto('next');
  },
});
