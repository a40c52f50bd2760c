// Headers of executables read through a window, without their content.
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { readLoadable } from '../../../src/runtime/child/loadable.ts';
import { readElf } from '../../../src/runtime/elf.ts';
import { suite } from '../../kit.ts';
import { elfImage } from './elf_image.ts';

const test = suite('loadable headers');

/** Reads a file as mapped memory does: zeros behind its end. */
function reader(file: Uint8Array, seen: [number, number][] = []) {
  return (offset: number, length: number): Uint8Array => {
    seen.push([offset, length]);
    const bytes = new Uint8Array(length);
    bytes.set(file.subarray(offset, offset + length));
    return bytes;
  };
}

test('what the headers say is what the whole file says', () => {
  for (const file of [elfImage(), elfImage({ interpreter: true })]) {
    const whole = readElf(file);
    const loadable = readLoadable(reader(file));
    if (whole.kind === 'elf-error' || loadable.kind === 'elf-error') throw new Error('the image is sound');
    assert.equal([loadable.entry, loadable.segments, loadable.dynamic], [whole.entry, whole.segments, whole.dynamic]);
    assert.is(loadable.interpreter === undefined, whole.interpreter === undefined);
  }
});

test('nothing but the headers is read', () => {
  const seen: [number, number][] = [];
  readLoadable(reader(elfImage(), seen));
  assert.equal(seen, [[0, 52], [52, 64]]);
});

test('a file for another machine is refused with the reason of the ELF reader', () => {
  const result = readLoadable(reader(elfImage({ machine: 3 })));
  assert.is(result.kind === 'elf-error' ? result.code : '', 'machine');
});

test('damaged headers give a program or an error, never an exception', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 115 }), fc.nat({ max: 255 })), { maxLength: 6 }), (damage) => {
      const file = elfImage();
      for (const [at, byte] of damage) file[at] = byte;
      const result = readLoadable(reader(file));
      assert.ok(result.kind === 'elf' || result.message !== '');
    }),
    { numRuns: 200 },
  );
});

test.run();
