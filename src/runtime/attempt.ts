// Doing something to a system and taking it back: the system afterwards is exactly what it was before.
// Owns no state.

import type { System } from './system.ts';

/** Does something to a system and rewinds it. Who listens to its events hears what is done, and remembers it at his own risk. */
export function attempt<Result>(system: System, act: (system: System) => Result): Result {
  const before = system.snapshot();
  try {
    return act(system);
  } finally {
    system.rewind(before);
    system.release(before);
  }
}
