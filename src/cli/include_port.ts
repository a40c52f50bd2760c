// Which files a scenario may include: regular ones below the working folder, or below the folder above the scenario's own.
// Owns no state. Links are followed before the place is judged.

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { SOURCE_BYTES_MAX } from '../scenario/limits.ts';
import type { IncludePort } from '../scenario/include.ts';
import type { Context } from './context.ts';

export function includePort(scenario: string, context: Context): IncludePort {
  return (name) => {
    const path = resolve(context.cwd, name);
    if (!existsSync(path)) return { error: `there is no file '${name}'` };
    const real = realpathSync(path);
    const above = dirname(dirname(resolve(context.cwd, scenario)));
    // A scenario right below the root of the file system has no folder above its own that could be meant.
    if (![context.cwd, above].some((folder) => folder !== dirname(folder) && existsSync(folder) && real.startsWith(`${realpathSync(folder)}${sep}`))) return { error: `'${name}' leads out of where the scenario stands` };
    const { size } = statSync(real);
    if (!statSync(real).isFile()) return { error: `'${name}' is no file` };
    return size > SOURCE_BYTES_MAX ? { error: `${name} has ${size} bytes, the limit is ${SOURCE_BYTES_MAX}` } : readFileSync(real);
  };
}
