// The part of the host's WebAssembly interface that the board uses. The language's own library leaves its types to the browser's,
// of which the board wants nothing else. Owns no state.

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

/** Compiled code. */
export interface WasmModule {
  readonly [compiled]: true;
}
declare const compiled: unique symbol;

type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface WebAssemblyHost {
  /** Sizes in pages of 64 KiB. */
  readonly Memory: new (descriptor: { readonly initial: number; readonly maximum: number; readonly shared: true }) => WasmMemory;
  /** Compiles at once. */
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: Imports) => { readonly exports: Readonly<Record<string, unknown>> };
}

export const { Memory: WasmMemory, Module: WasmModule, Instance: WasmInstance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyHost }).WebAssembly;
