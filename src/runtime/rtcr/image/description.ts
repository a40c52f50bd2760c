// A checkpoint image told in words: what it holds, and in what two images differ. One line each, indented by nesting.
// Pure; owns no state. What is told is the stored record of checkpoint-restore.md 1.6.

import { PAGE_BYTES } from '../../../emu/numbers.ts';
import { REGISTER } from '../thread_phase.ts';
import { dataspacesOf, domainName, regionMapsOf, type Snapshot, spacesOf, type StoredFurtherSpace, type StoredRegionMap, type StoredSession, type StoredThread, threadsOf } from '../target_state.ts';
import { type CheckpointImage, CONTENT_KINDS, type ContentPlace } from './image.ts';
import type { DecodedImage } from './image_file.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export function describeImage({ image, base, id, file_bytes, pages }: DecodedImage): string[] {
  const { members, origin, contents } = image;
  const bytes = contents.reduce((sum, row) => sum + row.bytes.length, 0);
  const kinds = CONTENT_KINDS.flatMap((kind) => {
    const count = contents.filter((row) => row.kind === kind).length;
    return count === 0 ? [] : [plural(count, CONTENT_NOUNS[kind])];
  });
  const owners = new Map(members.flatMap(({ snapshot }) => dataspacesOf(snapshot).map(({ badge }) => [badge, snapshot.target_name])));
  const [first] = members;
  const name = `checkpoint "${first?.snapshot.name ?? ''}"`;
  return [
    members.length === 1 && first !== undefined ? `${name} of ${programLine(first.snapshot)}` : `${name} of ${plural(members.length, 'component')}`,
    `  taken by ${origin.scenario === '' ? 'nobody named' : origin.scenario} on machine ${origin.machine} at ${(origin.time_us / 1e6).toFixed(3)} s`,
    `  identity ${id.slice(0, 16)}${base === null ? '' : `, builds on ${base.slice(0, 16)}`}`,
    `  memory: ${bytes} bytes in ${kinds.join(', ')}, ${plural(pages.total, 'page')}; ${pages.distinct} different and not zero, ${pages.stored} stored in this file of ${file_bytes} bytes`,
    ...(members.length === 1 ? members.flatMap(({ snapshot }) => memberLines(snapshot, owners)) : members.flatMap(({ snapshot }) => ['', programLine(snapshot), ...memberLines(snapshot, owners).map((line) => `  ${line}`)])),
  ];
}

const CONTENT_NOUNS = { ram: 'dataspace', rom: 'ROM module', copy: 'copied dataspace' } as const satisfies Record<ContentPlace['kind'], string>;

const programLine = ({ target_name, binary }: Snapshot): string => `${target_name}, program ${binary}`;

const memberLines = (snapshot: Snapshot, owners: ReadonlyMap<number, string>): string[] => [
  ...sessionLines(snapshot),
  ...threadLines(snapshot),
  ...regionMapsOf(snapshot).flatMap((map) => mapLines(snapshot, map)),
  ...dataspaceLines(snapshot, owners),
  ...spacesOf(snapshot).flatMap((space) => capabilityLines(snapshot, space)),
];

function sessionLines(snapshot: Snapshot): string[] {
  const kinds = [
    ['PD', snapshot.pd_sessions], ['CPU', snapshot.cpu_sessions], ['RAM', snapshot.ram_sessions], ['RM', snapshot.rm_sessions],
    ['LOG', snapshot.log_sessions], ['Timer', snapshot.timer_sessions],
  ] as const;
  const others = [...snapshot.foreign_sessions, ...snapshot.sibling_sessions];
  const width = Math.max(5, ...others.map(({ service }) => service.length));
  const line = (service: string, { slot, creation_args }: StoredSession, more = ''): string => `  ${service.padEnd(width)} slot ${hex(slot).padEnd(6)} ${creation_args}${more}`;
  const rows = [
    ...kinds.flatMap(([service, sessions]) => sessions.map((session) => line(service, session))),
    ...snapshot.rom_sessions.map((session) => line('ROM', session, session.size === 0 ? '' : `; its ${session.size} bytes are kept`)),
    ...others.map((session) => line(session.service, session, session.reopen ? '; opened again by a restore' : '')),
    ...snapshot.announced.map(({ service }) => `  announces ${service}`),
  ];
  return [`sessions: ${rows.length - snapshot.announced.length}`, ...rows];
}

function threadLines(snapshot: Snapshot): string[] {
  const threads = threadsOf(snapshot);
  return [`threads: ${threads.length}`, ...threads.map((thread) => `  ${thread.name.padEnd(16)} ${threadWords(thread)}${within(snapshot, snapshot.pd_sessions.findIndex(({ key }) => key === thread.pd))}`)];
}

/** The protection domain in words; nothing for the component's own. */
const within = (snapshot: Snapshot, pd: number): string => (pd <= 0 ? '' : `, in protection domain "${domainName(snapshot, pd)}"`);

function threadWords({ index, started, paused, phase, registers, lock_irq_count }: StoredThread): string {
  const pc = registers[REGISTER.pc];
  const sp = registers[REGISTER.sp];
  const where = pc === undefined || sp === undefined ? 'no registers' : `ip ${hex(pc)} sp ${hex(sp)}`;
  const timeout = phase === null || phase.timeout_us === null ? '' : `, ${phase.timeout_us} us left`;
  const state = !started ? 'created, not started' : phase === null ? 'phase not known' : `${phase.kind.replaceAll('_', ' ')}${timeout}`;
  return `thread slot ${index}, ${state}, ${where}${paused ? ', paused' : ''}${lock_irq_count > 0 ? `, ${lock_irq_count} lock wake-ups pending` : ''}`;
}

function mapLines(snapshot: Snapshot, { badge, role, size, regions, sigh_badge }: StoredRegionMap): string[] {
  const pd = snapshot.pd_sessions.findIndex(({ region_maps }) => region_maps.some((map) => map.badge === badge));
  const name = role === 'rm' ? `region map of ${size} bytes` : role.replaceAll('_', ' ');
  return [
    `${name}: ${plural(regions.length, 'region')}${sigh_badge === 0 ? '' : ', with a fault handler'}${within(snapshot, pd)}`,
    ...regions.map((region) => `  ${hex(region.address).padStart(10)} ${String(region.size).padStart(9)} bytes of dataspace ${hex(region.ds_badge)}${region.offset === 0 ? '' : ` from ${hex(region.offset)}`}${region.executable ? ', executable' : ''}`),
  ];
}

/** @param owners the component whose RAM a dataspace is, by its id */
function dataspaceLines(snapshot: Snapshot, owners: ReadonlyMap<number, string>): string[] {
  const rows = dataspacesOf(snapshot);
  return [
    `RAM dataspaces: ${rows.length}`,
    ...rows.map(({ badge, size, slot }) => `  ${hex(badge).padEnd(6)} ${String(size).padStart(9)} bytes${slot === 0 ? ', no capability in the map' : `, slot ${hex(slot)}`}`),
    ...snapshot.references.map(({ badge, kind, size }) => `  ${hex(badge).padEnd(6)} ${owners.has(badge) ? `RAM of ${owners.get(badge) ?? ''}` : kind.replaceAll('_', ' ')}, ${size === 0 ? 'by reference' : `copied: ${size} bytes`}`),
  ];
}

function capabilityLines(snapshot: Snapshot, { pd, cap_map, cap_map_address, stale, occupied }: StoredFurtherSpace): string[] {
  const records = pd > 0 && cap_map_address === 0 ? 'no records' : `${cap_map.length} records at ${hex(cap_map_address)}, ${occupied.length} slots occupied`;
  return [
    `capabilities: ${records}, ${stale.length} stale${within(snapshot, pd)}`,
    ...cap_map.map(({ slot, id, references }) => `  slot ${hex(slot).padEnd(6)} id ${hex(id).padEnd(6)} ${plural(references, 'reference')}${occupied.includes(slot) ? '' : ', nothing in the slot'}`),
    ...stale.map(({ slot, badge }) => `  slot ${hex(slot).padEnd(6)} stale, ${badge === 0 ? 'object not known' : `id ${hex(badge)}`}`),
  ];
}

/** What changed from one image to the other; empty if nothing did. Ids are compared as they stand: both sides name objects of one run. */
export function differences(before: CheckpointImage, after: CheckpointImage): string[] {
  const grouped = before.members.length > 1 || after.members.length > 1;
  const names = (image: CheckpointImage): string[] => image.members.map(({ snapshot }) => snapshot.target_name);
  const alone = !grouped && names(before)[0] !== names(after)[0];
  // Two components under different names are compared all the same: one may be the other's clone.
  const counterpart = (name: string): number => (alone ? 0 : names(after).indexOf(name));
  return [
    ...names(before).filter((name) => counterpart(name) < 0).map((name) => `component ${name} is gone`),
    ...names(after).filter((name) => !alone && !names(before).includes(name)).map((name) => `component ${name} is new`),
    ...(alone ? [`component: ${names(before)[0] ?? ''} became ${names(after)[0] ?? ''}`] : []),
    ...names(before).flatMap((name, at) => (counterpart(name) < 0 ? [] : memberDifferences(before, at, after, counterpart(name)).map((line) => (grouped ? `${name}: ${line}` : line)))),
  ];
}

function memberDifferences(before: CheckpointImage, at: number, after: CheckpointImage, now: number): string[] {
  const [old, young] = [before.members[at], after.members[now]];
  if (old === undefined || young === undefined) return [];
  const [a, b] = [old.snapshot, young.snapshot];
  const lines: string[] = [];
  if (a.binary !== b.binary) lines.push(`program: ${a.binary} became ${b.binary}`);
  if (old.binary_hash !== young.binary_hash) lines.push('the bytes of the program differ');
  lines.push(...named('thread', threadsOf(a), threadsOf(b), ({ key, name }) => `${name} (${key})`, threadWords));
  lines.push(...named('dataspace', dataspacesOf(a), dataspacesOf(b), ({ badge }) => hex(badge), ({ size }) => `${size} bytes`));
  lines.push(...named('capability', recordsIn(a), recordsIn(b), slotWords, ({ id }) => `id ${hex(id)}`));
  lines.push(...named('stale slot', staleIn(a), staleIn(b), ({ slot, where }) => `${hex(slot)}${where}`, ({ badge }) => `id ${hex(badge)}`));
  lines.push(...named('ROM module', kept(a), kept(b), ({ creation_args }) => creation_args, ({ size }) => (size === 0 ? 'not kept' : `${size} bytes`)));
  lines.push(...regionDifferences(a, b), ...pageDifferences(contentsOf(before, at), contentsOf(after, now)));
  return lines;
}

/** Slots of all domains, with the domain in words. */
const recordsIn = (snapshot: Snapshot) => spacesOf(snapshot).flatMap(({ pd, cap_map }) => cap_map.map((row) => ({ ...row, where: within(snapshot, pd) })));
const staleIn = (snapshot: Snapshot) => spacesOf(snapshot).flatMap(({ pd, stale }) => stale.map((row) => ({ ...row, where: within(snapshot, pd) })));
const slotWords = ({ slot, where }: { readonly slot: number; readonly where: string }): string => `slot ${hex(slot)}${where}`;

const kept = ({ rom_sessions }: Snapshot): Snapshot['rom_sessions'] => rom_sessions.filter(({ ds_badge }) => ds_badge !== 0);

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

/** The contents of a member, by the words for what they belong to. */
function contentsOf({ members, contents }: CheckpointImage, member: number): Map<string, Uint8Array> {
  const snapshot = members[member]?.snapshot;
  const words = ({ kind, session, at }: ContentPlace): string => {
    switch (kind) {
      case 'ram':
        return `dataspace ${hex(snapshot?.ram_sessions[session]?.dataspaces[at]?.badge ?? 0)}`;
      case 'rom':
        return `ROM module (${snapshot?.rom_sessions[session]?.creation_args ?? ''})`;
      case 'copy':
        return `copied dataspace ${hex(snapshot?.references[at]?.badge ?? 0)}`;
    }
  };
  return new Map(contents.filter((row) => row.member === member).map((row) => [words(row), row.bytes]));
}

function pageDifferences(before: ReadonlyMap<string, Uint8Array>, after: ReadonlyMap<string, Uint8Array>): string[] {
  return [...after].flatMap(([words, now]) => {
    const old = before.get(words);
    if (old === undefined || old.length !== now.length) return [];
    const changed: number[] = [];
    for (let at = 0; at < now.length; at += PAGE_BYTES) if (!samePage(old, now, at)) changed.push(at);
    const [first] = changed;
    return first === undefined ? [] : [`content of ${words}: ${plural(changed.length, 'page')} of ${Math.ceil(now.length / PAGE_BYTES)} differ, the first at ${hex(first)}`];
  });
}

function samePage(a: Uint8Array, b: Uint8Array, at: number): boolean {
  const end = Math.min(at + PAGE_BYTES, a.length);
  for (let i = at; i < end; i++) if (a[i] !== b[i]) return false;
  return true;
}
