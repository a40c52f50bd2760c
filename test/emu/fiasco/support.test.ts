// The table of operations in the kernel's README is the one that dispatch uses.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { EXTENSIONS } from '../../../src/emu/fiasco/extensions.ts';
import { OPERATIONS } from '../../../src/emu/fiasco/protocols.ts';
import { suite } from '../../kit.ts';

const test = suite('support of kernel operations');
const file = new URL('../../../src/emu/fiasco/README.md', import.meta.url);

/** The table as it must stand in the README. */
function supportTable(): string {
  const rows = OPERATIONS.map((row) => {
    const extension = 'extension' in row ? `extension \`${row.extension}\`` : '';
    const note = [extension, row.note].filter((part) => part !== '').join('; ');
    return `| ${row.object} | ${row.label ?? 'any'} | ${row.op ?? 'other'} | ${row.name} | ${row.support} | ${note} | ${row.source} |`;
  });
  return ['| object | label | op | name | support | note | fiasco-kernel.md |', '|---|---|---|---|---|---|---|', ...rows].join('\n');
}

test("the table in the kernel's README is the one that dispatch uses", () => {
  const shown = /<!-- operations[^>]*-->\n([\s\S]*?)\n?<!-- end of operations -->/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  assert.fixture(shown.trim(), supportTable());
});

test("the extensions in the kernel's README are those that can be switched", () => {
  const shown = /<!-- extensions[^>]*-->\n([\s\S]*?)\n?<!-- end of extensions -->/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const rows = EXTENSIONS.map(({ name, exposes, proposed_by }) => `| ${name} | ${exposes} | ${proposed_by} |`);
  assert.fixture(shown.trim(), ['| name | what it exposes | proposed by |', '|---|---|---|', ...rows].join('\n'));
});

test('operations beyond the stock kernel belong to a named extension', () => {
  const used = new Set(OPERATIONS.flatMap((row) => ('extension' in row ? [row.extension as string] : [])));
  assert.equal([...used].sort(), EXTENSIONS.map(({ name }) => name as string).sort());
});

test.run();
