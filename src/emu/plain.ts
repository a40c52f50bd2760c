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
