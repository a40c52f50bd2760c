// Commands to checkpoint/restore components from outside, as a control line would bring them: which component serves one, its entrypoint woken
// and raised while the command runs, what came of it. Owns who was commanded last. Source modelled: architecture.md (control of the checkpointer).

import { Task } from '../emu/fiasco/task.ts';
import type { Machine } from '../emu/machine.ts';
import type { DebugId } from '../emu/numbers.ts';
import type { Component } from './native/component.ts';
import { env } from './native/env.ts';
import type { HostedRuntime } from './native/port.ts';
import { irqSlot } from './native/thread_table.ts';
import { controlOutcome, leaveImage, postControl, takeExport } from './rtcr/entry.ts';
import { isCheckpointer } from './rtcr/names.ts';
import type { ComponentInfo, ControlAnswer, ControlCommand, ControlOutcome, PortableCheckpoint } from './system.ts';

/** While a command runs, the checkpointer's thread goes before all others but the root pager's. */
const CONTROL_PRIORITY = 254;
const NORMAL_PRIORITY = 128;
const SEPARATOR = ' -> ';

/** The checkpointer that was given a command last. */
export interface Controlled {
  readonly task: DebugId;
  readonly thread: DebugId;
  /** Whether the thread still has the control priority. */
  readonly raised: boolean;
}

export class ControlLine {
  readonly #machine: Machine;
  readonly #hosted: HostedRuntime;
  readonly #alive: () => ReadonlyMap<DebugId, string>;
  controlled: Controlled | null;

  /** `alive`: the tasks that there are now, with their labels. */
  constructor(machine: Machine, hosted: HostedRuntime, alive: () => ReadonlyMap<DebugId, string>, controlled: Controlled | null) {
    this.#machine = machine;
    this.#hosted = hosted;
    this.#alive = alive;
    this.controlled = controlled;
  }

  /** Posts a command; refused in words where nobody could carry it out. */
  post(command: ControlCommand): ControlAnswer {
    const child = command.kind === 'restore' ? command.as : command.kind === 'kill' ? command.child : command.of;
    const found = this.#checkpointerOf(child, command.kind);
    if ('message' in found) return found;
    const { info, component } = found;
    const parent = info.label;
    const { ep } = env.get(component);
    const thread = this.#hosted.threadOf(info.task, ep);
    const task = this.#machine.kernel.objects.get(info.task);
    const irq = task instanceof Task ? task.objects.get(irqSlot(ep))?.object : undefined;
    if (thread === undefined || irq === undefined) return { accepted: false, message: `'${parent}' has not started yet` };
    const posted = postControl(component, command);
    if (!posted.accepted) return posted;
    this.controlled = { task: info.task, thread, raised: true };
    this.#machine.kernel.equipment.setPriority(thread, CONTROL_PRIORITY);
    this.#machine.kernel.equipment.triggerIrq(irq.id);
    return { accepted: true };
  }

  /** The checkpoint/restore component that is the parent of a child, or why there is none. */
  #checkpointerOf(child: string, verb: string): { readonly info: ComponentInfo; readonly component: Component } | Extract<ControlAnswer, { accepted: false }> {
    const parent = ['init', ...child.split(SEPARATOR).slice(0, -1)].join(SEPARATOR);
    const [task] = [...this.#alive()].flatMap(([id, label]) => (label === parent ? [id] : [])).sort((a, b) => a - b);
    if (task === undefined) return { accepted: false, message: `there is no component '${parent}' that could be the parent of '${child}'` };
    const component = this.#hosted.component(task);
    if (component === undefined || !isCheckpointer(component.program.name)) {
      return { accepted: false, message: `'${parent}' is no checkpoint/restore component, so it cannot ${verb} its children` };
    }
    return { info: { label: parent, task, alive: true }, component };
  }

  takeImage(of: string, name: string): PortableCheckpoint | null {
    const found = this.#checkpointerOf(of, 'export');
    return 'message' in found ? null : takeExport(found.component, name);
  }

  leaveImage(of: string, checkpoint: PortableCheckpoint): ControlAnswer {
    const found = this.#checkpointerOf(of, 'import');
    if ('message' in found) return found;
    leaveImage(found.component, checkpoint);
    return { accepted: true };
  }

  outcome(): ControlOutcome | null {
    const component = this.controlled === null ? undefined : this.#hosted.component(this.controlled.task);
    if (component === undefined || this.controlled === null) return null;
    const outcome = controlOutcome(component);
    if (outcome !== null && this.controlled.raised) {
      this.controlled = { ...this.controlled, raised: false };
      this.#machine.kernel.equipment.setPriority(this.controlled.thread, NORMAL_PRIORITY);
    }
    return outcome;
  }
}
