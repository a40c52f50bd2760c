// Copying the content of a dataspace through local attachments: neither side's owner notices. Owns no state.
// Source modelled: checkpoint-restore.md 2.2 step 8, 3.4.

import type { Plain } from '../../emu/plain.ts';
import { PAGE_BYTES } from '../../emu/numbers.ts';
import { type Attached, attachDataspace, copyMemory, detachDataspace } from '../native/memory.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { leftMapped } from './managed_dataspaces.ts';

const pageAligned = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

type CopyLocals = { [key: string]: Plain; from: number; to: number; bytes: number; to_offset?: number; from_address?: number; to_address?: number };

/** Copies the first bytes of one dataspace into another one, there from an offset on (whole pages), through local attachments. */
export const copyDataspace = procedure<CopyLocals>('rtcr.copy_dataspace', {
  start: (_x, l) => call(attachDataspace, { ds: l.from }, 'from'),
  from: (_x, l, { address }: Attached) => {
    l.from_address = address;
    return call(attachDataspace, { ds: l.to, size: pageAligned(l.bytes), offset: l.to_offset ?? 0 }, 'to');
  },
  to: (_x, l, { address }: Attached) => {
    l.to_address = address;
    return call(copyMemory, { from: l.from_address ?? 0, to: address, length: pageAligned(l.bytes) }, 'copied');
  },
  copied: (x, l) => call(detachDataspace, { address: l.to_address ?? 0, ...leftMapped(x, l.to, l.bytes) }, 'detach'),
  detach: (x, l) => call(detachDataspace, { address: l.from_address ?? 0, ...leftMapped(x, l.from, l.bytes) }, 'finished'),
  finished: () => done(),
});
