// Puts the system together: a machine, core as its root task, boot modules in memory; and looks into it from outside.
// Owner of the parts and of what observers derive from the event stream; it never changes what runs, but for the control line.

import { REG_SP } from '../emu/arm/registers.ts';
import { EventStream } from '../emu/event.ts';
import { isExtensionName } from '../emu/fiasco/extensions.ts';
import { IpcGate } from '../emu/fiasco/ipc_gate.ts';
import { Thread } from '../emu/fiasco/thread.ts';
import { Task } from '../emu/fiasco/task.ts';
import { objectSpaceOf, threadRows } from '../emu/jdb/view.ts';
import type { ObjectSpace, ThreadRow } from '../emu/jdb/model.ts';
import { ENGINE_DEFAULT, type EngineName } from '../emu/arm/engine.ts';
import { Machine, type MachineState, RAM_BASE } from '../emu/machine.ts';
import type { DebugId } from '../emu/numbers.ts';
import type { Plain, PlainRecord } from '../emu/plain.ts';
import { CORE_BASE, placeModules } from './core/board_memory.ts';
import { CORE_PROGRAM } from './core/names.ts';
import { INIT_FOOTPRINT } from './init/footprint.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { Inspector } from './inspector.ts';
import { recordsInMemory, recordsOfHosted } from './cap_records.ts';
import { type ComponentMemory, componentMemory } from './component_memory.ts';
import { type Component, expectProgram, footprintOf } from './native/component.ts';
import { hostedImage, hostedText } from './native/image.ts';
import type { HostedRuntime } from './native/port.ts';
import { objects } from './native/service.ts';
import { type Controlled, ControlLine } from './control_line.ts';
import { equipmentOf } from './equipment.ts';
import { Moment } from './moment.ts';
import { hostedRuntime, imageAt, type Preparation } from './preparation.ts';
import { type PublishedMap, publishedMap } from './published_map.ts';
import { declarePrograms, pdLabels } from './programs.ts';
import { describeOrigin, Provenance, rpcWords } from './provenance.ts';
import { RpcDenials } from './rpc_denials.ts';
import { TaskLabels } from './task_labels.ts';
import { phaseOf, stateOf } from './thread_states.ts';
import { declareCheckpointers, extensionsUsed } from './rtcr/entry.ts';
import { HISTORIC_PROGRAM, isCheckpointer, RTCR_PROGRAM } from './rtcr/names.ts';
import type { CapRecords, ComponentInfo, ControlAnswer, ControlCommand, ControlOutcome, Equipment, KernelState, Origin, PortableCheckpoint, RpcName, System, SystemConfig, SystemSnapshot, ThreadPhase } from './system.ts';
import { MODULES_BYTES_MAX } from './system.ts';

/** Core is no protection domain of its own; its task is called like this. */
const CORE_LABEL = 'core';

expectProgram(CORE_PROGRAM, declarePrograms);
expectProgram(INIT_FOOTPRINT.name, declarePrograms, INIT_FOOTPRINT);
for (const name of [RTCR_PROGRAM, HISTORIC_PROGRAM]) expectProgram(name, declareCheckpointers);

const isCore = ({ program }: Component): boolean => program.name === CORE_PROGRAM;

/** Boots a system. Refuses in words what it cannot boot. */
export function bootSystem(config: SystemConfig): RunningSystem | { readonly error: string } {
  const bytes = config.modules.reduce((sum, module) => sum + module.bytes.length, 0);
  if (bytes > MODULES_BYTES_MAX) return { error: `the boot modules have ${bytes} bytes, the limit is ${MODULES_BYTES_MAX}` };
  const placed = placeModules(config.modules.map(({ name, bytes: content }) => ({ name, size: content.length })));
  const images = [{ program: CORE_PROGRAM, text: CORE_BASE - RAM_BASE }, ...placed.flatMap(({ base }, i) => imageAt(base - RAM_BASE, config.modules[i]?.bytes))];
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
        { address: CORE_BASE, bytes: hostedText(CORE_PROGRAM, CORE_BASE) },
        ...placed.map(({ base }, i) => ({ address: base, bytes: config.modules[i]?.bytes ?? new Uint8Array() })),
      ],
    },
  });
  return new RunningSystem(machine, hosted, { labels: null, controlled: null, provenance: null, denials: null, preparation });
}

/** The ELF image of a program that the runtime brings itself. */
export function hostedProgramImage(name: string): Uint8Array | undefined {
  const footprint = footprintOf(name);
  return footprint === undefined ? undefined : hostedImage(footprint);
}

/** A system that goes on where a saved one was. */
export function restoreSystem(state: SystemState, engine: EngineName = ENGINE_DEFAULT): RunningSystem {
  const { version, machine: saved, labels, controlled, provenance, denials, preparation } = state as unknown as SavedSystem;
  if (version !== STATE_VERSION) throw new Error(`saved system has version ${version}, this program knows ${STATE_VERSION}`);
  const hosted = hostedRuntime(preparation);
  const machine = Machine.restore(saved, { hosted: () => hosted, engine });
  return new RunningSystem(machine, hosted, { labels, controlled, provenance, denials, preparation });
}

/** Everything that a running system is, as plain data; encode it as machine states are. */
export type SystemState = PlainRecord;

const STATE_VERSION = 8;

/** What observers of a restored system know already, and what its components are prepared with. */
interface Observed {
  readonly labels: Plain;
  readonly controlled: Controlled | null;
  readonly provenance: Plain;
  readonly denials: Plain;
  readonly preparation: Preparation;
}

interface SavedSystem extends Observed {
  readonly version: number;
  readonly machine: MachineState;
}

export class RunningSystem implements System {
  readonly machine: Machine;
  readonly inspector: Inspector;
  readonly #hosted: HostedRuntime;
  readonly #provenance: Provenance;
  readonly #denials: RpcDenials;
  readonly #labels = new TaskLabels();
  readonly #control: ControlLine;
  readonly #preparation: Preparation;

  constructor(machine: Machine, hosted: HostedRuntime, observed: Observed) {
    this.machine = machine;
    this.inspector = new Inspector(machine.kernel);
    this.#hosted = hosted;
    if (observed.labels !== null) this.#labels.restore(observed.labels);
    this.#control = new ControlLine(machine, hosted, () => this.#observe(), observed.controlled);
    this.#preparation = observed.preparation;
    this.#provenance = new Provenance((gate, label) => this.interfaceOf(gate, label));
    if (observed.provenance !== null) this.#provenance.restore(observed.provenance);
    this.#provenance.follow(machine.events);
    this.#denials = new RpcDenials(machine.kernel, this.#provenance);
    if (observed.denials !== null) this.#denials.restore(observed.denials);
  }

  components(): readonly ComponentInfo[] {
    const alive = this.#observe();
    return alive.size === 0 ? [] : this.#labels.components(alive);
  }

  /** The tasks that there are now, with their labels, which are noted. */
  #observe(): ReadonlyMap<DebugId, string> {
    const alive = new Map<DebugId, string>();
    const core = this.#hosted.components().find(isCore);
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
    return this.#control.post(command);
  }

  takeImage(of: string, name: string): PortableCheckpoint | null {
    return this.#control.takeImage(of, name);
  }

  leaveImage(of: string, checkpoint: PortableCheckpoint): ControlAnswer {
    return this.#control.leaveImage(of, checkpoint);
  }

  outcome(): ControlOutcome | null {
    return this.#control.outcome();
  }

  snapshot(): SystemSnapshot {
    return new Moment(this.machine, this.#labels, this.#control.controlled, this.#provenance, this.#denials);
  }

  rewind(snapshot: SystemSnapshot): void {
    const moment = Moment.of(snapshot);
    this.machine.rewind(moment.machine);
    this.#labels.rewind(moment.labels);
    this.#control.controlled = moment.controlled;
    this.#provenance.rewind(moment.provenance);
    this.#denials.rewind(moment.denials);
  }

  close(): void {
    this.machine.close();
  }

  release(snapshot: SystemSnapshot): void {
    this.machine.release(Moment.of(snapshot).machine);
  }

  /** The system as plain data; it may be saved whenever the machine does not run. */
  save(): SystemState {
    return { version: STATE_VERSION, machine: this.machine.save(), labels: this.#labels.save(), controlled: this.#control.controlled === null ? null : { ...this.#control.controlled }, provenance: this.#provenance.save(), denials: this.#denials.save(), preparation: { ...this.#preparation, modules: this.#preparation.modules.map((module) => ({ ...module })), images: this.#preparation.images.map((image) => ({ ...image })) } };
  }

  objectSpace(task: DebugId): ObjectSpace {
    return objectSpaceOf(this.machine.kernel, task) ?? { task, slots: [] };
  }

  memory(task: DebugId): ComponentMemory | undefined {
    const core = this.#hosted.components().find(isCore);
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
    return phaseOf(this.machine.kernel.objects.get(thread));
  }

  get equipment(): Equipment {
    return equipmentOf(
      this.machine,
      () => this.#hosted.components().find(isCore),
      (label) => {
        const found = this.components().find((component) => component.alive && component.label === label);
        return found === undefined ? undefined : this.#hosted.component(found.task);
      },
      this.#denials,
    );
  }

  threadState(thread: DebugId): KernelState {
    return stateOf(this.machine.kernel.objects.get(thread));
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
    return takeInventory(this.machine.kernel, components, components.find(isCore), (task) => names.get(task) ?? 'the kernel');
  }

  capMap(task: DebugId): PublishedMap | null {
    const core = this.#hosted.components().find(isCore);
    return core === undefined ? null : publishedMap(this.machine.kernel, core, task);
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
