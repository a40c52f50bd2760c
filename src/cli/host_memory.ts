// What the process holds of the host's memory once garbage is collected, for commands that look for growth.
// Owns no state. The collector is asked for by a flag of the engine that can be set while it runs.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes. `resident` includes what the engine keeps for later and never gives back. */
export interface HostMemory {
  readonly heap_bytes: number;
  readonly resident_bytes: number;
}

export function hostMemory(): HostMemory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap_bytes: heapUsed, resident_bytes: rss };
}
