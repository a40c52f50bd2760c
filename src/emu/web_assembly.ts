// The part of the host's WebAssembly interface that the board uses. The language's own library leaves its types to the browser's,
// of which the board wants nothing else. Owns no state.

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyHost {
  /** Sizes in pages of 64 KiB. */
  readonly Memory: new (descriptor: { readonly initial: number; readonly maximum: number }) => WasmMemory;
}

export const { Memory: WasmMemory } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyHost }).WebAssembly;
