// What an import gives: the text of a scenario in XML, and what could not be taken over.
// Owns no state.

import type { Diagnostic } from './diagnostic.ts';

export interface Imported {
  /** Left out where there are errors. */
  readonly text?: string;
  readonly diagnostics: readonly Diagnostic[];
}

export function xmlAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replace(/[\n\t\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
