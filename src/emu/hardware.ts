// RAM and engine of a machine. Those of machines that are no longer used are kept for the next of the same kind: the host's pages are
// there already, and what the engine has decoded is still right wherever memory holds the same opcodes. Owner of the spare ones.

import type { Engine, EngineName } from './arm/engine.ts';
import { makeEngine } from './arm/engines.ts';
import { LIMIT_SPARE_BYTES, LIMIT_SPARE_MACHINES } from './limits.ts';
import { PhysicalMemory } from './memory/physical_memory.ts';

export interface Hardware {
  readonly engine_name: EngineName;
  readonly memory: PhysicalMemory;
  readonly engine: Engine;
}

const spare: Hardware[] = [];

/** Clear RAM and an engine that knows nothing of earlier machines. */
export function takeHardware(base: number, ram_bytes: number, engine_name: EngineName): Hardware {
  const at = spare.findIndex((one) => one.engine_name === engine_name && one.memory.base === base && one.memory.size_bytes === ram_bytes);
  const [found] = at < 0 ? [] : spare.splice(at, 1);
  if (found !== undefined) return found;
  const memory = new PhysicalMemory(base, ram_bytes);
  return { engine_name, memory, engine: makeEngine(engine_name, memory) };
}

/** Hardware that nobody uses from now on. What wrote more than the limit is not worth the memory of the host that it holds. */
export function giveHardware(hardware: Hardware): void {
  if (spare.includes(hardware)) throw new Error('the hardware was given back before');
  if (spare.length >= LIMIT_SPARE_MACHINES || hardware.memory.written_bytes > LIMIT_SPARE_BYTES) return;
  hardware.memory.clear();
  hardware.engine.forget();
  spare.push(hardware);
}
