// Saved systems as files: what is written is read back, and no damage, cut or foreign file is taken for one.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decodeStateFile, encodeStateFile } from '../../src/cli/state_file.ts';
import { restoreSystem } from '../../src/runtime/boot_system.ts';
import { suite } from '../kit.ts';
import { boot, drive } from '../runtime/counting_run.ts';

const test = suite('cli/state_file');

const run = boot();
drive(run, 400_000);
const state = run.system.save();
const file = encodeStateFile(state);

test('a file gives back the state, and the state the file', () => {
  assert.equal(decodeStateFile(file), state);
  assert.equal(Buffer.compare(encodeStateFile(restoreSystem(decodeStateFile(file)).save()), file), 0);
});

test('a file that is cut anywhere is refused in words', () => {
  fc.assert(fc.property(fc.nat(file.length - 1), (length) => assert.throws(() => decodeStateFile(file.subarray(0, length)), /^(Error: )?saved system: (shorter|\d+ bytes instead of)/)), { numRuns: 60 });
});

test('a flipped bit is found wherever it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(31), fc.nat(file.length - 1)), fc.nat(7), (at, bit) => {
      const damaged = file.slice();
      damaged[at] = (damaged[at] as number) ^ (1 << bit);
      assert.throws(() => decodeStateFile(damaged), /saved system: /);
    }),
    { numRuns: 120 },
  );
});

test('absurd lengths are refused before anything is unpacked, foreign bytes by their first word', () => {
  const huge = file.slice();
  new DataView(huge.buffer).setUint32(8, 0xffff_ffff, true);
  assert.throws(() => decodeStateFile(huge), /4294967295 bytes of content, the limit is/);
  const longer = file.slice();
  new DataView(longer.buffer).setUint32(8, 10, true);
  assert.throws(() => decodeStateFile(longer), /cannot be unpacked/);
  assert.throws(() => decodeStateFile(new Uint8Array(100)), /no saved system/);
  fc.assert(fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), (bytes) => assert.throws(() => decodeStateFile(bytes), /saved system: /)));
});

test('a state that is whole but not of this program is refused by the field that is wrong', () => {
  const machine = state['machine'] as { readonly [name: string]: never };
  assert.throws(() => restoreSystem({ ...state, version: 99 }), /version 99/);
  assert.throws(() => restoreSystem({ ...state, machine: { ...machine, extra: 1 } }), /unknown field extra/);
});

test.run();
