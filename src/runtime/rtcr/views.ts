// Views of dataspaces: places in the own address space where the checkpointer reads or writes them. Small ones, of the RAM of its
// targets and of contents, stay until the dataspace goes: another attach and detach would cost two RPCs and, since core takes the pages of
// a detached region from everybody, a page fault of the target for each page. Owns no state (view_rows.ts).
// Source modelled: genode-base-foc.md 6.3 (detach unmaps everywhere, a freed dataspace is detached everywhere).

import type { Plain } from '../../emu/plain.ts';
import { capId } from '../native/cap_space.ts';
import { type Attached, attachDataspace, detachDataspace } from '../native/memory.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { VIEW_BYTES, VIEWS } from './limits.ts';
import { leftMapped, managedAt } from './managed_dataspaces.ts';
import { views } from './view_rows.ts';

/** A view, and whether it stays. */
export type View = { readonly address: number; readonly stays: boolean };

/** Where no view was opened, none is closed. */
export const NO_VIEW: View = { address: 0, stays: true };

type OpenLocals = {
  [key: string]: Plain;
  ds: number;
  /** Size of the dataspace if it may stay in view, 0 if it may not. */
  bytes: number;
};

/** Attaches a dataspace as a whole, if it is not in view yet: View. Fails as Region_map.attach does. */
export const openView = procedure<OpenLocals>('rtcr.open_view', {
  start: (x, l) => {
    const known = views(x).get(l.ds);
    return known !== undefined && known.id === capId(x, l.ds) ? done({ address: known.address, stays: true } satisfies View) : call(attachDataspace, { ds: l.ds }, 'attached');
  },
  attached: (x, l, { address }: Attached) => {
    const stays = l.bytes > 0 && l.bytes <= VIEW_BYTES && views(x).size < VIEWS && managedAt(x, l.ds) === undefined;
    if (stays) views(x).set(l.ds, { id: capId(x, l.ds), address });
    return done({ address, stays } satisfies View);
  },
});

type CloseLocals = {
  [key: string]: Plain;
  ds: number;
  view: View;
  /** Bytes from the beginning that may have been touched. */
  touched: number;
};

/** Ends the use of a view. */
export const closeView = procedure<CloseLocals>('rtcr.close_view', {
  start: (x, { ds, view, touched }) => (view.stays ? done() : call(detachDataspace, { address: view.address, ...leftMapped(x, ds, touched) }, 'closed')),
  closed: () => done(),
});
