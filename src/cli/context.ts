// The world outside as the command line sees it: folder, environment, output, clock. Everything reaches the inner rooms from here.
// Tests put their own in its place. Owns no state.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EngineName } from '../emu/arm/engine.ts';
import type { PlainRecord } from '../emu/plain.ts';
import type { BootSystem, System } from '../runtime/system.ts';

/** Single key presses, for as long as somebody listens. */
export interface Keys {
  /** The next key: a character, 'enter', 'escape' or 'interrupt' (also when the input has ended). */
  next(): Promise<string>;
  close(): void;
}

/** Another process of this program that carries out jobs, one after the other. Jobs and answers are plain data. */
export interface Worker {
  /** Rejects if the process ends without an answer; its message says how. */
  run(job: unknown): Promise<unknown>;
  /** Ends the process, whatever it does. */
  kill(): void;
}

export interface Context {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly terminal: boolean;
  /** Width of the terminal; only where there is one. */
  readonly columns?: () => number;
  /** Keys as they are pressed; only where a person sits at a terminal. */
  readonly keys?: Keys;
  /** Asks for a line; null when the input has ended. Only where a person sits at a terminal. */
  readonly ask?: (question: string) => Promise<string | null>;
  /** Starts another process of this program for scenarios; left out: everything runs in this one. */
  readonly startWorker?: () => Worker | Promise<Worker>;
  /** The file that this program is run from, so that it can be started again; left out in tests. */
  readonly script?: string;
  /** Processors of the machine. */
  readonly parallelism?: number;
  /** Calls back when something below one of the folders or files changes; returns how to end that. */
  readonly watch?: (paths: readonly string[], changed: (path: string) => void) => () => void;
  readonly wall_ms: () => number;
  readonly boot: BootSystem;
  /** Makes a system of saved plain data; left out: saved systems cannot be opened. Throws an Error in words if it is not one. */
  readonly restore?: (state: PlainRecord, engine?: EngineName) => System;
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
  let folder = dirname(import.meta.filename);
  for (;;) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name === 'rescap') return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error("rescap's own package.json was not found");
    folder = parent;
  }
}

/** The version that the package in this folder says of itself. */
export function versionOf(packageRoot: string): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version?: unknown };
  return String(version);
}
