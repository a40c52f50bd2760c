// Bundles the command line into one file, dist/rescap.mjs: node build.mjs.
// Start-up time is why: one bundle starts in a third of the time the TypeScript loader needs (a run is an inner loop).

import { chmodSync } from 'node:fs';
import { build } from 'esbuild';

const outfile = 'dist/rescap.mjs';

await build({
  entryPoints: ['src/cli/rescap.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  banner: {
    // Some dependencies are CommonJS and call require(); an ES module has none unless it makes one.
    js: [
      '#!/usr/bin/env node',
      "import { createRequire as rescapCreateRequire } from 'node:module';",
      'const require = rescapCreateRequire(import.meta.url);',
    ].join('\n'),
  },
});
chmodSync(outfile, 0o755);
