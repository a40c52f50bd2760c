// The kernel as plain data and back: every field of fiasco-kernel.md 11.1, objects by their debug ids. Owns no state.
// A saved kernel is restored into a fresh one that has not booted.

import { debugId } from '../numbers.ts';
import type { Plain, PlainRecord } from '../plain.ts';
import { Fields } from '../saved.ts';
import { Factory } from './factory.ts';
import { Icu, type Pins } from './icu.ts';
import { IpcGate } from './ipc_gate.ts';
import { Interrupt } from './interrupt.ts';
import { Irq } from './irq.ts';
import { IrqMuxer } from './irq_muxer.ts';
import type { Kernel } from './kernel.ts';
import { type KernelObject, Remnant } from './kernel_object.ts';
import { PlatformControl } from './pfc.ts';
import { SchedulerObject } from './scheduler_object.ts';
import { type KuArea, Task, enterKuArea, kuIndex } from './task.ts';
import { Thread } from './thread.ts';
import { attachUtcb } from './thread_call.ts';
import { THREAD_FIELDS, restoreThread, saveThread } from './thread_saved.ts';
import { UTCB_BYTES } from './utcb.ts';
import { Vlog } from './vlog.ts';

const VERSION = 6;
const KERNEL_FIELDS = ['instructions', 'owed', 'ticks', 'table', 'objects', 'capabilities', 'mappings', 'frames', 'processor', 'timeouts', 'turns', 'hosted'] as const;
const OBJECT_FIELDS = ['id', 'type', 'counted', 'references', 'alive', 'account', 'body'] as const;
const BODY_FIELDS = {
  Factory: ['used_bytes', 'limit_bytes'],
  Task: ['kernel', 'areas'],
  Vlog: ['attributes', 'input', 'pins'],
  Pfc: [],
  Icu: ['pins'],
  Sched: ['pins'],
  Thread: THREAD_FIELDS,
  Gate: ['label', 'thread', 'waiters'],
  IRQ: ['kind', 'masked', 'thread', 'label', 'queued', 'edge', 'chained', 'masked_members'],
} as const;

export function saveKernel(kernel: Kernel): PlainRecord {
  const { processor, timeouts } = kernel;
  const slice = processor.queue.capture();
  return {
    version: VERSION,
    instructions: kernel.instructions,
    owed: kernel.owed,
    ticks: kernel.ticks,
    table: kernel.objects.save(),
    objects: kernel.objects.all().map((object) => saveObject(kernel, object)),
    capabilities: kernel.objects.all().flatMap(saveCapabilities),
    mappings: kernel.memoryMappings.trees.save(),
    frames: kernel.frames.save(),
    processor: {
      version: VERSION,
      current: processor.current.id,
      due: processor.due,
      owner: slice.owner?.id ?? null,
      end_us: slice.end_us,
      end_sequence: slice.end_sequence,
      queue: slice.threads.map((thread) => thread.id),
    },
    timeouts: {
      version: VERSION,
      sequence: timeouts.sequence,
      armed: timeouts.armed().map(({ deadline_us, sequence, thread }) => ({ deadline_us, sequence, thread: thread.id })),
    },
    turns: kernel.turns.save(),
    hosted: kernel.hosted.save(),
  };
}

function saveObject(kernel: Kernel, object: KernelObject): Plain {
  const { id, type, counted, references, alive, account } = object;
  // A factory may be gone before what it made.
  const factory = account !== null && kernel.objects.get(account.id) === account ? account.id : null;
  return { version: VERSION, id, type, counted, references, alive, account: factory, body: { version: VERSION, ...bodyOf(object) } };
}

function bodyOf(object: KernelObject): PlainRecord {
  if (object instanceof Thread) return saveThread(object);
  if (object instanceof Task) return { kernel: object.kernel, areas: object.kuAreas.map(({ address, size_bytes, frame }) => ({ address, size_bytes, frame })) };
  if (object instanceof IpcGate) return { label: object.label, thread: object.thread?.id ?? null, waiters: object.waiters.entries().map(({ sender, priority }) => ({ sender: sender.id, priority })) };
  if (object instanceof Irq) {
    const { thread, label, queued, edge, is_masked } = object;
    return { kind: 'sender', masked: is_masked, thread: thread?.id ?? null, label, queued, edge, chained: [], masked_members: 0 };
  }
  if (object instanceof IrqMuxer) {
    const { is_masked, chained, masked_members } = object;
    return { kind: 'muxer', masked: is_masked, thread: null, label: 0, queued: 0, edge: false, chained: chained.map((member) => member.id), masked_members };
  }
  if (object instanceof Factory) return { used_bytes: object.used_bytes, limit_bytes: object.limit_bytes };
  if (object instanceof Vlog) return { attributes: object.attributes, input: [...object.input], pins: savePins(object.pins) };
  if (object instanceof Icu || object instanceof SchedulerObject) return { pins: savePins(object.pins) };
  return {};
}

const savePins = (pins: Pins): Plain => pins.entries().map(([pin, irq]) => ({ pin, irq: irq.id }));

/** Capabilities in the order of their objects' lists, which is the order in which they will be revoked. */
function saveCapabilities(object: KernelObject): Plain[] {
  return object.mappings.map(({ rights, flags, space, slot }) => ({ object: object.id, task: space.task.id, slot, rights, flags }));
}

export function restoreKernel(kernel: Kernel, state: PlainRecord): void {
  const fields = new Fields('kernel', state, VERSION, KERNEL_FIELDS);
  kernel.instructions = fields.number('instructions');
  kernel.owed = fields.number('owed');
  kernel.ticks = fields.number('ticks');
  kernel.frames.restore(fields.record('frames'));
  const saved = fields.list('objects').map((object) => new Fields('kernel object', object, VERSION, OBJECT_FIELDS));
  for (const object of saved) kernel.objects.add(createObject(kernel, object));
  adoptSpecial(kernel);
  kernel.objects.restore(fields.plain('table'));
  // Address spaces before threads: a thread's UTCB is looked up in its task's memory.
  for (const object of saved) fillObject(kernel, object);
  restoreCapabilities(kernel, fields.list('capabilities'));
  kernel.memoryMappings.trees.restore(fields.record('mappings'), (id) => taskOf(kernel, id).memory);
  restoreProcessor(kernel, fields.record('processor'));
  restoreTimeouts(kernel, fields.record('timeouts'));
  for (const object of saved) restoreCounts(kernel, object);
  kernel.turns.restore(fields.plain('turns'));
  kernel.hosted.restore(fields.plain('hosted'));
}

function createObject(kernel: Kernel, saved: Fields): KernelObject {
  const id = debugId(saved.number('id'));
  const body = () => bodyFields(saved);
  switch (saved.text('type')) {
    case 'Factory':
      return new Factory(id, body().number('limit_bytes'));
    case 'Task':
      return new Task(id, body().boolean('kernel'));
    case 'Vlog':
      return new Vlog(id);
    case 'Pfc':
      return new PlatformControl(id);
    case 'Icu':
      return new Icu(id);
    case 'Sched':
      return new SchedulerObject(id);
    case 'Thread':
      // The kernel task has a lower number than any thread.
      return new Thread(id, kernel.objects.all().find((object) => object instanceof Task && object.kernel) as Task);
    case 'Gate':
      return new IpcGate(id, body().number('label'));
    case 'IRQ':
      return body().text('kind') === 'muxer' ? new IrqMuxer(id) : new Irq(id);
    default:
      throw new Error(`saved kernel: unknown object type ${saved.text('type')}`);
  }
}

function bodyFields(saved: Fields): Fields {
  const type = saved.text('type') as keyof typeof BODY_FIELDS;
  return new Fields(type, saved.plain('body'), VERSION, BODY_FIELDS[type]);
}

/** The objects that boot made are found by their types; there is one of each kind, or the first is meant. */
function adoptSpecial(kernel: Kernel): void {
  const all = kernel.objects.all();
  const first = <T extends KernelObject>(what: string, found: T | undefined): T => {
    if (found === undefined) throw new Error(`saved kernel: no ${what}`);
    return found;
  };
  const tasks = all.filter((object) => object instanceof Task);
  kernel.adopt({
    kernelTask: first('kernel task', tasks.find((task) => task.kernel)),
    vlog: first('Vlog', all.find((object) => object instanceof Vlog)),
    icu: first('Icu', all.find((object) => object instanceof Icu)),
    scheduler: first('scheduler', all.find((object) => object instanceof SchedulerObject)),
    idle: first('idle thread', all.find((object) => object instanceof Thread)),
    sigma0Task: first('root pager', tasks.find((task) => !task.kernel)),
  });
}

function fillObject(kernel: Kernel, saved: Fields): void {
  const object = kernel.objects.require(saved.number('id'));
  const body = bodyFields(saved);
  if (object instanceof Task) {
    if (!object.kernel) kernel.enterEntryPages(object);
    for (const area of body.list('areas')) enterKuArea(object, area as unknown as KuArea);
  } else if (object instanceof Thread) {
    restoreThread(kernel, object, body, referenceTo(kernel));
    if (object.bound) attachUtcb(kernel, object, object.utcb_address, kuIndex(object.task, object.utcb_address, UTCB_BYTES));
  } else if (object instanceof IpcGate) {
    object.thread = threadOrNull(kernel, body.numberOrNull('thread'));
    for (const waiter of body.list('waiters')) {
      const { sender, priority } = waiter as { sender: number; priority: number };
      object.waiters.enqueue(threadOf(kernel, sender), priority);
    }
  } else if (object instanceof Irq) {
    object.thread = threadOrNull(kernel, body.numberOrNull('thread'));
    object.label = body.number('label');
    object.queued = body.number('queued');
    object.edge = body.boolean('edge');
    object.is_masked = body.boolean('masked');
  } else if (object instanceof IrqMuxer) {
    object.is_masked = body.boolean('masked');
    object.masked_members = body.number('masked_members');
    object.chained = body.numbers('chained').map((member) => interruptOf(kernel, member));
    for (const member of object.chained) member.chip = object;
  } else if (object instanceof Factory) object.used_bytes = body.number('used_bytes');
  else if (object instanceof Vlog) {
    const [input = 0, output = 0, local = 0] = body.numbers('attributes');
    object.attributes = [input, output, local];
    object.input = [...body.numbers('input')];
    restorePins(kernel, object.pins, body);
  } else if (object instanceof Icu || object instanceof SchedulerObject) restorePins(kernel, object.pins, body);
}

function restorePins(kernel: Kernel, pins: Pins, body: Fields): void {
  for (const entry of body.list('pins')) {
    const { pin, irq } = entry as { pin: number; irq: number };
    if (!pins.bind(pin, interruptOf(kernel, irq))) throw new Error(`saved kernel: pin ${pin}`);
  }
}

function restoreCapabilities(kernel: Kernel, saved: readonly Plain[]): void {
  for (const entry of saved) {
    const { object, task, slot, rights, flags } = entry as { object: number; task: number; slot: number; rights: number; flags: number };
    taskOf(kernel, task).objects.insert(slot, kernel.objects.require(object), rights, flags);
    kernel.capabilities++;
  }
}

/** Counts are set last: restoring the objects has counted what it linked. */
function restoreCounts(kernel: Kernel, saved: Fields): void {
  const object = kernel.objects.require(saved.number('id'));
  object.counted = saved.number('counted');
  object.references = saved.number('references');
  object.alive = saved.boolean('alive');
  const account = saved.numberOrNull('account');
  object.account = account === null ? null : factoryOf(kernel, account);
}

function restoreProcessor(kernel: Kernel, state: PlainRecord): void {
  const fields = new Fields('processor', state, VERSION, ['current', 'due', 'owner', 'end_us', 'end_sequence', 'queue']);
  const { processor } = kernel;
  processor.start(threadOf(kernel, fields.number('current')));
  processor.due = fields.boolean('due');
  const owner = threadOrNull(kernel, fields.numberOrNull('owner'));
  const threads = fields.numbers('queue').map((id) => threadOf(kernel, id));
  processor.queue.restore({ threads, owner, end_us: fields.number('end_us'), end_sequence: fields.number('end_sequence') });
}

function restoreTimeouts(kernel: Kernel, state: PlainRecord): void {
  const fields = new Fields('timeouts', state, VERSION, ['sequence', 'armed']);
  kernel.timeouts.restoreSequence(fields.number('sequence'));
  for (const entry of fields.list('armed')) {
    const { deadline_us, sequence, thread } = entry as { deadline_us: number; sequence: number; thread: number };
    kernel.timeouts.insert({ deadline_us, sequence, thread: threadOf(kernel, thread) });
  }
}

/** The object with a number; of one that is gone, what its waiters know of it. */
function referenceTo(kernel: Kernel): (id: number) => KernelObject {
  const remnants = new Map<number, Remnant>();
  return (id) => {
    const object = kernel.objects.get(id) ?? remnants.get(id);
    if (object !== undefined) return object;
    const remnant = new Remnant(debugId(id));
    remnants.set(id, remnant);
    return remnant;
  };
}

function threadOf(kernel: Kernel, id: number): Thread {
  const object = kernel.objects.require(id);
  if (!(object instanceof Thread)) throw new Error(`saved kernel: ${id} is no thread`);
  return object;
}
function interruptOf(kernel: Kernel, id: number): Interrupt {
  const object = kernel.objects.require(id);
  if (!(object instanceof Interrupt)) throw new Error(`saved kernel: ${id} is no IRQ`);
  return object;
}

const threadOrNull = (kernel: Kernel, id: number | null): Thread | null => (id === null ? null : threadOf(kernel, id));

function taskOf(kernel: Kernel, id: number): Task {
  const object = kernel.objects.require(id);
  if (!(object instanceof Task)) throw new Error(`saved kernel: ${id} is no task`);
  return object;
}

function factoryOf(kernel: Kernel, id: number): Factory {
  const object = kernel.objects.require(id);
  if (!(object instanceof Factory)) throw new Error(`saved kernel: ${id} is no factory`);
  return object;
}
