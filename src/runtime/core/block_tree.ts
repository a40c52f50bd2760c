// The AVL tree of address blocks inside an address allocator, keyed by base address, with the depth and the largest free size
// of each subtree cached per node. Owns the nodes, as columns of numbers, so that a copy of a tree is a copy of bytes. Source modelled: genode-16.08-abi.md 1.5.

export interface Block {
  readonly base: number;
  readonly size: number;
  readonly used: boolean;
}

/** A node as it is saved: children are positions in the saved list (pre-order), -1 for none. */
export type SavedNode = {
  readonly base: number;
  readonly size: number;
  readonly used: boolean;
  readonly depth: number;
  /** As cached, which may be stale: see BlockTree. */
  readonly max_avail: number;
  readonly left: number;
  readonly right: number;
};

type Side = 0 | 1;
const LEFT: Side = 0;
const RIGHT: Side = 1;
const opposite = (side: Side): Side => (side === LEFT ? RIGHT : LEFT);

const NONE = -1;
/** The anchor: its left child is the top of the tree. It is no block, and its cached values are never used for a decision. */
const ANCHOR = 0;

/** Columns of a node: what may be any address, and what is small. */
const [BASE, SIZE, MAX_AVAIL, SIZES] = [0, 1, 2, 3] as const;
const [CHILDREN, PARENT, DEPTH, USED, LINKS] = [0, 2, 3, 4, 5] as const;
const NODES_AT_FIRST = 16;

/**
 * Which block a search finds depends on the shape of the tree and on cached sizes that the original refreshes at some places
 * only. So the places where the caches are refreshed are part of the behaviour, and stale values are saved as they are.
 */
export class BlockTree {
  #sizes: Float64Array;
  #links: Int32Array;
  /** Nodes in use or vacant, the anchor included. */
  #count: number;
  /** Indices of pool entries that hold no block. */
  readonly #vacant: number[];

  constructor(like?: BlockTree) {
    this.#sizes = like === undefined ? new Float64Array(NODES_AT_FIRST * SIZES) : like.#sizes.slice();
    this.#links = like === undefined ? new Int32Array(NODES_AT_FIRST * LINKS) : like.#links.slice();
    this.#count = like === undefined ? 0 : like.#count;
    this.#vacant = like === undefined ? [] : like.#vacant.slice();
    if (like === undefined) this.#add(0, 0, false);
  }

  get count(): number {
    return this.#count - 1 - this.#vacant.length;
  }

  block(index: number): Block {
    return { base: this.base(index), size: this.size(index), used: this.used(index) };
  }

  /** The parts of a block, without making one. */
  base(index: number): number {
    return this.#sizes[index * SIZES + BASE] as number;
  }

  size(index: number): number {
    return this.#sizes[index * SIZES + SIZE] as number;
  }

  used(index: number): boolean {
    return this.#links[index * LINKS + USED] === 1;
  }

  maxAvail(index: number): number {
    return this.#sizes[index * SIZES + MAX_AVAIL] as number;
  }

  insert(base: number, size: number, used: boolean): void {
    this.#insertBelow(ANCHOR, this.#add(base, size, used));
  }

  /** A node that hangs nowhere. */
  #add(base: number, size: number, used: boolean): number {
    const index = this.#vacant.pop() ?? this.#count++;
    if (index * LINKS >= this.#links.length) {
      const [sizes, links] = [this.#sizes, this.#links];
      this.#sizes = new Float64Array(2 * sizes.length);
      this.#sizes.set(sizes);
      this.#links = new Int32Array(2 * links.length);
      this.#links.set(links);
    }
    const [sizes, links] = [this.#sizes, this.#links];
    sizes[index * SIZES + BASE] = base;
    sizes[index * SIZES + SIZE] = size;
    sizes[index * SIZES + MAX_AVAIL] = used ? 0 : size;
    unhang(links, index);
    links[index * LINKS + DEPTH] = 1;
    links[index * LINKS + USED] = used ? 1 : 0;
    return index;
  }

  /** Takes a block out; its index is invalid afterwards. */
  remove(index: number): void {
    const parent = this.#parent(index);
    const side: Side = this.#child(parent, LEFT) === index ? LEFT : RIGHT;
    const left = this.#child(index, LEFT);
    let rebalanceFrom = NONE;
    if (left === NONE) {
      this.#adopt(parent, this.#child(index, RIGHT), side);
    } else {
      const heir = this.#rightmost(left);
      const ofHeir = this.#child(heir, LEFT);
      if (heir === left) {
        this.#adopt(index, ofHeir, LEFT);
      } else {
        rebalanceFrom = this.#parent(heir);
        this.#adopt(rebalanceFrom, ofHeir, RIGHT);
      }
      this.#adopt(parent, heir, side);
      this.#adopt(heir, this.#child(index, LEFT), LEFT);
      this.#adopt(heir, this.#child(index, RIGHT), RIGHT);
    }
    this.#rebalanceUpwards(rebalanceFrom);
    unhang(this.#links, index);
    this.#vacant.push(index);
  }

  /** The block that contains the whole range. */
  findContaining(base: number, size: number): number | undefined {
    const [sizes, links] = [this.#sizes, this.#links];
    for (let index = links[ANCHOR * LINKS + CHILDREN + LEFT] as number; index !== NONE; ) {
      const start = sizes[index * SIZES + BASE] as number;
      if (base >= start && base + size - 1 <= lastOf(start, sizes[index * SIZES + SIZE] as number)) return index;
      index = links[index * LINKS + CHILDREN + (base >= start ? RIGHT : LEFT)] as number;
    }
    return undefined;
  }

  /** The first block on the way down that shares an address with the range. */
  findOverlapping(base: number, size: number): number | undefined {
    const [sizes, links] = [this.#sizes, this.#links];
    for (let index = links[ANCHOR * LINKS + CHILDREN + LEFT] as number; index !== NONE; ) {
      const start = sizes[index * SIZES + BASE] as number;
      if (base + size > start && lastOf(start, sizes[index * SIZES + SIZE] as number) >= base) return index;
      index = links[index * LINKS + CHILDREN + (base >= start ? RIGHT : LEFT)] as number;
    }
    return undefined;
  }

  /** The free block that an allocation takes; `from` and `to` (inclusive) limit the addresses. */
  findBestFit(size: number, align: number, from: number, to: number): number | undefined {
    const top = this.#child(ANCHOR, LEFT);
    const found = top === NONE ? NONE : this.#bestFit(top, size, align, from, to);
    return found === NONE ? undefined : found;
  }

  /** All blocks, ascending by address. */
  *indices(): IterableIterator<number> {
    const path: number[] = [];
    let index = this.#child(ANCHOR, LEFT);
    while (index !== NONE || path.length > 0) {
      while (index !== NONE) {
        path.push(index);
        index = this.#child(index, LEFT);
      }
      const next = path.pop() as number;
      yield next;
      index = this.#child(next, RIGHT);
    }
  }

  /** The tree in pre-order. Equal trees save equally, whatever happened before. */
  save(): SavedNode[] {
    const saved: SavedNode[] = [];
    const visit = (index: number): number => {
      if (index === NONE) return NONE;
      const position = saved.length;
      const entry = { ...this.block(index), depth: this.#depth(index), max_avail: this.maxAvail(index), left: NONE, right: NONE };
      saved.push(entry);
      entry.left = visit(this.#child(index, LEFT));
      entry.right = visit(this.#child(index, RIGHT));
      return position;
    };
    visit(this.#child(ANCHOR, LEFT));
    return saved;
  }

  static restore(saved: readonly SavedNode[]): BlockTree {
    const tree = new BlockTree();
    const indexOf = (position: number): number => (position === NONE ? NONE : position + 1);
    for (const { base, size, used, depth, max_avail, left, right } of saved) {
      const index = tree.#add(base, size, used);
      tree.#sizes[index * SIZES + MAX_AVAIL] = max_avail;
      tree.#links[index * LINKS + DEPTH] = depth;
      tree.#links[index * LINKS + CHILDREN + LEFT] = indexOf(left);
      tree.#links[index * LINKS + CHILDREN + RIGHT] = indexOf(right);
    }
    if (saved.length > 0) tree.#links[ANCHOR * LINKS + CHILDREN + LEFT] = 1;
    for (let index = 0; index < tree.#count; index++) {
      for (const side of [LEFT, RIGHT] as const) {
        const child = tree.#child(index, side);
        if (child === NONE) continue;
        if (child <= index || child >= tree.#count || tree.#parent(child) !== NONE) throw new Error(`saved block tree: node ${index - 1} has a bad child`);
        tree.#links[child * LINKS + PARENT] = index;
      }
    }
    for (let index = 1; index < tree.#count; index++) {
      if (tree.#parent(index) === NONE) throw new Error(`saved block tree: node ${index - 1} hangs nowhere`);
    }
    tree.#links[ANCHOR * LINKS + DEPTH] = tree.#depth(tree.#child(ANCHOR, LEFT)) + 1;
    return tree;
  }

  #child(index: number, side: Side): number {
    return this.#links[index * LINKS + CHILDREN + side] as number;
  }

  #parent(index: number): number {
    return this.#links[index * LINKS + PARENT] as number;
  }

  #depth(index: number): number {
    return index === NONE ? 0 : (this.#links[index * LINKS + DEPTH] as number);
  }

  #maxAvail(index: number): number {
    return index === NONE ? 0 : this.maxAvail(index);
  }

  #rightmost(index: number): number {
    let last = index;
    while (this.#child(last, RIGHT) !== NONE) last = this.#child(last, RIGHT);
    return last;
  }

  #bestFit(index: number, size: number, align: number, from: number, to: number): number {
    const links = this.#links;
    const [left, right] = [links[index * LINKS + CHILDREN + LEFT] as number, links[index * LINKS + CHILDREN + RIGHT] as number];
    const [availLeft, availRight] = [this.#maxAvail(left), this.#maxAvail(right)];
    // The side with the smaller maximum is asked first; the left one if both are equal.
    const isRightFirst = availRight < availLeft;
    let found = NONE;
    if ((isRightFirst ? availRight : availLeft) >= size) found = this.#bestFit(isRightFirst ? right : left, size, align, from, to);
    if (found === NONE && (isRightFirst ? availLeft : availRight) >= size) found = this.#bestFit(isRightFirst ? left : right, size, align, from, to);
    const self = !this.used(index) && fits(this.base(index), this.size(index), size, align, from, to);
    return self && (found === NONE || size < this.size(found)) ? index : found;
  }

  /** Puts a node at its place below another one; the nodes on the way are refreshed and balanced from there upwards. */
  #insertBelow(top: number, added: number): void {
    const [sizes, links] = [this.#sizes, this.#links];
    const base = sizes[added * SIZES + BASE] as number;
    let index = top;
    let side: Side = LEFT;
    for (;;) {
      side = index !== ANCHOR && base >= (sizes[index * SIZES + BASE] as number) ? RIGHT : LEFT;
      const below = links[index * LINKS + CHILDREN + side] as number;
      if (below === NONE) break;
      index = below;
    }
    this.#adopt(index, added, side);
    for (;;) {
      // A rotation changes what is above a node, but nothing above that.
      const parent = links[index * LINKS + PARENT] as number;
      this.#refresh(index);
      if (parent !== NONE) this.#rebalance(parent, index);
      if (index === top) return;
      index = parent;
    }
  }

  #adopt(parent: number, child: number, side: Side): void {
    this.#links[parent * LINKS + CHILDREN + side] = child;
    if (child !== NONE) this.#links[child * LINKS + PARENT] = parent;
    this.#refresh(parent);
  }

  /** Recomputes the depth, the parents first where it changed, and then the cached size. */
  #refresh(index: number): void {
    const [sizes, links] = [this.#sizes, this.#links];
    const left = links[index * LINKS + CHILDREN + LEFT] as number;
    const right = links[index * LINKS + CHILDREN + RIGHT] as number;
    const depthLeft = left === NONE ? 0 : (links[left * LINKS + DEPTH] as number);
    const depthRight = right === NONE ? 0 : (links[right * LINKS + DEPTH] as number);
    const depth = (depthLeft > depthRight ? depthLeft : depthRight) + 1;
    const isOther = depth !== links[index * LINKS + DEPTH];
    links[index * LINKS + DEPTH] = depth;
    const parent = links[index * LINKS + PARENT] as number;
    if (parent === NONE) return;
    if (isOther) this.#refresh(parent);
    let avail = links[index * LINKS + USED] === 1 ? 0 : (sizes[index * SIZES + SIZE] as number);
    if (left !== NONE) avail = Math.max(avail, sizes[left * SIZES + MAX_AVAIL] as number);
    if (right !== NONE) avail = Math.max(avail, sizes[right * SIZES + MAX_AVAIL] as number);
    sizes[index * SIZES + MAX_AVAIL] = avail;
  }

  #rebalanceUpwards(start: number): void {
    let index = start;
    while (index !== NONE && this.#parent(index) !== NONE) {
      const parent = this.#parent(index);
      this.#rebalance(parent, index);
      index = parent;
    }
  }

  #rebalance(parent: number, index: number): void {
    const lean = this.#depth(this.#child(index, RIGHT)) - this.#depth(this.#child(index, LEFT));
    if (lean >= 2) this.#rotate(parent, index, LEFT);
    else if (lean <= -2) this.#rotate(parent, index, RIGHT);
  }

  /** Lets a node sink towards `side`; its other child, or that child's inner child, takes its place. */
  #rotate(parent: number, index: number, side: Side): void {
    const place: Side = this.#child(parent, LEFT) === index ? LEFT : RIGHT;
    const other = opposite(side);
    const riser = this.#child(index, other);
    const inner = this.#child(riser, side);
    const bias: Side = this.#depth(this.#child(riser, RIGHT)) > this.#depth(this.#child(riser, LEFT)) ? RIGHT : LEFT;
    if (bias === other) {
      this.#adopt(index, inner, other);
      this.#adopt(riser, index, side);
      this.#adopt(parent, riser, place);
    } else if (inner !== NONE) {
      const towards = this.#child(inner, side);
      const away = this.#child(inner, other);
      this.#adopt(index, towards, other);
      this.#adopt(riser, away, side);
      this.#adopt(inner, index, side);
      this.#adopt(inner, riser, other);
      this.#adopt(parent, inner, place);
    }
  }
}

/** Lets a node hang nowhere. */
function unhang(links: Int32Array, index: number): void {
  links[index * LINKS + CHILDREN + LEFT] = NONE;
  links[index * LINKS + CHILDREN + RIGHT] = NONE;
  links[index * LINKS + PARENT] = NONE;
}

/** The last address of a block as 32 bits hold it: of a block that reaches beyond them, a small number, so no search finds it. */
const lastOf = (base: number, size: number): number => (base + size - 1) % 2 ** 32;

export const alignUp = (address: number, align: number): number => Math.ceil(address / align) * align;

/** Whether a free block has room for an allocation. */
function fits(base: number, length: number, size: number, align: number, from: number, to: number): boolean {
  const start = alignUp(Math.max(base, from), align);
  return start - base + size <= length && start + size - 1 <= to;
}
