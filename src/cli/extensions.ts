// Names of all extensions beyond stock Genode 16.08 that a scenario may switch: the kernel's own table and core's.
// Owns no state.

import { EXTENSIONS as KERNEL_EXTENSIONS } from '../emu/fiasco/extensions.ts';

/** Functions that core adds to its native PD interface (checkpoint-restore.md 3.5). */
const CORE_EXTENSIONS = ['install', 'cap_map_info', 'request'] as const;

export const EXTENSIONS: readonly string[] = [...KERNEL_EXTENSIONS.map(({ name }) => name), ...CORE_EXTENSIONS].sort();
