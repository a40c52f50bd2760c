// Writes the body of a WebAssembly function: bytes, nesting of blocks, locals (WebAssembly core specification 1.0, 5.4).
// Owner of the bytes of one function.

import { ByteWriter } from './byte_writer.ts';

export const I32 = 0x7f;
export const I64 = 0x7e;
export type ValueType = typeof I32 | typeof I64;
/** Of a block without a value. */
export const NOTHING = 0x40;

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  call_indirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  local_get: 0x20,
  local_set: 0x21,
  local_tee: 0x22,
  i32_load: 0x28,
  i64_load: 0x29,
  i32_load8_s: 0x2c,
  i32_load8_u: 0x2d,
  i32_load16_u: 0x2f,
  i32_store: 0x36,
  i32_store8: 0x3a,
  i32_store16: 0x3b,
  i32_const: 0x41,
  i64_const: 0x42,
  i32_eqz: 0x45,
  i32_eq: 0x46,
  i32_ne: 0x47,
  i32_lt_s: 0x48,
  i32_lt_u: 0x49,
  i32_gt_s: 0x4a,
  i32_gt_u: 0x4b,
  i32_le_s: 0x4c,
  i32_le_u: 0x4d,
  i32_ge_s: 0x4e,
  i32_ge_u: 0x4f,
  i64_eqz: 0x50,
  i64_eq: 0x51,
  i64_ne: 0x52,
  i64_lt_s: 0x53,
  i64_gt_s: 0x55,
  i64_le_s: 0x57,
  i64_ge_s: 0x59,
  i32_clz: 0x67,
  i32_add: 0x6a,
  i32_sub: 0x6b,
  i32_mul: 0x6c,
  i32_and: 0x71,
  i32_or: 0x72,
  i32_xor: 0x73,
  i32_shl: 0x74,
  i32_shr_s: 0x75,
  i32_shr_u: 0x76,
  i64_add: 0x7c,
  i64_sub: 0x7d,
  i64_mul: 0x7e,
  i64_or: 0x84,
  i64_xor: 0x85,
  i64_shl: 0x86,
  i64_shr_s: 0x87,
  i32_wrap_i64: 0xa7,
  i64_extend_i32_s: 0xac,
  i64_extend_i32_u: 0xad,
} as const;
export type OpName = keyof typeof OP;

/** Names an open block; what `br` is given. */
export type Depth = number;

export class Assembler {
  readonly #code = new ByteWriter();
  readonly #parameters: number;
  readonly #locals: ValueType[] = [];
  /** Locals that nobody uses any more. */
  readonly #free: { readonly type: ValueType; readonly slot: number }[] = [];
  #depth = 0;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** What was written so far, without locals. */
  get bytes(): Uint8Array {
    return this.#code.bytes;
  }

  op(...names: readonly OpName[]): this {
    for (const name of names) this.#code.byte(OP[name]);
    return this;
  }

  i32(value: number): this {
    this.#code.byte(OP.i32_const);
    this.#code.signed(value);
    return this;
  }

  /** A whole number up to 2^53 in magnitude. */
  i64(value: number): this {
    return this.words(value % 2 ** 32, Math.floor(value / 2 ** 32));
  }

  /** The 64 bits of two words, the lower one first. */
  words(low: number, high: number): this {
    this.#code.byte(OP.i64_const);
    this.#code.wide(low, high);
    return this;
  }

  get(slot: number): this {
    return this.#indexed('local_get', slot);
  }
  set(slot: number): this {
    return this.#indexed('local_set', slot);
  }
  tee(slot: number): this {
    return this.#indexed('local_tee', slot);
  }
  call(index: number): this {
    return this.#indexed('call', index);
  }

  #indexed(name: OpName, index: number): this {
    this.#code.byte(OP[name]);
    this.#code.unsigned(index);
    return this;
  }

  /** A load or store at the address on the stack plus a constant. */
  memory(name: OpName, offset: number): this {
    this.#code.byte(OP[name]);
    this.#code.byte(0);
    this.#code.unsigned(offset);
    return this;
  }

  callIndirect(type: number): this {
    this.#indexed('call_indirect', type);
    this.#code.byte(0);
    return this;
  }

  open(kind: 'block' | 'loop' | 'if', type: ValueType | typeof NOTHING = NOTHING): Depth {
    this.#code.byte(OP[kind]);
    this.#code.byte(type);
    return ++this.#depth;
  }

  otherwise(): this {
    return this.op('else');
  }

  end(): this {
    this.#depth--;
    return this.op('end');
  }

  br(target: Depth): this {
    return this.#indexed('br', this.#depth - target);
  }
  brIf(target: Depth): this {
    return this.#indexed('br_if', this.#depth - target);
  }
  /** Goes to the target that the number on the stack chooses, or to `otherwise`. */
  brTable(targets: readonly Depth[], otherwise: Depth): this {
    this.#indexed('br_table', targets.length);
    for (const target of targets) this.#code.unsigned(this.#depth - target);
    this.#code.unsigned(this.#depth - otherwise);
    return this;
  }

  /** A local, possibly one that was given back. */
  local(type: ValueType): number {
    const at = this.#free.findIndex((candidate) => candidate.type === type);
    if (at >= 0) return this.#free.splice(at, 1)[0]?.slot ?? 0;
    return this.#parameters + this.#locals.push(type) - 1;
  }

  giveBack(type: ValueType, slot: number): void {
    this.#free.push({ type, slot });
  }

  /** Locals and code, as the code section of a module wants them. */
  finished(): Uint8Array {
    const function_ = new ByteWriter();
    function_.unsigned(this.#locals.length);
    for (const type of this.#locals) function_.append([1, type]);
    function_.append(this.#code.bytes);
    function_.byte(OP.end);
    return function_.bytes;
  }
}
