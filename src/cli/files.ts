// Files behind the ports of runner and report: golden folders and report folders. Owns no state.
// Writing is whole-file and goes through a temporary name, so that an interrupted run leaves no half of a golden.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ReportFile } from '../report/files.ts';
import type { GoldenStore } from '../runner/golden.ts';

export const writeFile = (path: string, text: string): void => writeBytes(path, text);

export function writeBytes(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
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
