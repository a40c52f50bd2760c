// Snapshots of the RAM: a tree in which the RAM itself stands at one node, and every other node holds what differs on the way to its
// neighbour nearer to the RAM. Owner of that tree. Taking one costs nothing but the list of frames changed since the last; going
// to one costs the frames in which the two differ (the "rerooting" of persistent arrays, Baker 1978).

import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import { PagePool } from './page_pool.ts';

/** Stands for a frame full of zeros, of which nobody keeps a copy. */
const ZERO = -1;
/** Set instead of filled: the host fills memory that may be shared byte by byte, which takes five times as long. */
export const ZEROS: Uint8Array = new Uint8Array(PAGE_BYTES);

/** One state of the RAM, known by identity. */
export class MemorySnapshot {
  /** The neighbour nearer to the RAM; null at the node where the RAM stands, and after release of the whole tree. */
  toward: MemorySnapshot | null = null;
  /** Nodes whose neighbour this one is. */
  behind = 0;
  /** Frames in which this state differs from its neighbour's, and what they hold in this state. */
  frames: number[] = [];
  pages: number[] = [];
  released = false;
}

/** What the history needs of the RAM. */
export interface FrameStore {
  readonly u8: Uint8Array;
  readonly written: Uint8Array;
}

export class FrameHistory {
  readonly #ram: FrameStore;
  readonly #pool = new PagePool();
  /** Where the RAM stands; null without snapshots. */
  #here: MemorySnapshot | null = null;
  /** Frames changed since, and, with a snapshot, what they held then. */
  #frames: number[] = [];
  #pages: number[] = [];

  constructor(ram: FrameStore) {
    this.#ram = ram;
  }

  /** Bytes that the snapshots hold besides the RAM. */
  get bytes(): number {
    return this.#pool.pages * PAGE_BYTES;
  }

  /** Frames changed since the last snapshot was taken or gone back to. */
  get changed(): readonly number[] {
    return this.#frames;
  }

  /** To be called before the first change of a frame in this epoch. */
  keep(frame: number): void {
    this.#frames.push(frame);
    if (this.#here !== null) this.#pages.push(this.#copy(frame));
  }

  /** Makes the present state a node of the tree. */
  take(): MemorySnapshot {
    const taken = new MemorySnapshot();
    const here = this.#here;
    if (here !== null) {
      here.frames = this.#frames;
      here.pages = this.#pages;
      here.toward = taken;
      taken.behind = 1;
      this.#prune(here);
    }
    this.#here = taken;
    this.#frames = [];
    this.#pages = [];
    return taken;
  }

  /** Brings a state back. `changed` is told of every frame whose content may be another now. */
  goTo(target: MemorySnapshot, changed: (frame: number) => void): void {
    if (target.released) throw new Error('the snapshot was released');
    const path: MemorySnapshot[] = [];
    for (let node = target; node !== this.#here; ) {
      path.push(node);
      if (node.toward === null) throw new Error('the snapshot belongs to another machine');
      node = node.toward;
    }
    this.#undo(changed);
    for (const node of path.reverse()) this.#step(node, changed);
  }

  /** Gives a snapshot up: its copies go as soon as no other snapshot needs them. */
  release(snapshot: MemorySnapshot): void {
    if (snapshot.released) return;
    snapshot.released = true;
    this.#prune(snapshot);
  }

  #undo(changed: (frame: number) => void): void {
    for (let i = 0; i < this.#frames.length; i++) {
      const frame = this.#frames[i] as number;
      this.#put(frame, this.#pages[i] as number);
      changed(frame);
    }
    this.#frames = [];
    this.#pages = [];
  }

  /** One step along the tree: `node` gets the RAM, the node that had it gets the differences. */
  #step(node: MemorySnapshot, changed: (frame: number) => void): void {
    const here = node.toward as MemorySnapshot;
    for (let i = 0; i < node.frames.length; i++) {
      const frame = node.frames[i] as number;
      node.pages[i] = this.#exchange(frame, node.pages[i] as number);
      changed(frame);
    }
    here.frames = node.frames;
    here.pages = node.pages;
    here.toward = node;
    here.behind--;
    node.frames = [];
    node.pages = [];
    node.toward = null;
    node.behind++;
    this.#here = node;
    this.#prune(here);
  }

  /** Takes nodes out of the tree that nobody can go to and nobody needs to get anywhere. */
  #prune(node: MemorySnapshot): void {
    let at = node;
    while (at.released && at.behind === 0) {
      if (at === this.#here) return this.#forget();
      const next = at.toward;
      if (next === null) return;
      for (const page of at.pages) if (page !== ZERO) this.#pool.release(page);
      at.frames = [];
      at.pages = [];
      at.toward = null;
      next.behind--;
      at = next;
    }
  }

  /** The last snapshot is gone: changes need not be kept any more. */
  #forget(): void {
    for (const page of this.#pages) if (page !== ZERO) this.#pool.release(page);
    this.#pages = [];
    this.#here = null;
  }

  #copy(frame: number): number {
    return this.#ram.written[frame] === 0 ? ZERO : this.#pool.take(this.#ram.u8, frame << PAGE_SHIFT);
  }

  #put(frame: number, page: number): void {
    if (page === ZERO) this.#clear(frame);
    else this.#pool.put(page, this.#ram.u8, frame << PAGE_SHIFT);
  }

  #exchange(frame: number, page: number): number {
    const { u8, written } = this.#ram;
    if (page === ZERO) {
      const kept = this.#copy(frame);
      this.#clear(frame);
      return kept;
    }
    if (written[frame] === 0) {
      this.#pool.put(page, u8, frame << PAGE_SHIFT);
      written[frame] = 1;
      return ZERO;
    }
    this.#pool.swap(page, u8, frame << PAGE_SHIFT);
    return page;
  }

  #clear(frame: number): void {
    this.#ram.u8.set(ZEROS, frame << PAGE_SHIFT);
    this.#ram.written[frame] = 0;
  }
}
