// What the work of a component written in TypeScript costs in instructions of the board (architecture, law 3).
// The figures are of the order that the same steps cost compiled code; they decide interleavings, hence one table. What the kernel
// itself does costs instructions as well: emu/fiasco/cost.ts.
//
// Most of a boot's time goes into clearing memory: that figure is a fact (a loop of three instructions a byte), and with it children
// take about as many time slices to start as on the captured board. The others are estimates. Which component runs at which moment
// still differs from the captures by single RPCs; `<interleaving>` in a scenario declares such an order where it matters.

export const COST = {
  /** Any step of a procedure. */
  step: 40,
  /** Marshalling a request or reply, without its words. */
  rpc_marshal: 260,
  /** Unmarshalling, object lookup and dispatch. */
  rpc_dispatch: 320,
  /** Each word of a message that is copied to or from the UTCB. */
  word: 2,
  /** Entering the kernel and returning, besides what the caller counts elsewhere. */
  system_call: 120,
  /** Lookup, insertion or removal of a capability record. */
  capability: 60,
  /** Copying one byte of memory. */
  byte: 0.25,
  /** Clearing one byte: Genode's memset goes byte by byte. */
  cleared_byte: 3,
  /** One console character. */
  character: 8,
} as const;

/** Instructions for clearing a number of bytes. */
export const clearCost = (bytes: number): number => bytes * COST.cleared_byte;

/** Instructions for copying a number of bytes. */
export const copyCost = (bytes: number): number => Math.ceil(bytes * COST.byte);
