// What Genode's init needs for its configuration, in instructions of the board: one table. Its parser keeps no tree. A node is text,
// and each lookup reads the text again; config_scan.ts says which parts.
//
// Measured: an init compiled from the public 16.08 sources (gcc 12, ARM) ran as guest, and what its threads executed between two of
// their RPCs was counted, in boots of sixteen of Genode's own configurations (one to five children, 0.4 to 2.6 KB). The parser's four
// figures are fitted to 169 such distances of 66,000 to 3.3 million instructions: they give them within 14 percent, 2.4 percent on
// average. Nearly all of it are exceptions: only from one does the parser learn that a tag has no further attribute.

import type { Scan } from './xml_scan.ts';

export const INIT_COST = {
  /** Throwing an exception and catching it. */
  exception: 9900,
  /** A character within a tag. */
  tag_character: 10,
  /** An attribute, besides its characters. */
  attribute: 1000,
  /** A character between tags. */
  character: 100,
  /** A child's session arguments: label, priority, donation, besides what any parent does with them. */
  filter: 5000,
} as const;

export function scanCost({ thrown, tag, attributes, plain }: Scan): number {
  return INIT_COST.exception * thrown + INIT_COST.tag_character * tag + INIT_COST.attribute * attributes + INIT_COST.character * plain;
}
