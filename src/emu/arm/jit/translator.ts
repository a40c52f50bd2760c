// From a page of code to a region's module: the tables' semantics, read when the first page is hot, and what is known of each opcode.
// Owner of both, one for all machines of the process. Nobody else needs any of it, so it can be loaded that late.

import { WasmModule } from '../../web_assembly.ts';
import type { Program } from '../compile/semantics.ts';
import { A32, T32 } from '../decoder.ts';
import { executesOf } from '../executes.ts';
import { type Block, blocksOf } from './blocks.ts';
import type { PageCode } from './page_code.ts';
import { type Place, regionModule } from './region.ts';
import { semanticsText } from './semantics_text.ts';
import { Translation } from './translation.ts';

export interface TranslatedRegion {
  readonly blocks: readonly Block[];
  readonly module: WasmModule;
  /** Of the module, before the host compiles it. */
  readonly bytes: number;
}

let shared: { readonly program: Program; readonly translation: Translation } | null = null;

function semantics(): { readonly program: Program; readonly translation: Translation } {
  if (shared === null) {
    const program = JSON.parse(semanticsText()) as Program;
    const numbers = new Map(executesOf([A32.table, T32.table]).map((execute, number) => [execute, number]));
    shared = { program, translation: new Translation(program, ({ execute }) => numbers.get(execute)) };
  }
  return shared;
}

/** Whether a region could execute what begins at a slot. */
export const isTranslatable = (code: PageCode, slot: number): boolean => semantics().translation.at(code, slot) !== null;

/**
 * What of a page has been executed (`executed`, 1 for each such slot), or, where that is not known (null), all that can be reached from
 * some slots and from the targets of its branches; null if that is nothing.
 * @param length_max of a block, in instructions
 */
export function translateRegion(place: Place, entries: Iterable<number>, executed: Uint8Array | null, length_max: number): TranslatedRegion | null {
  const { program, translation } = semantics();
  const blocks = blocksOf(place.code, entries, executed, translation, length_max);
  if (blocks.length === 0) return null;
  const bytes = regionModule(program, blocks, place);
  return { blocks, module: new WasmModule(bytes), bytes: bytes.length };
}
