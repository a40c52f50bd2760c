// `rescap inspect` on images made by a small machine: description, differences, and what it says of files that are no images.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { INSPECT } from '../../src/cli/commands/inspect.ts';
import { UsageError } from '../../src/cli/command.ts';
import type { Context } from '../../src/cli/context.ts';
import { IMAGE_CODEC } from '../../src/cli/image_codec.ts';
import { imageOf } from '../../src/runtime/rtcr/image/image.ts';
import { decodeImage, encodeImage } from '../../src/runtime/rtcr/image/image_file.ts';
import { suite } from '../kit.ts';
import { boot, type Driver } from '../runtime/rtcr/driver.ts';

const test = suite('rescap inspect', { timeout_ms: 60_000 });
const folder = mkdtempSync(join(tmpdir(), 'rescap-inspect-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const OF = 'rtcr -> sheep_counter';

function imageNow(driver: Driver, name: string) {
  assert.is(driver.checkpoint(name).ok, true);
  assert.is(driver.command({ kind: 'export', of: OF, name }).ok, true);
  const taken = driver.system.takeImage(OF, name);
  if (taken === null) throw new Error('no image');
  return imageOf(taken, { scenario: 'counting', machine: 'a', time_us: driver.system.machine.time_us }, () => '0'.repeat(64));
}

let written = false;
/** first.ckpt whole, second.ckpt building on it, both of a counter. */
function writeImages(): void {
  if (written) return;
  written = true;
  const driver = boot();
  assert.is(driver.until('3 sheeps. zzZ', 4000), true);
  const first = encodeImage(imageNow(driver, 'first'), IMAGE_CODEC);
  assert.is(driver.until('4 sheeps. zzZ', 4000), true);
  const second = encodeImage(imageNow(driver, 'second'), IMAGE_CODEC, decodeImage(first.bytes, IMAGE_CODEC).source);
  writeFileSync(join(folder, 'first.ckpt'), first.bytes);
  writeFileSync(join(folder, 'second.ckpt'), second.bytes);
  writeFileSync(join(folder, 'damaged.ckpt'), first.bytes.slice(0, 900));
  writeFileSync(join(folder, 'notes.txt'), 'not an image, but a text that is longer than the header of one would be\n');
}

function inspect(...positionals: string[]): { readonly text: string; readonly verdict: string } {
  writeImages();
  let text = '';
  const context = { cwd: folder, out: (part: string) => { text += part; } } as unknown as Context;
  const exit = INSPECT.run({ values: {}, positionals }, context);
  if (exit instanceof Promise) throw new Error('inspect answers at once');
  return { text, verdict: exit.verdict };
}

test('an image is told with its sessions, threads, regions and capabilities', () => {
  const { text, verdict } = inspect('first.ckpt');
  assert.is(verdict, 'passed');
  assert.match(text, /^checkpoint "first" of sheep_counter, program sheep_counter\n {2}taken by counting on machine a/);
  assert.match(text, /\nsessions: 5\n/);
  assert.match(text, /\n {2}sheep_counter +thread slot 0, awaits reply, ip 0x[0-9a-f]+ sp 0x[0-9a-f]+\n/);
  assert.match(text, /\n {2}slot 0x217 +id 0x[0-9a-f]+ +1 reference\n/);
});

test('an image that builds on another is read with that one beside it, and both are compared', () => {
  assert.match(inspect('second.ckpt').text, /builds on [0-9a-f]{16}/);
  const { text, verdict } = inspect('first.ckpt', 'second.ckpt');
  assert.is(verdict, 'failed');
  assert.match(text, /content of dataspace 0x[0-9a-f]+: 1 page of 1 differ, the first at 0x0\n/);
  const same = inspect('first.ckpt', 'first.ckpt');
  assert.equal([same.text, same.verdict], ['same: first.ckpt and first.ckpt\n', 'passed']);
});

test('files that are no images are refused in words that name them', () => {
  writeImages();
  for (const [file, words] of [['damaged.ckpt', /damaged\.ckpt: the image was cut/], ['notes.txt', /notes\.txt: this is no checkpoint image/], ['none.ckpt', /there is no file 'none\.ckpt'/]] as const) {
    assert.throws(() => inspect(file), (error: Error) => error instanceof UsageError && words.test(error.message), file);
  }
});

test.run();
