// The dataspaces that stay attached to the checkpointer, and where (views.ts).
// Owner of these rows; their ends come with the rows of RAM dataspaces and contents.

import { type HasStore, table } from '../native/store.ts';

/** By slot of the dataspace; the id tells another dataspace in the same slot. */
export const views = table<{ readonly id: number; readonly address: number }>('rtcr_views');

/** A dataspace ceases to exist: core detaches it. */
export function forgetView(x: HasStore, ds: number): void {
  views(x).delete(ds);
}
