// Why the CPU returned to the kernel, as data (fiasco-kernel.md 5.1, 8.1). Pure types; no state.
// The kernel turns each into its own kind of entry: system call, page fault, exception.

/** Why an instruction is undefined here. */
export type UndefinedDetail =
  /** Permanently undefined by the architecture. */
  | 'udf'
  /** No row of the instruction table has this encoding. */
  | 'unallocated'
  /** The architecture calls this use UNPREDICTABLE; this CPU makes all of them undefined. */
  | 'unpredictable'
  /** Floating point and SIMD (coprocessors 10 and 11); the unit is absent. */
  | 'vfp'
  /** Entering the state ThumbEE, which is not executed. */
  | 'thumb'
  /** A coprocessor register that user mode may not reach or that does not exist. */
  | 'coprocessor'
  /** Allowed in privileged modes only. */
  | 'privileged'
  /** sdiv and udiv, absent from Cortex-A9. */
  | 'divide'
  /** Switching to big-endian data. */
  | 'setend';

export type FetchFault = 'translation' | 'permission';
export type DataFault = FetchFault | 'alignment';

/**
 * `retired` counts the instructions that completed in this run. svc and bkpt count, the instruction that aborted or was undefined
 * does not. On every exit but `budget` r15 is the address of the instruction at fault, and no other state of it has changed.
 * Addresses and opcodes are unsigned.
 */
export type CpuExit =
  | { readonly kind: 'budget'; readonly retired: number }
  | { readonly kind: 'svc'; readonly retired: number; readonly pc: number }
  | { readonly kind: 'bkpt'; readonly retired: number; readonly pc: number; readonly immediate: number }
  | {
      readonly kind: 'undefined';
      readonly retired: number;
      readonly pc: number;
      readonly opcode: number;
      readonly detail: UndefinedDetail;
    }
  | { readonly kind: 'prefetch_abort'; readonly retired: number; readonly address: number; readonly cause: FetchFault }
  | {
      readonly kind: 'data_abort';
      readonly retired: number;
      readonly pc: number;
      readonly address: number;
      readonly write: boolean;
      readonly cause: DataFault;
    };
