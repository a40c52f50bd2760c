// Whole systems on core against captured boards: objects and capability tables byte for byte, where one child makes the order
// of everything certain. The captures lie beside the repository; without them the tests are skipped.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { objectRows, objectSpaceOf } from '../../../src/emu/jdb/view.ts';
import { printObjects } from '../../../src/emu/jdb/objects.ts';
import { printObjectSpace } from '../../../src/emu/jdb/object_space.ts';
import { debugId } from '../../../src/emu/numbers.ts';
import { INIT_PROGRAM } from '../../../src/runtime/init/program.ts';
import { suite } from '../../kit.ts';
import { bootCore } from './core_system.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const test = suite('core captures');

const SYSTEMS = [
  { flavour: 'rtcr', capture: 'rtcr-master/log_only', module: 'log_only', program: 'log_only.elf' },
  { flavour: 'stock', capture: 'vanilla/log_only', module: 'log_only', program: 'log_only.stock.elf' },
  { flavour: 'stock', capture: 'vanilla/multi_ep', module: 'multi_ep', program: 'multi_ep.stock.elf' },
] as const;

/** Object lists without kernel addresses and byte counts, which are never compared. */
const objectLines = (text: string): string[] =>
  text.split(/\r?\n/).filter((line) => /^ +[0-9a-f]+ f[0-9a-f]{7} /.test(line)).map((line) => line.replace(/ f[0-9a-f]{7} /, ' ').replace(/ c=\d+/, '').trimEnd());

const rows = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));

for (const { flavour, capture, module, program } of SYSTEMS) {
  const directory = `${root}../shared/oracle/${capture}/`;
  const name = `${capture}: objects and the capability tables of core, init and the child are those of the captured board`;
  if (!existsSync(directory)) {
    test.skip(name, 'the captures are not at hand');
    continue;
  }
  test(name, () => {
    const system = bootCore(INIT_PROGRAM, {
      flavour, config: readFileSync(`${directory}init.config`), modules: [{ name: module, bytes: readFileSync(`${root}src/guest/bin/${program}`) }],
    });
    system.machine.run({ instructions: 60_000_000 });
    const { kernel } = system.machine;
    const read = (file: string): string => readFileSync(`${directory}${file}`, 'latin1');
    assert.equal(objectLines(printObjects(objectRows(kernel))), objectLines(read('jdb_objects.icount.txt')));
    for (const task of ['9', '33', '71']) {
      const space = objectSpaceOf(kernel, debugId(Number.parseInt(task, 16)));
      assert.equal(rows(space === null ? '' : printObjectSpace(space)), rows(read(`objspace_${task}_x.icount.txt`)));
    }
  });
}

test.run();
