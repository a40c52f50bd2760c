// Files behind the ports of runner and report: golden folders and report folders. Owns no state.
// Writing is whole-file and goes through a temporary name, so that an interrupted run leaves no half of a golden.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ReportFile } from '../report/files.ts';
import type { GoldenStore } from '../runner/golden.ts';

/** Makes a folder and those it lies in. Not the host's own way of it: where nothing can be made, as under /proc, that never ends. */
export function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (thrown) {
    // Somebody else may have made it in between.
    if (!existsSync(folder)) throw thrown;
  }
}

export const writeFile = (path: string, text: string): void => writeBytes(path, text);

/** A file that could not be written. `full` tells that it is not the name's fault. */
export class WriteError extends Error {
  readonly full: boolean;

  constructor(path: string, cause: unknown) {
    super(`'${path}' cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`);
    this.full = cause instanceof Error && 'code' in cause && DEVICE_FAULTS.includes(String(cause.code));
  }
}

const DEVICE_FAULTS: readonly string[] = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE'];

/** Throws a WriteError. */
export function writeBytes(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeFolders(dirname(path));
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (thrown) {
    if (existsSync(temporary)) rmSync(temporary);
    throw new WriteError(path, thrown);
  }
}

/** Files of a folder, those of inner folders included, with '/' in their names, sorted; none if there is no such folder. */
export function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.replaceAll('\\', '/'))
    .sort();
}

/** `shown` is the folder as the user knows it. */
export function goldenFolder(folder: string, shown: string): GoldenStore {
  return {
    folder: shown,
    list: () => listFiles(folder),
    read: (file) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : undefined),
    write: (file, text) => writeFile(join(folder, file), text),
    remove: (file) => rmSync(join(folder, file), { force: true }),
  };
}

/** Takes away what an earlier run left in a report folder; files of other origin stay. */
export function removeReport(folder: string): void {
  for (const old of listFiles(folder)) if (/(^|\/)(result\.json|record\.json|serial\.log|report\.html|[^/]+\.caps)$/.test(old)) rmSync(join(folder, old));
}

/** Writes a report; dumps of an earlier run that this one did not make are taken away. */
export function writeReport(folder: string, files: readonly ReportFile[]): void {
  for (const old of listFiles(folder)) if (old.endsWith('.caps') && !files.some((file) => file.name === old)) rmSync(join(folder, old));
  for (const { name, text } of files) writeFile(join(folder, name), text);
}
