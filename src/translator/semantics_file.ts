// The file that holds the semantics of the instruction tables for the region translator, src/emu/arm/jit/semantics_text.ts, as text.
// Pure.

import type { Program } from '../emu/arm/compile/semantics.ts';

export function semanticsFile(program: Program): string {
  const text = JSON.stringify(program);
  if (/['\\]/.test(text)) throw new Error('the semantics hold a quotation mark');
  return `// The semantics of both instruction tables as data (../compile/semantics.ts). Made by src/translator: do not change by hand,
// run \`make engine\` after a change of the tables; a test fails until that is done. The bundle has the text in a file of its own.

export const semanticsText = (): string =>
  '${text}';
`;
}
