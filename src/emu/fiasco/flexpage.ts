// Flexpages and map items: what a message says about a piece of memory or of a capability table. Owns no state.
// Source modelled: fiasco-kernel.md 1.2, 5.5.

/** Rights of an object flexpage and of a capability slot. */
export const CAP_W = 0x1;
export const CAP_S = 0x2;
export const CAP_R = 0x4;
export const CAP_D = 0x8;
/** Mapping flag: the mapping keeps the object alive. As item attribute it asks for the contrary. */
export const FLAG_COUNTED = 0x10;
/** Mapping flag on a gate: its holder may bind it and ask for its label. */
export const FLAG_GATE_CONTROL = 0x20;
export const FLAG_EXTRA = 0xe0;
/** What the creator of an object gets. */
export const FLAGS_FULL = 0xf8;
export const RIGHTS_FULL = CAP_W | CAP_S;

export const FLEXPAGE_ALL = 0;
export const FLEXPAGE_MEMORY = 1;
export const FLEXPAGE_IO = 2;
export const FLEXPAGE_OBJECT = 3;
/** Order of the flexpage that means a whole address space. */
export const ORDER_ALL = 63;

/** Bytes of an order; from 32 up there is nothing larger than the address space. (Hosts work powers out by a library.) */
export const bytesOfOrder = (order: number): number => (order >= 32 ? 0x1_0000_0000 : (1 << order) >>> 0);

export interface Flexpage {
  /** First page's address for memory, first slot for objects; not yet aligned to the order. */
  readonly base: number;
  readonly order: number;
  readonly type: number;
  readonly rights: number;
}

export function flexpageOf(word: number): Flexpage {
  const type = (word >>> 4) & 3;
  const base = type === FLEXPAGE_OBJECT ? word >>> 12 : (word & 0xffff_f000) >>> 0;
  return { base, order: (word >>> 6) & 0x3f, type, rights: word & 0xf };
}

export const WHOLE_SPACE: Flexpage = { base: 0, order: ORDER_ALL, type: FLEXPAGE_ALL, rights: 0xf };

export const isWholeSpace = (page: Flexpage): boolean => page.order === ORDER_ALL && page.type === FLEXPAGE_ALL;

export const ITEM_MAP = 0x8;
export const ITEM_GRANT = 0x2;
export const ITEM_COMPOUND = 0x1;
export const ITEM_ATTRIBUTES = 0xf0;

/** Receive buffer of one word for one capability; with BUFFER_LOCAL_ID the receiver asks to be told what it knows already. */
export const BUFFER_SMALL = 0x2;
export const BUFFER_LOCAL_ID = 0x4;
