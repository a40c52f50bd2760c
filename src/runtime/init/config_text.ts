// The text of a ROM module "config" as init's configuration. The only place of init that sees XML.
// Source modelled: genode-16.08-abi.md 6 (messages); the module's text ends at its first zero byte.

import { readDocument } from '../../scenario/syntax/document.ts';
import { decodeInitConfig, type InitConfig } from './config.ts';

/** Undefined where the text is no well-formed document. */
export function readInitConfig(bytes: Uint8Array): InitConfig | undefined {
  const end = bytes.indexOf(0);
  const root = readDocument('config', end === -1 ? bytes : bytes.subarray(0, end));
  return 'error' in root ? undefined : decodeInitConfig(root);
}
