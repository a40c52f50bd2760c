// Puts the system together: a machine, core as its root task, boot modules in memory; and looks into it from outside.
// Owner of the parts and of what observers derive from the event stream; it never changes what runs, but for the control line.

import { REG_SP } from '../emu/arm/registers.ts';
import { EventStream } from '../emu/event.ts';
import { isExtensionName } from '../emu/fiasco/extensions.ts';
import { IpcGate } from '../emu/fiasco/ipc_gate.ts';
import { Thread } from '../emu/fiasco/thread.ts';
import { DEAD, READY, RECEIVE_IN_PROGRESS, RECEIVE_WAIT, SEND_WAIT } from '../emu/fiasco/thread_state.ts';
import { Task } from '../emu/fiasco/task.ts';
import { objectSpaceOf, threadRows } from '../emu/jdb/view.ts';
import type { ObjectSpace, ThreadRow } from '../emu/jdb/model.ts';
import { ENGINE_DEFAULT, type EngineName } from '../emu/arm/engine.ts';
import { Machine, type MachineSnapshot, type MachineState, RAM_BASE } from '../emu/machine.ts';
import type { DebugId } from '../emu/numbers.ts';
import type { Plain, PlainRecord } from '../emu/plain.ts';
import { CORE_BASE, placeModules } from './core/board_memory.ts';
import { prepareCore } from './core/config.ts';
import { coreProgram, pdLabels } from './core/program.ts';
import './init/program.ts';
import { initDialect } from './init/state.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { Inspector } from './inspector.ts';
import { recordsInMemory, recordsOfHosted } from './cap_records.ts';
import { type ComponentMemory, componentMemory } from './component_memory.ts';
import { type Component, expectProgram, programNamed } from './native/component.ts';
import { env } from './native/env.ts';
import { hostedImage, hostedModule, hostedText, THREAD_ENTRY_OFFSET } from './native/image.ts';
import { HostedRuntime, type PlacedImage } from './native/port.ts';
import { objects } from './native/service.ts';
import { flavour } from './native/startup.ts';
import { irqSlot } from './native/thread_table.ts';
import { equipmentOf } from './equipment.ts';
import { describeOrigin, Provenance, rpcWords } from './provenance.ts';
import { type CapturedLabels, TaskLabels } from './task_labels.ts';
import { controlOutcome, declareCheckpointers, extensionsUsed, leaveImage, postControl, takeExport } from './rtcr/entry.ts';
import { HISTORIC_PROGRAM, isCheckpointer, RTCR_PROGRAM } from './rtcr/names.ts';
import type { CapRecords, ComponentInfo, ControlAnswer, ControlCommand, ControlOutcome, Equipment, KernelState, Origin, PortableCheckpoint, RpcName, System, SystemConfig, SystemSnapshot, ThreadPhase } from './system.ts';
import { MODULES_BYTES_MAX } from './system.ts';

const VERSION = '16.08';
/** While a command runs, the checkpointer's thread goes before all others but the root pager's. */
const CONTROL_PRIORITY = 254;
const NORMAL_PRIORITY = 128;
const SEPARATOR = ' -> ';
/** Core is no protection domain of its own; its task is called like this. */
const CORE_LABEL = 'core';

for (const name of [RTCR_PROGRAM, HISTORIC_PROGRAM]) expectProgram(name, declareCheckpointers);

/** Boots a system. Refuses in words what it cannot boot. */
export function bootSystem(config: SystemConfig): RunningSystem | { readonly error: string } {
  const bytes = config.modules.reduce((sum, module) => sum + module.bytes.length, 0);
  if (bytes > MODULES_BYTES_MAX) return { error: `the boot modules have ${bytes} bytes, the limit is ${MODULES_BYTES_MAX}` };
  const placed = placeModules(config.modules.map(({ name, bytes: content }) => ({ name, size: content.length })));
  const images = [{ program: coreProgram.name, text: CORE_BASE - RAM_BASE }, ...placed.flatMap(({ base }, i) => imageAt(base - RAM_BASE, config.modules[i]?.bytes))];
  const preparation: Preparation = { flavour: config.flavour, dialect: config.dialect ?? '16.08', extensions: [...config.extensions].sort(), ram_bytes: config.ram_bytes, modules: placed, images };
  const hosted = hostedRuntime(preparation);
  const events = config.events ?? new EventStream();
  const machine = new Machine({
    ram_bytes: config.ram_bytes,
    ...(config.engine === undefined ? {} : { engine: config.engine }),
    events,
    extensions: [...config.extensions].filter(isExtensionName).sort(),
    turns: config.turns ?? [],
    hosted: () => hosted,
    boot: {
      root_entry: CORE_BASE,
      images: [
        { address: CORE_BASE, bytes: hostedText(coreProgram.name, CORE_BASE) },
        ...placed.map(({ base }, i) => ({ address: base, bytes: config.modules[i]?.bytes ?? new Uint8Array() })),
      ],
    },
  });
  return new RunningSystem(machine, hosted, { labels: null, controlled: null, provenance: null, preparation });
}

/** What components are prepared with when they come to life, which may be long after the boot, and after a restore. Plain data. */
interface Preparation {
  readonly flavour: SystemConfig['flavour'];
  readonly dialect: NonNullable<SystemConfig['dialect']>;
  readonly extensions: readonly string[];
  readonly ram_bytes: number;
  readonly modules: ReturnType<typeof placeModules>;
  readonly images: readonly PlacedImage[];
}

function hostedRuntime({ flavour: name, dialect, extensions, ram_bytes, modules, images }: Preparation): HostedRuntime {
  return new HostedRuntime({
    images,
    prepare: (component) => {
      flavour.set(component, { name });
      initDialect.set(component, { name: dialect });
      if (component.program !== coreProgram) return;
      prepareCore(component, {
        flavour: name,
        extensions: new Set(extensions),
        ram: { base: RAM_BASE, size: ram_bytes },
        modules,
        version: VERSION,
        thread_entry: CORE_BASE + THREAD_ENTRY_OFFSET,
      });
    },
  });
}

/** The image of a hosted program that a boot module is, at its place in memory. */
function imageAt(index: number, bytes: Uint8Array | undefined): readonly PlacedImage[] {
  const found = bytes === undefined ? null : hostedModule(bytes);
  return found === null ? [] : [{ program: found.program, text: index + found.text }];
}

/** The ELF image of a program that the runtime brings itself. */
export function hostedProgramImage(name: string): Uint8Array | undefined {
  const program = programNamed(name);
  return program === undefined ? undefined : hostedImage(program);
}

/** A system that goes on where a saved one was. */
export function restoreSystem(state: SystemState, engine: EngineName = ENGINE_DEFAULT): RunningSystem {
  const { version, machine: saved, labels, controlled, provenance, preparation } = state as unknown as SavedSystem;
  if (version !== STATE_VERSION) throw new Error(`saved system has version ${version}, this program knows ${STATE_VERSION}`);
  const hosted = hostedRuntime(preparation);
  const machine = Machine.restore(saved, { hosted: () => hosted, engine });
  return new RunningSystem(machine, hosted, { labels, controlled, provenance, preparation });
}

/** Everything that a running system is, as plain data; encode it as machine states are. */
export type SystemState = PlainRecord;

const STATE_VERSION = 5;

interface SavedSystem {
  readonly version: number;
  readonly machine: MachineState;
  readonly labels: Plain;
  readonly controlled: Controlled | null;
  readonly provenance: Plain;
  readonly preparation: Preparation;
}

/** What observers of a restored system know already. */
interface Observed {
  readonly labels: Plain;
  readonly controlled: Controlled | null;
  readonly provenance: Plain;
  readonly preparation: Preparation;
}

/** A snapshot as this file knows it. */
class Moment implements SystemSnapshot {
  readonly instructions: number;
  readonly time_us: number;
  readonly machine: MachineSnapshot;
  readonly labels: CapturedLabels;
  readonly controlled: Controlled | null;
  readonly provenance: ReturnType<Provenance['capture']>;

  constructor(machine: Machine, labels: TaskLabels, controlled: Controlled | null, provenance: Provenance) {
    this.instructions = machine.instructions;
    this.time_us = machine.time_us;
    this.machine = machine.snapshot();
    this.labels = labels.capture();
    this.controlled = controlled;
    this.provenance = provenance.capture();
  }

  static of(snapshot: SystemSnapshot): Moment {
    if (snapshot instanceof Moment) return snapshot;
    throw new Error('the snapshot was not taken of a running system');
  }
}

interface Controlled {
  readonly task: DebugId;
  readonly thread: DebugId;
  /** Whether the thread still has the control priority. */
  readonly raised: boolean;
}

export class RunningSystem implements System {
  readonly machine: Machine;
  readonly inspector: Inspector;
  readonly #hosted: HostedRuntime;
  readonly #provenance: Provenance;
  readonly #labels = new TaskLabels();
  /** The checkpointer that was given a command last. */
  #controlled: Controlled | null;
  readonly #preparation: Preparation;

  constructor(machine: Machine, hosted: HostedRuntime, observed: Observed) {
    this.machine = machine;
    this.inspector = new Inspector(machine.kernel);
    this.#hosted = hosted;
    if (observed.labels !== null) this.#labels.restore(observed.labels);
    this.#controlled = observed.controlled;
    this.#preparation = observed.preparation;
    this.#provenance = new Provenance((gate, label) => this.interfaceOf(gate, label));
    if (observed.provenance !== null) this.#provenance.restore(observed.provenance);
    this.#provenance.follow(machine.events);
  }

  components(): readonly ComponentInfo[] {
    const alive = this.#observe();
    return alive.size === 0 ? [] : this.#labels.components(alive);
  }

  /** The tasks that there are now, with their labels, which are noted. */
  #observe(): ReadonlyMap<DebugId, string> {
    const alive = new Map<DebugId, string>();
    const core = this.#hosted.components().find((component) => component.program === coreProgram);
    if (core === undefined) return alive;
    const found = this.machine.kernel.objects.get(core.task);
    const slots = found instanceof Task ? found.objects : undefined;
    for (const { label, task_slot } of pdLabels(core)) {
      const task = slots?.get(task_slot)?.object.id;
      if (task !== undefined) alive.set(task, label);
    }
    alive.set(core.task, CORE_LABEL);
    this.#labels.observe(alive);
    return alive;
  }

  control(command: ControlCommand): ControlAnswer {
    const child = command.kind === 'restore' ? command.as : command.kind === 'kill' ? command.child : command.of;
    const found = this.#checkpointerOf(child, command.kind);
    if ('message' in found) return found;
    const { info, component } = found;
    const parent = info.label;
    const { ep } = env.get(component);
    const thread = this.#hosted.threadOf(info.task, ep);
    const task = this.machine.kernel.objects.get(info.task);
    const irq = task instanceof Task ? task.objects.get(irqSlot(ep))?.object : undefined;
    if (thread === undefined || irq === undefined) return { accepted: false, message: `'${parent}' has not started yet` };
    const posted = postControl(component, command);
    if (!posted.accepted) return posted;
    this.#controlled = { task: info.task, thread, raised: true };
    this.machine.kernel.equipment.setPriority(thread, CONTROL_PRIORITY);
    this.machine.kernel.equipment.triggerIrq(irq.id);
    return { accepted: true };
  }

  /** The checkpoint/restore component that is the parent of a child, or why there is none. */
  #checkpointerOf(child: string, verb: string): { readonly info: ComponentInfo; readonly component: Component } | Extract<ControlAnswer, { accepted: false }> {
    const parent = ['init', ...child.split(SEPARATOR).slice(0, -1)].join(SEPARATOR);
    const [task] = [...this.#observe()].flatMap(([id, label]) => (label === parent ? [id] : [])).sort((a, b) => a - b);
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
    const component = this.#controlled === null ? undefined : this.#hosted.component(this.#controlled.task);
    if (component === undefined || this.#controlled === null) return null;
    const outcome = controlOutcome(component);
    if (outcome !== null && this.#controlled.raised) {
      this.#controlled = { ...this.#controlled, raised: false };
      this.machine.kernel.equipment.setPriority(this.#controlled.thread, NORMAL_PRIORITY);
    }
    return outcome;
  }

  snapshot(): SystemSnapshot {
    return new Moment(this.machine, this.#labels, this.#controlled, this.#provenance);
  }

  rewind(snapshot: SystemSnapshot): void {
    const moment = Moment.of(snapshot);
    this.machine.rewind(moment.machine);
    this.#labels.rewind(moment.labels);
    this.#controlled = moment.controlled;
    this.#provenance.rewind(moment.provenance);
  }

  close(): void {
    this.machine.close();
  }

  release(snapshot: SystemSnapshot): void {
    this.machine.release(Moment.of(snapshot).machine);
  }

  /** The system as plain data; it may be saved whenever the machine does not run. */
  save(): SystemState {
    return { version: STATE_VERSION, machine: this.machine.save(), labels: this.#labels.save(), controlled: this.#controlled === null ? null : { ...this.#controlled }, provenance: this.#provenance.save(), preparation: { ...this.#preparation, modules: this.#preparation.modules.map((module) => ({ ...module })), images: this.#preparation.images.map((image) => ({ ...image })) } };
  }

  objectSpace(task: DebugId): ObjectSpace {
    return objectSpaceOf(this.machine.kernel, task) ?? { task, slots: [] };
  }

  memory(task: DebugId): ComponentMemory | undefined {
    const core = this.#hosted.components().find((component) => component.program === coreProgram);
    if (core === undefined) return undefined;
    const slot = this.objectSpace(core.task).slots.find(({ id }) => id === task)?.slot;
    const threads = this.machine.kernel.objects.all().flatMap((object) => (object instanceof Thread && object.task?.id === task ? [object.registers.words[REG_SP] as number] : []));
    return slot === undefined ? undefined : componentMemory(core, slot, this.machine.memory, threads.map((sp) => sp >>> 0).sort((a, b) => a - b));
  }

  capRecords(task: DebugId, map_address = 0): CapRecords {
    const hosted = this.#hosted.component(task);
    return hosted === undefined ? recordsInMemory(this.memory(task), map_address) : recordsOfHosted(hosted);
  }

  slotOrigin(task: DebugId, slot: number): Origin | undefined {
    const origin = this.#provenance.origin(task, slot);
    if (origin === undefined) return undefined;
    const { rpc, thread, by_other_task, time_us } = origin;
    const words = describeOrigin(origin, (id) => this.#nameOf(id));
    return { rpc: rpc === null ? null : rpcWords(rpc), thread, thread_name: this.#nameOf(thread), by_other_task, time_us, words };
  }

  threads(): readonly ThreadRow[] {
    return threadRows(this.machine.kernel);
  }

  threadPhase(thread: DebugId): ThreadPhase {
    const object = this.machine.kernel.objects.get(thread);
    if (!(object instanceof Thread) || (object.state & DEAD) !== 0) return 'dead';
    if (object.internal === 'idle') return 'idle';
    if ((object.state & READY) !== 0) return 'ready';
    if ((object.state & SEND_WAIT) !== 0) return 'sending';
    return (object.state & (RECEIVE_WAIT | RECEIVE_IN_PROGRESS)) !== 0 ? 'receiving' : 'stopped';
  }

  get equipment(): Equipment {
    return equipmentOf(
      this.machine,
      () => this.#hosted.components().find((component) => component.program === coreProgram),
      (label) => {
        const found = this.components().find((component) => component.alive && component.label === label);
        return found === undefined ? undefined : this.#hosted.component(found.task);
      },
    );
  }

  threadState(thread: DebugId): KernelState {
    const object = this.machine.kernel.objects.get(thread);
    return object instanceof Thread ? kernelState(object) : 'dead';
  }

  /** Tasks and threads that notes are kept of, and tasks whose labels are. */
  noted(): Provenance['noted'] & { readonly labels: number } {
    return { ...this.#provenance.noted, labels: this.#labels.size };
  }

  callOf(thread: DebugId): RpcName | undefined {
    return this.#provenance.callOf(thread);
  }

  extensionsUsed(): readonly string[] {
    const used = this.#hosted.components().filter(({ program }) => isCheckpointer(program.name)).flatMap((component) => extensionsUsed(component));
    return [...new Set(used)].sort();
  }

  debuggerName(id: DebugId): string | undefined {
    const object = this.machine.kernel.objects.get(id);
    return object === undefined ? undefined : this.machine.kernel.objects.name(object);
  }

  objectType(id: DebugId): string | undefined {
    return this.machine.kernel.objects.get(id)?.type;
  }

  inventory(): Inventory {
    const names = new Map(this.components().map(({ task, label }) => [task as number, label]));
    const components = this.#hosted.components();
    return takeInventory(this.machine.kernel, components, components.find(({ program }) => program === coreProgram), (task) => names.get(task) ?? 'the kernel');
  }

  gateLabel(id: DebugId): number | undefined {
    const object = this.machine.kernel.objects.get(id);
    return object instanceof IpcGate ? object.label : undefined;
  }

  taskOf(thread: DebugId): DebugId | undefined {
    const object = this.machine.kernel.objects.get(thread);
    return object instanceof Thread ? object.task.id : undefined;
  }

  #nameOf(id: DebugId): string {
    return this.debuggerName(id) ?? id.toString(16);
  }

  /** The interface behind a gate, where the component that serves it is one of ours. */
  interfaceOf(gate: DebugId, label: number): string | null {
    const row = this.machine.kernel.objects.get(gate);
    const server = row !== undefined && 'thread' in row ? (row.thread as { task: { id: DebugId } } | null)?.task.id : undefined;
    const component = server === undefined ? undefined : this.#hosted.component(server);
    return component === undefined ? null : (objects(component).get(label)?.interface ?? null);
  }
}

function kernelState(thread: Thread): KernelState {
  const { state, ipc, activity, timeout } = thread;
  if ((state & DEAD) !== 0) return 'dead';
  if (thread.frozen) return 'suspended';
  if (activity.kind === 'page_fault' || activity.kind === 'exception') return activity.kind;
  if ((state & SEND_WAIT) !== 0) return 'send';
  if ((state & (RECEIVE_WAIT | RECEIVE_IN_PROGRESS)) === 0) return (state & READY) !== 0 ? 'user' : 'suspended';
  const partner = ipc?.partner ?? null;
  if (partner === null) return timeout === null ? 'reply_and_wait' : 'sleep';
  if (partner === thread || (partner.type !== 'Thread' && partner.type !== 'IRQ')) return 'sleep';
  return partner.type === 'IRQ' ? 'irq' : 'call';
}
