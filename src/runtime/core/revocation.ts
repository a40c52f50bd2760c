// Revoking memory from clients: core unmaps its own pages "in other spaces", so that every mapping made from them goes.
// Source modelled: fiasco-kernel.md 3.5, 8.3, genode-base-foc.md 6.3. Owns nothing.

import type { Execution } from '../native/execution.ts';
import { unmapMemory } from '../native/unmap.ts';

export const revokeMemory = (x: Execution, phys: number, size: number): void => unmapMemory(x, phys, size, 'other spaces');
