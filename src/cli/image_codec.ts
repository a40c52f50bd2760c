// The codec behind checkpoint images: SHA-256 and Brotli of Node, and the files themselves. Owns no state.
// Quality 1: pages of memory compress nearly as well as with higher ones, several times faster (measured with `make bench`).

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DecodedImage, decodeImage, type ImageCodec, type PageSource } from '../runtime/rtcr/image/image_file.ts';
import { IMAGE_FILE_BYTES } from '../runtime/rtcr/image/limits.ts';
import { UsageError } from './command.ts';
import { packed, sha256, unpacked } from './packing.ts';

export const IMAGE_SUFFIX = '.ckpt';
/** How many files of a folder are looked at to find the image another one builds on. */
const BASE_FILES_MAX = 256;

const QUALITY = 1;

export const IMAGE_CODEC: ImageCodec = {
  hash: sha256,
  compress: (bytes) => packed(bytes, QUALITY),
  decompress: (bytes, limit_bytes) => {
    try {
      return unpacked(bytes, limit_bytes);
    } catch {
      throw new Error('the image is damaged: its content cannot be unpacked');
    }
  },
};

/** Reads an image file; the images it builds on are looked for in the same folder. */
export function readImageFile(path: string, shown: string): DecodedImage {
  if (!existsSync(path) || !statSync(path).isFile()) throw new UsageError(`there is no file '${shown}'`);
  if (statSync(path).size > IMAGE_FILE_BYTES) throw new UsageError(`'${shown}' has ${statSync(path).size} bytes, the limit is ${IMAGE_FILE_BYTES}`);
  try {
    return decodeImage(new Uint8Array(readFileSync(path)), IMAGE_CODEC, (id) => baseIn(dirname(path), id, 0));
  } catch (thrown) {
    throw new UsageError(`${shown}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

const CHAIN_MAX = 64;

function baseIn(folder: string, id: string, depth: number): PageSource | undefined {
  if (depth >= CHAIN_MAX) throw new Error(`the image builds on a chain of more than ${CHAIN_MAX} others`);
  for (const name of readdirSync(folder).filter((file) => file.endsWith(IMAGE_SUFFIX)).sort().slice(0, BASE_FILES_MAX)) {
    const path = join(folder, name);
    if (statSync(path).size > IMAGE_FILE_BYTES) continue;
    const bytes = new Uint8Array(readFileSync(path));
    if (IMAGE_CODEC.hash(bytes) === id) return decodeImage(bytes, IMAGE_CODEC, (other) => baseIn(folder, other, depth + 1)).source;
  }
  return undefined;
}
