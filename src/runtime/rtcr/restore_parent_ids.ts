// The id of a parent capability on its way to a child: whoever loads a program into a domain of its own writes it first in the writable
// segment, from where the child takes it when it starts. Until then it is in no capability map.
// Owns no state. Source modelled: genode-16.08-abi.md 3.1 (parent capability: its global id and three zero words), 4.2 step 9.

import type { Plain } from '../../emu/plain.ts';
import { labelOf } from '../arg_string.ts';
import type { Execution } from '../native/execution.ts';
import { readMemory } from '../native/memory.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { each } from './each.ts';
import { nowAt, nowCalled, snapshotOf } from './restoration.ts';
import { ramBytes } from './target_rows.ts';
import { closeView, NO_VIEW, openView, type View } from './views.ts';

const PARENT_WORDS = 4;
const WORD_BYTES = 4;

/** A dataspace that may begin with the id of a parent. */
type ParentItem = { readonly badge: number; readonly parent: number };

/** RAM of children that have not told where their capabilities are: their sessions have the label of their domain. */
function candidates(x: Execution): ParentItem[] {
  const { pd_sessions, ram_sessions, spaces } = snapshotOf(x);
  return pd_sessions.flatMap(({ assigned_badge, creation_args }, pd) => {
    if (pd === 0 || assigned_badge === 0 || spaces.some((space) => space.pd === pd && space.cap_map_address !== 0)) return [];
    const own = ram_sessions.slice(1).filter((ram) => labelOf(ram.creation_args) === labelOf(creation_args));
    return own.flatMap(({ dataspaces }) => dataspaces.map(({ badge }) => ({ badge, parent: assigned_badge })));
  });
}

type ItemLocals = { [key: string]: Plain; item: ParentItem; view?: View };

const rewriteParentId = procedure<ItemLocals>('rtcr.rewrite_parent_id', {
  start: (x, l) => {
    const ds = nowAt(x, l.item.badge);
    return ds === null || nowCalled(x, l.item.parent) === undefined ? done() : call(openView, { ds, bytes: ramBytes(x, ds) }, 'read');
  },
  read: (_x, l, view: View) => {
    l.view = view;
    return call(readMemory, { address: view.address, length: PARENT_WORDS * WORD_BYTES }, 'write');
  },
  write: (x, l, bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [id, ...rest] = Array.from({ length: PARENT_WORDS }, (_, i) => view.getUint32(i * WORD_BYTES, true));
    if (id === l.item.parent && rest.every((word) => word === 0)) x.writeWords((l.view ?? NO_VIEW).address, [nowCalled(x, l.item.parent) ?? 0]);
    return call(closeView, { ds: nowAt(x, l.item.badge) ?? 0, view: l.view ?? NO_VIEW, touched: PARENT_WORDS * WORD_BYTES }, 'written');
  },
  written: () => done(),
});

/** Gives programs that have been loaded and have not run yet the id that their parent has now. */
export const rewriteParentIds = procedure<Record<string, Plain>>('rtcr.rewrite_parent_ids', {
  start: (x) => each(rewriteParentId, candidates(x), {}, 'rewritten'),
  rewritten: () => done(),
});
