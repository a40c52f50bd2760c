// The engines by name.
// Owns no state.

import type { PhysicalMemory } from '../memory/physical_memory.ts';
import { Cpu } from './cpu.ts';
import type { Engine, EngineName } from './engine.ts';
import { FastCpu } from './fast/fast_cpu.ts';
import { JitCpu } from './jit/jit_cpu.ts';

const MAKERS: Readonly<Record<EngineName, (memory: PhysicalMemory) => Engine>> = {
  reference: (memory) => new Cpu(memory),
  fast: (memory) => new FastCpu(memory),
  jit: (memory) => new JitCpu(memory),
};

export const makeEngine = (name: EngineName, memory: PhysicalMemory): Engine => MAKERS[name](memory);
