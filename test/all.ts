// `make test`: build, types, lint, unit tests and every scenario, one after the other, even where an earlier one failed.
// Owner of the combined count; the last line of all is `N passed, N failed`, each stage without a count of its own being one.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Stage {
  readonly name: string;
  readonly command: readonly string[];
  /** The stage prints a closing line of its own, which is added up. */
  readonly counts: boolean;
}

const node = process.execPath;
const STAGES: readonly Stage[] = [
  { name: 'build', command: [node, 'build.mjs'], counts: false },
  { name: 'types', command: [node, 'node_modules/typescript/bin/tsc', '--noEmit'], counts: false },
  { name: 'lint', command: [node, 'node_modules/@biomejs/biome/bin/biome', 'lint', '--error-on-warnings', 'src', 'test', 'build.mjs'], counts: false },
  { name: 'unit tests', command: [node, '--import', 'tsx', 'test/run.ts'], counts: true },
  { name: 'scenarios', command: [node, 'dist/rescap.cjs', 'run', '--quiet'], counts: true },
];

const CLOSING = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;
const ESCAPES = /\u001b\[[0-9;]*m/g;

function run(command: readonly string[]): Promise<{ status: number; closing: Count | null }> {
  return new Promise((resolve) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let tail = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      tail = (tail + chunk.toString('utf8')).slice(-4096);
    });
    child.on('error', (error) => {
      process.stderr.write(`${file}: ${error.message}\n`);
      resolve({ status: 1, closing: null });
    });
    child.on('close', (status) => resolve({ status: status ?? 1, closing: closingOf(tail) }));
  });
}

/** The last closing line among the last lines: rescap adds one line after it when it fails. */
function closingOf(tail: string): Count | null {
  for (const line of tail.replace(ESCAPES, '').trimEnd().split('\n').reverse().slice(0, 3)) {
    const match = CLOSING.exec(line.trim());
    if (match !== null) return { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0) };
  }
  return null;
}

rmSync('dist/rescap.cjs', { force: true });
let passed = 0;
let failed = 0;
let skipped = 0;
const broken: string[] = [];
for (const { name, command, counts } of STAGES) {
  process.stdout.write(`── ${name}\n`);
  const { status, closing } = await run(command);
  const count = (counts ? closing : null) ?? { passed: status === 0 && !counts ? 1 : 0, failed: status === 0 && !counts ? 0 : 1, skipped: 0 };
  // A stage that exits non-zero after a green count broke outside its tests.
  const failures = status !== 0 && count.failed === 0 ? 1 : count.failed;
  passed += count.passed;
  failed += failures;
  skipped += count.skipped;
  if (failures > 0) broken.push(name);
}
if (broken.length > 0) process.stdout.write(`failed: ${broken.join(', ')}\n`);
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed > 0 ? 1 : 0;
