// Compression and hashes of files that are written or read seldom: in the bundle Node's modules for them are loaded with the first
// call (build.mjs). Owns no state.

import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** Brotli of the bytes; `quality` from 0 to 11. */
export function packed(bytes: Uint8Array, quality: number): Uint8Array {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
}

/** What was packed. Throws where the bytes are damaged or there are more than `limit_bytes` of it. */
export function unpacked(bytes: Uint8Array, limit_bytes: number): Uint8Array {
  return brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, limit_bytes) });
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
