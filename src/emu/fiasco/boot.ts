// Booting: the kernel's own objects in their real order, the root pager, the root task with its memory. Owns no state.
// Source modelled: fiasco-kernel.md 1.4, 2.9, 9.

import { SECTION_SHIFT } from '../memory/address_space.ts';
import { SECTION_BYTES } from '../memory/mapping_database.ts';
import { RIGHT_EXECUTE, RIGHT_READ, RIGHT_WRITE } from '../memory/translation.ts';
import { PAGE_BYTES } from '../numbers.ts';
import { Factory } from './factory.ts';
import { FLAGS_FULL, RIGHTS_FULL } from './flexpage.ts';
import { Icu } from './icu.ts';
import { IpcGate } from './ipc_gate.ts';
import type { Kernel } from './kernel.ts';
import { type MemoryDescriptor, writeInfoPage } from './kernel_info_page.ts';
import type { KernelObject } from './kernel_object.ts';
import { insertNew } from './object_space.ts';
import { PlatformControl } from './pfc.ts';
import { SchedulerObject } from './scheduler_object.ts';
import { Task, addKuMemory } from './task.ts';
import { Thread } from './thread.ts';
import { bindThread } from './thread_call.ts';
import { READY } from './thread_state.ts';
import { Vlog } from './vlog.ts';

export interface BootImage {
  /** Physical address; the root task sees it at the same virtual one. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface BootConfig {
  readonly root_entry: number;
  readonly root_sp?: number;
  /** Priority of the root thread; Genode's threads all have 128. */
  readonly root_priority?: number;
  readonly images: readonly BootImage[];
  /** Physical address of the boot information that the info page names. */
  readonly boot_info?: number;
  /** Memory descriptors besides RAM, kernel memory and images. */
  readonly descriptors?: readonly MemoryDescriptor[];
  /** Printed on the console before the root task starts; nothing by default. */
  readonly banner?: string;
}

const UTCB_AREA = 0xbfff_0000;
const ROOT_UTCB_ORDER = 14;
const SIGMA0_UTCB_ORDER = 12;
const SIGMA0_PRIORITY = 255;
const ROOT_PRIORITY = 128;
const GATE_TO_SIGMA0_LABEL = 0x40;
const RWX = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;

/** Slots of the kernel's objects in the root task (1.4). */
export const SLOT = { task: 1, factory: 2, thread: 3, pager: 4, log: 5, icu: 6, scheduler: 7, pfc: 8 } as const;

export function boot(kernel: Kernel, config: BootConfig): void {
  for (const { address, bytes } of config.images) {
    const index = kernel.memory.index(address);
    if (index < 0 || index + bytes.length > kernel.frames.start) throw new Error(`boot image at ${address.toString(16)} does not fit into the RAM`);
    kernel.memory.write(index, bytes);
  }
  const given = createKernelObjects(kernel);
  const { sigma0 } = createSigma0(kernel, given);
  const root = createRoot(kernel, given, sigma0, config);
  mapRam(kernel, root.task);
  writeInfoPage(kernel.memory, kernel.memory.index(kernel.kipAddress), {
    root_ip: config.root_entry,
    root_sp: config.root_sp ?? 0,
    boot_info: config.boot_info ?? 0,
    descriptors: descriptorsOf(kernel, config),
  });
  kernel.console(config.banner ?? '');
  // The root pager has the higher priority: it waits for its first client before the root task's first instruction.
  kernel.processor.start(kernel.idleThread);
  kernel.processor.enqueue(sigma0);
  kernel.processor.enqueue(root);
  kernel.processor.schedule();
  kernel.runUser(kernel.settle(), 0);
  kernel.settle();
}

const create = <T extends KernelObject>(kernel: Kernel, object: T): T => kernel.register(object);

/** Those of the kernel's objects that nothing but capabilities refers to. */
interface Given {
  readonly factory: Factory;
  readonly pfc: PlatformControl;
}

/** Objects 0 to 6. */
function createKernelObjects(kernel: Kernel): Given {
  const { objects } = kernel;
  const factory = create(kernel, new Factory(objects.takeId()));
  const kernelTask = create(kernel, new Task(objects.takeId(), true));
  const vlog = create(kernel, new Vlog(objects.takeId()));
  const pfc = create(kernel, new PlatformControl(objects.takeId()));
  const icu = create(kernel, new Icu(objects.takeId()));
  const scheduler = create(kernel, new SchedulerObject(objects.takeId()));
  const idle = create(kernel, new Thread(objects.takeId(), kernelTask));
  kernelTask.references++;
  idle.internal = 'idle';
  idle.priority = 0;
  idle.state = READY;
  idle.has_cpu = true;
  const sigma0Task = create(kernel, new Task(objects.takeId()));
  kernel.adopt({ kernelTask, vlog, icu, scheduler, idle, sigma0Task });
  kernel.processor.start(idle);
  kernel.processor.enqueue(idle);
  objects.setName(factory, 'root factory');
  return { factory, pfc };
}

function createSigma0(kernel: Kernel, given: Given): { sigma0: Thread } {
  const { sigma0Task: task, objects } = { sigma0Task: kernel.sigma0Task, objects: kernel.objects };
  const sigma0 = create(kernel, new Thread(objects.takeId(), kernel.kernelTask));
  sigma0.internal = 'sigma0';
  prepare(kernel, task, sigma0, SIGMA0_UTCB_ORDER, SIGMA0_PRIORITY);
  giveKernelObjects(kernel, task, sigma0, given);
  objects.setName(task, 'sigma0');
  objects.setName(sigma0, 'sigma0');
  return { sigma0 };
}

function createRoot(kernel: Kernel, given: Given, sigma0: Thread, config: BootConfig): Thread {
  const { objects } = kernel;
  const task = create(kernel, new Task(objects.takeId()));
  const root = create(kernel, new Thread(objects.takeId(), kernel.kernelTask));
  prepare(kernel, task, root, ROOT_UTCB_ORDER, config.root_priority ?? ROOT_PRIORITY);
  giveKernelObjects(kernel, task, root, given);
  const gate = create(kernel, new IpcGate(objects.takeId(), GATE_TO_SIGMA0_LABEL));
  gate.bind(sigma0);
  insertNew(kernel, task.objects, SLOT.pager, gate, RIGHTS_FULL, FLAGS_FULL);
  root.pager = SLOT.pager;
  root.registers.r[15] = config.root_entry;
  root.registers.r[13] = config.root_sp ?? 0;
  return root;
}

/** Memory, UTCB and parameters of one of the two first threads, which are never deleted. */
function prepare(kernel: Kernel, task: Task, thread: Thread, utcbOrder: number, priority: number): void {
  task.references++;
  thread.references++;
  kernel.enterEntryPages(task);
  if (addKuMemory(kernel, task, UTCB_AREA, utcbOrder) !== 0) throw new Error('no memory for the first UTCB area');
  thread.priority = priority;
  thread.state = READY;
  thread.has_cpu = true;
  if (!bindThread(kernel, thread, task, UTCB_AREA)) throw new Error('a first thread could not be bound');
  kernel.processor.queue.dequeue(thread);
}

function giveKernelObjects(kernel: Kernel, task: Task, thread: Thread, { factory, pfc }: Given): void {
  const { vlog, icu, scheduler } = kernel.special;
  const slots: readonly (readonly [number, KernelObject])[] = [
    [SLOT.task, task],
    [SLOT.factory, factory],
    [SLOT.thread, thread],
    [SLOT.log, vlog],
    [SLOT.icu, icu],
    [SLOT.scheduler, scheduler],
    [SLOT.pfc, pfc],
  ];
  for (const [slot, object] of slots) insertNew(kernel, task.objects, slot, object, RIGHTS_FULL, FLAGS_FULL);
}

/** All RAM but the kernel's belongs to the root pager and is mapped to the root task one to one, in sections. */
function mapRam(kernel: Kernel, root: Task): void {
  const { memory, memoryMappings, sigma0Task } = kernel;
  const size = kernel.frames.start;
  for (let at = 0; at < size; at += SECTION_BYTES) memoryMappings.mapRoot(sigma0Task.memory, memory.base + at, SECTION_SHIFT, at, RWX);
  const range = { from: memory.base, to: memory.base, size, rights: RWX, cache: 0, grant: false };
  if (!memoryMappings.map(sigma0Task.memory, root.memory, range).complete) throw new Error('the root task got no memory');
}

function descriptorsOf(kernel: Kernel, config: BootConfig): MemoryDescriptor[] {
  const { base, size_bytes } = kernel.memory;
  const kernelStart = base + kernel.frames.start;
  return [
    { start: 0, end: 0xbfff_ffff, type: 'conventional', virtual: true },
    { start: base, end: base + size_bytes - 1, type: 'conventional' },
    { start: kernel.kipAddress, end: kernel.kipAddress + 0xfff, type: 'reserved' },
    { start: kernelStart, end: base + size_bytes - 1, type: 'reserved' },
    ...imageRanges(config.images).map((range): MemoryDescriptor => ({ ...range, type: 'bootloader', sub: 2 })),
    ...(config.descriptors ?? []),
  ];
}

/** The info page has room for few descriptors: where there are many images, those that lie page beside page share one. */
const IMAGE_DESCRIPTORS_MAX = 12;

function imageRanges(images: readonly BootImage[]): { start: number; end: number }[] {
  const ranges = images.map(({ address, bytes }) => ({ start: address, end: address + bytes.length - 1 }));
  if (ranges.length <= IMAGE_DESCRIPTORS_MAX) return ranges;
  const merged: { start: number; end: number }[] = [];
  for (const range of ranges.sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= Math.ceil((last.end + 1) / PAGE_BYTES) * PAGE_BYTES) last.end = Math.max(last.end, range.end);
    else merged.push(range);
  }
  return merged;
}
