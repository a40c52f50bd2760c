// Capability listings in files, as `rescap diff` takes them: goldens, dumps, raw serial logs, mails, JSON of dumps and run records.
// Owns no state. FILE means all listings of a file, FILE:2 the second, FILE:POINT that of a point in JSON.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type FoundObjectSpace, findObjectSpaces, readObjectSpace } from '../emu/jdb/serial.ts';
import { type Listing, parseListings } from '../runner/capspace/listing.ts';
import { UsageError } from './command.ts';
import type { Context } from './context.ts';

const FILE_BYTES_MAX = 64 * 1024 * 1024;

export function readListings(asked: string, context: Context): readonly Listing[] {
  const isFile = (path: string) => existsSync(resolve(context.cwd, path)) && statSync(resolve(context.cwd, path)).isFile();
  const match = /^(.+):([^:/\\]+)$/.exec(asked);
  const narrowed = !isFile(asked) && match !== null && isFile(match[1] ?? '');
  const path = narrowed ? (match[1] ?? '') : asked;
  if (!isFile(path)) throw new UsageError(`there is no file '${path}'`);
  const bytes = new Uint8Array(readFileSync(resolve(context.cwd, path)));
  if (bytes.length > FILE_BYTES_MAX) throw new UsageError(`'${path}' has ${bytes.length} bytes, the limit is ${FILE_BYTES_MAX}`);
  const which = narrowed ? (match[2] ?? '') : null;
  return isJson(bytes) ? fromJson(bytes, path, which) : fromText(bytes, path, which);
}

function isJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x7b;
}

function fromJson(bytes: Uint8Array, path: string, which: string | null): readonly Listing[] {
  const listings = parseListings(new TextDecoder().decode(bytes));
  if ('error' in listings) throw new UsageError(`${path}: ${listings.error}`);
  if (which === null) return listings;
  const found = /^[1-9][0-9]*$/.test(which) ? listings.slice(Number(which) - 1, Number(which)) : listings.filter(({ point, name }) => point === which || name === which);
  if (found.length > 0) return found;
  throw new UsageError(`${path} has no listing '${which}'`, `it has: ${listings.map(({ point, name }) => point || name).join(', ') || 'none'}`);
}

function fromText(bytes: Uint8Array, path: string, which: string | null): readonly Listing[] {
  const found = findObjectSpaces(bytes);
  if (which === null && found.value.length <= 1) {
    const { value, errors } = readObjectSpace(bytes);
    refuse(errors, path);
    return [listing(value, 1)];
  }
  if (which === null) {
    refuse(found.errors, path);
    return found.value.map((one, index) => listing(one, index + 1));
  }
  const number = Number(which);
  const one = found.value[number - 1];
  if (!/^[1-9][0-9]{0,3}$/.test(which) || one === undefined) throw new UsageError(`${path} has ${found.value.length} listings, no number ${which}`);
  refuse(found.errors.filter(({ line }) => line >= one.where.first_line && line <= one.where.last_line), path);
  return [listing(one, number)];
}

function refuse([error]: readonly { readonly line: number; readonly column: number; readonly message: string }[], path: string): void {
  if (error !== undefined) throw new UsageError(`${path}:${error.line}:${error.column}: ${error.message}`);
}

function listing({ space, rows, partial }: FoundObjectSpace, number: number): Listing {
  const name = space.task === undefined ? `listing ${number}` : `task 0x${space.task.toString(16)}`;
  return { name, point: '', space, rows, partial, words: new Map() };
}
