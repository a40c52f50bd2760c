// The board's RAM: one little-endian buffer inside a WebAssembly memory, so that translated code can work on it, behind an area
// for an engine's own tables. Owner of all bytes. Every writer asks for a frame with `open` before it writes: the first time in an
// epoch the old content goes to the snapshots that need it, so that a snapshot costs what is changed after it and not what there is.

import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import { WasmMemory } from '../web_assembly.ts';
import { FrameHistory, type MemorySnapshot, ZEROS } from './frame_history.ts';

/** Bytes in front of the RAM that belong to the engine; host memory only where it is used. A multiple of 64 KiB. */
export const ENGINE_AREA_BYTES = 64 << 20;
const WASM_PAGE_BYTES = 0x1_0000;

/** `state` of a frame that may be written at once. */
export const FRAME_OPEN = 1;
/** Bits of a frame's state: its old content is kept where it has to be; an engine holds code decoded from it. */
const KEPT = 1;
const CODE = 2;

/** Index of the first byte behind the frame of a byte. */
const pageEnd = (index: number): number => (index & -PAGE_BYTES) + PAGE_BYTES;

export class PhysicalMemory {
  /** Physical address of the first byte (0x70000000 on RealView PBX-A9). */
  readonly base: number;
  readonly size_bytes: number;
  /** Engine area, then RAM: byte `index` of the RAM is byte ENGINE_AREA_BYTES + index of this. */
  readonly wasm: WasmMemory;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i8: Int8Array;
  readonly i16: Int16Array;
  readonly i32: Int32Array;
  /** One byte per frame: 1 if the frame may hold anything but zeros. */
  readonly written: Uint8Array;
  /** One byte per frame: FRAME_OPEN where writers need not ask. A cached permission to write is valid for this `epoch` only. */
  readonly state: Uint8Array;
  /** Called when a frame changes from which an engine has decoded code (see `watchCode`), before the change or right after a rewind. */
  codeChanged: (frame: number) => void = () => {};
  #history: FrameHistory;
  #epoch = 1;

  constructor(base: number, size_bytes: number) {
    if (size_bytes % PAGE_BYTES !== 0) throw new Error(`RAM size ${size_bytes} is not page aligned`);
    this.base = base;
    this.size_bytes = size_bytes;
    const pages = Math.ceil((ENGINE_AREA_BYTES + size_bytes) / WASM_PAGE_BYTES);
    // Shared, though nobody shares it: the host collects its garbage at once when it makes an unshared one of this size.
    this.wasm = new WasmMemory({ initial: pages, maximum: pages, shared: true });
    const { buffer } = this.wasm;
    this.u8 = new Uint8Array(buffer, ENGINE_AREA_BYTES, size_bytes);
    this.u16 = new Uint16Array(buffer, ENGINE_AREA_BYTES, size_bytes >>> 1);
    this.u32 = new Uint32Array(buffer, ENGINE_AREA_BYTES, size_bytes >>> 2);
    this.i8 = new Int8Array(buffer, ENGINE_AREA_BYTES, size_bytes);
    this.i16 = new Int16Array(buffer, ENGINE_AREA_BYTES, size_bytes >>> 1);
    this.i32 = new Int32Array(buffer, ENGINE_AREA_BYTES, size_bytes >>> 2);
    this.written = new Uint8Array(size_bytes >>> PAGE_SHIFT);
    this.state = new Uint8Array(size_bytes >>> PAGE_SHIFT);
    this.#history = new FrameHistory(this);
  }

  /** Byte index of a physical address, or -1 outside the RAM. */
  index(address: number): number {
    const offset = (address >>> 0) - this.base;
    return offset >= 0 && offset < this.size_bytes ? offset : -1;
  }

  /** Writes bytes at a byte index. */
  write(index: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.openRange(index, bytes.length);
    this.u8.set(bytes, index);
  }

  /** Copies a range of the RAM to another one that does not overlap it. Frames that are clear on both sides stay as they are. */
  copy(to: number, from: number, length: number): void {
    const end = from + length;
    for (let at = from; at < end; ) {
      const clear = this.#clear(at, to + at - from);
      let next = Math.min(end, pageEnd(at));
      while (next < end && this.#clear(next, to + next - from) === clear) next = Math.min(end, pageEnd(next));
      if (!clear) {
        this.openRange(to + at - from, next - at);
        this.u8.copyWithin(to + at - from, at, next);
      }
      at = next;
    }
  }

  /** Whether nothing but zeros is in the frames of two bytes, and what begins in the one begins in the other. */
  #clear(one: number, other: number): boolean {
    return this.written[one >>> PAGE_SHIFT] === 0 && this.written[other >>> PAGE_SHIFT] === 0 && one % PAGE_BYTES === other % PAGE_BYTES;
  }

  /** Clears a range. Frames that are clear already stay as they are. */
  fill(index: number, length: number): void {
    const end = index + length;
    for (let at = index; at < end; ) {
      const next = Math.min(end, pageEnd(at));
      if (this.written[at >>> PAGE_SHIFT] === 1) {
        this.open(at);
        this.u8.set(next - at === PAGE_BYTES ? ZEROS : ZEROS.subarray(0, next - at), at);
      }
      at = next;
    }
  }

  /** Bytes in frames that may hold anything but zeros. */
  get written_bytes(): number {
    let frames = 0;
    for (let frame = this.written.indexOf(1); frame >= 0; frame = this.written.indexOf(1, frame + 1)) frames++;
    return frames * PAGE_BYTES;
  }

  /** As after power-on: all zeros, no snapshots. Costs what was written. */
  clear(): void {
    for (let frame = this.written.indexOf(1); frame >= 0; frame = this.written.indexOf(1, frame + 1)) this.u8.set(ZEROS, frame << PAGE_SHIFT);
    this.written.fill(0);
    this.state.fill(0);
    this.codeChanged = () => {};
    this.#history = new FrameHistory(this);
    this.#epoch++;
  }

  /** To be called before the frame at a byte index is written; then it may be written freely until the epoch ends. */
  open(index: number): void {
    if (this.state[index >>> PAGE_SHIFT] !== FRAME_OPEN) this.#open(index >>> PAGE_SHIFT);
  }

  openRange(index: number, length: number): void {
    const last = (index + length - 1) >>> PAGE_SHIFT;
    for (let frame = index >>> PAGE_SHIFT; frame <= last; frame++) if (this.state[frame] !== FRAME_OPEN) this.#open(frame);
  }

  #open(frame: number): void {
    const state = this.state[frame] as number;
    if ((state & KEPT) === 0) this.#history.keep(frame);
    if ((state & CODE) !== 0) this.codeChanged(frame);
    this.state[frame] = FRAME_OPEN;
    this.written[frame] = 1;
  }

  /**
   * An engine is going to keep something decoded from a frame: the next write is announced by `codeChanged`, once. Cached
   * permissions to write to this frame must be dropped by the engine itself.
   */
  watchCode(frame: number): void {
    this.state[frame] = (this.state[frame] as number) | CODE;
  }

  /** Grows whenever frames are closed again: permissions to write that were cached before are void. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Frames changed since the last snapshot was taken or gone back to, in the order of their first change. */
  get changed(): readonly number[] {
    return this.#history.changed;
  }

  /** Bytes that snapshots hold besides the RAM. */
  get snapshot_bytes(): number {
    return this.#history.bytes;
  }

  /** Remembers all content. Costs the number of frames changed since the last snapshot; each frame changed later costs a copy. */
  snapshot(): MemorySnapshot {
    this.#close();
    return this.#history.take();
  }

  /** Brings the content of a snapshot back. Costs a copy per frame that differs. */
  rewind(snapshot: MemorySnapshot): void {
    this.#close();
    this.#history.goTo(snapshot, (frame) => {
      if (((this.state[frame] as number) & CODE) === 0) return;
      this.state[frame] = 0;
      this.codeChanged(frame);
    });
  }

  release(snapshot: MemorySnapshot): void {
    this.#history.release(snapshot);
  }

  #close(): void {
    for (const frame of this.#history.changed) this.state[frame] = (this.state[frame] as number) & ~KEPT;
    this.#epoch++;
  }
}
