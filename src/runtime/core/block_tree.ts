// The AVL tree of address blocks inside an address allocator, keyed by base address, with the depth and the largest free size
// of each subtree cached per node. Owns the nodes (an indexed pool). Source modelled: genode-16.08-abi.md 1.5.

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

interface Node {
  base: number;
  size: number;
  used: boolean;
  depth: number;
  maxAvail: number;
  parent: number;
  readonly child: [number, number];
}

type Side = 0 | 1;
const LEFT: Side = 0;
const RIGHT: Side = 1;
const opposite = (side: Side): Side => (side === LEFT ? RIGHT : LEFT);

const NONE = -1;
/** The anchor: its left child is the top of the tree. It is no block, and its cached values are never used for a decision. */
const ANCHOR = 0;

const emptyNode = (): Node => ({ base: 0, size: 0, used: false, depth: 1, maxAvail: 0, parent: NONE, child: [NONE, NONE] });

/**
 * Which block a search finds depends on the shape of the tree and on cached sizes that the original refreshes at some places
 * only. So the places where the caches are refreshed are part of the behaviour, and stale values are saved as they are.
 */
export class BlockTree {
  readonly #nodes: Node[] = [emptyNode()];
  /** Indices of pool entries that hold no block. */
  readonly #vacant: number[] = [];

  get count(): number {
    return this.#nodes.length - 1 - this.#vacant.length;
  }

  block(index: number): Block {
    return this.#node(index);
  }

  maxAvail(index: number): number {
    return this.#node(index).maxAvail;
  }

  insert(base: number, size: number, used: boolean): void {
    const index = this.#vacant.pop() ?? this.#nodes.push(emptyNode()) - 1;
    const node = this.#node(index);
    node.base = base;
    node.size = size;
    node.used = used;
    node.depth = 1;
    node.maxAvail = used ? 0 : size;
    this.#insertBelow(ANCHOR, index);
  }

  /** Takes a block out; its index is invalid afterwards. */
  remove(index: number): void {
    const node = this.#node(index);
    const parent = node.parent;
    const side: Side = this.#node(parent).child[LEFT] === index ? LEFT : RIGHT;
    let rebalanceFrom = NONE;
    if (node.child[LEFT] === NONE) {
      this.#adopt(parent, node.child[RIGHT], side);
    } else {
      const heir = this.#rightmost(node.child[LEFT]);
      const heirNode = this.#node(heir);
      if (heir === node.child[LEFT]) {
        this.#adopt(index, heirNode.child[LEFT], LEFT);
      } else {
        rebalanceFrom = heirNode.parent;
        this.#adopt(heirNode.parent, heirNode.child[LEFT], RIGHT);
      }
      this.#adopt(parent, heir, side);
      this.#adopt(heir, node.child[LEFT], LEFT);
      this.#adopt(heir, node.child[RIGHT], RIGHT);
    }
    this.#rebalanceUpwards(rebalanceFrom);
    node.child[LEFT] = node.child[RIGHT] = node.parent = NONE;
    this.#vacant.push(index);
  }

  /** The block that contains the whole range. */
  findContaining(base: number, size: number): number | undefined {
    return this.#descend(base, (node) => base >= node.base && base + size <= node.base + node.size);
  }

  /** The first block on the way down that shares an address with the range. */
  findOverlapping(base: number, size: number): number | undefined {
    return this.#descend(base, (node) => base + size > node.base && node.base + node.size > base);
  }

  /** The free block that an allocation takes; `from` and `to` (inclusive) limit the addresses. */
  findBestFit(size: number, align: number, from: number, to: number): number | undefined {
    const top = this.#node(ANCHOR).child[LEFT];
    const found = top === NONE ? NONE : this.#bestFit(top, size, align, from, to);
    return found === NONE ? undefined : found;
  }

  /** All blocks, ascending by address. */
  *indices(): IterableIterator<number> {
    const path: number[] = [];
    let index = this.#node(ANCHOR).child[LEFT];
    while (index !== NONE || path.length > 0) {
      while (index !== NONE) {
        path.push(index);
        index = this.#node(index).child[LEFT];
      }
      const next = path.pop() as number;
      yield next;
      index = this.#node(next).child[RIGHT];
    }
  }

  /** The tree in pre-order. Equal trees save equally, whatever happened before. */
  save(): SavedNode[] {
    const saved: SavedNode[] = [];
    const visit = (index: number): number => {
      if (index === NONE) return NONE;
      const { base, size, used, depth, maxAvail, child } = this.#node(index);
      const position = saved.length;
      const entry = { base, size, used, depth, max_avail: maxAvail, left: NONE, right: NONE };
      saved.push(entry);
      entry.left = visit(child[LEFT]);
      entry.right = visit(child[RIGHT]);
      return position;
    };
    visit(this.#node(ANCHOR).child[LEFT]);
    return saved;
  }

  static restore(saved: readonly SavedNode[]): BlockTree {
    const tree = new BlockTree();
    const indexOf = (position: number): number => (position === NONE ? NONE : position + 1);
    for (const { base, size, used, depth, max_avail, left, right } of saved) {
      tree.#nodes.push({ base, size, used, depth, maxAvail: max_avail, parent: NONE, child: [indexOf(left), indexOf(right)] });
    }
    if (saved.length > 0) tree.#node(ANCHOR).child[LEFT] = 1;
    for (const [index, node] of tree.#nodes.entries()) {
      for (const child of node.child) {
        if (child === NONE) continue;
        if (child <= index || tree.#nodes[child]?.parent !== NONE) throw new Error(`saved block tree: node ${index - 1} has a bad child`);
        tree.#node(child).parent = index;
      }
    }
    for (const [index, node] of tree.#nodes.entries()) {
      if (index !== ANCHOR && node.parent === NONE) throw new Error(`saved block tree: node ${index - 1} hangs nowhere`);
    }
    const anchor = tree.#node(ANCHOR);
    anchor.depth = tree.#depth(anchor.child[LEFT]) + 1;
    return tree;
  }

  #node(index: number): Node {
    return this.#nodes[index] as Node;
  }

  #depth(index: number): number {
    return index === NONE ? 0 : this.#node(index).depth;
  }

  #maxAvail(index: number): number {
    return index === NONE ? 0 : this.#node(index).maxAvail;
  }

  #rightmost(index: number): number {
    let last = index;
    while (this.#node(last).child[RIGHT] !== NONE) last = this.#node(last).child[RIGHT];
    return last;
  }

  #descend(base: number, matches: (node: Block) => boolean): number | undefined {
    let index = this.#node(ANCHOR).child[LEFT];
    while (index !== NONE) {
      const node = this.#node(index);
      if (matches(node)) return index;
      index = node.child[base >= node.base ? RIGHT : LEFT];
    }
    return undefined;
  }

  #bestFit(index: number, size: number, align: number, from: number, to: number): number {
    const node = this.#node(index);
    const self = fits(node, size, align, from, to);
    // The side with the smaller maximum is asked first; the left one if both are equal.
    const first: Side = this.#maxAvail(node.child[RIGHT]) < this.#maxAvail(node.child[LEFT]) ? RIGHT : LEFT;
    for (const side of [first, opposite(first)]) {
      if (this.#maxAvail(node.child[side]) < size) continue;
      const found = this.#bestFit(node.child[side], size, align, from, to);
      if (found !== NONE) return self && size < this.#node(found).size ? index : found;
    }
    return self ? index : NONE;
  }

  #insertBelow(index: number, added: number): void {
    const node = this.#node(index);
    const side: Side = index !== ANCHOR && this.#node(added).base >= node.base ? RIGHT : LEFT;
    if (node.child[side] === NONE) this.#adopt(index, added, side);
    else this.#insertBelow(node.child[side], added);
    this.#refresh(index);
    if (node.parent !== NONE) this.#rebalance(node.parent, index);
  }

  #adopt(parent: number, child: number, side: Side): void {
    this.#node(parent).child[side] = child;
    if (child !== NONE) this.#node(child).parent = parent;
    this.#refresh(parent);
  }

  /** Recomputes the depth, the parents first where it changed, and then the cached size. */
  #refresh(index: number): void {
    const node = this.#node(index);
    const before = node.depth;
    const [left, right] = node.child;
    node.depth = Math.max(this.#depth(left), this.#depth(right)) + 1;
    if (node.parent === NONE) return;
    if (node.depth !== before) this.#refresh(node.parent);
    node.maxAvail = Math.max(node.used ? 0 : node.size, this.#maxAvail(left), this.#maxAvail(right));
  }

  #rebalanceUpwards(start: number): void {
    let index = start;
    while (index !== NONE && this.#node(index).parent !== NONE) {
      const parent = this.#node(index).parent;
      this.#rebalance(parent, index);
      index = parent;
    }
  }

  #rebalance(parent: number, index: number): void {
    const [left, right] = this.#node(index).child;
    const lean = this.#depth(right) - this.#depth(left);
    if (lean >= 2) this.#rotate(parent, index, LEFT);
    else if (lean <= -2) this.#rotate(parent, index, RIGHT);
  }

  /** Lets a node sink towards `side`; its other child, or that child's inner child, takes its place. */
  #rotate(parent: number, index: number, side: Side): void {
    const place: Side = this.#node(parent).child[LEFT] === index ? LEFT : RIGHT;
    const other = opposite(side);
    const riser = this.#node(index).child[other];
    const inner = this.#node(riser).child[side];
    const [left, right] = this.#node(riser).child;
    const bias: Side = this.#depth(right) > this.#depth(left) ? RIGHT : LEFT;
    if (bias === other) {
      this.#adopt(index, inner, other);
      this.#adopt(riser, index, side);
      this.#adopt(parent, riser, place);
    } else if (inner !== NONE) {
      const towards = this.#node(inner).child[side];
      const away = this.#node(inner).child[other];
      this.#adopt(index, towards, other);
      this.#adopt(riser, away, side);
      this.#adopt(inner, index, side);
      this.#adopt(inner, riser, other);
      this.#adopt(parent, inner, place);
    }
  }
}

export const alignUp = (address: number, align: number): number => Math.ceil(address / align) * align;

function fits(block: Block, size: number, align: number, from: number, to: number): boolean {
  const start = alignUp(Math.max(block.base, from), align);
  return !block.used && start - block.base + size <= block.size && start + size - 1 <= to;
}
