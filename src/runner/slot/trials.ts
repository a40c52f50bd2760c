// What every strategy of checkpoint and restore does with one slot, found by really doing it: from one moment the component is
// checkpointed, killed and restored with each strategy in turn, and the slot is looked at. Owns no state beyond the call.

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

interface Subject {
  readonly label: string;
  readonly path: string;
  /** Components that go along. */
  readonly with: { readonly with?: readonly string[] };
  readonly slots: readonly number[];
  /** Where the component keeps its records: a restorer may leave out telling core. */
  readonly map_address: number;
}

const NAME = 'explain';
const SEPARATOR = ' -> ';
const LATER_US = 100_000;
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

/**
 * Tries every way on a system that stands at the moment, and leaves it there. `members` are checkpointed and restored together if the
 * component is one of them. @returns what became of each slot, in the order given
 */
export function tryWays(system: System, component: ComponentInfo, slots: readonly number[], ways: readonly Way[] = waysToRestore(), members: readonly string[] = []): readonly Trials[] {
  const refused = (why: string): Trials[] => slots.map(() => ({ refused: why }));
  if (!component.label.includes(SEPARATOR)) return refused(`${component.label} is no child of a checkpoint/restore component`);
  const path = component.label.replace(/^init -> /, '');
  const others = members.includes(path) ? members.filter((member) => member !== path) : [];
  const subject: Subject = { label: component.label, path, with: others.length === 0 ? {} : { with: others }, slots, map_address: mapAddress(system, component) };
  const here = system.snapshot();
  /** Ways that differ in the restore only share the checkpoint. */
  const gone = new Map<string, SystemSnapshot | string>();
  const outcomes: { way: string; outcomes: readonly SlotOutcome[] }[] = [];
  try {
    for (const way of ways) {
      const key = JSON.stringify(way.checkpoint);
      const ready = gone.get(key) ?? checkpointed(system, here, subject, way.checkpoint);
      gone.set(key, ready);
      // What even the complete way cannot checkpoint has no restore to tell of.
      if (typeof ready === 'string' && way.name === COMPLETE) return refused(ready);
      outcomes.push({ way: way.name, outcomes: typeof ready === 'string' ? slots.map(() => ({ state: 'refused', message: ready })) : restored(system, ready, subject, way.restore) });
    }
  } finally {
    system.rewind(here);
    for (const ready of gone.values()) if (typeof ready !== 'string') system.release(ready);
    system.release(here);
  }
  return slots.map((_slot, at) => ({ groups: grouped(outcomes.flatMap(({ way, outcomes: of }) => of[at] === undefined ? [] : [{ way, outcome: of[at] }])) }));
}

function mapAddress(system: System, { task }: ComponentInfo): number {
  const record = system.capRecord(task, 0);
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

function restored(system: System, ready: SystemSnapshot, { label, path, with: along, slots, map_address }: Subject, strategy: Strategy): readonly SlotOutcome[] {
  system.rewind(ready);
  const done = carryOutCommand(system, { kind: 'restore', from: NAME, as: path, ...along, strategy });
  if (!done.ok) return slots.map(() => ({ state: 'refused', message: done.message }));
  const task = system.components().find((component) => component.alive && component.label === label)?.task;
  if (task === undefined) return slots.map(() => ({ state: 'no component' }));
  const now = slots.map((slot) => look(system, task, slot, map_address));
  const end_us = system.machine.time_us + LATER_US;
  while (system.machine.time_us < end_us) if (system.machine.run({ time_us: end_us - system.machine.time_us }) === 'idle_forever') break;
  return slots.map((slot, at) => {
    const first = now[at] ?? { state: 'empty' as const };
    const said = sayingOf(done.facts, slot);
    const later = changeWords(first, look(system, task, slot, map_address));
    return { ...first, ...(said === undefined ? {} : { said }), ...(later === undefined ? {} : { later }) };
  });
}

/** The slot as it is at this moment. */
export function look(system: System, task: DebugId, slot: number, map_address = 0): SlotOutcome {
  const space = system.objectSpace(task).slots;
  const entry = space.find((candidate) => candidate.slot === slot);
  const record = recordState(system.capRecord(task, slot, map_address), entry === undefined ? undefined : idOf(system, entry.id));
  if (entry === undefined) return { state: 'empty', record };
  const object = system.inspector.objects().find(({ id }) => id === entry.id);
  const thread = object !== undefined && 'thread' in object ? object.thread : 0;
  return {
    state: 'occupied',
    type: entry.type,
    rights: entry.rights,
    bound: entry.type === 'Gate' || entry.type === 'IRQ' ? (thread === 0 ? null : threadWords(system, thread as DebugId)) : null,
    record,
    aliases: space.filter(({ id, slot: other }) => id === entry.id && other !== slot).map(({ slot: other }) => other),
    came_by: system.slotOrigin(task, slot)?.rpc ?? null,
  };
}

function recordState(record: CapRecordView, id: number | undefined): NonNullable<SlotOutcome['record']> {
  if (record.kind === 'unknown') return 'not known';
  if (record.kind !== 'record') return 'none';
  return record.id === id ? 'right' : 'another object';
}

/** The global id under which core knows an object: what a right record says. */
function idOf(system: System, object: DebugId): number | undefined {
  const core = system.components().find(({ label }) => label === 'core');
  const slot = core === undefined ? undefined : system.objectSpace(core.task).slots.filter(({ id }) => id === object);
  for (const entry of slot ?? []) {
    const record = core === undefined ? undefined : system.capRecord(core.task, entry.slot);
    if (record?.kind === 'record') return record.id;
  }
  return undefined;
}

function threadWords(system: System, thread: DebugId): string {
  const task = system.taskOf(thread);
  const component = system.components().find((candidate) => candidate.task === task)?.label;
  return `thread "${system.debuggerName(thread) ?? `0x${thread.toString(16)}`}"${component === undefined ? ', which was never started' : ` of ${component}`}`;
}

function sayingOf(facts: PlainRecord, slot: number): string | undefined {
  const lost = (facts['lost'] ?? []) as readonly { readonly slot?: number; readonly purpose?: string }[];
  return lost.find((one) => one.slot === slot)?.purpose;
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
