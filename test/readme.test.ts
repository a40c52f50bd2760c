// README is true: its table of extensions is the one in the code, and its scenarios and commands exist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../src/cli/command_table.ts';
import { EXTENSIONS as KERNEL_EXTENSIONS } from '../src/emu/fiasco/extensions.ts';
import { CORE_EXTENSIONS } from '../src/runtime/core/config.ts';
import { RTCR_EXTENSIONS } from '../src/runtime/rtcr/extensions.ts';
import { suite } from './kit.ts';

const test = suite('README');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The table as it must stand in README. */
function extensionTable(): string {
  const rows = RTCR_EXTENSIONS.map(({ name, where, exposes, proposed_by, used_for }) => `| \`${name}\` | ${where} | ${exposes} | ${used_for} | ${proposed_by} |`);
  return ['| extension | where | what it exposes | used for | proposed by |', '|---|---|---|---|---|', ...rows].join('\n');
}

test('the table of extensions in README is the one in the code', () => {
  const shown = /<!-- extensions[^>]*-->\n([\s\S]*?)\n?<!-- end of extensions -->/.exec(readme)?.[1] ?? '';
  assert.fixture(shown.trim(), extensionTable());
});

test('every extension of the kernel and of core is in the table, and nothing else', () => {
  const known = [...KERNEL_EXTENSIONS.map(({ name }) => name), ...Object.keys(CORE_EXTENSIONS)];
  assert.equal([...new Set<string>(known)].sort(), RTCR_EXTENSIONS.map(({ name }) => name as string).sort());
});

test('every scenario of run/ is listed in README', () => {
  const names = readdirSync(join(root, 'run')).flatMap((file) => /^(.+)\.(xml|yaml|yml|hid)$/.exec(file)?.[1] ?? []);
  assert.equal(names.filter((name) => !readme.includes(`\`${name}\``)), []);
});

test('every command of the command line is listed in README', () => {
  assert.equal(COMMANDS.map(({ name }) => name).filter((name) => !new RegExp(`^\\| \`${name}\\b`, 'm').test(readme)), []);
});

test('every folder that README names exists', () => {
  const named = [...readme.matchAll(/^\| `((?:src|run|test|config|reports)[\w/]*)`/gm)].map((match) => match[1] ?? '');
  assert.equal(named.filter((folder) => !existsSync(join(root, folder))), []);
});

test.run();
