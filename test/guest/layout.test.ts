// sheep_on_heap waits in the kernel one page behind the functions of its heap that its layout names: the committed ELF is read. Without
// that a build by another compiler would fault elsewhere in run/oracle/restore_fixing_restore, and nobody would know why.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { disassemble } from '../../src/emu/arm/disassembler.ts';
import { readElf, readElfSymbols, symbolAt } from '../../src/runtime/elf.ts';
import { suite } from '../kit.ts';

const test = suite('guest layout');
const file = readFileSync(fileURLToPath(new URL('../../src/guest/bin/sheep_on_heap.elf', import.meta.url)));
const PAGE = 0x1000;
/** `mov lr, pc` and `mvn pc, #0xb`: the kernel's entry for IPC. */
const ENTRY = [0xe1a0_e00f, 0xe3e0_f00b] as const;

interface Site {
  readonly waits: string;
  readonly before: string;
  readonly reads: number;
  /** What the distance from the function's begin to the kernel's return is called in layout.ld. */
  readonly distance: string;
}

const SITES: readonly Site[] = [
  { waits: 'ipc_call', before: 'heap_alloc', reads: 0x40, distance: 'CALL_RETURNS' },
  { waits: 'thread_wait', before: 'heap_free', reads: 0x40, distance: 'LOCK_RETURNS' },
  { waits: 'signal_source_wait', before: 'pay', reads: 0x24, distance: 'SIGNAL_RETURNS' },
];

const elf = readElf(file);
const table = readElfSymbols(file);
if (elf.kind !== 'elf' || table.kind !== 'elf-symbols') throw new Error('sheep_on_heap is no readable ELF');
const [text] = elf.segments;
if (text === undefined) throw new Error('sheep_on_heap has no text');
const { symbols } = table;
const wordAt = (address: number): number => file.readUInt32LE(text.offset + address - text.address);
const addressOf = (name: string): number => {
  const found = symbols.find((symbol) => symbol.name === name && symbol.type === 'function');
  if (found === undefined) throw new Error(`sheep_on_heap has no function ${name}`);
  return found.address;
};

/** Where in a function the kernel returns to; there has to be one such place. */
function returnIn(name: string): number {
  const begin = addressOf(name);
  const places: number[] = [];
  for (let at = begin; symbolAt(symbols, at)?.symbol.name === name; at += 4) if (wordAt(at) === ENTRY[0] && wordAt(at + 4) === ENTRY[1]) places.push(at + 8);
  assert.is(places.length, 1, `${name} enters the kernel at ${places.length} places`);
  return places[0] as number;
}

/** The first load from `address` on, when only moves and pushes come before: with all registers 0 it is at the offset it has. */
function firstLoad(address: number): string {
  for (let at = address; ; at += 4) {
    const instruction = disassemble(wordAt(at), at);
    if (!/^(mov|push)\b/.test(instruction)) return instruction;
  }
}

for (const { waits, before, reads, distance } of SITES) {
  test(`one page before ${waits} returns from the kernel, ${before} reads a member at 0x${reads.toString(16)}`, () => {
    const returns = returnIn(waits);
    const lands = returns - PAGE;
    const told = `src/guest/programs/sheep_on_heap/layout.ld needs ${distance} = 0x${(returns - addressOf(waits)).toString(16)}`;
    assert.is(lands, addressOf(before), told);
    const load = firstLoad(lands);
    const [, offset] = /^ldrb? r\d+, \[r(?:\d|1[0-2]), #(0x[0-9a-f]+|\d+)\]$/.exec(load) ?? [];
    assert.is(Number(offset), reads, `${before} begins with '${load}'`);
  });
}

test.run();
