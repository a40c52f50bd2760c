// The nodes of a tree of address blocks: a pool of columns of numbers, so that a copy of a tree is a copy of bytes, and the AVL balance
// with the depth and the largest free size of each subtree cached per node. Owns the nodes. Source modelled: genode-16.08-abi.md 1.5.

export interface Block {
  readonly base: number;
  readonly size: number;
  readonly used: boolean;
}

export type Side = 0 | 1;
export const LEFT: Side = 0;
export const RIGHT: Side = 1;
const opposite = (side: Side): Side => (side === LEFT ? RIGHT : LEFT);

export const NONE = -1;
/** The anchor: its left child is the top of the tree. It is no block, and its cached values are never used for a decision. */
export const ANCHOR = 0;

/** Columns of a node: what may be any address, and what is small. */
export const [BASE, SIZE, MAX_AVAIL, SIZES] = [0, 1, 2, 3] as const;
export const [CHILDREN, PARENT, DEPTH, USED, LINKS] = [0, 2, 3, 4, 5] as const;
const NODES_AT_FIRST = 16;

/**
 * Which block a search finds depends on the shape of the tree and on cached sizes that the original refreshes at some places
 * only. So the places where the caches are refreshed are part of the behaviour.
 */
export class BlockNodes {
  protected sizes: Float64Array;
  protected links: Int32Array;
  /** Nodes in use or vacant, the anchor included. */
  #count: number;
  /** Indices of pool entries that hold no block. */
  readonly #vacant: number[];

  constructor(like?: BlockNodes) {
    this.sizes = like === undefined ? new Float64Array(NODES_AT_FIRST * SIZES) : like.sizes.slice();
    this.links = like === undefined ? new Int32Array(NODES_AT_FIRST * LINKS) : like.links.slice();
    this.#count = like === undefined ? 0 : like.#count;
    this.#vacant = like === undefined ? [] : like.#vacant.slice();
    if (like === undefined) this.add(0, 0, false);
  }

  get count(): number {
    return this.#count - 1 - this.#vacant.length;
  }

  block(index: number): Block {
    return { base: this.base(index), size: this.size(index), used: this.used(index) };
  }

  /** The parts of a block, without making one. */
  base(index: number): number {
    return this.sizes[index * SIZES + BASE] as number;
  }

  size(index: number): number {
    return this.sizes[index * SIZES + SIZE] as number;
  }

  used(index: number): boolean {
    return this.links[index * LINKS + USED] === 1;
  }

  maxAvail(index: number): number {
    return this.sizes[index * SIZES + MAX_AVAIL] as number;
  }

  /** A node that hangs nowhere. */
  protected add(base: number, size: number, used: boolean): number {
    const index = this.#vacant.pop() ?? this.#count++;
    if (index * LINKS >= this.links.length) {
      const [sizes, links] = [this.sizes, this.links];
      this.sizes = new Float64Array(2 * sizes.length);
      this.sizes.set(sizes);
      this.links = new Int32Array(2 * links.length);
      this.links.set(links);
    }
    const [sizes, links] = [this.sizes, this.links];
    sizes[index * SIZES + BASE] = base;
    sizes[index * SIZES + SIZE] = size;
    sizes[index * SIZES + MAX_AVAIL] = used ? 0 : size;
    unhang(links, index);
    links[index * LINKS + DEPTH] = 1;
    links[index * LINKS + USED] = used ? 1 : 0;
    return index;
  }

  protected child(index: number, side: Side): number {
    return this.links[index * LINKS + CHILDREN + side] as number;
  }

  protected parent(index: number): number {
    return this.links[index * LINKS + PARENT] as number;
  }

  protected depth(index: number): number {
    return index === NONE ? 0 : (this.links[index * LINKS + DEPTH] as number);
  }

  #rightmost(index: number): number {
    let last = index;
    while (this.child(last, RIGHT) !== NONE) last = this.child(last, RIGHT);
    return last;
  }

  insert(base: number, size: number, used: boolean): void {
    this.#insertBelow(ANCHOR, this.add(base, size, used));
  }

  /** Takes a block out; its index is invalid afterwards. */
  remove(index: number): void {
    const parent = this.parent(index);
    const side: Side = this.child(parent, LEFT) === index ? LEFT : RIGHT;
    const left = this.child(index, LEFT);
    let rebalanceFrom = NONE;
    if (left === NONE) {
      this.#adopt(parent, this.child(index, RIGHT), side);
    } else {
      const heir = this.#rightmost(left);
      const ofHeir = this.child(heir, LEFT);
      if (heir === left) {
        this.#adopt(index, ofHeir, LEFT);
      } else {
        rebalanceFrom = this.parent(heir);
        this.#adopt(rebalanceFrom, ofHeir, RIGHT);
      }
      this.#adopt(parent, heir, side);
      this.#adopt(heir, this.child(index, LEFT), LEFT);
      this.#adopt(heir, this.child(index, RIGHT), RIGHT);
    }
    this.#rebalanceUpwards(rebalanceFrom);
    unhang(this.links, index);
    this.#vacant.push(index);
  }

  /** Puts a node at its place below another one; the nodes on the way are refreshed and balanced from there upwards. */
  #insertBelow(top: number, added: number): void {
    const [sizes, links] = [this.sizes, this.links];
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
    this.links[parent * LINKS + CHILDREN + side] = child;
    if (child !== NONE) this.links[child * LINKS + PARENT] = parent;
    this.#refresh(parent);
  }

  /** Recomputes the depth, the parents first where it changed, and then the cached size. */
  #refresh(index: number): void {
    const [sizes, links] = [this.sizes, this.links];
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
    while (index !== NONE && this.parent(index) !== NONE) {
      const parent = this.parent(index);
      this.#rebalance(parent, index);
      index = parent;
    }
  }

  #rebalance(parent: number, index: number): void {
    const lean = this.depth(this.child(index, RIGHT)) - this.depth(this.child(index, LEFT));
    if (lean >= 2) this.#rotate(parent, index, LEFT);
    else if (lean <= -2) this.#rotate(parent, index, RIGHT);
  }

  /** Lets a node sink towards `side`; its other child, or that child's inner child, takes its place. */
  #rotate(parent: number, index: number, side: Side): void {
    const place: Side = this.child(parent, LEFT) === index ? LEFT : RIGHT;
    const other = opposite(side);
    const riser = this.child(index, other);
    const inner = this.child(riser, side);
    const bias: Side = this.depth(this.child(riser, RIGHT)) > this.depth(this.child(riser, LEFT)) ? RIGHT : LEFT;
    if (bias === other) {
      this.#adopt(index, inner, other);
      this.#adopt(riser, index, side);
      this.#adopt(parent, riser, place);
    } else if (inner !== NONE) {
      const towards = this.child(inner, side);
      const away = this.child(inner, other);
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
