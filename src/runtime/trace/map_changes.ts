// Changes of capability maps as lines of the 2018 traces, from the memory of the components. The code that changes a map cannot be
// seen; what it did can, at the component's next system call. Owner of the ids seen last. Source modelled: checkpoint-restore.md 4.7.

import { type DebugId, hex, selectorOf } from '../../emu/numbers.ts';
import type { PublishedMap } from '../published_map.ts';
import { CAP_ARRAY_OFFSET, CAP_RECORD_BYTES } from '../rtcr/cap_map_reader.ts';
import { captureLine } from './capture_forms.ts';

/** What a record of a receive window has for an id: it keeps the slot, and is in no map. */
const RESERVED = 0xffff;

export class MapChanges {
  readonly #seen = new Map<DebugId, { readonly address: number; readonly ids: Int32Array }>();

  /** What is different from the last time: first what left the map, each by ascending slots. */
  lines(task: DebugId, map: PublishedMap | null): readonly string[] {
    if (map === null) return [];
    const { address, ids } = map;
    const object = hex(address);
    const lines: string[] = [];
    let seen = this.#seen.get(task);
    if (seen?.address !== address) {
      seen = { address, ids: new Int32Array(ids.length) };
      this.#seen.set(task, seen);
      lines.push(captureLine('allocator_made', object, hex(CAP_RECORD_BYTES), hex(address + CAP_ARRAY_OFFSET)), captureLine('map_made', object));
    }
    const inserted: string[] = [];
    const known = seen.ids;
    for (let slot = 0; slot < ids.length; slot++) {
      const [before, read] = [known[slot] as number, ids[slot] as number];
      const now = read === RESERVED ? 0 : read;
      // A page that is not mapped now says nothing.
      if (now === before || now < 0) continue;
      known[slot] = now;
      if (before !== 0) lines.push(captureLine('map_remove', object, hex(before), hex(selectorOf(slot))));
      if (now !== 0) inserted.push(captureLine('map_insert', object, hex(now), hex(selectorOf(slot))));
    }
    return [...lines, ...inserted];
  }

  /** The task is no more. */
  forget(task: DebugId): void {
    this.#seen.delete(task);
  }
}
