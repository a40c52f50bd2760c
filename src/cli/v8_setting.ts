// Sets V8's flags, for the launcher.
// Owns no state of ours.

import { v8Flags } from './v8_flags.ts';

/** The bundled launcher is a CommonJS script. */
declare const require: NodeJS.Require;

type SetFlag = (flag: string) => void;

/** For the V8 of this process. */
export const FLAGS = v8Flags(process.versions.v8);

const setFlag = setter();

export function setFlags(flags: readonly string[]): void {
  for (const flag of flags) setFlag(flag);
}

/**
 * Node's module `v8` brings Node's streams, which take longer to load than most of what the launcher does. What it calls is there without
 * it up to Node 22; that this is announced as deprecated would tell those who run the program nothing that they can change.
 */
function setter(): SetFlag {
  const { noDeprecation } = process;
  try {
    process.noDeprecation = true;
    const { setFlagsFromString } = (process as unknown as { readonly binding: (name: string) => { readonly setFlagsFromString?: SetFlag } }).binding('v8');
    if (setFlagsFromString !== undefined) return setFlagsFromString;
  } catch {
    // Not there any more, or forbidden.
  } finally {
    if (noDeprecation === undefined) delete process.noDeprecation;
    else process.noDeprecation = noDeprecation;
  }
  return (require('node:v8') as typeof import('node:v8')).setFlagsFromString;
}
