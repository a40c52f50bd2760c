// What ties each committed guest ELF to its sources: hashes of both, kept in src/guest/manifest.json.
// Used when building and by the test that finds a source changed without its ELF; no part of the product.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProgramRecord {
  readonly elf: string;
  readonly elfSha256: string;
  /** The program's own file and those of its folder, if it has one; the files of `shared` belong to every program. */
  readonly sources: readonly string[];
  readonly sourcesSha256: string;
}

export interface GuestManifest {
  readonly version: 1;
  readonly tool: string;
  readonly shared: readonly string[];
  readonly programs: { readonly [name: string]: ProgramRecord };
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

const filesIn = (guest: string, folder: string, pattern: RegExp): string[] =>
  readdirSync(join(guest, folder)).filter((name) => pattern.test(name)).sort().map((name) => `${folder}/${name}`);

/** Hash over names and contents, in the order given. */
const hashOfFiles = (guest: string, files: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(guest, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
};

/** `log_only.stock` and `log_only.tree` are the flavours "stock" of programs/log_only.c; a larger program has parts in programs/NAME/. */
const sourcesOf = (guest: string, program: string): string[] => {
  const path = `programs/${program.replace(/\.(stock|tree)$/, '')}`;
  return [`${path}.c`, ...(existsSync(join(guest, path)) ? filesIn(guest, path, /\.(c|h|ld)$/) : [])];
};

/** The manifest that would be true of the files as they are now. */
export const describeBuild = (guest: string, tool: string): GuestManifest => {
  const shared = [...filesIn(guest, 'base', /\.[chS]$/), 'Makefile', 'flags.mk', 'link.ld'];
  const programs: Record<string, ProgramRecord> = {};
  for (const elf of filesIn(guest, 'bin', /\.elf$/)) {
    const name = elf.slice('bin/'.length, -'.elf'.length);
    const sources = sourcesOf(guest, name);
    programs[name] = {
      elf,
      elfSha256: sha256(readFileSync(join(guest, elf))),
      sources,
      sourcesSha256: hashOfFiles(guest, [...shared, ...sources]),
    };
  }
  return { version: 1, tool, shared, programs };
};

/** Programs that have a source file but no committed ELF. */
export const unbuiltPrograms = (guest: string): string[] => {
  const built = new Set(filesIn(guest, 'bin', /\.elf$/));
  return filesIn(guest, 'programs', /\.c$/)
    .map((file) => file.slice('programs/'.length, -'.c'.length))
    .filter((name) => !built.has(`bin/${name}.elf`));
};

export const readManifest = (guest: string): GuestManifest => {
  const manifest = JSON.parse(readFileSync(join(guest, 'manifest.json'), 'utf8')) as GuestManifest;
  if (manifest.version !== 1) throw new Error(`guest manifest has version ${String(manifest.version)}, 1 is known`);
  return manifest;
};
