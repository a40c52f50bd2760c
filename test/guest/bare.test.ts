// The bare programs are built from the sources beside them, and nothing was changed since.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';

const test = suite('bare programs');
const folder = join(dirname(fileURLToPath(import.meta.url)), '../../src/guest/bare');

test('sources and programs have the checksums that were written when they were built', () => {
  const lines = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trim().split('\n');
  assert.equal(lines.map((line) => line.split('  ')[1]), ['compute.c', 'compute.elf', 'paths.c', 'paths.elf']);
  for (const line of lines) {
    const [sum, file = ''] = line.split('  ');
    assert.is(createHash('sha256').update(readFileSync(join(folder, file))).digest('hex'), sum, `${file}: make guest`);
  }
});

test.run();
