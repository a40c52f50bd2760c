// What every strategy of checkpoint and restore does with each slot, found by really doing it: from one moment the component is
// checkpointed, killed and restored with each strategy in turn, and its slots are looked at. Owns no state beyond the call.

import type { PlainRecord } from '../../emu/plain.ts';
import type { DebugId } from '../../emu/numbers.ts';
import { PRESETS, STRATEGY_ATTRIBUTES, type StrategyAttribute } from '../../runtime/rtcr/strategies.ts';
import type { CapRecordView, ComponentInfo, Strategy, System, SystemSnapshot } from '../../runtime/system.ts';
import { carryOutCommand } from '../command.ts';

/** One way of checkpointing and restoring, as a scenario would write it. */
export interface Way {
  /** `semaphore="skip"`; empty for the complete way. */
  readonly name: string;
  readonly checkpoint: Strategy;
  readonly restore: Strategy;
}

/** What is in the slot after a restore, without ids: they differ from run to run. */
export interface SlotOutcome {
  readonly state: 'empty' | 'occupied' | 'refused' | 'no component';
  /** Of a refusal: the message. */
  readonly message?: string;
  readonly type?: string;
  readonly rights?: string;
  /** Thread that the gate leads to, or that is attached to the IRQ: name and component. */
  readonly bound?: string | null;
  /** Whether the component's record of the slot names what is in it. */
  readonly record?: 'right' | 'another object' | 'none' | 'not known';
  /** Other slots of the component that name the same object. */
  readonly aliases?: readonly number[];
  /** The RPC that put it there: "Native_pd.install". */
  readonly came_by?: string | null;
  /** What the restorer says of a slot that it could not fill. */
  readonly said?: string;
  /** What became of the slot until a tenth of a second later, where something did. */
  readonly later?: string;
}

/** Ways that leave the slot alike; the first is the complete one if it is among them. */
export interface TrialGroup {
  readonly ways: readonly string[];
  readonly outcome: SlotOutcome;
}

/** What becomes of all slots of a component. */
export type Fates =
  /** `other`: of every slot that is not among `slots`. */
  | { readonly slots: readonly (readonly [slot: number, groups: readonly TrialGroup[]])[]; readonly other: readonly TrialGroup[] }
  | { readonly refused: string };

/** The slots of a component at one moment; those that are not in it are like `other`. */
interface Spread {
  readonly slots: ReadonlyMap<number, SlotOutcome>;
  readonly other: SlotOutcome;
}

interface Subject {
  readonly label: string;
  readonly path: string;
  /** Components that go along. */
  readonly with: { readonly with?: readonly string[] };
  /** Where the component keeps its records: a restorer may leave out telling core. */
  readonly map_address: number;
}

const NAME = 'explain';
const SEPARATOR = ' -> ';
const LATER_US = 100_000;
/** No capability map has a record of it. */
const SLOT_NOWHERE = 0xf_ffff;
export const COMPLETE = 'complete';

/** The complete way, every single other value of every attribute, and the presets. */
export function waysToRestore(): readonly Way[] {
  const attributes: readonly StrategyAttribute[] = STRATEGY_ATTRIBUTES;
  const single = attributes.flatMap(({ name, at, offered }) =>
    offered.slice(1).map((value): Way => {
      const strategy = { [name]: value };
      return { name: `${name}="${value}"`, checkpoint: at.includes('checkpoint') ? strategy : {}, restore: at.includes('restore') ? strategy : {} };
    }),
  );
  const presets = Object.keys(PRESETS).map((preset): Way => ({ name: `preset="${preset}"`, checkpoint: { preset }, restore: { preset } }));
  return [{ name: COMPLETE, checkpoint: {}, restore: {} }, ...single, ...presets];
}

export type Trials = { readonly groups: readonly TrialGroup[] } | { readonly refused: string };

/** What is known of one slot. */
export const fateOf = (fates: Fates, slot: number): Trials => ('refused' in fates ? fates : { groups: fates.slots.find(([one]) => one === slot)?.[1] ?? fates.other });

/**
 * Tries every way on a system that stands at the moment, and leaves it there. `members` are checkpointed and restored together if the
 * component is one of them.
 */
export function tryWays(system: System, component: ComponentInfo, ways: readonly Way[] = waysToRestore(), members: readonly string[] = []): Fates {
  if (!component.label.includes(SEPARATOR)) return { refused: `${component.label} is no child of a checkpoint/restore component` };
  const own = component.label.replace(/^init -> /, '');
  // A protection domain that a component has made goes with that component.
  const path = members.find((member) => own === member || own.startsWith(`${member}${SEPARATOR}`)) ?? own;
  const others = members.includes(path) ? members.filter((member) => member !== path) : [];
  const subject: Subject = { label: component.label, path, with: others.length === 0 ? {} : { with: others }, map_address: mapAddress(system, component) };
  const here = system.snapshot();
  /** Ways that differ in the restore only share the checkpoint. */
  const gone = new Map<string, SystemSnapshot | string>();
  const spreads: { way: string; spread: Spread }[] = [];
  try {
    for (const way of ways) {
      const key = JSON.stringify(way.checkpoint);
      const ready = gone.get(key) ?? checkpointed(system, here, subject, way.checkpoint);
      gone.set(key, ready);
      // What even the complete way cannot checkpoint has no restore to tell of.
      if (typeof ready === 'string' && way.name === COMPLETE) return { refused: ready };
      spreads.push({ way: way.name, spread: typeof ready === 'string' ? everywhere({ state: 'refused', message: ready }) : restored(system, ready, subject, way.restore) });
    }
  } finally {
    system.rewind(here);
    for (const ready of gone.values()) if (typeof ready !== 'string') system.release(ready);
    system.release(here);
  }
  const slots = [...new Set(spreads.flatMap(({ spread }) => [...spread.slots.keys()]))].sort((a, b) => a - b);
  return {
    slots: slots.map((slot) => [slot, grouped(spreads.map(({ way, spread }) => ({ way, outcome: spread.slots.get(slot) ?? spread.other })))]),
    other: grouped(spreads.map(({ way, spread }) => ({ way, outcome: spread.other }))),
  };
}

const everywhere = (other: SlotOutcome): Spread => ({ slots: new Map(), other });

function mapAddress(system: System, { task }: ComponentInfo): number {
  const record = system.capRecords(task).of(0);
  return record.kind === 'unknown' ? 0 : (record.map_address ?? 0);
}

/** The moment after checkpoint and kill, or why there is none. */
function checkpointed(system: System, here: SystemSnapshot, { path, with: along }: Subject, strategy: Strategy): SystemSnapshot | string {
  system.rewind(here);
  const done = carryOutCommand(system, { kind: 'checkpoint', of: path, ...along, name: NAME, strategy });
  if (!done.ok) return done.message;
  const killed = carryOutCommand(system, { kind: 'kill', child: path, ...along });
  return killed.ok ? system.snapshot() : killed.message;
}

function restored(system: System, ready: SystemSnapshot, { label, path, with: along, map_address }: Subject, strategy: Strategy): Spread {
  system.rewind(ready);
  const done = carryOutCommand(system, { kind: 'restore', from: NAME, as: path, ...along, strategy });
  if (!done.ok) return everywhere({ state: 'refused', message: done.message });
  const task = system.components().find((component) => component.alive && component.label === label)?.task;
  if (task === undefined) return everywhere({ state: 'no component' });
  const now = look(system, task, map_address);
  const end_us = system.machine.time_us + LATER_US;
  while (system.machine.time_us < end_us) if (system.machine.run({ time_us: end_us - system.machine.time_us }) === 'idle_forever') break;
  const then = look(system, task, map_address);
  const said = sayings(done.facts, label.startsWith(`init -> ${path}${SEPARATOR}`) ? label.slice(label.lastIndexOf(SEPARATOR) + SEPARATOR.length) : null);
  const slots = new Set([...now.slots.keys(), ...then.slots.keys(), ...said.keys()]);
  return { slots: new Map([...slots].map((slot) => [slot, withWords(now.slots.get(slot) ?? now.other, then.slots.get(slot) ?? then.other, said.get(slot))])), other: now.other };
}

function withWords(first: SlotOutcome, after: SlotOutcome, said: string | undefined): SlotOutcome {
  const later = changeWords(first, after);
  return { ...first, ...(said === undefined ? {} : { said }), ...(later === undefined ? {} : { later }) };
}

/** The slots as they are at this moment. */
function look(system: System, task: DebugId, map_address: number): Spread {
  const space = system.objectSpace(task).slots;
  const records = system.capRecords(task, map_address);
  const components = system.components();
  const ids = idsOfObjects(system, components, new Set(space.map(({ id }) => id)));
  const sharing = new Map<DebugId, number[]>();
  for (const { id, slot } of space) sharing.set(id, [...(sharing.get(id) ?? []), slot]);
  const slots = new Map<number, SlotOutcome>(records.slots.map((slot) => [slot, { state: 'empty', record: recordState(records.of(slot), undefined) }]));
  for (const { slot, id, type, rights } of space) {
    const object = type === 'Gate' || type === 'IRQ' ? system.inspector.object(id) : undefined;
    const thread = object !== undefined && 'thread' in object ? object.thread : 0;
    slots.set(slot, {
      state: 'occupied',
      type,
      rights,
      bound: type === 'Gate' || type === 'IRQ' ? (thread === 0 ? null : threadWords(system, components, thread as DebugId)) : null,
      record: recordState(records.of(slot), ids.get(id)),
      aliases: (sharing.get(id) ?? []).filter((other) => other !== slot),
      came_by: system.slotOrigin(task, slot)?.rpc ?? null,
    });
  }
  return { slots, other: { state: 'empty', record: recordState(records.of(SLOT_NOWHERE), undefined) } };
}

function recordState(record: CapRecordView, id: number | undefined): NonNullable<SlotOutcome['record']> {
  if (record.kind === 'unknown') return 'not known';
  if (record.kind !== 'record') return 'none';
  return record.id === id ? 'right' : 'another object';
}

/** The global ids under which core knows some objects: what right records say. */
function idsOfObjects(system: System, components: readonly ComponentInfo[], wanted: ReadonlySet<DebugId>): ReadonlyMap<DebugId, number> {
  const core = components.find(({ label }) => label === 'core');
  const ids = new Map<DebugId, number>();
  if (core === undefined) return ids;
  const records = system.capRecords(core.task);
  for (const { id, slot } of system.objectSpace(core.task).slots) {
    if (!wanted.has(id) || ids.has(id)) continue;
    const record = records.of(slot);
    if (record.kind === 'record') ids.set(id, record.id);
  }
  return ids;
}

function threadWords(system: System, components: readonly ComponentInfo[], thread: DebugId): string {
  const task = system.taskOf(thread);
  const component = components.find((candidate) => candidate.task === task)?.label;
  return `thread "${system.debuggerName(thread) ?? `0x${thread.toString(16)}`}"${component === undefined ? ', which was never started' : ` of ${component}`}`;
}

/** What the restorer says of the slots of a component (null), or of a domain by its name; the first of several sayings counts. */
function sayings(facts: PlainRecord, domain: string | null): ReadonlyMap<number, string> {
  const lost = (facts['lost'] ?? []) as readonly { readonly slot?: number; readonly domain?: string; readonly purpose?: string }[];
  const mine = lost.filter((row) => (row.domain === undefined ? domain === null : row.domain.split(SEPARATOR).at(-1) === domain));
  return new Map(mine.toReversed().flatMap(({ slot, purpose }) => (slot === undefined || purpose === undefined ? [] : [[slot, purpose]])));
}

function changeWords(before: SlotOutcome, after: SlotOutcome): string | undefined {
  if (before.state !== after.state) return after.state === 'empty' ? 'empty' : `holds ${after.type === 'IRQ' ? 'an' : 'a'} ${after.type ?? 'capability'}`;
  if (after.state === 'empty') return undefined;
  if (before.bound !== after.bound) return after.bound === null || after.bound === undefined ? 'bound to no thread' : `bound to ${after.bound}`;
  if (before.record !== after.record) return after.record === 'right' ? 'its record names it' : after.record === 'none' ? 'its record is gone' : 'its record names another object';
  const more = (after.aliases ?? []).filter((slot) => before.aliases?.includes(slot) !== true);
  return more.length > 0 ? `the same object is in ${more.map((slot) => `0x${slot.toString(16)}`).join(', ')} too` : undefined;
}

function grouped(outcomes: readonly { readonly way: string; readonly outcome: SlotOutcome }[]): TrialGroup[] {
  const groups = new Map<string, { ways: string[]; outcome: SlotOutcome }>();
  for (const { way, outcome } of outcomes) {
    const key = JSON.stringify(outcome);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ways: [way], outcome });
    else group.ways.push(way);
  }
  return [...groups.values()];
}
