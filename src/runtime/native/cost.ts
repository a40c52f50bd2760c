// What the work of a component written in TypeScript costs in instructions of the board (architecture, law 3).
// The figures are of the order that the same steps cost compiled code; they decide interleavings, hence one table.

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
  /** One console character. */
  character: 8,
} as const;

/** Instructions for copying a number of bytes. */
export const copyCost = (bytes: number): number => Math.ceil(bytes * COST.byte);
