// The committed guest programs belong to the committed sources: hashes agree and, where the compiler is installed, a rebuild
// gives the same bytes. Also what every program must look like to be loaded (genode-16.08-abi.md 3.1).

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { describeBuild, readManifest, unbuiltPrograms } from '../../src/guest/manifest.ts';
import { addressOfSymbol, readElf, readElfSymbols } from '../../src/runtime/elf.ts';
import { suite } from '../kit.ts';

const test = suite('guest manifest', { timeout_ms: 120_000 });
const guest = fileURLToPath(new URL('../../src/guest', import.meta.url));
const manifest = readManifest(guest);

test('no source, flag or ELF changed since the manifest was written (else: make guest)', () => {
  assert.equal(describeBuild(guest, manifest.tool), manifest);
});

test('every program has a committed ELF', () => {
  assert.equal(unbuiltPrograms(guest), []);
});

for (const [name, record] of Object.entries(manifest.programs)) {
  test(`${name} starts at 0x01000000 and keeps the parent area first in its writable segment`, () => {
    const file = readFileSync(join(guest, record.elf));
    const elf = readElf(file);
    const table = readElfSymbols(file);
    if (elf.kind !== 'elf' || table.kind !== 'elf-symbols') throw new Error(`${name} is no readable ELF`);
    const [text, data] = elf.segments;
    assert.equal([elf.segments.length, elf.entry, text?.address, addressOfSymbol(table.symbols, '_start')], [2, 0x0100_0000, 0x0100_0000, 0x0100_0000]);
    assert.equal([text?.executable, text?.writable, data?.executable, data?.writable], [true, false, false, true]);
    assert.is(addressOfSymbol(table.symbols, '_parent_cap'), data?.address);
    assert.is(addressOfSymbol(table.symbols, '__l4sys_invoke_indirect'), (data?.address ?? 0) + 0x20);
    assert.is(data?.address, ((text?.address ?? 0) + (text?.memoryBytes ?? 0) + 0xfff) & ~0xfff);
  });
}

const compiler = spawnSync('arm-none-eabi-gcc', ['--version'], { encoding: 'utf8' });
const rebuild = 'a rebuild gives the same bytes';
if (compiler.status !== 0) test.skip(rebuild, 'arm-none-eabi-gcc not installed');
else if (compiler.stdout.split('\n')[0] !== manifest.tool) test.skip(rebuild, `another compiler than ${manifest.tool}`);
else
  test(rebuild, () => {
    const folder = mkdtempSync(join(tmpdir(), 'guest-build-'));
    try {
      execFileSync('make', ['-s', '-C', guest, `OUT=${folder}/bin`, `CACHE=${folder}/cache`], { stdio: ['ignore', 'ignore', 'pipe'] });
      const names = readdirSync(join(folder, 'bin')).sort();
      assert.equal(names, Object.keys(manifest.programs).map((name) => `${name}.elf`).sort());
      for (const name of names) assert.ok(readFileSync(join(folder, 'bin', name)).equals(readFileSync(join(guest, 'bin', name))), name);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

test.run();
