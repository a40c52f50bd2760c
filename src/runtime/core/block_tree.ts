// The tree of address blocks inside an address allocator, keyed by base address: what it finds, and its saved form.
// Owns no state beside its nodes. Source modelled: genode-16.08-abi.md 1.5.

import { ANCHOR, BASE, BlockNodes, CHILDREN, DEPTH, LEFT, LINKS, MAX_AVAIL, NONE, PARENT, RIGHT, SIZE, SIZES } from './block_nodes.ts';

/** A node as it is saved: children are positions in the saved list (pre-order), -1 for none. */
export type SavedNode = {
  readonly base: number;
  readonly size: number;
  readonly used: boolean;
  readonly depth: number;
  /** As cached, which may be stale: see BlockNodes. */
  readonly max_avail: number;
  readonly left: number;
  readonly right: number;
};

export class BlockTree extends BlockNodes {
  /** The block that contains the whole range. */
  findContaining(base: number, size: number): number | undefined {
    return this.#find(base, size, true);
  }

  /** The first block on the way down that shares an address with the range. */
  findOverlapping(base: number, size: number): number | undefined {
    return this.#find(base, size, false);
  }

  #find(base: number, size: number, isWhole: boolean): number | undefined {
    const { sizes, links } = this;
    const end = base + size;
    for (let index = links[ANCHOR * LINKS + CHILDREN + LEFT] as number; index !== NONE; ) {
      const start = sizes[index * SIZES + BASE] as number;
      const last = lastOf(start, sizes[index * SIZES + SIZE] as number);
      if (isWhole ? base >= start && end - 1 <= last : end > start && base <= last) return index;
      index = links[index * LINKS + CHILDREN + (base >= start ? RIGHT : LEFT)] as number;
    }
    return undefined;
  }

  /** The free block that an allocation takes; `from` and `to` (inclusive) limit the addresses. */
  findBestFit(size: number, align: number, from: number, to: number): number | undefined {
    const top = this.child(ANCHOR, LEFT);
    const found = top === NONE ? NONE : this.#bestFit(top, size, align, from, to);
    return found === NONE ? undefined : found;
  }

  /** All blocks, ascending by address. */
  *indices(): IterableIterator<number> {
    const path: number[] = [];
    let index = this.child(ANCHOR, LEFT);
    while (index !== NONE || path.length > 0) {
      while (index !== NONE) {
        path.push(index);
        index = this.child(index, LEFT);
      }
      const next = path.pop() as number;
      yield next;
      index = this.child(next, RIGHT);
    }
  }

  /** The tree in pre-order. Equal trees save equally, whatever happened before. */
  save(): SavedNode[] {
    const saved: SavedNode[] = [];
    const visit = (index: number): number => {
      if (index === NONE) return NONE;
      const position = saved.length;
      const entry = { ...this.block(index), depth: this.depth(index), max_avail: this.maxAvail(index), left: NONE, right: NONE };
      saved.push(entry);
      entry.left = visit(this.child(index, LEFT));
      entry.right = visit(this.child(index, RIGHT));
      return position;
    };
    visit(this.child(ANCHOR, LEFT));
    return saved;
  }

  static restore(saved: readonly SavedNode[]): BlockTree {
    const tree = new BlockTree();
    const indexOf = (position: number): number => (position === NONE ? NONE : position + 1);
    for (const { base, size, used, depth, max_avail, left, right } of saved) {
      const index = tree.add(base, size, used);
      tree.sizes[index * SIZES + MAX_AVAIL] = max_avail;
      tree.links[index * LINKS + DEPTH] = depth;
      tree.links[index * LINKS + CHILDREN + LEFT] = indexOf(left);
      tree.links[index * LINKS + CHILDREN + RIGHT] = indexOf(right);
    }
    const count = saved.length + 1;
    if (saved.length > 0) tree.links[ANCHOR * LINKS + CHILDREN + LEFT] = 1;
    for (let index = 0; index < count; index++) {
      for (const side of [LEFT, RIGHT] as const) {
        const child = tree.child(index, side);
        if (child === NONE) continue;
        if (child <= index || child >= count || tree.parent(child) !== NONE) throw new Error(`saved block tree: node ${index - 1} has a bad child`);
        tree.links[child * LINKS + PARENT] = index;
      }
    }
    for (let index = 1; index < count; index++) {
      if (tree.parent(index) === NONE) throw new Error(`saved block tree: node ${index - 1} hangs nowhere`);
    }
    tree.links[ANCHOR * LINKS + DEPTH] = tree.depth(tree.child(ANCHOR, LEFT)) + 1;
    return tree;
  }

  #availBelow(index: number): number {
    return index === NONE ? 0 : this.maxAvail(index);
  }

  #bestFit(index: number, size: number, align: number, from: number, to: number): number {
    const links = this.links;
    const [left, right] = [links[index * LINKS + CHILDREN + LEFT] as number, links[index * LINKS + CHILDREN + RIGHT] as number];
    const [availLeft, availRight] = [this.#availBelow(left), this.#availBelow(right)];
    // The side with the smaller maximum is asked first; the left one if both are equal.
    const isRightFirst = availRight < availLeft;
    let found = NONE;
    if ((isRightFirst ? availRight : availLeft) >= size) found = this.#bestFit(isRightFirst ? right : left, size, align, from, to);
    if (found === NONE && (isRightFirst ? availLeft : availRight) >= size) found = this.#bestFit(isRightFirst ? left : right, size, align, from, to);
    const self = !this.used(index) && fits(this.base(index), this.size(index), size, align, from, to);
    return self && (found === NONE || size < this.size(found)) ? index : found;
  }
}

/** The last address of a block as 32 bits hold it: of a block that reaches beyond them, a small number, so no search finds it. */
const lastOf = (base: number, size: number): number => (base + size - 1) % 2 ** 32;

export const alignUp = (address: number, align: number): number => Math.ceil(address / align) * align;

/** Whether a free block has room for an allocation. */
function fits(base: number, length: number, size: number, align: number, from: number, to: number): boolean {
  const start = alignUp(Math.max(base, from), align);
  return start - base + size <= length && start + size - 1 <= to;
}
