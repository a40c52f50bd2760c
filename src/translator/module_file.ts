// The file that holds the fast engine's module and the list of its operations, src/emu/arm/fast/module.ts, as text.
// Pure.

import type { Program } from '../emu/arm/compile/semantics.ts';
import { frequencyOf } from './frequent.ts';
import { interpreterModule } from './interpreter.ts';
import { operationsOf } from './operations.ts';
import { shapesOf } from './shapes.ts';

export function moduleFile(program: Program): string {
  const shapes = shapesOf(program);
  const { operations, ofShape } = operationsOf(program, shapes);
  const isFrequent = frequencyOf(shapes);
  // Frequent and rare shapes may come to the same code: `bx` is a `mov` to r15.
  const frequent = new Set(shapes.shapes.flatMap((shape, k) => (isFrequent(shape) ? [operations[ofShape[k] ?? -1]] : [])));
  const inside = operations.filter((operation) => frequent.has(operation));
  const ordered = [...inside, ...operations.filter((operation) => !frequent.has(operation))];
  const lines = shapes.shapes.map(({ execute, values }, k) => {
    const operation = operations[ofShape[k] ?? -1];
    if (operation === undefined) throw new Error(`shape ${k} has no operation`);
    return `${execute}:${values.join()}=${ordered.indexOf(operation)} ${operation.mask}`;
  });
  const base64 = Buffer.from(interpreterModule(program, ordered, inside.length)).toString('base64');
  return `// The fast engine's module and its operations. Made by src/translator from the instruction tables: do not change by hand,
// run \`make engine\` after a change of the tables or of the translator; a test fails until that is done.

${'import'} type { ShapeField } from './layout.ts';

export const OPERATION_COUNT = ${operations.length};
/** Those below this number stand inside of the loop over A32 instructions. */
export const INSIDE_COUNT = ${inside.length};

/** Fields that make the shape of an instruction, for each of the executes. */
export const SHAPE_FIELDS: readonly (readonly ShapeField[])[] = (
  '${shapes.fields.map((fields) => fields.join()).join(';')}'
).split(';').map((fields) => (fields === '' ? [] : (fields.split(',') as ShapeField[])));

/** Number of the operation and mask of the fields of a shape (execute and values). Looked for in a text: a process wants a tenth of them. */
export function operationOfShape(shape: string): { readonly number: number; readonly mask: number } | undefined {
  const at = OPERATIONS.indexOf(\`;\${shape}=\`);
  if (at < 0) return undefined;
  const [number, mask] = OPERATIONS.slice(at + shape.length + 2, OPERATIONS.indexOf(';', at + 1)).split(' ').map(Number);
  return { number: number ?? 0, mask: mask ?? 0 };
}
const OPERATIONS =
  ';${lines.join(';')};';

export const MODULE_BASE64 =
  '${base64}';
`;
}
