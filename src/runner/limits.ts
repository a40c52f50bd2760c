// Limits of a run; reaching one is a typed outcome, never a hang.
// Owns no state.

/** Virtual deadline of a scenario that gives none. */
export const DEADLINE_MS_DEFAULT = 60_000;
/** Wall-clock limit of one scenario, behind the virtual one. */
export const WALL_MS_DEFAULT = 120_000;
/** Instructions between two looks at the wall clock. */
export const SLICE_INSTRUCTIONS = 5_000_000;
export const LOG_LINES_MAX = 1_000_000;
export const LOG_LINE_CHARACTERS_MAX = 16_384;
/** Faults that are kept in a result; more are only counted. */
export const FAULTS_MAX = 20;
/** What a run record holds at most; beyond, spans are coarsened and the others counted. */
export const RECORD_SPANS_MAX = 20_000;
export const RECORD_THREADS_MAX = 500;
export const RECORD_SESSIONS_MAX = 2_000;
export const RECORD_LINES_MAX = 20_000;
