// Memory of the process: an idle machine with ten small components, and a board of 1 GB of which little is touched. Each in a process
// of its own, so that nobody else's memory is counted. Owns no state.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Figure } from './figures.ts';

const COMPONENTS = 10;
const MEGABYTE = 1 << 20;

const scenario = (ram: string, components: number): string => `<scenario name="idle" ram="${ram}"><config>
  <parent-provides> <service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> </any-service> </default-route>
  ${Array.from({ length: components }, (_, i) => `<start name="c${i}"> <binary name="log_only"/> <resource name="RAM" quantum="1M"/> </start>`).join('\n  ')}
</config><steps> <await time_ms="2000"/> </steps></scenario>`;

/** Largest resident set of a run, as the host's kernel counts it. */
function resident(bench: Bench, text: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'rescap-bench-'));
  try {
    const file = join(folder, 'idle.xml');
    writeFileSync(file, text);
    const bundle = join(bench.context.packageRoot, 'dist/rescap.cjs');
    const code = `process.argv = ['node', 'rescap', 'run', '--quiet', '--keep', 'never', ${JSON.stringify(file)}]; process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'rss'))}, String(process.memoryUsage.rss()))); import(${JSON.stringify(bundle)});`;
    const { status } = spawnSync(process.execPath, ['-e', code], { cwd: folder, stdio: 'ignore', timeout: 60_000 });
    if (status !== 0) throw new Error(`the idle machine ended with ${status}`);
    return Number(readFileSync(join(folder, 'rss'), 'utf8')) / MEGABYTE;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function residence(bench: Bench): Figure[] {
  const samples = (ram: string, components: number): number[] => Array.from({ length: Math.min(bench.runs, 3) }, () => resident(bench, scenario(ram, components)));
  return [
    { name: `idle machine with ${COMPONENTS} small components: resident`, unit: 'MB', samples: samples('256M', COMPONENTS) },
    { name: 'idle machine with one, RAM of 64 MB: resident', unit: 'MB', samples: samples('64M', 1) },
    { name: 'idle machine with one, RAM of 1 GB: resident', unit: 'MB', samples: samples('1G', 1) },
  ];
}
