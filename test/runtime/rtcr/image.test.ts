// Checkpoint images: what goes out comes back, in another machine too; damaged files are refused before anything is created.

import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { inventoryDifferences } from '../../../src/runtime/inventory.ts';
import { bound, type CheckpointImage, imageOf, type PortableCheckpoint } from '../../../src/runtime/rtcr/image/image.ts';
import { decodeImage, encodeImage, FORMAT_VERSION, type ImageCodec } from '../../../src/runtime/rtcr/image/image_file.ts';
import type { Snapshot } from '../../../src/runtime/rtcr/target_state.ts';
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

/** The image of a counter at its third line: what it does once is behind it, and the machine it was taken on. */
function imageOfCounter(): { readonly driver: Driver; readonly image: CheckpointImage } {
  if (made !== undefined) return made;
  const driver = boot();
  assert.is(driver.until('3 sheeps. zzZ', 4000), true);
  assert.is(driver.checkpoint('a').ok, true);
  made = { driver, image: exported(driver, 'a') };
  return made;
}

function exported(driver: Driver, name: string): CheckpointImage {
  const outcome = driver.command({ kind: 'export', of: TARGET, name });
  if (!outcome.ok) throw new Error(outcome.message);
  const taken = driver.system.takeImage(TARGET, name);
  if (taken === null) throw new Error('no image');
  return imageOf(taken, { scenario: 'test', machine: 'a', time_us: driver.system.machine.time_us }, () => BINARY);
}

const portableOf = ({ members, contents }: CheckpointImage): PortableCheckpoint => ({ snapshots: members.map(({ snapshot }) => snapshot), contents });

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
  assert.is(other.system.leaveImage('rtcr -> log_only', portableOf(image)).accepted, true);
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
  assert.is(other.until('5 sheeps. zzZ', 4000), true);
  assert.equal(other.lines('sheep_counter'), ['4 sheeps. zzZ', '5 sheeps. zzZ']);
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
  assert.is(fork.until('4 sheeps. zzZ', 4000), true);
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
  const [member] = image.members;
  if (member === undefined) throw new Error('an image of nothing');
  const refused = (change: object, words: RegExp): void => {
    const members = [{ ...member, snapshot: { ...member.snapshot, ...change } }];
    assert.throws(() => decodeImage(fileOf({ ...image, members }).bytes, codec), words);
  };
  refused({ binary: 7 }, /image\.members\[0\]\.snapshot\.binary is not a text/);
  refused({ extra: 1 }, /image\.members\[0\]\.snapshot has an unknown field 'extra'/);
  const counted = (semaphore_count: number): Partial<Snapshot> => ({ pd_sessions: member.snapshot.pd_sessions.map((pd) => ({ ...pd, sources: pd.sources.map((source) => ({ ...source, semaphore_count })) })) });
  for (const count of [-2, 0x8000_0000, 0.5]) refused(counted(count), /pd_sessions\[0\]\.sources\[0\]\.semaphore_count is not an integer between -1 and 2147483647/);
  for (const count of [-1, 0x7fff_ffff]) decodeImage(fileOf({ ...image, members: [{ ...member, snapshot: { ...member.snapshot, ...counted(count) } }] }).bytes, codec);
  assert.throws(() => decodeImage(fileOf({ ...image, members: [] }).bytes, codec), /image\.members is not a list of at least 1/);
});

test('records that do not fit each other are refused by what does not fit', () => {
  const { image } = imageOfCounter();
  const [member] = image.members;
  if (member === undefined) throw new Error('an image of nothing');
  const refused = (change: Partial<Snapshot>, words: RegExp): void =>
    assert.throws(() => decodeImage(fileOf({ ...image, members: [{ ...member, snapshot: { ...member.snapshot, ...change } }] }).bytes, codec), words);
  refused({ cap_map_offset: 0x8000_0000 }, /capability map at 0x80000000 does not fit into its dataspace/);
  refused({ cap_map_ds_badge: 1 }, /capability map is in dataspace 0x1, which is none of its own/);
  refused({ cap_map: [...member.snapshot.cap_map, ...member.snapshot.cap_map.slice(0, 1)] }, /slot 0x8 is there twice/);
  refused({ pd_sessions: [] }, /thread "sheep_counter" is in no protection domain of it/);
  const [cpu] = member.snapshot.cpu_sessions;
  if (cpu === undefined) throw new Error('no CPU session');
  refused({ cpu_sessions: [{ ...cpu, threads: cpu.threads.map((thread) => ({ ...thread, registers: thread.registers.slice(1) })) }] }, /has 16 registers instead of 17/);
  assert.throws(() => decodeImage(fileOf({ ...image, members: [member, member], contents: [...image.contents, ...image.contents.map((row) => ({ ...row, member: 1 }))] }).bytes, codec), /two components "sheep_counter"/);
  assert.throws(() => decodeImage(fileOf({ ...image, contents: image.contents.slice(1) }).bytes, codec), /contents of the image do not fit its records \(content 0 ram 0 0/);
});

/** A file of records as they stand, without pages: what no encoder would write. */
function fileWith(records: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(records));
  const body = new Uint8Array(4 + text.length);
  new DataView(body.buffer).setUint32(0, text.length, true);
  body.set(text, 4);
  const packed = codec.compress(body);
  const bytes = new Uint8Array(64 + packed.length);
  const view = new DataView(bytes.buffer);
  [0x504b_4352, FORMAT_VERSION, packed.length, body.length].forEach((word, i) => view.setUint32(i * 4, word, true));
  bytes.set(Buffer.from(codec.hash(packed), 'hex'), 16);
  bytes.set(packed, 64);
  return bytes;
}

test('contents that are too large altogether are refused before memory is taken for them', () => {
  const { members, origin } = imageOfCounter().image;
  const [member] = members;
  const [ram] = member?.snapshot.ram_sessions ?? [];
  if (member === undefined || ram === undefined) throw new Error('an image of nothing');
  // Zero pages take no room in the file, so that its size says nothing.
  const size = 0x2000_0000;
  const dataspaces = [1, 2, 3].map((badge) => ({ slot: 0, badge, bootstrapped: false, size, cached: 2, contents: [] }));
  const snapshot: Snapshot = { ...member.snapshot, cap_map_address: 0, cap_map: [], rom_sessions: [], references: [], ram_sessions: [{ ...ram, dataspaces }] };
  const contents = dataspaces.map((_row, at) => ({ member: 0, kind: 'ram', session: 0, at, size, pages: new Array<number>(size / 4096).fill(-1) }));
  const file = (count: number) => fileWith({
    format: 'rescap checkpoint image', base: null, origin, pages: [], contents: contents.slice(0, count),
    members: [{ ...member, snapshot: { ...snapshot, ram_sessions: [{ ...ram, dataspaces: dataspaces.slice(0, count) }] } }],
  });
  assert.ok(file(3).length < 64 * 1024);
  assert.throws(() => decodeImage(file(3), codec), /contents of the image have 1610612736 bytes, the limit is 1073741824/);
});

/** Places in a tree of records, by path. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value) ? value.map((item, at) => [at, item] as const) : Object.entries(value);
  return [...(path.length === 0 ? [] : [path]), ...inner.flatMap(([key, item]) => placesIn(item, [...path, key]))];
}

/** The tree with another value at a place, chosen by a number. */
function changed(value: unknown, [key, ...rest]: readonly (string | number)[], choice: number): unknown {
  if (key === undefined) return otherThan(value, choice);
  if (Array.isArray(value)) return value.map((item, at) => (at === key ? changed(item, rest, choice) : item));
  return { ...(value as object), [key]: changed((value as Record<string, unknown>)[key], rest, choice) };
}

const NUMBERS = [0, 1, 2, 9, 0x217, 4096, 0x1000_0000, 0x7fff_ffff, 0xffff_ffff];

function otherThan(value: unknown, choice: number): unknown {
  switch (typeof value) {
    case 'number':
      return choice % 2 === 0 ? (NUMBERS[choice % NUMBERS.length] ?? 0) : choice;
    case 'boolean':
      return !value;
    case 'string':
      return choice % 2 === 0 ? '' : `${value.slice(0, choice % (value.length + 1))}"x`;
    default:
      if (!Array.isArray(value) || value.length === 0) return null;
      return choice % 2 === 0 ? value.slice(1) : [...value, value[choice % value.length]];
  }
}

test('whatever is changed in the records of an image, it is refused, or the restore ends and leaves nothing behind', () => {
  const { image } = imageOfCounter();
  const driver = boot({ child: 'log_only', modules: ['sheep_counter'] });
  const { system } = driver;
  assert.is(driver.until('log_only: hello', 4000), true);
  const roundTrip = (from: CheckpointImage): void => {
    system.leaveImage('rtcr -> log_only', portableOf(from));
    const taken = driver.command({ kind: 'import', of: 'rtcr -> log_only', name: 'arrived' });
    if (!taken.ok) return;
    const outcome = driver.restore('arrived', {}, 'sheep_counter');
    assert.is(outcome.ok ? '' : /no outcome/.test(outcome.message) ? outcome.message : '', '');
    driver.run(20_000);
    if (outcome.ok) assert.is(driver.kill('sheep_counter').ok, true);
    assert.is(driver.command({ kind: 'drop', of: 'rtcr -> log_only', name: 'arrived' }).ok, true);
    driver.run(20_000);
  };
  const paused = ['members', 0, 'snapshot', 'cpu_sessions', 0, 'threads', 1, 'paused'];
  for (const before of [image, image, changed(image, paused, 0) as CheckpointImage]) roundTrip(before);
  const standing = system.inventory();
  const start = system.snapshot();
  // A program that is not there costs core a page, as in the original; the step load-image refuses such an image before.
  const places = placesIn(image.members, ['members']).filter((place) => place.at(-1) !== 'binary');
  fc.assert(
    fc.property(fc.nat(places.length - 1), fc.nat(0xffff_ffff), (at, choice) => {
      let read: CheckpointImage;
      try {
        read = decodeImage(fileOf(changed(image, places[at] ?? [], choice) as CheckpointImage).bytes, codec).image;
      } catch (thrown) {
        return thrown instanceof Error && !(thrown instanceof TypeError) && !(thrown instanceof RangeError);
      }
      roundTrip(read);
      const left = inventoryDifferences(standing, system.inventory());
      system.rewind(start);
      return left.length === 0;
    }),
    { numRuns: 40, seed: 3 },
  );
  assert.is(driver.checkpoint('y').ok, true);
});

test('copies of attached memory and the content of ROM modules are in the image, each page once', () => {
  const driver = imageOfCounter().driver.fork();
  assert.is(driver.checkpoint('copies', { attached: 'copy' }).ok, true);
  const image = exported(driver, 'copies');
  const copies = image.contents.filter(({ kind }) => kind === 'copy');
  assert.is(copies.length, 2);
  assert.is(copies.some(({ bytes }) => bytes.length > 16_384 && bytes.some((byte) => byte !== 0)), true);
  const file = fileOf(image);
  assert.ok(file.pages.stored === file.pages.distinct && file.pages.distinct < file.pages.total);
  assert.equal(decodeImage(file.bytes, codec).image, image);
  // Without a copy of what is foreign the checkpoint stays where it is.
  const [member] = image.members;
  if (member === undefined) throw new Error('an image of nothing');
  const foreign = member.snapshot.references.map((row) => ({ ...row, kind: 'foreign' as const }));
  assert.equal(bound([{ ...member.snapshot, references: foreign }]), []);
  assert.match(bound([{ ...member.snapshot, references: foreign.map((row) => ({ ...row, size: 0 })) }])[0] ?? '', /^"sheep_counter" has attached a dataspace \(id \d+\)/);
});

test('an export of what is not there is refused and leaves the target running', () => {
  const { driver } = imageOfCounter();
  const fork = driver.fork();
  const outcome = fork.command({ kind: 'export', of: TARGET, name: 'nothing' });
  assert.match(outcome.ok ? '' : outcome.message, /there is no checkpoint "nothing"/);
  assert.is(fork.until('4 sheeps. zzZ', 4000), true);
});

test.run();
