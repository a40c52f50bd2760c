// ELF reader: what a well-formed program gives, and that no malformed one makes it throw or read outside the file.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { addressOfSymbol, type ElfError, type ElfProgram, type ElfSymbols, readElf, readElfSymbols, symbolAt } from '../../src/runtime/elf.ts';
import { suite } from '../kit.ts';

const test = suite('elf reader');
const bin = fileURLToPath(new URL('../../src/guest/bin/', import.meta.url));

const TEXT = 0x0100_0000;
interface Load {
  readonly address: number;
  readonly content: readonly number[];
  readonly memoryBytes: number;
  readonly flags: number;
}

/** A file with the given segments and, if names are given, a symbol table with one function per name. */
const build = (loads: readonly Load[], names: readonly string[] = []): Uint8Array => {
  const contents = loads.map((load) => load.content.length).reduce((a, b) => a + b, 0);
  const strings = names.map((name) => `${name}\0`).join('');
  const symbolsAt = 52 + 32 * loads.length + contents;
  const stringsAt = symbolsAt + 16 * (names.length + 1);
  const sectionsAt = stringsAt + 1 + strings.length;
  const file = new Uint8Array(sectionsAt + 3 * 40);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 40, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, TEXT, true);
  view.setUint32(28, 52, true);
  view.setUint32(32, sectionsAt, true);
  view.setUint32(36, 0x0500_0200, true);
  [52, 32, loads.length, 40, 3, 0].forEach((value, n) => {
    view.setUint16(40 + 2 * n, value, true);
  });
  let offset = 52 + 32 * loads.length;
  loads.forEach((load, n) => {
    [1, offset, load.address, load.address, load.content.length, load.memoryBytes, load.flags, 4].forEach((value, field) => {
      view.setUint32(52 + 32 * n + 4 * field, value, true);
    });
    file.set(load.content, offset);
    offset += load.content.length;
  });
  let nameAt = 1;
  names.forEach((name, n) => {
    const at = symbolsAt + 16 * (n + 1);
    [nameAt, TEXT + 8 * n, 8].forEach((value, field) => {
      view.setUint32(at + 4 * field, value, true);
    });
    view.setUint8(at + 12, 0x12);
    view.setUint16(at + 14, 1, true);
    nameAt += name.length + 1;
  });
  file.set(new TextEncoder().encode(strings), stringsAt + 1);
  const section = (n: number, type: number, start: number, bytes: number, link: number, entry: number) =>
    [0, type, 0, 0, start, bytes, link, 0, 4, entry].forEach((value, field) => {
      view.setUint32(sectionsAt + 40 * n + 4 * field, value, true);
    });
  section(1, 2, symbolsAt, 16 * (names.length + 1), 2, 16);
  section(2, 3, stringsAt, 1 + strings.length, 0, 0);
  return file;
};

const program = (file: Uint8Array): ElfProgram => {
  const elf = readElf(file);
  if (elf.kind !== 'elf') throw new Error(elf.message);
  return elf;
};
const symbolsOf = (file: Uint8Array): ElfSymbols => {
  const symbols = readElfSymbols(file);
  if (symbols.kind !== 'elf-symbols') throw new Error(symbols.message);
  return symbols;
};
const codeOf = (result: ElfProgram | ElfSymbols | ElfError): string => (result.kind === 'elf-error' ? result.code : 'none');

const small = build([{ address: TEXT, content: [1, 2, 3, 4], memoryBytes: 4, flags: 5 }], ['_start', 'main']);
const changed = (file: Uint8Array, offset: number, ...bytes: number[]): Uint8Array => {
  const copy = file.slice();
  copy.set(bytes, offset);
  return copy;
};

test('segments are read back as they were written', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const load = fc.record({ content: fc.array(byte, { maxLength: 40 }), extra: fc.nat(5000), flags: fc.integer({ min: 0, max: 7 }) });
  fc.assert(
    fc.property(fc.array(load, { maxLength: 6 }), (drafts) => {
      let address = TEXT;
      const loads = drafts.map((draft) => {
        const made = { address, content: draft.content, memoryBytes: draft.content.length + draft.extra, flags: draft.flags };
        address += made.memoryBytes + 16;
        return made;
      });
      const file = build(loads);
      const elf = program(file);
      assert.is(elf.entry, TEXT);
      assert.equal(
        elf.segments.map((s) => [s.address, [...file.subarray(s.offset, s.offset + s.fileBytes)], s.memoryBytes, Number(s.executable) | (Number(s.writable) << 1) | (Number(s.readable) << 2)]),
        loads.filter((l) => l.memoryBytes > 0).map((l) => [l.address, [...l.content], l.memoryBytes, l.flags]),
      );
    }),
  );
});

test('symbols are found by name and by address', () => {
  const { symbols } = symbolsOf(small);
  assert.is(addressOfSymbol(symbols, 'main'), TEXT + 8);
  assert.is(addressOfSymbol(symbols, 'absent'), undefined);
  assert.equal([symbolAt(symbols, TEXT + 9)?.symbol.name, symbolAt(symbols, TEXT + 9)?.offset], ['main', 1]);
  assert.is(symbolAt(symbols, TEXT + 16), undefined);
  assert.is(symbolAt(symbols, TEXT - 1), undefined);
});

test('every way to be malformed has its own error code', () => {
  const two = build([
    { address: TEXT, content: [1, 2, 3, 4], memoryBytes: 4, flags: 5 },
    { address: TEXT + 8, content: [5], memoryBytes: 9, flags: 6 },
  ]);
  const sections = new DataView(small.buffer).getUint32(32, true);
  const cases: readonly (readonly [string, ElfProgram | ElfSymbols | ElfError])[] = [
    ['truncated', readElf(small.subarray(0, 51))],
    ['magic', readElf(changed(small, 0, 0))],
    ['class', readElf(changed(small, 4, 2))],
    ['byte-order', readElf(changed(small, 5, 2))],
    ['version', readElf(changed(small, 20, 2))],
    ['type', readElf(changed(small, 16, 1))],
    ['machine', readElf(changed(small, 18, 3))],
    ['header-size', readElf(changed(small, 42, 31))],
    ['limit', readElf(changed(small, 44, 129))],
    ['truncated', readElf(changed(small, 30, 1))],
    ['segment-file-range', readElf(changed(small, 52 + 6, 1))],
    ['segment-size', readElf(changed(small, 52 + 20, 3))],
    ['segment-memory-range', readElf(changed(small, 52 + 8, 0xff, 0xff, 0xff, 0xff))],
    ['segment-align', readElf(changed(small, 52 + 28, 3))],
    ['segment-overlap', readElf(changed(two, 84 + 8, 2))],
    ['interpreter', readElf(changed(small, 52, 3))],
    ['header-size', readElfSymbols(changed(small, 46, 39))],
    ['limit', readElfSymbols(changed(small, 48, 0xff, 0xff))],
    ['truncated', readElfSymbols(changed(small, 34, 1))],
    ['section-link', readElfSymbols(changed(small, sections + 40 + 24, 9))],
    ['section-entry-size', readElfSymbols(changed(small, sections + 40 + 36, 8))],
    ['section-range', readElfSymbols(changed(small, sections + 80 + 18, 1))],
    ['section-range', readElfSymbols(changed(small, sections + 40 + 20, 0, 0, 0, 2))],
    ['name', readElfSymbols(changed(small, sections + 80 + 20, 3))],
  ];
  cases.forEach(([code, result], n) => {
    assert.is(codeOf(result), code, `case ${n}`);
  });
});

test('no change of bytes makes the reader throw, and every range it reports lies in the file', () => {
  const edit = fc.tuple(fc.nat(small.length - 1), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 })));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), fc.nat(small.length), (edits, length) => {
      const file = small.slice(0, edits.length % 3 === 0 ? length : small.length);
      for (const [at, value] of edits) if (at < file.length) file[at] = value;
      const elf = readElf(file);
      if (elf.kind === 'elf') for (const s of elf.segments) assert.ok(s.offset + s.fileBytes <= file.length && s.fileBytes <= s.memoryBytes);
      else assert.ok(elf.message.length > 0 && elf.offset >= 0 && elf.offset <= Math.max(file.length, 52));
      readElfSymbols(file);
    }),
    { numRuns: 2000 },
  );
});

test('arbitrary bytes behind a true header do not make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const file = new Uint8Array([...small.subarray(0, 24), ...bytes]);
      readElf(file);
      readElfSymbols(file);
    }),
    { numRuns: 1000 },
  );
});

if (existsSync(join(bin, 'sheep_counter.elf'))) {
  test('the sheep counter is a static program with a text and a data segment', () => {
    const file = readFileSync(join(bin, 'sheep_counter.elf'));
    const elf = program(file);
    assert.is(elf.entry, TEXT);
    assert.equal([elf.dynamic, elf.interpreter], [false, undefined]);
    assert.equal(elf.segments.map((s) => [s.executable, s.writable, s.align, s.offset % 4096, s.address % 4096]), [[true, false, 4096, 0, 0], [false, true, 4096, 0, 0]]);
    const { symbols } = symbolsOf(file);
    assert.is(addressOfSymbol(symbols, '_start'), TEXT);
    assert.is(addressOfSymbol(symbols, '_parent_cap'), elf.segments[1]?.address);
    assert.is(symbolAt(symbols, TEXT)?.symbol.name, '_start');
  });
} else test.skip('the sheep counter is a static program with a text and a data segment', 'src/guest/bin is missing');

test.run();
