// Replays a scenario to a point with the event stream on, and tells of a slot what it was and is (architecture, law 5).
// Owner of the replay; the system itself stays where the point is.

import { EventStream } from '../../emu/event.ts';
import type { ObjectRow, ObjectSpace } from '../../emu/jdb/model.ts';
import type { DebugId } from '../../emu/numbers.ts';
import { rpcWords } from '../../runtime/provenance.ts';
import { roleOf } from '../../runtime/history/role.ts';
import type { Request } from '../../runtime/history/request.ts';
import { type Life, type SessionName, SlotHistory, type Stay } from '../../runtime/history/slot_history.ts';
import type { BootModule, BootSystem, CapRecords, ComponentInfo, System, SystemConfig } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { stepWords } from '../step_words.ts';
import { place } from '../../scenario/diagnostic.ts';
import type { RunResult, StepOutcome } from '../result.ts';
import { runScenario, type RunPorts } from '../run.ts';
import { standardSlot } from '../capspace/standard_slots.ts';
import { beside } from '../beside.ts';
import { carryOutCommand } from '../command.ts';
import { findTask } from '../task_name.ts';
import { type LeadingPart, scenarioBefore } from '../until.ts';
import type { Arrival, ObjectReport, RequestRef, SlotReport, ThreadRef } from './slot_report.ts';
import { type PointRecord, type PointStore, reportOf, type Told, toldOf } from './point_record.ts';
import { tryWays, type Way } from './trials.ts';

export interface SlotQuestion {
  readonly point: string;
  /** As on the command line; left out: the point's own task. */
  readonly task?: string;
  readonly slots: readonly number[];
  /** Ways of restore that are tried; left out: all. */
  readonly ways?: readonly Way[];
}

export type SlotAnswer =
  | { readonly kind: 'reports'; readonly reports: readonly SlotReport[] }
  | { readonly kind: 'usage'; readonly message: string; readonly help?: string }
  /** The scenario does not come to the point. */
  | { readonly kind: 'run'; readonly result: RunResult };

const SLOT_MAX = 0xf_ffff;
const SEPARATOR = ' -> ';

export interface SlotPorts extends RunPorts {
  /** What was found out of this point before, and is to be kept. */
  readonly store?: PointStore;
  /** Hears what is known before the ways of restore are tried, which takes longer. */
  readonly told?: (told: readonly Told[]) => void;
}

export function slotAt(scenario: Scenario, modules: readonly BootModule[], question: SlotQuestion, ports: SlotPorts): SlotAnswer {
  const part = scenarioBefore(scenario, question.point);
  if ('error' in part) return { kind: 'usage', message: part.error, ...(part.help === undefined ? {} : { help: part.help }) };
  const beyond = question.slots.find((slot) => slot > SLOT_MAX);
  if (beyond !== undefined) return { kind: 'usage', message: `a capability space has no slot 0x${beyond.toString(16)}`, help: `slots go from 0x0 to 0x${SLOT_MAX.toString(16)}` };
  const known = ports.store?.get();
  if (known !== undefined) return { kind: 'reports', reports: question.slots.map((slot) => reportOf(known, slot)) };
  const replays: Replay[] = [];
  const result = runScenario(part.scenario, modules, { ...ports, boot: (config) => booted(config, ports.boot, replays) });
  if (result.verdict !== 'passed') return { kind: 'run', result };
  const on = part.step?.on;
  const replay = replays[on === undefined ? 0 : 1 + scenario.machines.findIndex(({ name }) => name === on)];
  if (replay === undefined) throw new Error('the replay has no such machine');
  return new Answer(scenario, question, part.step, replay, result.steps).give(ports);
}

/** One booted machine of the replay with its history. */
interface Replay {
  readonly system: System;
  readonly history: SlotHistory;
  readonly close: () => void;
}

function booted(config: SystemConfig, boot: BootSystem, replays: Replay[]): ReturnType<BootSystem> {
  const events = config.events ?? new EventStream();
  let system: System | undefined;
  const history = new SlotHistory((gate, label) => system?.interfaceOf(gate, label) ?? null);
  const close = history.follow(events);
  const answer = boot({ ...config, events });
  if ('error' in answer) return answer;
  system = answer;
  replays.push({ system, history, close });
  return system;
}

type PointStep = LeadingPart['step'];

class Answer {
  readonly #scenario: Scenario;
  readonly #question: SlotQuestion;
  readonly #step: PointStep;
  readonly #system: System;
  readonly #history: SlotHistory;
  readonly #close: () => void;
  readonly #steps: readonly StepOutcome[];
  readonly #objects = new Map<DebugId, ObjectRow>();
  readonly #spaces = new Map<DebugId, ObjectSpace['slots']>();
  #map: CapRecords | undefined;

  constructor(scenario: Scenario, question: SlotQuestion, step: PointStep, replay: Replay, steps: readonly StepOutcome[]) {
    this.#scenario = scenario;
    this.#question = question;
    this.#step = step;
    this.#system = replay.system;
    this.#history = replay.history;
    this.#close = replay.close;
    this.#steps = steps;
  }

  give({ store, told: tell }: SlotPorts): SlotAnswer {
    const system = this.#system;
    const step = this.#step;
    const named = this.#question.task ?? (step === undefined ? undefined : step.kind === 'checkpoint' ? step.of : step.task);
    if (named === undefined) return { kind: 'usage', message: `point '${this.#question.point}' belongs to no task`, help: `name one with --task: ${this.#living().join(', ')}` };
    const found = findTask(named, system.components());
    if (!found.ok) return { kind: 'usage', message: found.message };
    const before = system.snapshot();
    let refused: string | undefined;
    if (step?.kind === 'checkpoint') {
      const done = carryOutCommand(system, { kind: 'checkpoint', of: step.of, ...beside(step), name: step.name, strategy: step.strategy, ...(step.base === undefined ? {} : { base: step.base }) });
      if (!done.ok && step.refused === undefined) refused = `the checkpoint '${step.name}' is not taken: ${done.message}`;
    }
    this.#close();
    if (refused !== undefined) return { kind: 'usage', message: refused };
    for (const row of system.inspector.objects()) this.#objects.set(row.id, row);
    const { slots, ways } = this.#question;
    const told = this.#slotsToTell(found.component).map((slot) => this.#tell(found.component, slot));
    const other = this.#tell(found.component, SLOT_MAX + 1);
    tell?.(slots.map((slot) => toldOf({ told, other }, slot)));
    // Each way is tried from the moment before the checkpoint, which it takes in its own way.
    system.rewind(before);
    system.release(before);
    const fates = tryWays(system, found.component, ways, step?.kind === 'checkpoint' ? [step.of, ...(step.with ?? [])] : []);
    const record: PointRecord = { told, other, fates };
    if (!('refused' in fates)) store?.put(record);
    return { kind: 'reports', reports: slots.map((slot) => reportOf(record, slot)) };
  }

  /** Whoever asks for one slot of a child asks for another one next; of other components, which have thousands, what is asked for. */
  #slotsToTell({ label, task }: ComponentInfo): readonly number[] {
    if (!label.includes(SEPARATOR)) return this.#question.slots;
    const all = new Set([...this.#question.slots, ...this.#space(task).map(({ slot }) => slot), ...this.#history.slotsOf(task), ...this.#records(task).slots]);
    return [...all].sort((x, y) => x - y);
  }

  #living(): string[] {
    return this.#system.components().filter(({ alive }) => alive).map(({ label }) => label);
  }

  #tell({ label, task }: ComponentInfo, slot: number): Told {
    const { point } = this.#question;
    const stays = this.#history.stays(task, slot);
    const entry = this.#space(task).find((candidate) => candidate.slot === slot);
    const current = entry === undefined ? undefined : stays.at(-1);
    const earlier = current === undefined ? stays : stays.slice(0, -1);
    return {
      scenario: this.#scenario.name, point, time_us: this.#system.machine.time_us, component: label, task, slot,
      object: entry === undefined ? null : this.#object(entry.id, entry.rights, label, task, slot, current),
      arrival: current === undefined ? null : this.#arrival(current),
      record: this.#records(task).of(slot),
      before: earlier.map((stay) => this.#arrival(stay)),
    };
  }

  /** The system stands still while slots are told. */
  #records(task: DebugId): CapRecords {
    this.#map ??= this.#system.capRecords(task);
    return this.#map;
  }

  #space(task: DebugId): ObjectSpace['slots'] {
    const known = this.#spaces.get(task) ?? this.#system.objectSpace(task).slots;
    this.#spaces.set(task, known);
    return known;
  }

  #object(id: DebugId, rights: ObjectReport['rights'], label: string, task: DebugId, slot: number, stay: Stay | undefined): ObjectReport {
    const row = this.#objects.get(id);
    if (row === undefined) throw new Error(`object ${id} is in a slot and does not exist`);
    const life = this.#history.life(id);
    const declared = row.type === 'Gate' ? this.#system.interfaceOf(id, row.label) : null;
    const role = roleOf({
      slot, in_core: label === 'core', object: row, life, stay, interface: declared,
      thread: (thread) => this.#threadWords(thread),
      component: (other) => this.#componentOf(other) ?? `task 0x${other.toString(16)}`,
      session: (object) => this.#sessionWords(object),
      named: (session) => this.#named(session),
    });
    return {
      id, type: row.type, rights, role: role.startsWith('an RPC object') ? conventional(role, slot, row.type) : role, interface: declared,
      bound: 'thread' in row && row.thread !== 0 ? this.#thread(row.thread) : null,
      pending: row.type === 'IRQ' ? Math.max(0, row.queued) : null,
      created: life === undefined ? null : { time_us: life.created_us, by: life.by === 0 ? null : this.#thread(life.by), serving: this.#request(life.serving), step: this.#stepAt(life.created_us) },
      ...this.#uses(life),
      holders: this.#holders(id, task, slot),
    };
  }

  #uses(life: Life | undefined): Pick<ObjectReport, 'calls' | 'passed' | 'passed_more'> {
    const calls = [...(life?.calls ?? [])].map(([rpc, { count, last_us }]) => ({ rpc, count, last_us }));
    const passed = (life?.passed ?? []).flatMap(({ request, argument }) => {
      const ref = this.#request(request);
      return ref === null ? [] : [{ request: ref, argument }];
    });
    return { calls, passed, passed_more: life?.passed_more ?? 0 };
  }

  #holders(id: DebugId, task: DebugId, slot: number): ObjectReport['holders'] {
    return this.#system.components().filter(({ alive }) => alive).flatMap((component) =>
      this.#space(component.task)
        .filter((entry) => entry.id === id && !(component.task === task && entry.slot === slot))
        .map((entry) => ({ component: component.label, task: component.task, slot: entry.slot, rights: entry.rights })),
    );
  }

  #arrival(stay: Stay): Arrival {
    const { object, by, by_other_task, serving, delivery, from_us, end } = stay;
    const request = delivery === null ? null : this.#request(delivery.request);
    return {
      object, type: this.#history.life(object)?.type ?? 'object', from_us, by: this.#thread(by), by_other_task,
      serving: this.#request(serving),
      message: delivery === null || request === null ? null : { request, as: delivery.as, item: delivery.item + 1, window: delivery.window },
      end: end === null ? null : { time_us: end.time_us, by: this.#thread(end.by), serving: this.#request(end.serving), step: this.#stepAt(end.time_us) },
      step: this.#stepAt(from_us),
    };
  }

  #request(request: Request | null): RequestRef | null {
    if (request === null) return null;
    const { rpc, args, result, gate, from, to, time_us, within } = request;
    const session = this.#history.sessionOf(gate);
    return {
      rpc: rpcWords(rpc), args, result, time_us, session: session === null ? null : this.#session(session),
      caller: this.#thread(from), server: this.#thread(to), within: this.#request(within),
    };
  }

  #thread(id: DebugId): ThreadRef {
    const task = this.#system.taskOf(id) ?? this.#history.homeOf(id);
    const name = this.#system.debuggerName(id) ?? this.#history.name(id) ?? '';
    return { id, name, component: task === undefined ? '' : (this.#componentOf(task) ?? '') };
  }

  #threadWords(id: DebugId): string {
    const { name, component } = this.#thread(id);
    return `thread "${name === '' ? `0x${id.toString(16)}` : name}"${component === '' ? '' : ` of ${component}`}`;
  }

  #componentOf(task: DebugId): string | undefined {
    return this.#system.components().find((component) => component.task === task)?.label ?? this.#history.name(task);
  }

  #sessionWords(object: DebugId): string {
    const session = this.#history.sessionOf(object);
    return session === null ? 'a session that was there from the beginning' : this.#named(session);
  }

  #named(session: SessionName): string {
    const { service, label } = this.#session(session);
    return `the ${service} session "${label}"`;
  }

  #session({ service, label, asked_by }: SessionName): { readonly service: string; readonly label: string } {
    return { service, label: label === '' ? this.#thread(asked_by).component : label };
  }

  /** The step during which a moment was; the last one is the point's own. */
  #stepAt(time_us: number): string | null {
    const found = this.#steps.find(({ start_us, end_us }) => time_us >= start_us && time_us < end_us);
    if (found !== undefined) return `${found.words} (${found.place})`;
    return this.#step === undefined ? null : `${stepWords(this.#step)} (${place(this.#step.span)})`;
  }
}

/** A component's own RPC objects have no interface that anybody declares; their slot tells more, if it was filled in the usual order. */
function conventional(role: string, slot: number, type: ObjectRow['type']): string {
  const usual = standardSlot(slot, type);
  return usual === undefined ? role : `${role}: ${usual}`;
}
