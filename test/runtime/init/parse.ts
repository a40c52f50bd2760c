// XML text as init's configuration or as a node tree, for tests.
import { decodeInitConfig, type InitConfig } from '../../../src/runtime/init/config.ts';
import { readDocument } from '../../../src/scenario/syntax/document.ts';
import type { Node } from '../../../src/scenario/syntax/node.ts';

export function nodeOf(text: string): Node {
  const root = readDocument('config', new TextEncoder().encode(text));
  if ('error' in root) throw new Error(root.error);
  return root;
}

export const configOf = (text: string): InitConfig => decodeInitConfig(nodeOf(text));
