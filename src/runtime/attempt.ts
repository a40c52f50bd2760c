// Doing something to a system and taking it back: the system afterwards is exactly what it was before.
// Owns no state.

import { restoreSystem, RunningSystem } from './boot_system.ts';
import type { System } from './system.ts';

/** Does something to a copy of a system; the system itself is not touched. */
export function attempt<Result>(system: System, act: (copy: System) => Result): Result {
  if (!(system instanceof RunningSystem)) throw new Error('only a booted system can be copied');
  return act(restoreSystem(system.save()));
}
