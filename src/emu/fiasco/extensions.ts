// Operations beyond the stock kernel, each switchable by name and off by default; then the stock kernel's answer is given.
// Owns no state. The table is also what the README and the verdict of a scenario list.

export interface Extension {
  readonly name: string;
  readonly exposes: string;
  readonly proposed_by: string;
}

export const EXTENSIONS = [
  {
    name: 'all_registers',
    exposes: 'thread op 8: read and write the whole user register frame of a thread at any time, without pausing it',
    proposed_by: 'kernel patch of the historic rtcr project, branch fixing_restore (checkpoint-restore.md 3.3)',
  },
  {
    name: 'freeze',
    exposes: 'thread ops 0x20 freeze and 0x21 thaw: stop a thread where it is, without ending or starting any IPC of it',
    proposed_by: 'Rescap, because pausing a blocked thread lets its IPC complete first (genode-base-foc.md 9.2)',
  },
  {
    name: 'ipc_state',
    exposes: 'thread ops 0x22, 0x23: read the IPC phase of a thread and what is left of its timeout, how far its pc is behind the instruction of its exception, restore a delivered call; IRQ ops 0x20, 0x21: read and set the pending count',
    proposed_by: 'Rescap, for the kernel state that no user level can see (fiasco-kernel.md 11, 11.2)',
  },
  {
    name: 'utcb',
    exposes: 'thread ops 0x24, 0x25: read and write words of the UTCB of another thread',
    proposed_by: 'Rescap, because UTCBs are kernel memory and no dataspace (fiasco-kernel.md 11, point 4)',
  },
] as const satisfies readonly Extension[];

export type ExtensionName = (typeof EXTENSIONS)[number]['name'];

export const isExtensionName = (name: string): name is ExtensionName => EXTENSIONS.some((extension) => extension.name === name);
