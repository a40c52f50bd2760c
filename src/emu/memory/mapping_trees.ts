// Who mapped which memory to whom: a tree of mappings per frame. Owner of every memory mapping and, through it, of the pages in the tasks'
// tables (fiasco-kernel.md 3.5, 8.3); what is mapped and revoked, mapping_database.ts decides.

import { PAGE_SHIFT } from '../numbers.ts';
import type { Plain, PlainRecord } from '../plain.ts';
import { newStamp } from '../rewind.ts';
import { Fields } from '../saved.ts';
import { SECTION_SHIFT } from './address_space.ts';
import type { MappingOrder, MemoryMapping, MemorySpace } from './memory_space.ts';

const STATE_VERSION = 1;
const NODE_FIELDS = ['space', 'address', 'order', 'frame', 'rights', 'cache', 'children'] as const;

interface CapturedMapping {
  readonly mapping: MemoryMapping;
  readonly rights: number;
  readonly cache: number;
  readonly parent: MemoryMapping | null;
  readonly children: readonly MemoryMapping[] | null;
}

export interface CapturedMappings {
  readonly stamp: number;
  readonly roots: readonly MemoryMapping[];
  readonly nodes: readonly CapturedMapping[];
  readonly count: number;
}

export class MappingTrees {
  /** Mappings without parent: the root pager's, in the order in which they were made. */
  readonly #roots = new Set<MemoryMapping>();
  readonly #limit: number;
  #count = 0;
  #stamp = newStamp();
  #captured: CapturedMappings | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  /** A mapping is about to change its place in the trees. */
  touch(): void {
    this.#stamp = newStamp();
  }

  /** @returns null if there are too many */
  insert(space: MemorySpace, address: number, order: MappingOrder, frame: number, rights: number, cache: number, parent: MemoryMapping | null): MemoryMapping | null {
    if (this.#count >= this.#limit) return null;
    const mapping: MemoryMapping = { space, address, order, frame, rights, cache, parent, children: null };
    if (parent === null) this.#roots.add(mapping);
    else addChild(parent, mapping);
    if (order === PAGE_SHIFT) space.pages.set(address >>> PAGE_SHIFT, mapping);
    else space.sections.set(address >>> SECTION_SHIFT, mapping);
    this.enter(mapping);
    this.#count++;
    return mapping;
  }

  /** Brings a mapping's frame and rights into the table of its space. */
  enter({ space, address, order, frame, rights }: MemoryMapping): void {
    this.#stamp = newStamp();
    space.changed();
    if (order === PAGE_SHIFT) space.table.setPage(address >>> PAGE_SHIFT, frame | rights);
    else space.table.setSection(address >>> SECTION_SHIFT, frame | rights);
  }

  /** Removes a mapping and everything derived from it. */
  remove(mapping: MemoryMapping): void {
    // Each takes itself out of the set, which goes on behind it.
    if (mapping.children !== null) for (const child of mapping.children) this.remove(child);
    const { space, address, order, parent } = mapping;
    this.#stamp = newStamp();
    space.changed();
    (parent === null ? this.#roots : parent.children)?.delete(mapping);
    if (order === PAGE_SHIFT) {
      space.pages.delete(address >>> PAGE_SHIFT);
      space.table.setPage(address >>> PAGE_SHIFT, 0);
    } else {
      space.sections.delete(address >>> SECTION_SHIFT);
      space.table.setSection(address >>> SECTION_SHIFT, 0);
    }
    this.#count--;
  }

  capture(): CapturedMappings {
    if (this.#captured?.stamp !== this.#stamp) {
      const nodes: CapturedMapping[] = [];
      for (const root of this.#roots) captureTree(root, nodes);
      this.#captured = { stamp: this.#stamp, roots: [...this.#roots], nodes, count: this.#count };
    }
    return this.#captured;
  }

  /** Brings the trees back; the spaces bring back their own side. */
  rewind(captured: CapturedMappings): void {
    if (captured.stamp === this.#stamp) return;
    this.#roots.clear();
    for (const root of captured.roots) this.#roots.add(root);
    for (const { mapping, rights, cache, parent, children } of captured.nodes) {
      mapping.rights = rights;
      mapping.cache = cache;
      mapping.parent = parent;
      mapping.children = children === null ? null : new Set(children);
    }
    this.#count = captured.count;
    this.#stamp = captured.stamp;
    this.#captured = captured;
  }

  /** Visits parents before children, siblings in the order in which they were made. */
  *mappings(): Generator<MemoryMapping> {
    for (const root of this.#roots) yield* descend(root);
  }

  save(): PlainRecord {
    const saveOne = (mapping: MemoryMapping): Plain => ({
      version: STATE_VERSION,
      space: mapping.space.id,
      address: mapping.address,
      order: mapping.order,
      frame: mapping.frame,
      rights: mapping.rights,
      cache: mapping.cache,
      children: [...(mapping.children ?? [])].map(saveOne),
    });
    return { version: STATE_VERSION, roots: [...this.#roots].map(saveOne) };
  }

  /** Rebuilds the trees and the pages of all spaces, which must be empty but for their fixed pages. */
  restore(state: PlainRecord, spaceOf: (id: number) => MemorySpace): void {
    const restoreOne = (saved: Plain, parent: MemoryMapping | null): void => {
      const fields = new Fields('memory mapping', saved, STATE_VERSION, NODE_FIELDS);
      const order = fields.number('order');
      if (order !== PAGE_SHIFT && order !== SECTION_SHIFT) throw new Error(`memory mapping of order ${order}`);
      const space = spaceOf(fields.number('space'));
      const mapping = this.insert(space, fields.number('address'), order, fields.number('frame'), fields.number('rights'), fields.number('cache'), parent);
      if (mapping === null) throw new Error('too many memory mappings');
      for (const child of fields.list('children')) restoreOne(child, mapping);
    };
    for (const root of new Fields('mapping database', state, STATE_VERSION, ['roots']).list('roots')) restoreOne(root, null);
  }
}

/** Enters a mapping among those that were derived from another one. */
export function addChild(parent: MemoryMapping, child: MemoryMapping): void {
  if (parent.children === null) parent.children = new Set([child]);
  else parent.children.add(child);
}

function captureTree(mapping: MemoryMapping, into: CapturedMapping[]): void {
  const { rights, cache, parent, children } = mapping;
  into.push({ mapping, rights, cache, parent, children: children === null || children.size === 0 ? null : [...children] });
  if (children !== null) for (const child of children) captureTree(child, into);
}

function* descend(mapping: MemoryMapping): Generator<MemoryMapping> {
  yield mapping;
  if (mapping.children !== null) for (const child of mapping.children) yield* descend(child);
}
