// The fast engine's module: loops over predecoded instructions of both sets, and the operations, each as a function and the frequent
// ones of A32 inside of its loop as well. Pure.

import { Assembler, I32 } from '../emu/arm/compile/assembler.ts';
import { Emitter } from '../emu/arm/compile/emitter.ts';
import type { Program } from '../emu/arm/compile/semantics.ts';
import { encodeModule } from '../emu/arm/compile/wasm_module.ts';
import { AT_SPACE, EXIT_FAULT, EXIT_REFERENCE, placesOf } from '../emu/arm/fast/layout.ts';
import { withCondition } from './operations.ts';
import type { Operation } from './operations.ts';
import { HELPERS, IMPORTS, RecordTarget } from './record_target.ts';
import { ThumbLoop } from './thumb_loop.ts';
import { WordLoop } from './word_loop.ts';

/** Function types by the number of their parameters. */
const TYPES = [{ parameters: 1 }, { parameters: 2 }, { parameters: 3 }];
const ONE_IN = 0;
const TWO_IN = 1;
const THREE_IN = 2;

/**
 * `run(instructions)` and `runThumb(instructions)` return an effect or EXIT_...; operations, all of which are in the table, are
 * functions of a record that return an effect or EXIT_FAULT. The first `inside` operations are inside of the A32 loop, too.
 */
export function interpreterModule(program: Program, operations: readonly Operation[], inside: number): Uint8Array {
  const helpers = [...[1, 2, 4].map((bytes) => loadHelper(bytes as 1 | 2 | 4)), ...[1, 2, 4].map((bytes) => storeHelper(bytes as 1 | 2 | 4))];
  const loops = [new WordLoop(program, operations.slice(0, inside)).code(), new ThumbLoop(program).code()];
  const functions = [...operations.map((operation) => operationFunction(program, operation)), new Assembler(1).i32(EXIT_REFERENCE).finished()];
  const first = IMPORTS.length + HELPERS.length;
  return encodeModule({
    types: TYPES,
    imports: IMPORTS.map((name) => ({ name, type: THREE_IN })),
    functions: [
      ...helpers.map((code, k) => ({ type: k < 3 ? ONE_IN : TWO_IN, code })),
      ...[...loops, ...functions].map((code) => ({ type: ONE_IN, code })),
    ],
    exports: [{ name: 'run', function: first }, { name: 'runThumb', function: first + 1 }],
    table: functions.map((_, k) => first + loops.length + k),
  });
}

/** The value at an address; after an abort nothing that means something. */
function loadHelper(bytes: 1 | 2 | 4): Uint8Array {
  const asm = new Assembler(1);
  memoryTarget(asm, () => asm.i32(0).op('return')).load(bytes, 0);
  return asm.finished();
}

/** Returns whether storing aborted. */
function storeHelper(bytes: 1 | 2 | 4): Uint8Array {
  const asm = new Assembler(2);
  memoryTarget(asm, () => asm.i32(1).op('return')).store(bytes, 0, 1);
  return asm.i32(0).finished();
}

function memoryTarget(asm: Assembler, fault: () => void): RecordTarget {
  const finish = (): never => {
    throw new Error('a memory access that ends an instruction');
  };
  return new RecordTarget({ asm, record: 0, entry: asm.local(I32), pushSpace: () => asm.i32(0).memory('i32_load', AT_SPACE), fault, finish }, []);
}

function operationFunction(program: Program, operation: Operation): Uint8Array {
  const asm = new Assembler(1);
  const target = new RecordTarget(
    {
      asm,
      record: 0,
      entry: null,
        pushSpace: () => asm.i32(0).memory('i32_load', AT_SPACE),
      fault: () => asm.i32(EXIT_FAULT).op('return'),
      finish: (effect, emitter) => {
        emitter.low(effect);
        asm.op('return');
      },
    },
    placesOf(operation.mask),
  );
  const emitter = new Emitter(asm, target);
  emitter.emit(withCondition(program, operation));
  asm.op('unreachable');
  return asm.finished();
}
