// Records what the committed guest programs were built from; called by src/guest/Makefile after a build.
// Usage: node --import tsx src/guest/write_manifest.ts 'VERSION OF THE COMPILER'.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeBuild } from './manifest.ts';

const guest = dirname(fileURLToPath(import.meta.url));
const tool = process.argv[2] ?? '';
if (tool === '') throw new Error('the version of the compiler is missing');
writeFileSync(join(guest, 'manifest.json'), `${JSON.stringify(describeBuild(guest, tool), null, 2)}\n`);
