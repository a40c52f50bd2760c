// Checkpoint images: what goes out comes back, in another machine too; damaged files are refused before anything is created.

import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { CheckpointImage } from '../../../src/runtime/rtcr/image/image.ts';
import { decodeImage, encodeImage, type ImageCodec } from '../../../src/runtime/rtcr/image/image_file.ts';
import { suite } from '../../kit.ts';
import { boot, type Driver } from './driver.ts';

const test = suite('checkpoint image', { timeout_ms: 60_000 });

const codec: ImageCodec = {
  hash: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  compress: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  decompress: (bytes, limit_bytes) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, limit_bytes) }),
};
const TARGET = 'rtcr -> sheep_counter';
const BINARY = codec.hash(new Uint8Array(1));

let made: { readonly driver: Driver; readonly image: CheckpointImage } | undefined;

/** The image of a counter at its second line, and the machine it was taken on. */
function imageOfCounter(): { readonly driver: Driver; readonly image: CheckpointImage } {
  if (made !== undefined) return made;
  const driver = boot();
  assert.is(driver.until('2 sheeps. zzZ', 4000), true);
  assert.is(driver.checkpoint('a').ok, true);
  made = { driver, image: exported(driver, 'a') };
  return made;
}

function exported(driver: Driver, name: string): CheckpointImage {
  const outcome = driver.command({ kind: 'export', of: TARGET, name });
  if (!outcome.ok) throw new Error(outcome.message);
  const taken = driver.system.takeImage(TARGET, name);
  if (taken === null) throw new Error('no image');
  return { origin: { scenario: 'test', machine: 'a', time_us: driver.system.machine.time_us }, binary_hash: BINARY, ...taken };
}

const fileOf = (image: CheckpointImage) => encodeImage(image, codec);

test('what was encoded is decoded to the same records and contents, and encoded again to the same bytes', () => {
  const { image } = imageOfCounter();
  const { bytes } = fileOf(image);
  const decoded = decodeImage(bytes, codec);
  assert.equal(decoded.image, image);
  assert.equal(fileOf(decoded.image).bytes, bytes);
});

/** A machine on which other things happened: other debug ids, other free slots. The image is imported as "arrived". */
function otherMachine(image: CheckpointImage, modules: readonly string[]): Driver {
  const other = boot({ child: 'log_only', modules });
  assert.is(other.until('log_only: hello', 4000), true);
  assert.is(other.checkpoint('x').ok, true);
  assert.is(other.system.leaveImage('rtcr -> log_only', image).accepted, true);
  const outcome = other.command({ kind: 'import', of: 'rtcr -> log_only', name: 'arrived' });
  assert.is(outcome.ok, true, outcome.ok ? '' : outcome.message);
  return other;
}

const shapeOf = (driver: Driver): string => driver.slots('sheep_counter').map(({ slot, type }) => `${slot} ${type}`).join(', ');

test('a counter goes on in another machine, from the file alone', () => {
  const { driver, image } = imageOfCounter();
  const { image: read } = decodeImage(fileOf(image).bytes, codec);
  const other = otherMachine(read, ['sheep_counter']);
  const outcome = other.restore('arrived', {}, 'sheep_counter');
  assert.is(outcome.ok, true, outcome.ok ? '' : outcome.message);
  assert.is(shapeOf(other), shapeOf(driver));
  other.forget();
  assert.is(other.until('4 sheeps. zzZ', 4000), true);
  assert.equal(other.lines('sheep_counter'), ['3 sheeps. zzZ', '4 sheeps. zzZ']);
});

test('where the program is missing the restore is refused, and the machine goes on', () => {
  const { image } = imageOfCounter();
  const other = otherMachine(image, []);
  const outcome = other.restore('arrived', {}, 'sheep_counter');
  assert.match(outcome.ok ? '' : outcome.message, /program "sheep_counter"/);
  assert.is(other.checkpoint('y').ok, true);
});

test('a dropped checkpoint is gone, and its memory comes back', () => {
  const fork = imageOfCounter().driver.fork();
  const drop = () => fork.command({ kind: 'drop', of: TARGET, name: 'a' });
  assert.is(drop().ok, true);
  const again = drop();
  assert.match(again.ok ? '' : again.message, /there is no checkpoint "a"/);
});

test('a cut, flipped or foreign file is refused with a message', () => {
  const { bytes } = fileOf(imageOfCounter().image);
  const refused = (file: Uint8Array): string => {
    try {
      decodeImage(file, codec);
    } catch (thrown) {
      assert.instance(thrown, Error);
      return (thrown as Error).message;
    }
    return '';
  };
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ (1 << bit);
      return refused(damaged) !== '';
    }),
    { numRuns: 200, seed: 1 },
  );
  fc.assert(fc.property(fc.nat(bytes.length - 1), (length) => refused(bytes.slice(0, length)) !== ''), { numRuns: 60, seed: 2 });
  assert.match(refused(new TextEncoder().encode('#!/bin/sh\n'.repeat(20))), /no checkpoint image/);
  assert.match(refused(new Uint8Array()), /no checkpoint image/);
});

test('a header that promises too much is refused before anything is unpacked', () => {
  const { bytes } = fileOf(imageOfCounter().image);
  const greedy = bytes.slice();
  new DataView(greedy.buffer).setUint32(12, 0xffff_ffff, true);
  assert.throws(() => decodeImage(greedy, { ...codec, decompress: () => { throw new Error('unpacked'); } }), /limit is/);
});

test('an image that builds on another stores only new pages and needs the other one', () => {
  const { driver, image } = imageOfCounter();
  const first = decodeImage(fileOf(image).bytes, codec);
  const fork = driver.fork();
  assert.is(fork.until('3 sheeps. zzZ', 4000), true);
  assert.is(fork.checkpoint('b').ok, true);
  const later = exported(fork, 'b');
  const whole = fileOf(later);
  const built = encodeImage(later, codec, first.source);
  assert.ok(built.pages.stored <= whole.pages.stored / 2, `${built.pages.stored} of ${whole.pages.stored} pages`);
  assert.ok(built.pages.stored > 0);
  assert.equal(decodeImage(built.bytes, codec, (id) => (id === first.id ? first.source : undefined)).image, later);
  assert.throws(() => decodeImage(built.bytes, codec), /builds on another one that is not at hand/);
});

test('a record of another shape is refused by its path', () => {
  const { image } = imageOfCounter();
  const wrong = { ...image, snapshot: { ...image.snapshot, binary: 7 as unknown as string } };
  assert.throws(() => decodeImage(fileOf(wrong).bytes, codec), /image\.snapshot\.binary is not a text/);
  const more = { ...image, snapshot: { ...image.snapshot, extra: 1 } };
  assert.throws(() => decodeImage(fileOf(more).bytes, codec), /image\.snapshot has an unknown field 'extra'/);
});

test('an export of what is not there is refused and leaves the target running', () => {
  const { driver } = imageOfCounter();
  const fork = driver.fork();
  const outcome = fork.command({ kind: 'export', of: TARGET, name: 'nothing' });
  assert.match(outcome.ok ? '' : outcome.message, /there is no checkpoint "nothing"/);
  assert.is(fork.until('3 sheeps. zzZ', 4000), true);
});

test.run();
