// The text of a ROM module "config" as init's configuration. The only place of init that sees XML. Owner of the configuration that
// was read last: many systems are booted with one text. Source modelled: genode-16.08-abi.md 6 (messages); the module's text ends at
// its first zero byte.

import { readDocument } from '../../scenario/syntax/document.ts';
import { decodeInitConfig, type InitConfig } from './config.ts';

let latest: { readonly text: Uint8Array; readonly config: InitConfig } | null = null;

/** Undefined where the text is no well-formed document. */
export function readInitConfig(bytes: Uint8Array): InitConfig | undefined {
  const end = bytes.indexOf(0);
  const text = end === -1 ? bytes : bytes.subarray(0, end);
  if (latest !== null && same(latest.text, text)) return latest.config;
  const root = readDocument('config', text);
  if ('error' in root) return undefined;
  latest = { text: text.slice(), config: decodeInitConfig(root) };
  return latest.config;
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
