// Unmodified Genode 16.08 binaries for foc_pbxa9, if there is a folder of them (environment variable RESCAP_BINARIES): each program
// must come to the line that its run script in Genode waits for (the timer's, which lasts long: to its first), under a compiled init. Owner of one temporary folder.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { findPackageRoot } from '../../src/cli/context.ts';
import { bootSystem } from '../../src/runtime/boot_system.ts';
import { loadModules } from '../../src/cli/modules.ts';
import { readScenario } from '../../src/scenario/read.ts';
import { suite } from '../kit.ts';

const test = suite('unmodified binaries', { timeout_ms: 120_000 });
const folder = process.env['RESCAP_BINARIES'] ?? '';
const scratch = mkdtempSync(join(tmpdir(), 'rescap-binaries-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

const SERVICES = ['ROM', 'RAM', 'RM', 'PD', 'CPU', 'LOG', 'IO_MEM', 'IRQ', 'SIGNAL', 'CAP'].map((name) => `<service name="${name}"/>`).join('');
const ROUTE = '<default-route><any-service><parent/><any-child/></any-service></default-route>';
const TIMER = '<start name="timer"><resource name="RAM" quantum="1M"/><provides><service name="Timer"/></provides></start>';
const LIMIT_US = 20_000_000;
const SLICE_US = 100_000;

/** Program, the line that its run script waits for, and whether it needs the timer. */
const PROGRAMS: readonly (readonly [name: string, line: string, timer?: true])[] = [
  ['test-printf', '-1 = -1 = -1'],
  ['test-ds_ownership', 'test succeeded'],
  ['test-new_delete', 'child "test-new_delete" exited with exit value 0'],
  ['test-sub_rm', '--- end of sub-rm test ---'],
  ['test-rm_nested', 'child "test-rm_nested" exited with exit value 0'],
  ['test-rm_fault', 'child "test-rm_fault" exited with exit value 0'],
  ['test-synced_interface', 'child "test-synced_interface" exited with exit value 0'],
  ['test-cap_integrity', 'child "test-cap_integrity" exited with exit value 0'],
  ['test-xml_node', 'child "test-xml_node" exited with exit value 0'],
  ['test-thread', '--- test completed successfully ---'],
  ['test-thread_join', 'child "test-thread_join" exited with exit value 0', true],
  ['test-timer', '--- timer test ---', true],
];

for (const [name, line, timer] of PROGRAMS) {
  const title = `${name} comes to its last line`;
  if (folder === '') test.skip(title, 'RESCAP_BINARIES names no folder of Genode binaries');
  else if (![name, 'init', ...(timer ? ['timer'] : [])].every((file) => existsSync(join(folder, file)))) test.skip(title, `'${name}', 'init' or 'timer' is not in ${folder}`);
  else test(title, () => comesTo(name, line, timer ? TIMER : ''));
}

function comesTo(name: string, line: string, others: string): void {
  const start = `<start name="${name}"><resource name="RAM" quantum="10M"/><config><pause_resume/></config></start>`;
  const file = join(scratch, 'binaries.xml');
  const text = new TextEncoder().encode(`<scenario name="binaries" flavour="stock" init="guest"><config><parent-provides>${SERVICES}</parent-provides>${ROUTE}${others}${start}</config><steps><await log="x"/></steps></scenario>`);
  const { scenario } = readScenario(file, text, { extensions: [] });
  if (scenario === undefined) throw new Error('the scenario of the test is wrong');
  const silent = { cwd: scratch, env: {}, out: () => undefined, err: () => undefined, terminal: false, wall_ms: () => 0, boot: bootSystem, hostedProgram: () => undefined, packageRoot: findPackageRoot() };
  const { modules } = loadModules(scenario, silent as never, folder);
  const system = bootSystem({ modules, ram_bytes: scenario.ram_bytes, flavour: 'stock', extensions: new Set(), seed: 0 } as never);
  if ('error' in system) throw new Error(system.error);
  let console = '';
  system.machine.events.listen(['console'], (event) => {
    if (event.kind !== 'console') return;
    console += event.text;
    if (console.includes(line)) system.machine.stop();
  });
  while (!console.includes(line) && system.machine.time_us < LIMIT_US && system.machine.run({ time_us: SLICE_US }) !== 'idle_forever');
  assert.ok(console.includes(line), `'${line}' did not come; the end of the console: ${console.slice(-400)}`);
}

test.run();
