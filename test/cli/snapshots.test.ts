// What people read, word for word: the messages about faulty files in snapshots/, and the help of the commands about files.
// UPDATE_SNAPSHOTS=1 writes them anew, never under CI; read the difference before it is committed.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { helpOf } from '../../src/cli/command.ts';
import type { Context } from '../../src/cli/context.ts';
import { COMMANDS } from '../../src/cli/command_table.ts';
import { main } from '../../src/cli/main.ts';
import { suite } from '../kit.ts';
import { bootScripted } from '../runner/scripted_system.ts';

const test = suite('messages and help, word for word');
const FOLDER = join(import.meta.dirname, 'snapshots');
const UPDATE = process.env['UPDATE_SNAPSHOTS'] === '1' && (process.env['CI'] ?? '') === '';

function same(name: string, text: string): void {
  const file = join(FOLDER, `${name}.txt`);
  if (UPDATE) writeFileSync(file, text);
  assert.ok(existsSync(file), `${name}.txt is missing: UPDATE_SNAPSHOTS=1 writes it`);
  assert.fixture(text, readFileSync(file, 'utf8'));
}

async function lint(file: string): Promise<string> {
  let told = '';
  const { boot } = bootScripted(() => ({ at: [], components: [] }));
  const context = {
    cwd: FOLDER, env: {}, boot, terminal: false, packageRoot: FOLDER, wall_ms: () => 0, hostedProgram: () => new Uint8Array(4),
    out: (text: string) => void (told += text),
    err: (text: string) => void (told += text),
  } as unknown as Context;
  const status = await main(['lint', file], context);
  return `${told}exit status ${status}\n`;
}

const FILES = readdirSync(FOLDER).filter((file) => /\.(xml|yaml|hid)$/.test(file)).sort();

for (const file of FILES) test(`everything wrong with ${file} is told in these words`, async () => same(file, await lint(file)));

for (const name of ['lint', 'explain', 'convert', 'import', 'schema']) {
  test(`rescap ${name} --help says this`, async () => {
    const command = COMMANDS.find((known) => known.name === name);
    if (command === undefined) throw new Error(name);
    same(`help_${name}`, helpOf(await command.load()));
  });
}

test('there are faulty files in every syntax', () => {
  for (const syntax of ['xml', 'yaml', 'hid']) assert.ok(FILES.some((file) => file.endsWith(`.${syntax}`)), syntax);
});

test.run();
