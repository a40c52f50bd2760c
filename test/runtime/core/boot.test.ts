// Core's boot up to init's first log line: kernel objects, capability tables and console as the captured boards have them.
// Source modelled: genode-16.08-abi.md 4.4, 4.5, 5.1. The captures lie beside the repository; without them tests are skipped.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { debugId } from '../../../src/emu/numbers.ts';
import { objectRows, objectSpaceOf } from '../../../src/emu/jdb/view.ts';
import { objectText } from '../../../src/emu/jdb/objects.ts';
import { printObjectSpace } from '../../../src/emu/jdb/object_space.ts';
import { Machine } from '../../../src/emu/machine.ts';
import { dataspaceList, pdLabels } from '../../../src/runtime/core/program.ts';
import { suite } from '../../kit.ts';
import { bootCore, CORE_TASK } from './core_system.ts';
import { componentOf, INIT_TASK, linesAfterBoot, runScript, scriptProgram } from './script.ts';

const capture = fileURLToPath(new URL('../../../../shared/oracle/rtcr-master/log_only/', import.meta.url));
const test = suite('core boot');

/** What init creates before it first speaks; behind this the captured init goes on and ours does not. */
const OBJECTS_COMPARED = 0x6a;
const SLOTS_COMPARED = 0x271;

test('core says what the rtcr flavour says, and init comes up', () => {
  const ran = runScript([]);
  assert.match(ran.console(), /\nKIP @ 0x70002000\n    magic: 0x4be6344c\n {2}version: 0x87024444\nMBI @ 0x7100e000\n:ram_alloc: \n/);
  assert.match(ran.console(), /Initializing LOG session\x1b\[0m\nGenode 16\.08\x1b\[0m\n237 MiB RAM assigned to init\x1b\[0m\n/);
  assert.equal(linesAfterBoot(ran), ['[init] Initializing LOG session']);
  assert.equal(pdLabels(ran.core), [{ label: 'init', task_slot: 0x237 }]);
  assert.ok(dataspaceList(ran.core).length > 10);
});

test('the stock flavour has no forced log line', () => {
  assert.not.match(runScript([], { flavour: 'stock' }).console(), /Initializing LOG session/);
});

if (!existsSync(capture)) {
  test.skip('kernel objects and capability tables equal those of the captured board', 'the captures are not at hand');
} else {
  const read = (name: string): string[] => readFileSync(`${capture}${name}`, 'latin1').split(/\r?\n/);
  const ran = runScript([]);
  const { kernel } = ran.machine;

  test('kernel objects have the ids, types, names, labels and bound threads of the captured board', () => {
    const stable = (line: string): string =>
      line.replace(/ f[0-9a-f]{7} /, ' ').replace(/ R=\d+/, '').replace(/ c=\d+/, '').replace(/ F=\d/, '').replace(/ current/, '').trim();
    const captured = read('jdb_objects.icount.txt').filter((line) => /^ +[0-9a-f]+ f[0-9a-f]{7} /.test(line)).map(stable);
    const ours = objectRows(kernel).map((row) => stable(objectText(row, false)));
    assert.equal(ours.slice(0, OBJECTS_COMPARED), captured.slice(0, OBJECTS_COMPARED));
  });

  test('capability tables of core and init equal those of the captured board', () => {
    const cells = (text: readonly string[], end: number): string[] =>
      text.flatMap((line) => {
        const [, base = '', row = ''] = /^([0-9a-f]{6}) :(.*)$/.exec(line) ?? [];
        if (base === '') return [];
        return [...row.matchAll(/--|[0-9a-f]{5}\S \w+/g)].map(([cell], i) => ({ slot: Number.parseInt(base, 16) + i, cell }));
      }).filter(({ slot, cell }) => slot < end && cell !== '--').map(({ slot, cell }) => `${slot.toString(16)} ${cell}`);
    for (const [task, file, end] of [[CORE_TASK, 'objspace_9_x.icount.txt', SLOTS_COMPARED], [INIT_TASK, 'objspace_33_x.icount.txt', 0x21e]] as const) {
      const space = objectSpaceOf(kernel, debugId(task));
      assert.ok(space !== null);
      // Core's receive windows show the arguments that came last; slots 12 to 14 of init are of the thread that serves its child.
      const later = task === CORE_TASK ? /^(24[b-e]|20[789a]) / : /^1[2-4] /;
      const kept = (cell: string): boolean => !later.test(cell);
      const ours = cells(printObjectSpace(space as NonNullable<typeof space>).split('\n'), end).filter(kept);
      assert.equal(ours, cells(read(file), end).filter(kept));
    }
  });
}

test('a machine saved anywhere during the boot goes on to the same state', () => {
  const program = scriptProgram([]);
  const whole = bootCore(program);
  whole.machine.run({ instructions: 2_000_000 });
  const end = whole.machine.save();
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 320_000 }), (at) => {
      const first = bootCore(program);
      first.machine.run({ instructions: at });
      const second = Machine.restore(structuredClone(first.machine.save()), { hosted: first.port });
      second.run({ instructions: 2_000_000 - at });
      assert.equal(second.save(), end);
    }),
    { numRuns: 8 },
  );
});

test('core and init are components of their tasks', () => {
  const system = bootCore(scriptProgram([]));
  system.machine.run({ instructions: 2_000_000 });
  assert.is(componentOf(system, CORE_TASK).program.name, 'core');
});

test.run();
