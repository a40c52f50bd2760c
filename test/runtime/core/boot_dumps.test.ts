// Core's boot dumps against the serial logs of captured boards: allocators block by block, ROM modules in tree order.
// Source modelled: genode-16.08-abi.md 5.2. The logs lie beside the repository; without them the tests are skipped.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type BootModule, placeModules } from '../../../src/runtime/core/board_memory.ts';
import { dumpAllocator, setupPlatformMemory } from '../../../src/runtime/core/platform_memory.ts';
import { romListing } from '../../../src/runtime/core/rom_modules.ts';
import { Store } from '../../../src/runtime/native/store.ts';
import { suite } from '../../kit.ts';

const oracle = fileURLToPath(new URL('../../../../shared/oracle/', import.meta.url));
const RAM = { base: 0x7000_0000, size: 0x1000_0000 };
const test = suite('core boot dumps');

/** Modules in boot order with the sizes that the log's ROM listing tells. */
function modulesOf(log: string): BootModule[] {
  const listed = [...log.matchAll(/ ROM: \[([0-9a-f]+),([0-9a-f]+)\) (\S+)/g)].map(([, from = '', to = '', name = '']) => ({
    name, base: Number.parseInt(from, 16), size: Number.parseInt(to, 16) - Number.parseInt(from, 16),
  }));
  return listed.filter(({ name }) => !name.endsWith('kip')).sort((a, b) => a.base - b.base);
}

const CAPTURES = [
  ['rtcr', 'rtcr-master/log_only/serial.icount.log'],
  ['rtcr', 'rtcr-master/sheep/serial.icount.log'],
  ['stock', 'vanilla/multi_ep/serial.icount.log'],
  ['stock', 'vanilla/sheep/serial.icount.log'],
] as const;

for (const [build, capture] of CAPTURES) {
  const path = `${oracle}${capture}`;
  const name = `the dumps of ${capture} come out line by line`;
  if (!existsSync(path)) {
    test.skip(name, 'the captures are not at hand');
    continue;
  }
  test(name, () => {
    const log = readFileSync(path, 'latin1');
    const modules = modulesOf(log);
    assert.equal(placeModules(modules), modules);
    const owner = { store: new Store() };
    setupPlatformMemory(owner, build, RAM, modules);
    const dumps = (['ram', 'region', 'io_mem', 'io_port', 'irq'] as const).flatMap((each) => dumpAllocator(owner, build, each));
    const printed = [...dumps, ...romListing(modules), ...dumpAllocator(owner, build, 'core_ranges')];
    const start = log.indexOf(':ram_alloc:');
    const expected = log.slice(start).split(/\r?\n/).slice(0, printed.length);
    assert.equal(printed, expected);
  });
}

test.run();
