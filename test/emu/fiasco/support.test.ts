// The table of operations in the kernel's README is the one that dispatch uses.

import { readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { EXTENSIONS } from '../../../src/emu/fiasco/extensions.ts';
import { OPERATIONS } from '../../../src/emu/fiasco/protocols.ts';
import { suite } from '../../kit.ts';
import { invoke, noteResult, ScriptedBoard, sel, type Step } from './scripted.ts';

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

test("each quirk in the kernel's README has a test that names it, and no test names another", () => {
  const shown = /<!-- quirks[^>]*-->\n([\s\S]*?)\n?<!-- end of quirks -->/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const listed = shown.trim().split('\n').slice(2).map((row) => row.split('|')[1]?.trim() ?? '');
  const folder = new URL('.', import.meta.url);
  const tested = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(/^test\('quirk \((.+?)\): /gm)].map(([, quirk]) => quirk ?? ''));
  assert.ok(listed.length > 0);
  assert.equal([...tested].sort(), [...listed].sort());
});

test('operations beyond the stock kernel belong to a named extension', () => {
  const used = new Set(OPERATIONS.flatMap((row) => ('extension' in row ? [row.extension as string] : [])));
  assert.equal([...used].sort(), EXTENSIONS.map(({ name }) => name as string).sort());
});

/** What a guest gets for a call, and what the trace says of it. */
function answers(calls: Readonly<Record<string, Step>>): { readonly notes: readonly string[]; readonly told: readonly string[] } {
  const board = new ScriptedBoard(() => ({ main: Object.entries(calls).flatMap(([name, step]) => [step, noteResult(name)]) }));
  const told: string[] = [];
  board.machine.events.listen(['unsupported'], (event) => void (event.kind === 'unsupported' && told.push(event.what)));
  return { notes: board.finish(), told };
}

const onThread = (...mrs: readonly number[]): Step => invoke({ tag: (0xfff4_0000 | mrs.length) >>> 0, to: sel(3), mrs });
test('a vCPU is refused without a state area or with one that is no kernel-user memory, and with one that is: there the trace names it', () => {
  const area = 0x4000_0000;
  const addKuMem = invoke({ tag: 0xfff5_0002, to: sel(1), mrs: [3, area | (12 << 6) | 0x17] });
  const { notes, told } = answers({ area: addKuMem, none: onThread(7), null: onThread(7, 0), user: onThread(7, 0x100_0000), kernel_user: onThread(7, area), extended: onThread(0x1_0007, 0x100_0000) });
  assert.equal(notes, ['area 0', 'none ffea0000', 'null ffea0000', 'user ffea0000', 'kernel_user ffda0000', 'extended ffea0000']);
  assert.equal(told, ['Thread vcpu_control']);
});

test.run();
