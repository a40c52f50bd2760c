// The programs that checkpoint and restore, by name: what is known of them before one of them is loaded.
// Owns no state.

/** Name of the program, by which the glue recognises a checkpointer. */
export const RTCR_PROGRAM = 'rtcr';
/** The test program of the historic project, which takes commands as well. */
export const HISTORIC_PROGRAM = 'target_restorer-tester';

export const isCheckpointer = (program: string): boolean => program === RTCR_PROGRAM || program === HISTORIC_PROGRAM;
