// The ids in a component's capability map, as far as its pages are there: read quickly, for who looks on at every system call.
// Owns no state. Source modelled: checkpoint-restore.md 4.1.

import type { Kernel } from '../emu/fiasco/kernel.ts';
import { Task } from '../emu/fiasco/task.ts';
import { type DebugId, PAGE_BYTES, PAGE_SHIFT } from '../emu/numbers.ts';
import { pdSessions } from './core/pd_session.ts';
import type { HasStore } from './native/store.ts';
import { CAP_MAP_RECORDS, idAddress } from './rtcr/cap_map_reader.ts';

export interface PublishedMap {
  /** Of the object that holds the records, as the component has told core. */
  readonly address: number;
  /** By slot: 0 for none, 0xffff for a receive window's, -1 where the page is not mapped now. */
  readonly ids: Int32Array;
}

/** @returns null where the component has not told core where its map is, or there is no such component */
export function publishedMap(kernel: Kernel, core: HasStore & { readonly task: DebugId }, id: DebugId): PublishedMap | null {
  const [task, coreTask] = [kernel.objects.get(id), kernel.objects.get(core.task)];
  if (!(task instanceof Task && coreTask instanceof Task)) return null;
  const pd = pdSessions(core).find((row) => coreTask.objects.get(row.task.slot)?.object === task)?.[1];
  if (pd === undefined || pd.cap_map_info === 0) return null;
  const ids = new Int32Array(CAP_MAP_RECORDS).fill(-1);
  let [page, frame] = [-1, -1];
  for (let slot = 0; slot < CAP_MAP_RECORDS; slot++) {
    const address = idAddress(pd.cap_map_info, slot);
    if (address >>> PAGE_SHIFT !== page) {
      page = address >>> PAGE_SHIFT;
      frame = kernel.translate(task, page << PAGE_SHIFT, false);
    }
    if (frame >= 0) ids[slot] = kernel.memory.u16[(frame + (address & (PAGE_BYTES - 1))) >>> 1] as number;
  }
  return { address: pd.cap_map_info, ids };
}
