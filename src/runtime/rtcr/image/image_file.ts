// A checkpoint image as bytes: a fixed header, then compressed named records and the pages of memory, each page stored once.
// Owns no state. Decoding trusts nothing: length limits come before decompression, the checksum before reading, the shape before use.

import { PAGE_BYTES } from '../../../emu/numbers.ts';
import { type CheckpointImage, CONTENT_KINDS, type ContentPlace, type ImageContent, type ImageMember, type ImageOrigin, placeKey, placesOf } from './image.ts';
import { IMAGE_BODY_BYTES, IMAGE_CONTENT_BYTES, IMAGE_FILE_BYTES, IMAGE_MEMBERS, IMAGE_PAGES, IMAGE_RECORD_BYTES } from './limits.ts';
import { mustBe, type Shape, SHAPE } from './shape.ts';
import { SNAPSHOT } from './snapshot_shape.ts';
import { mustBeSound } from './soundness.ts';

/** "RCKP" little endian. */
const MAGIC = 0x504b_4352;
export const FORMAT_VERSION = 4;
const HEADER_BYTES = 64;
const HASH_BYTES = 32;
const HASH_AT = 16;
const ZERO_PAGE = -1;

/** What the outer rooms lend: SHA-256 as 64 hexadecimal digits, and a compressor whose inverse stops at a limit. */
export interface ImageCodec {
  hash(bytes: Uint8Array): string;
  compress(bytes: Uint8Array): Uint8Array;
  /** @throws Error if the bytes are damaged or give more than `limit_bytes` */
  decompress(bytes: Uint8Array, limit_bytes: number): Uint8Array;
}

/** The images an incremental image builds on, as far as they are at hand: page content by hash. */
export interface PageSource {
  /** Identity of the file: hash of its bytes. */
  readonly id: string;
  page(hash: string): Uint8Array | undefined;
  readonly hashes: ReadonlySet<string>;
}

export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** Pages of the target, different ones among them, and those that are in this file. */
  readonly pages: { readonly total: number; readonly distinct: number; readonly stored: number };
}

type PageRow = { readonly hash: string; readonly stored: boolean };
type ContentRow = ContentPlace & { readonly size: number; readonly pages: readonly number[] };
type Records = {
  readonly format: string;
  readonly base: string | null;
  readonly origin: ImageOrigin;
  readonly members: readonly ImageMember[];
  readonly pages: readonly PageRow[];
  readonly contents: readonly ContentRow[];
};

const FORMAT = 'rescap checkpoint image';
const HASH: Shape = SHAPE.text(/^[0-9a-f]{64}$/, 'a hash of 64 hexadecimal digits');
const RECORDS = SHAPE.record({
  format: SHAPE.text(new RegExp(`^${FORMAT}$`), `'${FORMAT}'`),
  base: SHAPE.nullable(HASH),
  origin: SHAPE.record({ scenario: SHAPE.text(), machine: SHAPE.text(), time_us: SHAPE.number(0, Number.MAX_SAFE_INTEGER) }),
  members: SHAPE.list(SHAPE.record({ snapshot: SNAPSHOT, binary_hash: HASH }), 1, IMAGE_MEMBERS),
  pages: SHAPE.list(SHAPE.record({ hash: HASH, stored: SHAPE.boolean() })),
  contents: SHAPE.list(
    SHAPE.record({
      member: SHAPE.number(0, IMAGE_MEMBERS - 1), kind: SHAPE.oneOf(CONTENT_KINDS), session: SHAPE.number(0, 0xffff), at: SHAPE.number(0, 0xffff),
      size: SHAPE.number(0, IMAGE_CONTENT_BYTES),
      pages: SHAPE.list(SHAPE.number(ZERO_PAGE, IMAGE_PAGES)),
    }),
  ),
});

/**
 * With a base, pages that the base has are named only. The same image and base give the same bytes.
 * @throws Error in words if the image is larger than could be read again
 */
export function encodeImage(image: CheckpointImage, codec: ImageCodec, base?: PageSource): EncodedImage {
  limited('the contents of the checkpoint', image.contents.reduce((sum, row) => sum + row.bytes.length, 0), IMAGE_CONTENT_BYTES);
  const table = new PageTable(codec, base);
  const contents = image.contents.map(({ bytes, ...place }): ContentRow => ({ ...place, size: bytes.length, pages: table.addAll(bytes) }));
  const { origin, members } = image;
  const records: Records = { format: FORMAT, base: base?.id ?? null, origin, members, pages: table.rows, contents };
  const text = new TextEncoder().encode(JSON.stringify(records));
  limited('the records of the checkpoint', text.length, IMAGE_RECORD_BYTES);
  limited('the checkpoint', 4 + text.length + table.stored.length * PAGE_BYTES, IMAGE_BODY_BYTES);
  const body = new Uint8Array(4 + text.length + table.stored.length * PAGE_BYTES);
  new DataView(body.buffer).setUint32(0, text.length, true);
  body.set(text, 4);
  table.stored.forEach((page, i) => body.set(page, 4 + text.length + i * PAGE_BYTES));
  const packed = codec.compress(body);
  const bytes = new Uint8Array(HEADER_BYTES + packed.length);
  const view = new DataView(bytes.buffer);
  [MAGIC, FORMAT_VERSION, packed.length, body.length].forEach((word, i) => view.setUint32(i * 4, word, true));
  bytes.set(hexBytes(codec.hash(packed)), HASH_AT);
  bytes.set(packed, HEADER_BYTES);
  return { bytes, pages: { total: contents.reduce((sum, row) => sum + row.pages.length, 0), distinct: table.rows.length, stored: table.stored.length } };
}

function limited(what: string, bytes: number, limit_bytes: number): void {
  if (bytes > limit_bytes) throw new Error(`${what} would have ${bytes} bytes in an image, the limit is ${limit_bytes}`);
}

/** Pages by content, in order of first appearance. */
class PageTable {
  readonly rows: PageRow[] = [];
  readonly stored: Uint8Array[] = [];
  readonly #codec: ImageCodec;
  readonly #base: PageSource | undefined;
  readonly #index = new Map<string, number>();

  constructor(codec: ImageCodec, base: PageSource | undefined) {
    this.#codec = codec;
    this.#base = base;
  }

  addAll(bytes: Uint8Array): number[] {
    const indices: number[] = [];
    for (let at = 0; at < bytes.length; at += PAGE_BYTES) indices.push(this.#add(bytes.subarray(at, at + PAGE_BYTES)));
    return indices;
  }

  #add(part: Uint8Array): number {
    if (part.every((byte) => byte === 0)) return ZERO_PAGE;
    const page = part.length === PAGE_BYTES ? part : padded(part);
    const hash = this.#codec.hash(page);
    const known = this.#index.get(hash);
    if (known !== undefined) return known;
    const stored = this.#base?.hashes.has(hash) !== true;
    if (stored) this.stored.push(page);
    this.rows.push({ hash, stored });
    this.#index.set(hash, this.rows.length - 1);
    return this.rows.length - 1;
  }
}

function padded(part: Uint8Array): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  page.set(part);
  return page;
}

/** An image as read: what it holds, the image it builds on, and its pages for images that build on it. */
export interface DecodedImage {
  readonly image: CheckpointImage;
  readonly base: string | null;
  readonly id: string;
  readonly file_bytes: number;
  readonly pages: EncodedImage['pages'];
  readonly source: PageSource;
}

/**
 * Reads an image; nothing of it is used before all of it was found sound.
 * @param findBase gives the image with this identity, if it is at hand
 * @throws Error that says in words what is wrong with the file
 */
export function decodeImage(bytes: Uint8Array, codec: ImageCodec, findBase: (id: string) => PageSource | undefined = () => undefined): DecodedImage {
  const body = unpack(bytes, codec);
  if (body.length < 4) throw new Error('the image ends before its records');
  const length = new DataView(body.buffer, body.byteOffset).getUint32(0, true);
  if (length > body.length - 4) throw new Error('the image ends within its records');
  if (length > IMAGE_RECORD_BYTES) throw new Error(`the records of the image have ${length} bytes, the limit is ${IMAGE_RECORD_BYTES}`);
  const records = parseRecords(body.subarray(4, 4 + length));
  checkContents(records);
  const id = codec.hash(bytes);
  const pages = readPages(records, body.subarray(4 + length), codec, findBase);
  const contents = records.contents.map((row) => contentOf(row, pages));
  const { origin, members } = records;
  const byHash = new Map(records.pages.map(({ hash }, i) => [hash, pages[i] as Uint8Array]));
  return {
    image: { origin, members, contents },
    base: records.base,
    id,
    file_bytes: bytes.length,
    pages: {
      total: records.contents.reduce((sum, row) => sum + row.pages.length, 0),
      distinct: records.pages.length,
      stored: records.pages.filter(({ stored }) => stored).length,
    },
    source: { id, hashes: new Set(byHash.keys()), page: (hash) => byHash.get(hash) },
  };
}

function unpack(bytes: Uint8Array, codec: ImageCodec): Uint8Array {
  if (bytes.length < HEADER_BYTES) throw new Error(`this is no checkpoint image: ${bytes.length} bytes are less than the header of ${HEADER_BYTES}`);
  if (bytes.length > IMAGE_FILE_BYTES) throw new Error(`the image has ${bytes.length} bytes, the limit is ${IMAGE_FILE_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [magic, version, packed_bytes, body_bytes] = [0, 1, 2, 3].map((i) => view.getUint32(i * 4, true)) as [number, number, number, number];
  if (magic !== MAGIC) throw new Error('this is no checkpoint image: it begins with other bytes');
  if (version !== FORMAT_VERSION) throw new Error(`the image has format version ${version}, this program reads ${FORMAT_VERSION}`);
  const packed = bytes.subarray(HEADER_BYTES);
  if (packed_bytes !== packed.length) throw new Error(`the image was cut or extended: ${packed.length} bytes of content instead of ${packed_bytes}`);
  if (body_bytes > IMAGE_BODY_BYTES) throw new Error(`the image says that it unpacks to ${body_bytes} bytes, the limit is ${IMAGE_BODY_BYTES}`);
  if (bytes.subarray(HASH_AT + HASH_BYTES, HEADER_BYTES).some((byte) => byte !== 0)) throw new Error('the image is damaged: reserved bytes of its header are not zero');
  const hash = hexBytes(codec.hash(packed));
  if (hash.some((byte, i) => bytes[HASH_AT + i] !== byte)) throw new Error('the image is damaged: its checksum does not match');
  const body = codec.decompress(packed, body_bytes);
  if (body.length !== body_bytes) throw new Error(`the image unpacks to ${body.length} bytes instead of ${body_bytes}`);
  return body;
}

function parseRecords(bytes: Uint8Array): Records {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error('the records of the image cannot be read');
  }
  mustBe(RECORDS, value, 'image');
  const records = value as Records;
  for (const { snapshot } of records.members) mustBeSound(snapshot, snapshot.target_name);
  const names = records.members.map(({ snapshot }) => snapshot.target_name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`the image has two components "${twice}"`);
  return records;
}

/** Every page the records name, from this file or from the base, with its content checked against its hash. */
function readPages(records: Records, area: Uint8Array, codec: ImageCodec, findBase: (id: string) => PageSource | undefined): Uint8Array[] {
  const stored = records.pages.filter((row) => row.stored).length;
  if (area.length !== stored * PAGE_BYTES) throw new Error(`the image has ${area.length} bytes of pages instead of ${stored * PAGE_BYTES}`);
  const needsBase = stored < records.pages.length;
  const base = records.base === null || !needsBase ? undefined : findBase(records.base);
  if (needsBase && base === undefined) {
    throw new Error(records.base === null ? 'the image names pages that it does not hold' : `the image builds on another one that is not at hand: ${records.base}`);
  }
  let at = 0;
  return records.pages.map((row) => {
    const page = row.stored ? area.subarray(at, at + PAGE_BYTES) : base?.page(row.hash);
    if (row.stored) at += PAGE_BYTES;
    if (page === undefined) throw new Error(`the image builds on ${records.base}, which does not have page ${row.hash}`);
    if (codec.hash(page) !== row.hash) throw new Error(`page ${row.hash} of the image has other content`);
    return page;
  });
}

const nameOf = (row: ContentPlace): string => `content ${placeKey(row)} of the image`;

function contentOf({ size, pages: indices, ...place }: ContentRow, pages: readonly Uint8Array[]): ImageContent {
  const bytes = new Uint8Array(size);
  indices.forEach((index, i) => {
    if (index === ZERO_PAGE) return;
    const page = pages[index];
    if (page === undefined) throw new Error(`${nameOf(place)} names page ${index} of ${pages.length}`);
    bytes.set(page.subarray(0, Math.min(PAGE_BYTES, size - i * PAGE_BYTES)), i * PAGE_BYTES);
  });
  return { ...place, bytes };
}

/** Everything that has a content in the snapshots has it exactly once, in order, with the recorded size, and all of them fit into memory. */
function checkContents({ members, contents }: Records): void {
  const wanted = members.flatMap(({ snapshot }, member) => placesOf(snapshot, member));
  const wrong = wanted.findIndex((place, i) => contents[i] === undefined || placeKey(contents[i]) !== placeKey(place) || contents[i].size !== place.size);
  const first = wrong >= 0 ? wanted[wrong] : contents[wanted.length];
  if (first !== undefined) throw new Error(`the contents of the image do not fit its records (${nameOf(first)})`);
  const odd = contents.find((row) => row.pages.length !== Math.ceil(row.size / PAGE_BYTES));
  if (odd !== undefined) throw new Error(`${nameOf(odd)} has ${odd.pages.length} pages for ${odd.size} bytes`);
  const bytes = contents.reduce((sum, { size }) => sum + size, 0);
  if (bytes > IMAGE_CONTENT_BYTES) throw new Error(`the contents of the image have ${bytes} bytes, the limit is ${IMAGE_CONTENT_BYTES}`);
}

function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}
