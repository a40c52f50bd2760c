// The steps that harm a component: pause and resume, and faults of all kinds. Some faults come due later, at an RPC, a signal, or when a
// thread goes on; owner of what is needed to tell which of them never did.

import type { DebugId } from '../emu/numbers.ts';
import type { ComponentInfo, System } from '../runtime/system.ts';
import type { Fault } from '../scenario/model_steps.ts';
import { unreachable } from '../scenario/unreachable.ts';
import type { CodePlaces } from './code_places.ts';
import type { Faults } from './faults.ts';
import { PASSED, type StepEnd } from './step_end.ts';
import { findTask } from './task_name.ts';

const WORD_BYTES = 4;
const hex = (value: number): string => `0x${value.toString(16)}`;
const failed = (...message: readonly string[]): StepEnd => ({ verdict: 'failed', message });

/** An undefined instruction that was put before a thread, and the exceptions that the thread had raised until then. */
interface Break {
  readonly thread: DebugId;
  readonly raised: number;
}

export class Harm {
  readonly #system: System;
  readonly #places: CodePlaces;
  readonly #faults: Faults;
  /** By step. */
  readonly #breaks = new Map<number, Break>();

  constructor(system: System, places: CodePlaces, faults: Faults) {
    this.#system = system;
    this.#places = places;
    this.#faults = faults;
  }

  /** Stops all threads of a component, or lets them go on. */
  freeze(path: string, frozen: boolean): StepEnd {
    const component = this.#component(path);
    if ('verdict' in component) return component;
    const threads = this.#system.threads().filter(({ task }) => task === component.task);
    for (const { id } of threads) this.#system.equipment.freeze(id, frozen);
    return threads.length > 0 ? PASSED : failed(`${component.label} has no threads`);
  }

  /** `step` is the step's number, for `toCome`. */
  fault(path: string, fault: Fault, step: number): StepEnd {
    const component = this.#component(path);
    if ('verdict' in component) return component;
    const { equipment } = this.#system;
    switch (fault.kind) {
      case 'exhaust':
        return equipment.exhaustRam(component.label) ? PASSED : failed(`${component.label} has no RAM session`);
      case 'revoke':
        return equipment.revoke(component.task, fault.slot) ? PASSED : failed(`slot ${hex(fault.slot)} of ${component.label} is empty`);
      case 'memory': {
        const place = this.#places.addressOf(fault.place, path.replace(/^init -> /, ''));
        if ('error' in place) return failed(place.error);
        const word = new Uint8Array(WORD_BYTES);
        new DataView(word.buffer).setUint32(0, fault.value, true);
        return equipment.writeMemory(component.label, place.address, word, component.task) ? PASSED : failed(`${hex(place.address)} is not attached in ${component.label}`);
      }
      case 'exception':
        return this.#break(component, fault.thread, step);
      case 'deny':
        equipment.denyRpc(component.task, fault.function, fault.count, step);
        return PASSED;
      case 'drop-signal':
        return equipment.dropSignal(component.task, fault.count, step) ? PASSED : failed(`${component.label} has no signals: no protection domain with a signal source`);
      default:
        return unreachable(fault);
    }
  }

  /** Steps whose faults have not come due yet. */
  toCome(): ReadonlySet<number> {
    const { equipment } = this.#system;
    const unbroken = [...this.#breaks].filter(([, { thread, raised }]) => this.#faults.raised(thread) === raised).map(([step]) => step);
    return new Set([...equipment.denialsToCome(), ...equipment.signalLossesToCome(), ...unbroken]);
  }

  /** Its first thread is the one that the kernel made first. */
  #break(component: ComponentInfo, name: string | undefined, step: number): StepEnd {
    const rows = this.#system.threads().filter(({ task }) => task === component.task).sort((a, b) => a.id - b.id);
    const thread = name === undefined ? rows[0] : rows.find((row) => row.name === name);
    if (thread === undefined) return failed(`${component.label} has no thread${name === undefined ? '' : ` '${name}'`}`, `threads now: ${rows.map((row) => row.name ?? '?').join(', ') || 'none'}`);
    if (this.#system.inspector.thread(thread.id)?.hosted !== null) return failed(`${component.label} is no machine code: nothing in it can be made an undefined instruction`);
    if (!this.#system.equipment.breakThread(thread.id)) return failed(`thread '${thread.name ?? '?'}' of ${component.label} is dead, or stopped by an exception already`);
    this.#breaks.set(step, { thread: thread.id, raised: this.#faults.raised(thread.id) });
    return PASSED;
  }

  #component(path: string): ComponentInfo | StepEnd {
    const found = findTask(path, this.#system.components());
    return found.ok ? found.component : failed(found.message);
  }
}
