// The steps that look at a component besides its capability space: threads, memory, quota, sessions.
// Owner of what checkpoints and dumps kept to be compared with later.

import { parseThreads } from '../emu/jdb/threads.ts';
import type { ComponentMemory } from '../runtime/component_memory.ts';
import type { ComponentInfo, KernelState, RamAccount, System } from '../runtime/system.ts';
import type { ExpectedThread, StepOf } from '../scenario/model_steps.ts';
import type { CodePlaces } from './code_places.ts';
import type { SessionRecord } from './run_record.ts';
import type { GoldenCheck } from './golden_check.ts';
import { compareMemory, deadStacks } from './memory_comparison.ts';
import type { GoldenResult } from './result.ts';
import { PASSED, type StepEnd } from './step_end.ts';
import { findTask } from './task_name.ts';
import { lastingThreads, threadDifferences } from './thread_list.ts';
import { Whereabouts } from './whereabouts.ts';

/** What is remembered of a component at a checkpoint or dump. */
export interface Kept {
  readonly threads: readonly string[];
  readonly ram: RamAccount | null;
  /** Places that a later step compares, by their address. */
  readonly memory: ReadonlyMap<string, Uint8Array>;
  /** All memory, if a later step compares that. */
  readonly whole: ComponentMemory | undefined;
}

/** By the name of the checkpoint or dump; one for all machines of a scenario. */
export type KeptStates = Map<string, Kept>;

const failed = (...message: readonly string[]): StepEnd => ({ verdict: 'failed', message });
const hex = (value: number): string => `0x${value.toString(16)}`;
const bytesText = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
const WORD_BYTES = 4;
const BYTES_SHOWN = 32;

/** Of what is kept of one component at a point. */
const keyOf = (point: string, label: string): string => `${point} of ${label}`;

export class Expectations {
  readonly #system: System;
  readonly #places: CodePlaces;
  readonly #sessions: () => readonly SessionRecord[];
  readonly #memorySteps: readonly StepOf<'expect-memory'>[];
  readonly #kept: KeptStates;
  readonly #goldens: GoldenCheck;

  constructor(system: System, places: CodePlaces, states: KeptStates, goldens: GoldenCheck, sessions: () => readonly SessionRecord[], memorySteps: readonly StepOf<'expect-memory'>[]) {
    this.#system = system;
    this.#places = places;
    this.#kept = states;
    this.#goldens = goldens;
    this.#sessions = sessions;
    this.#memorySteps = memorySteps;
  }

  /** A checkpoint or dump of this name takes place now; `further` components of it are found by their labels only. */
  keep(point: string, component: ComponentInfo, further = false): void {
    const memory = new Map<string, Uint8Array>();
    for (const { expected } of this.#memorySteps) {
      if (expected.kind !== 'same-as' || expected.point !== point || expected.place === undefined) continue;
      const range = this.#range(expected.place, component.label, expected.size_bytes ?? WORD_BYTES);
      const content = 'error' in range ? null : this.#system.equipment.readMemory(component.label, range.address, range.bytes, component.task);
      if (content !== null && !('error' in range)) memory.set(`${range.address}+${range.bytes}`, content);
    }
    const isWhole = this.#memorySteps.some(({ expected }) => expected.kind === 'same-as' && expected.point === point && expected.place === undefined);
    const whole = isWhole ? this.#system.memory(component.task) : undefined;
    const kept = { threads: this.#threads(component).map(({ name }) => name).sort(), ram: this.#system.equipment.ramAccount(component.label, component.task), memory, whole };
    this.#kept.set(keyOf(point, component.label), kept);
    if (!further) this.#kept.set(point, kept);
  }

  /** What was kept of a component, or, where it has another name now, of the first one of that point. */
  #keptOf(point: string, label: string): Kept | undefined {
    return this.#kept.get(keyOf(point, label)) ?? this.#kept.get(point);
  }

  threads(step: StepOf<'expect-threads'>): StepEnd {
    const component = this.#component(step.of);
    if ('verdict' in component) return component;
    const present = this.#threads(component);
    if (step.expected.kind === 'golden') return this.#threadsAsIn(step.expected.file, component);
    if (step.expected.kind === 'same-as') {
      const names = present.map(({ name }) => name).sort();
      const before = this.#keptOf(step.expected.point, component.label)?.threads ?? [];
      return names.join('\n') === before.join('\n') ? PASSED : failed(`the threads differ from '${step.expected.point}'`, `then: ${before.join(', ')}`, `now: ${names.join(', ')}`);
    }
    const wrong = step.expected.threads.flatMap((expected) => threadProblem(expected, present));
    return wrong.length === 0 ? PASSED : failed(...wrong, `threads now: ${present.map(({ name, state }) => `${name} (${state})`).join(', ') || 'none'}`);
  }

  /** The golden is a list of the kernel's debugger; what threads do at the moment is not compared. */
  #threadsAsIn(file: string, { label, task }: ComponentInfo): StepEnd {
    const present = this.#system.threads().filter((row) => row.task === task);
    const failed = (state: GoldenResult['state'], ...message: readonly string[]): StepEnd => this.#goldens.failed(state, file, 'the threads as they are now', lastingThreads(present), message);
    const text = this.#goldens.read(file);
    if (text === undefined) return failed('missing', `golden missing: ${this.#goldens.shown(file)}`);
    const { value, errors } = parseThreads(text);
    const [error] = errors;
    if (error !== undefined) return failed('unreadable', `golden unreadable: ${this.#goldens.shown(file)}:${error.line}:${error.column}: ${error.message}`);
    const differences = threadDifferences(value.filter((row) => row.task === task), present);
    if (differences.length === 0) return this.#goldens.same(file);
    const others = value.length > 0 && value.every((row) => row.task !== task) ? [`the golden has no thread of task ${hex(task)}, which ${label} is now`] : [];
    return failed('different', `golden mismatch: ${file}`, ...others, ...differences);
  }

  memory({ of, expected }: StepOf<'expect-memory'>): StepEnd {
    const component = this.#component(of);
    if ('verdict' in component) return component;
    const wanted = expected.kind === 'bytes' ? Uint8Array.from(expected.bytes) : null;
    if (expected.kind === 'same-as' && expected.place === undefined) return this.#wholeMemory(component, expected.point);
    const { place } = expected;
    if (place === undefined) throw new Error('a memory expectation of bytes without a place');
    const range = this.#range(place, of, wanted?.length ?? (expected.kind === 'same-as' ? (expected.size_bytes ?? WORD_BYTES) : WORD_BYTES));
    if ('error' in range) return failed(range.error);
    const present = this.#system.equipment.readMemory(component.label, range.address, range.bytes, component.task);
    if (present === null) return failed(`${hex(range.address)} is not attached in ${component.label}`);
    const before = wanted ?? (expected.kind === 'same-as' ? this.#keptOf(expected.point, component.label)?.memory.get(`${range.address}+${range.bytes}`) : undefined);
    if (before === undefined) return failed(`nothing was kept of ${hex(range.address)}: it was not attached then`);
    const at = before.findIndex((byte, index) => byte !== present[index]);
    if (at === -1) return PASSED;
    const from = at - (at % WORD_BYTES);
    return failed(`memory of ${component.label} differs at ${hex(range.address + at)}`, `expected: ${bytesText(before.subarray(from, from + BYTES_SHOWN))}`, `there is: ${bytesText(present.subarray(from, from + BYTES_SHOWN))}`);
  }

  /** All writable memory, up to the ids of capabilities and what lies below the stack pointers of now. */
  #wholeMemory({ label, task }: ComponentInfo, point: string): StepEnd {
    const before = this.#keptOf(point, label)?.whole;
    const present = this.#system.memory(task);
    if (before === undefined || present === undefined) return failed(`no memory of ${label} is known ${before === undefined ? `at '${point}'` : 'now'}`);
    const found = compareMemory(before, present, deadStacks(present.stack_pointers));
    return found === null ? PASSED : failed(`memory of ${label} differs from '${point}': ${found.words}`);
  }

  quota({ of, quota }: StepOf<'expect-quota'>): StepEnd {
    const component = this.#component(of);
    if ('verdict' in component) return component;
    const account = this.#system.equipment.ramAccount(component.label, component.task);
    if (account === null) return failed(`${component.label} has no RAM session`);
    const wrong: string[] = [];
    const bound = (name: string, value: number, min: number | undefined, max: number | undefined): void => {
      if (min !== undefined && value < min) wrong.push(`${name} is ${value} bytes, less than ${min}`);
      if (max !== undefined && value > max) wrong.push(`${name} is ${value} bytes, more than ${max}`);
    };
    bound('the quota', account.quota, quota.quota_min, quota.quota_max);
    bound('what is used', account.used, quota.used_min, quota.used_max);
    const before = quota.same_as === undefined ? undefined : this.#keptOf(quota.same_as, component.label)?.ram;
    if (before === null) wrong.push(`no RAM session was known at '${quota.same_as ?? ''}'`);
    else if (before !== undefined && (before.quota !== account.quota || before.used !== account.used)) {
      wrong.push(`at '${quota.same_as ?? ''}': quota ${before.quota}, used ${before.used}; now: quota ${account.quota}, used ${account.used}`);
    }
    return wrong.length === 0 ? PASSED : failed(...wrong);
  }

  routes({ of, routes }: StepOf<'expect-routes'>): StepEnd {
    const component = this.#component(of);
    if ('verdict' in component) return component;
    const parent = component.label.split(' -> ').slice(0, -1).join(' -> ');
    const observed = this.#sessions().filter((session) => session.component === component.label);
    const wrong = routes.flatMap(({ service, label, to }) => {
      const asked = observed.filter((session) => session.service === service && (label === undefined || labelOf(session) === label));
      const where = asked.map((session) => routeOf(session, parent));
      if (where.length > 0 && where.every((one) => one === to)) return [];
      const what = `${service}${label === undefined ? '' : ` "${label}"`}`;
      return [asked.length === 0 ? `no session ${what} was asked for` : `${what} went to ${[...new Set(where)].join(', ')}, not to ${to}`];
    });
    return wrong.length === 0 ? PASSED : failed(...wrong, ...observed.map((session) => `asked: ${session.service} (${session.args}): ${routeOf(session, parent)}`));
  }

  #component(path: string): ComponentInfo | StepEnd {
    const found = findTask(path, this.#system.components());
    return found.ok ? found.component : failed(found.message);
  }

  #threads({ label, task }: ComponentInfo): readonly { readonly name: string; readonly state: KernelState }[] {
    const places = new Whereabouts(this.#system);
    return this.#system.threads().filter((row) => row.task === task && places.of(row.id).component === label).map(({ id, name }) => ({ name: name ?? '', state: this.#system.threadState(id) }));
  }

  #range(place: Parameters<CodePlaces['addressOf']>[0], path: string, bytes: number): { readonly address: number; readonly bytes: number } | { readonly error: string } {
    const found = this.#places.addressOf(place, path.replace(/^init -> /, ''));
    return 'error' in found ? found : { address: found.address, bytes };
  }
}

function threadProblem({ name, states, count }: ExpectedThread, present: readonly { readonly name: string; readonly state: KernelState }[]): readonly string[] {
  const named = present.filter((thread) => thread.name === name);
  if (named.length !== count) return [`${named.length} threads are called '${name}', not ${count}`];
  const other = states === undefined ? undefined : named.find(({ state }) => !states.includes(state));
  return other === undefined ? [] : [`thread '${name}' is in ${other.state}, not in ${(states ?? []).join(' or ')}`];
}

function labelOf({ args }: SessionRecord): string {
  return /label="((?:[^"\\]|\\.)*)"/.exec(args)?.[1] ?? '';
}

/** As scenarios write it: "parent" is the parent's parent, "local" the parent itself. */
function routeOf({ outcome, provider }: SessionRecord, parent: string): string {
  if (outcome === 'refused') return 'denied';
  if (outcome === 'pending') return 'nobody yet';
  if (provider === null || provider === parent) return 'local';
  return provider.startsWith(`${parent} -> `) ? provider.slice(parent.length + 4) : 'parent';
}
