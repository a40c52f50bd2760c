// What makes a part of a managed dataspace count as changed since the last checkpoint.
// Pure type. Source modelled: checkpoint-restore.md 1.10 ("dirty" is "attached").

/** Any access, as in the historic design; or writes only, which needs the extension attach_readonly. */
export type Tracking = 'accesses' | 'writes';

export const TRACKINGS: readonly Tracking[] = ['accesses', 'writes'];
