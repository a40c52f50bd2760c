// Plain data: what machine state consists of when it is saved (architecture, law 2).
// No class instances, no functions, no cycles; typed arrays are allowed for bulk content.

export type Plain =
  | null
  | boolean
  | number
  | string
  | bigint
  | Uint8Array
  | Uint32Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

export type PlainRecord = { readonly [key: string]: Plain };

/** A copy that shares nothing that could be changed in place. */
export function copyPlain(value: Plain): Plain {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array || value instanceof Uint32Array) return value.slice();
  if (Array.isArray(value)) return copyParts((value as readonly Plain[]).slice());
  const copy: Record<string, Plain> = {};
  for (const name in value) {
    const part = (value as PlainRecord)[name] as Plain;
    copy[name] = part === null || typeof part !== 'object' ? part : copyPlain(part);
  }
  return copy;
}

function copyParts(parts: Plain[]): Plain[] {
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Plain;
    if (part !== null && typeof part === 'object') parts[i] = copyPlain(part);
  }
  return parts;
}

/** Makes a record that belongs to nobody else share nothing with anybody: what it holds is copied, itself it stays. */
export function ownPlain(record: Record<string, Plain>): Record<string, Plain> {
  for (const name in record) {
    const part = record[name] as Plain;
    if (part !== null && typeof part === 'object') record[name] = copyPlain(part);
  }
  return record;
}
