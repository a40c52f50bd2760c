// The footprint of init's program: its image lies in memory long before its first step.
// Owns no state.

import type { Footprint } from '../native/component.ts';

export const INIT_FOOTPRINT = { name: 'init', text_bytes: 0x4_9000, data_bytes: 0x2_7000 } as const satisfies Footprint;
