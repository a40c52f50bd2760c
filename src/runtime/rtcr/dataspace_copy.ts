// Copying the content of a dataspace through local attachments: neither side's owner notices. Owns no state.
// Source modelled: checkpoint-restore.md 2.2 step 8, 3.4.

import type { Plain } from '../../emu/plain.ts';
import { PAGE_BYTES } from '../../emu/numbers.ts';
import { copyMemory } from '../native/memory.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { closeView, NO_VIEW, openView, type View } from './views.ts';

const pageAligned = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

type CopyLocals = {
  [key: string]: Plain;
  from: number;
  to: number;
  bytes: number;
  to_offset?: number;
  /** Sizes of dataspaces that may stay in view, 0 for others. */
  from_view?: number;
  to_view?: number;
  source?: View;
  sink?: View;
};

/** Copies the first bytes of one dataspace into another one, there from an offset on (whole pages), through local attachments. */
export const copyDataspace = procedure<CopyLocals>('rtcr.copy_dataspace', {
  start: (_x, l) => call(openView, { ds: l.from, bytes: l.from_view ?? 0 }, 'from'),
  from: (_x, l, source: View) => {
    l.source = source;
    return call(openView, { ds: l.to, bytes: l.to_view ?? 0 }, 'to');
  },
  to: (_x, l, sink: View) => {
    l.sink = sink;
    return call(copyMemory, { from: l.source?.address ?? 0, to: sink.address + (l.to_offset ?? 0), length: pageAligned(l.bytes) }, 'copied');
  },
  copied: (_x, l) => close(l.to, l.sink, (l.to_offset ?? 0) + l.bytes, 'close_source'),
  close_source: (_x, l) => close(l.from, l.source, l.bytes, 'finished'),
  finished: () => done(),
});

const close = (ds: number, view: View | undefined, touched: number, then: string) => call(closeView, { ds, view: view ?? NO_VIEW, touched }, then);
