// The world outside for tests of commands: what a command prints is kept. Owner of that text.

import type { Context } from '../../src/cli/context.ts';
import { bootSystem } from '../../src/runtime/boot_system.ts';
import { programNamed } from '../../src/runtime/native/component.ts';
import { hostedImage } from '../../src/runtime/native/image.ts';

/** Images of the programs in TypeScript, as the command line takes them from the runtime. */
export const hostedProgram = (name: string): Uint8Array | undefined => {
  const program = programNamed(name);
  return program === undefined ? undefined : hostedImage(program);
};

export interface Told {
  readonly context: Context;
  output(): string;
  errors(): string;
}

/** A command's world in a folder. Without `boot` nothing real is booted. */
export function toldContext(folder: string, over: Partial<Context>): Told {
  let out = '';
  let err = '';
  const context: Context = {
    cwd: folder, env: {}, boot: bootSystem, terminal: false, packageRoot: folder, wall_ms: () => 0, hostedProgram: () => new Uint8Array(4),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    ...over,
  };
  return { context, output: () => out, errors: () => err };
}

/** The same with the real system and its programs. */
export const realContext = (folder: string, over: Partial<Context> = {}): Told => toldContext(folder, { hostedProgram, ...over });
