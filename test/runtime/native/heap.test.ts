// Tests of the environment's heap: the sizes of the chunks by which it grows. Owns no state.

import * as assert from 'uvu/assert';
import { grownChunk } from '../../../src/runtime/native/heap.ts';
import { suite } from '../../kit.ts';

const test = suite('native heap');

test('chunks double from 16 KiB to 1 MiB, which is 256 K machine words, and stay there', () => {
  const sizes = [16 * 1024];
  while (sizes.length < 9) sizes.push(grownChunk(sizes.at(-1) ?? 0));
  assert.equal(sizes.map((bytes) => bytes / 1024), [16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
});

test.run();
