// The world outside as the command line sees it: folder, environment, output, clock. Everything reaches the inner rooms from here.
// Tests put their own in its place. Owns no state.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BootSystem } from '../runtime/system.ts';

export interface Context {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly terminal: boolean;
  readonly wall_ms: () => number;
  readonly boot: BootSystem;
  /** ELF images of the programs that the runtime brings itself: components written in TypeScript. */
  readonly hostedProgram: (name: string) => Uint8Array | undefined;
  /** Where the package's own data is: the folder of package.json. */
  readonly packageRoot: string;
}

/** With CI set nothing is written beside the scenarios. */
export function isCi(context: Context): boolean {
  const value = context.env['CI'] ?? '';
  return value !== '' && value !== '0' && value !== 'false';
}

/** The package's folder, seen from this file in the sources as well as from the bundle. */
export function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name === 'rescap') return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error("rescap's own package.json was not found");
    folder = parent;
  }
}
