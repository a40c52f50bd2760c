// The semantics of both instruction tables as data, read off their TypeScript sources.
// Owns nothing; every call reads the sources anew.

import { fileURLToPath } from 'node:url';
import type { Program } from '../emu/arm/compile/semantics.ts';
import type { Execute, Row } from '../emu/arm/instruction.ts';
import { InstrumentedModules } from './instrumented.ts';
import type { AnyFunction } from './instrumented.ts';
import { Lowering } from './lowering.ts';

const arm = (file: string): string => fileURLToPath(new URL(`../emu/arm/${file}`, import.meta.url));

export function readProgram(): Program {
  const modules = new InstrumentedModules();
  const a32Table = modules.load(arm('table.ts'))['a32Table'] as () => readonly Row[];
  const table = a32Table();
  const thumb = modules.load(arm('t32/table.ts'))['T32_TABLE'] as readonly Row[];
  const executesOf = modules.load(arm('executes.ts'))['executesOf'] as (tables: readonly (readonly Row[])[]) => readonly Execute[];
  modules.load(arm('cpu_state.ts'));
  const registers = modules.load(arm('registers.ts'));
  const lowering = new Lowering(modules);
  const members = lowering.membersOf(modules.classNamed('CpuState'));
  const functions = Object.fromEntries(['itState', 'withItState', 'advancedIt'].map((name) => [name, lowering.procedureOf(registers[name] as AnyFunction)]));
  const executes = executesOf([table, thumb]).map((execute) => lowering.procedureOf(execute as AnyFunction));
  const procedures = lowering.procedures.map((procedure, index) => {
    if (procedure === null) throw new Error(`procedure ${index} was never finished`);
    return procedure;
  });
  return { procedures, members, functions, executes };
}
