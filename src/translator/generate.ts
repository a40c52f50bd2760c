// Writes src/emu/arm/fast/module.ts and src/emu/arm/jit/semantics_text.ts anew: `make engine`.
// Owns no state.

import { writeFileSync } from 'node:fs';
import { moduleFile } from './module_file.ts';
import { readProgram } from './program.ts';
import { semanticsFile } from './semantics_file.ts';

const program = readProgram();
writeFileSync(new URL('../emu/arm/fast/module.ts', import.meta.url), moduleFile(program));
writeFileSync(new URL('../emu/arm/jit/semantics_text.ts', import.meta.url), semanticsFile(program));
