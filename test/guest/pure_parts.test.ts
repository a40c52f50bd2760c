// Guest code that needs no kernel (capability map, log buffer, locks, text, XML, the heap of a program), compiled for ARM and run by qemu-arm.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';

const test = suite('guest pure parts', { timeout_ms: 60_000 });
const guest = fileURLToPath(new URL('../../src/guest', import.meta.url));
const source = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));
const present = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const missing = ['arm-none-eabi-gcc', 'qemu-arm'].filter((tool) => !present(tool));

const CHECKS = [
  { program: 'pure_parts.c', parts: ['cap_index', 'cap_list', 'cap_map', 'cap_tree', 'division', 'lock', 'log_buffer', 'memory', 'print', 'session_args', 'spin_lock'] },
  { program: 'heap_parts.c', parts: ['cap_index', 'division', 'memory', 'print', '../programs/sheep_on_heap/heap'] },
  { program: 'xml_parts.c', parts: ['cap_index', 'division', 'memory', 'print', 'session_label', 'xml'] },
] as const;

/** CFLAGS of flags.mk, so that what is checked is compiled as what is shipped. */
const compilerFlags = (): string[] => {
  const match = /^CFLAGS := ((?:.*\\\n)*.*)$/m.exec(readFileSync(join(guest, 'flags.mk'), 'utf8'));
  return (match?.[1] ?? '').split(/[\s\\]+/).filter((flag) => flag !== '');
};

for (const { program, parts } of CHECKS) {
  for (const flavour of ['rtcr', 'stock']) {
    const name = `every check of ${program} holds in flavour ${flavour}`;
    if (missing.length > 0) test.skip(name, `${missing.join(' and ')} not installed`);
    else test(name, () => compileAndRun(program, parts, flavour));
  }
}

function compileAndRun(program: string, parts: readonly string[], flavour: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'guest-parts-'));
  try {
    const output = join(folder, 'parts');
    const files = parts.map((part) => join(guest, 'base', `${part}.c`));
    const define = flavour === 'stock' ? ['-DFLAVOUR_STOCK'] : [];
    const link = ['-nostdlib', '-static', '-Wl,--gc-sections'];
    execFileSync('arm-none-eabi-gcc', [...compilerFlags(), ...define, `-I${join(guest, 'base')}`, `-I${join(guest, 'programs')}`, ...link, source(program), ...files, '-o', output]);
    const run = spawnSync('qemu-arm', ['-cpu', 'cortex-a9', output], { encoding: 'utf8', timeout: 30_000 });
    assert.equal([run.status, run.stderr], [0, '']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test.run();
