// Which operations are frequent in compiled programs: their code stands inside of the loop, that of the others beside it.
// A matter of speed only. Pure.

import { A32 } from '../emu/arm/decoder.ts';
import { executesOf } from '../emu/arm/executes.ts';
import { CARRY_KEPT, FORM_IMMEDIATE, FORM_REGISTER, FORM_SHIFT_IMMEDIATE, MODE_OFFSET, SHIFT_ASR } from '../emu/arm/instruction.ts';
import { T32 } from '../emu/arm/decoder.ts';
import type { Shape, Shapes } from './shapes.ts';

/** By the name of an A32 row without what stands in parentheses. */
const DATA_PROCESSING = 'and eor sub subs rsb rsbs add adds adc adcs sbc sbcs tst teq cmp cmn orr orrs ands mov movs bic bics mvn'.split(' ');
const TRANSFERS = 'ldr str ldrb strb ldrh strh ldrsb ldrsh ldrd strd'.split(' ');
const OTHERS = 'b bl bx blx stmia ldmia stmdb ldmdb mul mla umull smull umlal uxtb uxth sxtb sxth ubfx clz movt ldrex strex mrc'.split(' ');
/** With r15 for a destination: returns, and calls of the kernel's entries. */
const JUMPS = 'mov mvn ldr'.split(' ');

const isWithout15 = (value: (field: string) => number): boolean => value('rd') !== 15 && value('rt') !== 15;

export function frequencyOf(shapes: Shapes): (shape: Shape) => boolean {
  const executes = executesOf([A32.table, T32.table]);
  // Rows may share their semantics, as all directions of a block transfer do.
  const names = executes.map((execute) => A32.table.filter((row) => row.execute === execute).map(({ name }) => name.replace(/ \(.*/, '')));
  return ({ execute, values }) => {
    const isAmong = (frequent: readonly string[]): boolean => (names[execute] ?? []).some((name) => frequent.includes(name));
    const value = (field: string, otherwise = 0): number => values[shapes.fields[execute]?.findIndex((candidate) => candidate === field) ?? -1] ?? otherwise;
    const form = value('form');
    if (isAmong(OTHERS)) return isWithout15(value);
    if (isAmong(DATA_PROCESSING)) {
      if (!isWithout15(value) && !isAmong(JUMPS)) return false;
      if (form === FORM_IMMEDIATE) return value('carry', CARRY_KEPT) === CARRY_KEPT;
      return form === FORM_REGISTER || (form === FORM_SHIFT_IMMEDIATE && value('shift') <= SHIFT_ASR);
    }
    if (!isAmong(TRANSFERS) || !(isWithout15(value) || isAmong(JUMPS))) return false;
    if (form === FORM_IMMEDIATE) return true;
    return value('mode') === MODE_OFFSET && value('up') === 1 && (form === FORM_REGISTER || value('shift') === 0);
  };
}
