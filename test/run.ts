// Runs the unit tests: node --import tsx test/run.ts [--junit FILE] [--times] [PATTERN...]. A pattern selects files whose path contains
// it; --times tells the files that take longest, in time of this process on the processor and on the wall.
// Drives uvu through its queue (it has no other interface) and counts from the kit's ledger; the last line is the verdict.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { green, red } from 'kleur/colors';

type Queued = () => Promise<[errors: string | true, ran: number, skipped: number, total: number]>;
interface UvuGlobals {
  UVU_DEFER: number;
  UVU_QUEUE: Queued[][];
  UVU_INDEX: number;
}

const globals = globalThis as unknown as UvuGlobals;
globals.UVU_DEFER = 1;
globals.UVU_QUEUE = [];

const { closeLedger, ledger } = await import('./kit.ts');
const folder = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({ options: { junit: { type: 'string' }, times: { type: 'boolean' } }, allowPositionals: true });
const ci = (process.env['CI'] ?? '') !== '';
let finished = false;
const SLOWEST = 30;
const durations: { readonly file: string; readonly cpu_ms: number; readonly wall_ms: number }[] = [];

process.stdout.on('error', () => process.exit(1));
process.on('exit', () => {
  if (finished) return;
  process.exitCode = 1;
  process.stderr.write('the test run ended before its tests did\n');
});
const failed = (suite: string, name: string, reason: string) => ledger.push({ suite, name, outcome: 'failed', ms: 0, reason });
process.on('unhandledRejection', (reason) => failed('(process)', 'unhandled rejection', String(reason)));
process.on('uncaughtException', (error) => failed('(process)', 'uncaught exception', error.stack ?? String(error)));

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
  .filter((file) => positionals.length === 0 || positionals.some((pattern) => file.includes(pattern.replace(/^(\.\/)?test\//, ''))))
  .sort();

if (files.length === 0) failed('(run)', positionals.join(' '), 'no test file matches');
for (const [index, file] of files.entries()) {
  globals.UVU_INDEX = index;
  const queue: Queued[] = [];
  globals.UVU_QUEUE[index] = queue;
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await runFile(file, queue);
  const { user, system } = process.cpuUsage(cpu);
  durations.push({ file, cpu_ms: (user + system) / 1000, wall_ms: performance.now() - wall });
}
closeLedger(ci);
report();

async function runFile(file: string, queue: Queued[]): Promise<void> {
  process.stdout.write(`${file}\n`);
  const known = ledger.length;
  try {
    await import(pathToFileURL(join(folder, file)).href);
  } catch (thrown) {
    const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    failed(file, '(loading the file)', reason);
    process.stdout.write(`  ${reason}\n`);
    return;
  }
  if (queue.length === 0 && ledger.length === known) failed(file, '(no suite)', 'the file runs no suite');
  for (const run of queue) {
    const [errors, ran, skipped, total] = await run();
    if (errors !== true) process.stdout.write(`\n${errors}\n`);
    else if (ran < total) failed(file, '(suite)', `${total - ran} test(s) never ran (${skipped} skipped)`);
  }
}

function report(): void {
  const count = (outcome: 'passed' | 'failed' | 'skipped') => ledger.filter((entry) => entry.outcome === outcome).length;
  const listed = ledger.filter((entry) => entry.outcome !== 'passed');
  for (const { outcome, suite, name, reason } of listed) process.stdout.write(`${outcome}: ${suite} › ${name}: ${reason.split('\n')[0]}\n`);
  if (values.times === true) {
    const slowest = durations.sort((a, b) => b.wall_ms - a.wall_ms).slice(0, SLOWEST);
    for (const { file, cpu_ms, wall_ms } of slowest) process.stdout.write(`${cpu_ms.toFixed(0).padStart(7)} ms, ${wall_ms.toFixed(0).padStart(7)} on the wall  ${file}\n`);
  }
  if (values.junit !== undefined) {
    mkdirSync(dirname(values.junit), { recursive: true });
    writeFileSync(values.junit, junit());
  }
  const skipped = count('skipped');
  const line = `${count('passed')} passed, ${count('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  process.stdout.write(`${count('failed') > 0 ? red(line) : green(line)}\n`);
  finished = true;
  process.exit(count('failed') > 0 ? 1 : 0);
}

function junit(): string {
  const escape = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?');
  const cases = ledger.map(({ suite, name, outcome, ms, reason }) => {
    const head = `  <testcase classname="${escape(suite)}" name="${escape(name)}" time="${(ms / 1000).toFixed(3)}"`;
    if (outcome === 'passed') return `${head}/>`;
    return `${head}><${outcome === 'failed' ? 'failure' : 'skipped'} message="${escape(reason)}"/></testcase>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="unit" tests="${ledger.length}">\n${cases.join('\n')}\n</testsuite>\n`;
}
