// What the work of a component written in TypeScript costs in instructions of the board (architecture, law 3): one table. The
// figures decide interleavings. What the kernel itself does costs instructions as well: emu/fiasco/cost.ts.
//
// Measured: a core compiled from the original's sources ran on this kernel, and what it executed between each request and its reply
// was counted (../README.md has the counts beside ours). Most of a boot goes into clearing memory byte by byte.
// Which component runs at which moment may still differ from the captures by single RPCs; `<interleaving>` in a scenario declares
// such an order where it matters.

export const COST = {
  /**
   * Start-up code of a compiled component besides its RPCs: static objects, and some fifty pages of its program that are touched for
   * the first time. Counted of init as Genode's sources make it, where the first forty RPCs share it.
   */
  start_up: 325_000,
  /** Any step of a procedure. */
  step: 40,
  /** Marshalling a request or reply, without its words. */
  rpc_marshal: 500,
  /** Unmarshalling, object lookup and dispatch. */
  rpc_dispatch: 2850,
  /** Each capability that is put into a message: looked up, checked in the kernel. */
  sent_capability: 450,
  /** Each capability taken in from a received message. */
  received_capability: 1300,
  /** Each word of a message that is copied to or from the UTCB. */
  word: 2,
  /** Entering the kernel and returning, besides what the caller counts elsewhere. */
  system_call: 120,
  /** Lookup, insertion or removal of a capability record. */
  capability: 60,
  /** Each record that the search for a free one looks at: it begins at the first. */
  searched_slot: 20,
  /** Copying one byte of memory. */
  byte: 0.25,
  /** Clearing one byte: Genode's memset goes byte by byte. */
  cleared_byte: 4.25,
  /** One character of a text that is put together. */
  character: 8,
  /** Core: one character for the kernel's console, besides what the kernel charges for it. */
  console_character: 40,
  /** Core: a line with its label, besides its characters. */
  console_line: 2500,
  /** Core: an object with its id, its record, its place in the pools and its gate; and the way back. */
  create_object: 12_500,
  destroy_object: 9500,
  /** Core: a piece of physical memory taken or given back, its contents not counted. */
  physical_memory: 5000,
  /** Core: an entry of a region map made, or removed besides revoking its pages. */
  region: 6000,
  region_removed: 1500,
  /** Core: taking one page of a region from those who use it, besides what the kernel charges for pages that are mapped. */
  revoked_page: 700,
  /** Core: finding another account, and booking on both. */
  account: 2800,
  /** Core: handing a signal to its context and its source. */
  signal: 3000,
} as const;

/** Instructions for clearing a number of bytes. */
export const clearCost = (bytes: number): number => bytes * COST.cleared_byte;

/** Instructions for copying a number of bytes. */
export const copyCost = (bytes: number): number => Math.ceil(bytes * COST.byte);
