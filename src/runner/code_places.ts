// Where a symbol of a component is: the component's program is found in the configuration, its symbols in the boot module.
// Owner of the symbol tables that were read.

import { addressOfSymbol, type ElfSymbol, readElfSymbols } from '../runtime/elf.ts';
import type { BootModule } from '../runtime/system.ts';
import type { CodePlace } from '../scenario/model_moment.ts';
import { nearest } from '../scenario/nearest.ts';
import { attributeOf, childOf, childrenOf, type Node } from '../scenario/syntax/node.ts';

export type PlaceFound = { readonly address: number } | { readonly error: string };

export class CodePlaces {
  readonly #config: Node;
  readonly #modules: readonly BootModule[];
  readonly #symbols = new Map<string, readonly ElfSymbol[]>();

  constructor(config: Node, modules: readonly BootModule[]) {
    this.#config = config;
    this.#modules = modules;
  }

  /** `path` is the component below init: "rtcr -> sheep_counter". */
  addressOf(place: CodePlace, path: string): PlaceFound {
    if (place.kind === 'address') return { address: place.address };
    const program = programOf(this.#config, path);
    const symbols = this.#symbolsOf(program);
    if ('error' in symbols) return symbols;
    const address = addressOfSymbol(symbols.list, place.symbol);
    if (address !== undefined) return { address: (address + place.offset) >>> 0 };
    const near = nearest(place.symbol, symbols.list.map(({ name }) => name));
    return { error: `program '${program}' has no symbol '${place.symbol}'${near === undefined ? '' : `; did you mean '${near}'?`}` };
  }

  #symbolsOf(program: string): { readonly list: readonly ElfSymbol[] } | { readonly error: string } {
    const known = this.#symbols.get(program);
    if (known !== undefined) return { list: known };
    const module = this.#modules.find(({ name }) => name === program);
    if (module === undefined) return { error: `there is no boot module '${program}'` };
    const read = readElfSymbols(module.bytes);
    if (read.kind === 'elf-error') return { error: `the symbols of '${program}' cannot be read: ${read.message}` };
    if (read.symbols.length === 0) return { error: `program '${program}' has no symbols` };
    this.#symbols.set(program, read.symbols);
    return { list: read.symbols };
  }
}

/** The program of a component as its start or child node names it; the component's own name without a node. */
function programOf(config: Node, path: string): string {
  let inner: Node | undefined = config;
  let program = path;
  for (const name of path.split('->').map((element) => element.trim())) {
    const node: Node | undefined = inner === undefined ? undefined : [...childrenOf(inner, 'start'), ...childrenOf(inner, 'child')].find((one) => attributeOf(one, 'name')?.value === name);
    const binary = node === undefined ? undefined : childOf(node, 'binary');
    program = (binary === undefined ? undefined : attributeOf(binary, 'name')?.value) ?? (node === undefined ? undefined : attributeOf(node, 'binary')?.value) ?? name;
    inner = node === undefined ? undefined : childOf(node, 'config');
  }
  return program;
}
