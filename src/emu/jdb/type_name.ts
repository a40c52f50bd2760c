// Type names of kernel objects as the debugger shows them: coloured, and padded by what is visible.
// Owns no state. Source modelled: fiasco-kernel.md 2.1 and 2.2.

import { OBJECT_TYPES, type ObjectType } from './model.ts';

/** SGR parameters; types without a colour are printed by their raw class name. */
const COLORS: Readonly<Record<ObjectType, string | null>> = {
  Thread: '32',
  Task: '31',
  Gate: '35',
  IRQ: '37',
  Factory: '33;1',
  Sched: '34',
  Vlog: null,
  Icu: null,
  Pfc: null,
  Vm: '33;1',
};

/** A `%-*s` of the name: colour codes take no width. */
export function typeName(type: ObjectType, width: number, color: boolean): string {
  const sgr = COLORS[type];
  const shown = color && sgr !== null ? `\u001b[${sgr}m${type}\u001b[m` : type;
  return shown + ' '.repeat(Math.max(0, width - type.length));
}

export const objectTypeOf = (name: string): ObjectType | undefined => OBJECT_TYPES.find((type) => type === name);
