// What the checkpointer uses beyond stock Genode 16.08 on Fiasco.OC: where each extension lives, what it exposes, who proposed
// it, and what for. Owns no state; README and verdict are made from it (architecture, law 6; checkpoint-restore.md 3.5, 4.7).

export interface RtcrExtension {
  readonly name: string;
  readonly where: 'kernel' | 'core';
  readonly exposes: string;
  readonly proposed_by: string;
  readonly used_for: string;
  /** Strategies that do without it, the most promising first; empty: there is none, what it is for cannot be asked for then. */
  readonly without: readonly StockWay[];
}

/** Attributes of the checkpoint and of the restore. */
export interface StockWay {
  readonly checkpoint: Readonly<Record<string, string>>;
  readonly restore: Readonly<Record<string, string>>;
}

export const RTCR_EXTENSIONS = [
  {
    name: 'cap_map_info',
    where: 'core',
    exposes: 'Native_pd.cap_map_info: the address at which a component keeps its capability records',
    proposed_by: 'patch set of the historic rtcr project (checkpoint-restore.md 3.5)',
    used_for: 'checkpoint: reading the capability map from the memory of the target; restore: rewriting it',
    without: [{ checkpoint: { 'cap-map': 'skip' }, restore: { 'cap-map': 'skip' } }],
  },
  {
    name: 'install',
    where: 'core',
    exposes: 'Native_pd.install: map a capability into a protection domain at a chosen slot',
    proposed_by: 'N. Feske on the mailing list, 2016-08-31; patch set of the historic rtcr project',
    used_for: 'restore: the capability space',
    without: [{ checkpoint: {}, restore: { 'cap-space': 'skip' } }],
  },
  {
    name: 'request',
    where: 'core',
    exposes: 'Native_pd.request: fetch the capability in a slot of a protection domain',
    proposed_by: 'N. Feske on the mailing list, 2016-08-31; never implemented by the historic project',
    used_for: 'checkpoint: stale slots, lock IRQs; restore: thread gates for native capabilities, lock IRQs',
    without: [{ checkpoint: { stale: 'skip' }, restore: { 'native-caps': 'skip' } }],
  },
  {
    name: 'attach_readonly',
    where: 'core',
    exposes: 'Region_map.attach_readonly: attach a dataspace without the right to write, so that a write is a fault of the region map',
    proposed_by: 'Rescap, after the attribute that Region_map.attach has had since Genode 18.08',
    used_for: 'incremental checkpoints that track writes only, checkpoints that copy in the background (child with track="writes")',
    without: [],
  },
  {
    name: 'all_registers',
    where: 'kernel',
    exposes: 'thread operation 8: read and write the whole user register frame of a thread',
    proposed_by: 'kernel patch of the historic rtcr project, branch fixing_restore (checkpoint-restore.md 3.3)',
    used_for: 'checkpoint and restore: registers of blocked threads',
    without: [
      { checkpoint: { registers: 'core-state' }, restore: { registers: 'ip-sp' } },
      { checkpoint: { registers: 'core-state', blocked: 'cancel' }, restore: { blocked: 'cancel' } },
    ],
  },
  {
    name: 'freeze',
    where: 'kernel',
    exposes: 'thread operations 0x20 and 0x21: stop a thread where it is, without ending or starting any IPC of it',
    proposed_by: 'Rescap; stock pause lets the IPC of a blocked thread complete first (genode-base-foc.md 9.2)',
    used_for: 'checkpoint: a consistent target; restore: threads that exist but do not run yet',
    without: [{ checkpoint: { stop: 'pause' }, restore: { 'thread-order': 'start-late' } }],
  },
  {
    name: 'ipc_state',
    where: 'kernel',
    exposes: 'thread operations 0x22 and 0x23, IRQ operations 0x20 and 0x21: IPC phase, what is left of its timeout, how far the pc is behind the instruction of an exception, reply slot, pending count of an IRQ',
    proposed_by: 'Rescap; no user level can see this state (fiasco-kernel.md 11.2)',
    used_for: 'checkpoint: draining, phase of each thread, pending wake-ups; restore: calls in service, pending wake-ups',
    without: [
      { checkpoint: { blocked: 'restart' }, restore: { blocked: 'restart' } },
      { checkpoint: { blocked: 'after' }, restore: { blocked: 'after' } },
    ],
  },
  {
    name: 'utcb',
    where: 'kernel',
    exposes: 'thread operations 0x24 and 0x25: read and write words of the UTCB of another thread',
    proposed_by: 'Rescap; UTCBs are kernel memory and no dataspace (fiasco-kernel.md 11, point 4)',
    used_for: 'checkpoint and restore: message registers and the words that myself() needs; messages of threads that fault at a tracked part',
    without: [{ checkpoint: { utcb: 'zero' }, restore: { utcb: 'zero' } }],
  },
] as const satisfies readonly RtcrExtension[];

export type RtcrExtensionName = (typeof RTCR_EXTENSIONS)[number]['name'];

/**
 * What works without any extension, although it looks like one: attaching the signal semaphore to the restored thread. The IRQ
 * capability comes from the stock RPC Signal_source.request_semaphore, the kernel Thread capability from the stock RPC
 * Native_cpu.native_cap, and the attach system call accepts a thread other than the caller (fiasco-kernel.md 6).
 */
export const STOCK_ATTACH = 'Signal_source.request_semaphore + Native_cpu.native_cap + IRQ attach with a Thread capability';

/** The failure of an operation that needs an extension which is switched off. */
export const EXTENSION_ABSENT = 'Extension_absent';

export const absent = (name: RtcrExtensionName, purpose: string): string => `extension '${name}' is not available (${purpose})`;
