// A checkpoint image told in words: what it holds, and in what two images differ. One line each, indented by nesting.
// Pure; owns no state. What is told is the stored record of checkpoint-restore.md 1.6.

import { PAGE_BYTES } from '../../../emu/numbers.ts';
import { REGISTER } from '../thread_phase.ts';
import { dataspacesOf, regionMapsOf, type Snapshot, type StoredRegionMap, type StoredThread, threadsOf } from '../target_state.ts';
import type { CheckpointImage } from './image.ts';
import type { DecodedImage } from './image_file.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export function describeImage({ image, base, id, file_bytes, pages }: DecodedImage): string[] {
  const { snapshot, origin } = image;
  const bytes = image.contents.reduce((sum, row) => sum + row.bytes.length, 0);
  return [
    `checkpoint "${snapshot.name}" of ${snapshot.target_name}, program ${snapshot.binary}`,
    `  taken by ${origin.scenario === '' ? 'nobody named' : origin.scenario} on machine ${origin.machine} at ${(origin.time_us / 1e6).toFixed(3)} s`,
    `  identity ${id.slice(0, 16)}${base === null ? '' : `, builds on ${base.slice(0, 16)}`}`,
    `  memory: ${bytes} bytes in ${plural(image.contents.length, 'dataspace')}, ${plural(pages.total, 'page')}; ${pages.distinct} different and not zero, ${pages.stored} stored in this file of ${file_bytes} bytes`,
    ...sessionLines(snapshot),
    ...threadLines(snapshot),
    ...regionMapsOf(snapshot).flatMap(mapLines),
    ...dataspaceLines(snapshot),
    ...capabilityLines(snapshot),
  ];
}

function sessionLines(snapshot: Snapshot): string[] {
  const kinds = [
    ['PD', snapshot.pd_sessions], ['CPU', snapshot.cpu_sessions], ['RAM', snapshot.ram_sessions], ['RM', snapshot.rm_sessions],
    ['ROM', snapshot.rom_sessions], ['LOG', snapshot.log_sessions], ['Timer', snapshot.timer_sessions],
  ] as const;
  const rows = kinds.flatMap(([service, sessions]) => sessions.map(({ creation_args, slot }) => `  ${service.padEnd(5)} slot ${hex(slot).padEnd(6)} ${creation_args}`));
  return [`sessions: ${rows.length}`, ...rows];
}

function threadLines(snapshot: Snapshot): string[] {
  const threads = threadsOf(snapshot);
  return [`threads: ${threads.length}`, ...threads.map((thread) => `  ${thread.name.padEnd(16)} ${threadWords(thread)}`)];
}

function threadWords({ index, started, paused, phase, registers, lock_irq_count }: StoredThread): string {
  const pc = registers[REGISTER.pc];
  const sp = registers[REGISTER.sp];
  const where = pc === undefined || sp === undefined ? 'no registers' : `ip ${hex(pc)} sp ${hex(sp)}`;
  const timeout = phase === null || phase.timeout_us === null ? '' : `, ${phase.timeout_us} us left`;
  const state = !started ? 'created, not started' : phase === null ? 'phase not known' : `${phase.kind.replaceAll('_', ' ')}${timeout}`;
  return `thread slot ${index}, ${state}, ${where}${paused ? ', paused' : ''}${lock_irq_count > 0 ? `, ${lock_irq_count} lock wake-ups pending` : ''}`;
}

function mapLines({ role, size, regions, sigh_badge }: StoredRegionMap): string[] {
  const name = role === 'rm' ? `region map of ${size} bytes` : role.replaceAll('_', ' ');
  return [
    `${name}: ${plural(regions.length, 'region')}${sigh_badge === 0 ? '' : ', with a fault handler'}`,
    ...regions.map((region) => `  ${hex(region.address).padStart(10)} ${String(region.size).padStart(9)} bytes of dataspace ${hex(region.ds_badge)}${region.offset === 0 ? '' : ` from ${hex(region.offset)}`}${region.executable ? ', executable' : ''}`),
  ];
}

function dataspaceLines(snapshot: Snapshot): string[] {
  const rows = dataspacesOf(snapshot);
  return [
    `RAM dataspaces: ${rows.length}`,
    ...rows.map(({ badge, size, slot }) => `  ${hex(badge).padEnd(6)} ${String(size).padStart(9)} bytes${slot === 0 ? ', no capability in the map' : `, slot ${hex(slot)}`}`),
    ...snapshot.references.map(({ badge, kind }) => `  ${hex(badge).padEnd(6)} ${kind.replaceAll('_', ' ')}, by reference`),
  ];
}

function capabilityLines(snapshot: Snapshot): string[] {
  const { cap_map, stale, occupied } = snapshot;
  return [
    `capabilities: ${cap_map.length} records at ${hex(snapshot.cap_map_address)}, ${occupied.length} slots occupied, ${stale.length} stale`,
    ...cap_map.map(({ slot, id, references }) => `  slot ${hex(slot).padEnd(6)} id ${hex(id).padEnd(6)} ${plural(references, 'reference')}${occupied.includes(slot) ? '' : ', nothing in the slot'}`),
    ...stale.map(({ slot, badge }) => `  slot ${hex(slot).padEnd(6)} stale, ${badge === 0 ? 'object not known' : `id ${hex(badge)}`}`),
  ];
}

/** What changed from one image to the other; empty if nothing did. Ids are compared as they stand: both sides name objects of one run. */
export function differences(before: CheckpointImage, after: CheckpointImage): string[] {
  const lines: string[] = [];
  const [a, b] = [before.snapshot, after.snapshot];
  if (a.binary !== b.binary) lines.push(`program: ${a.binary} became ${b.binary}`);
  if (before.binary_hash !== after.binary_hash) lines.push('the bytes of the program differ');
  lines.push(...named('thread', threadsOf(a), threadsOf(b), ({ key, name }) => `${name} (${key})`, threadWords));
  lines.push(...named('dataspace', dataspacesOf(a), dataspacesOf(b), ({ badge }) => hex(badge), ({ size }) => `${size} bytes`));
  lines.push(...named('capability', a.cap_map, b.cap_map, ({ slot }) => `slot ${hex(slot)}`, ({ id }) => `id ${hex(id)}`));
  lines.push(...named('stale slot', a.stale, b.stale, ({ slot }) => hex(slot), ({ badge }) => `id ${hex(badge)}`));
  lines.push(...regionDifferences(a, b), ...pageDifferences(before, after));
  return lines;
}

function named<Row>(noun: string, before: readonly Row[], after: readonly Row[], name: (row: Row) => string, words: (row: Row) => string): string[] {
  const old = new Map(before.map((row) => [name(row), words(row)]));
  const now = new Map(after.map((row) => [name(row), words(row)]));
  return [
    ...[...old].filter(([key]) => !now.has(key)).map(([key, text]) => `${noun} ${key} is gone: ${text}`),
    ...[...now].filter(([key]) => !old.has(key)).map(([key, text]) => `${noun} ${key} is new: ${text}`),
    ...[...now].filter(([key, text]) => old.has(key) && old.get(key) !== text).map(([key, text]) => `${noun} ${key}: ${old.get(key) ?? ''} -> ${text}`),
  ];
}

function regionDifferences(a: Snapshot, b: Snapshot): string[] {
  const regions = (snapshot: Snapshot) =>
    regionMapsOf(snapshot).flatMap((map) => map.regions.map((region) => ({ key: `${map.role === 'rm' ? `map ${hex(map.badge)}` : map.role} ${hex(region.address)}`, region })));
  return named('region', regions(a), regions(b), ({ key }) => key, ({ region }) => `${region.size} bytes of dataspace ${hex(region.ds_badge)} from ${hex(region.offset)}`);
}

function pageDifferences(before: CheckpointImage, after: CheckpointImage): string[] {
  const contentOf = (image: CheckpointImage, badge: number): Uint8Array | undefined => {
    for (const { ram, at, bytes } of image.contents) if (image.snapshot.ram_sessions[ram]?.dataspaces[at]?.badge === badge) return bytes;
    return undefined;
  };
  return dataspacesOf(after.snapshot).flatMap(({ badge }) => {
    const [old, now] = [contentOf(before, badge), contentOf(after, badge)];
    if (old === undefined || now === undefined || old.length !== now.length) return [];
    const changed: number[] = [];
    for (let at = 0; at < now.length; at += PAGE_BYTES) if (!samePage(old, now, at)) changed.push(at);
    const [first] = changed;
    return first === undefined ? [] : [`content of dataspace ${hex(badge)}: ${plural(changed.length, 'page')} of ${Math.ceil(now.length / PAGE_BYTES)} differ, the first at ${hex(first)}`];
  });
}

function samePage(a: Uint8Array, b: Uint8Array, at: number): boolean {
  const end = Math.min(at + PAGE_BYTES, a.length);
  for (let i = at; i < end; i++) if (a[i] !== b[i]) return false;
  return true;
}
