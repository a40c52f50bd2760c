// Names of all extensions beyond stock Genode 16.08 that a scenario may switch.
// Owns no state; the table of them is the runtime's.

import { RTCR_EXTENSIONS } from '../runtime/rtcr/extensions.ts';

export const EXTENSIONS: readonly string[] = RTCR_EXTENSIONS.map(({ name }) => name).sort();
