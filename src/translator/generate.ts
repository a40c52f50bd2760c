// Writes src/emu/arm/fast/module.ts anew: `make engine`.
// Owns no state.

import { writeFileSync } from 'node:fs';
import { moduleFile } from './module_file.ts';
import { readProgram } from './program.ts';

writeFileSync(new URL('../emu/arm/fast/module.ts', import.meta.url), moduleFile(readProgram()));
