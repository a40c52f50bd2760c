// What the work of a component written in TypeScript costs in instructions of the board (architecture, law 3).
// The figures are of the order that the same steps cost compiled code; they decide interleavings, hence one table.
//
// They are not calibrated against a board. Multiplying the whole table by one factor (1 to 60) was tried against the two captures in
// which two children start side by side: the order of objects of rtcr-master/sheep comes out at 34, but then that of vanilla/sheep
// does not, at no factor tried; and neighbouring factors differ widely, since each end of a slice moves all that follows. What one
// factor cannot express: the kernel's own paths and page faults cost no instructions here, and our programs start up without C++.

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
