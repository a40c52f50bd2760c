// The one table of what can be asked of kernel objects: protocol label x opcode, how far it is supported, where it is specified.
// Dispatch and the support list of the README come from it. Owns no state. Source modelled: fiasco-kernel.md 10 and 3 to 7.

import { ERRNO } from './errors.ts';
import type { ExtensionName } from './extensions.ts';

export const PROTOCOL = {
  NONE: 0,
  ALLOW_SYSCALL: 1,
  IRQ: -1,
  PAGE_FAULT: -2,
  EXCEPTION: -5,
  SIGMA0: -6,
  KOBJECT: -10,
  TASK: -11,
  THREAD: -12,
  LOG: -13,
  SCHEDULER: -14,
  FACTORY: -15,
} as const;

export type Support = 'full' | 'partial' | 'absent';

interface Row {
  readonly object: string;
  /** null: the object does not look at the label. */
  readonly label: number | null;
  /** Opcode in MR0; for the factory the type code; null: every other one. */
  readonly op: number | null;
  readonly name: string;
  readonly support: Support;
  /** What is missing, or what there is to know. */
  readonly note: string;
  /** Section of fiasco-kernel.md. */
  readonly source: string;
  /** Works only where this extension is on. */
  readonly extension?: ExtensionName;
  /** What the kernel answers where the operation is absent. */
  readonly errno?: number;
}

export const OPERATIONS = [
  { object: 'Factory', label: -15, op: 0, name: 'create_gate', support: 'full', note: '', source: '3.2' },
  { object: 'Factory', label: -15, op: -1, name: 'create_irq', support: 'full', note: 'with a second argument other than 0: an IRQ muxer', source: '3.2, 6' },
  { object: 'Factory', label: -15, op: -11, name: 'create_task', support: 'full', note: '', source: '3.2' },
  { object: 'Factory', label: -15, op: -12, name: 'create_thread', support: 'full', note: '', source: '3.2' },
  { object: 'Factory', label: -15, op: -15, name: 'create_factory', support: 'full', note: 'a limit of 2 GB or more: -12, where the real one lets sums wrap', source: '3.2, 3.3' },
  { object: 'Factory', label: -15, op: -16, name: 'create_vm', support: 'absent', note: '-19, as on ARM without TrustZone', source: '3.2', errno: ERRNO.NODEV },
  { object: 'Task', label: -11, op: 0, name: 'map', support: 'full', note: '', source: '3.4' },
  { object: 'Task', label: -11, op: 1, name: 'unmap', support: 'full', note: 'a section is taken as a whole, whatever part of it is named', source: '3.5' },
  { object: 'Task', label: -11, op: 2, name: 'cap_info', support: 'full', note: '', source: '3.6' },
  { object: 'Task', label: -11, op: 3, name: 'add_ku_mem', support: 'full', note: '', source: '3.6' },
  { object: 'Thread', label: -12, op: 0, name: 'control', support: 'full', note: 'aliens included', source: '4.3, 4.6' },
  { object: 'Thread', label: -12, op: 1, name: 'ex_regs', support: 'full', note: '', source: '4.4, C.4' },
  { object: 'Thread', label: -12, op: 2, name: 'switch', support: 'full', note: '', source: '4.6' },
  { object: 'Thread', label: -12, op: 3, name: 'stats', support: 'full', note: '', source: '4.6' },
  { object: 'Thread', label: -12, op: 4, name: 'vcpu_resume', support: 'absent', note: '-22, as without enabled vCPU', source: '4.6', errno: ERRNO.INVAL },
  { object: 'Thread', label: -12, op: 5, name: 'register_delete_irq', support: 'full', note: '', source: '4.6' },
  { object: 'Thread', label: -12, op: 6, name: 'modify_senders', support: 'full', note: '', source: '4.6' },
  { object: 'Thread', label: -12, op: 7, name: 'vcpu_control', support: 'partial', note: 'the refusals (-22); enabling a vCPU is refused as well (-38): L4Linux alone uses them', source: '4.6' },
  { object: 'Thread', label: -12, op: 0x10, name: 'set_tpidruro', support: 'full', note: '', source: '4.1' },
  { object: 'Thread', label: -12, op: 8, name: 'exchange_registers', support: 'full', note: '', source: '9.5a of genode-base-foc.md', extension: 'all_registers' },
  { object: 'Thread', label: -12, op: 0x20, name: 'freeze', support: 'full', note: '', source: 'extensions.ts', extension: 'freeze' },
  { object: 'Thread', label: -12, op: 0x21, name: 'thaw', support: 'full', note: '', source: 'extensions.ts', extension: 'freeze' },
  { object: 'Thread', label: -12, op: 0x22, name: 'read_ipc_state', support: 'full', note: '', source: '11', extension: 'ipc_state' },
  { object: 'Thread', label: -12, op: 0x23, name: 'write_ipc_state', support: 'full', note: 'only a call that was delivered to another thread, with what is left of its timeout', source: '11', extension: 'ipc_state' },
  { object: 'Thread', label: -12, op: 0x24, name: 'read_utcb', support: 'full', note: '', source: '11', extension: 'utcb' },
  { object: 'Thread', label: -12, op: 0x25, name: 'write_utcb', support: 'full', note: '', source: '11', extension: 'utcb' },
  { object: 'Gate control', label: -10, op: 0, name: 'decrement_references', support: 'full', note: '', source: '3.5' },
  { object: 'Gate control', label: -10, op: 0x10, name: 'bind', support: 'full', note: '', source: '3.8' },
  { object: 'Gate control', label: -10, op: 0x11, name: 'info', support: 'full', note: '', source: '3.8' },
  { object: 'IRQ', label: -1, op: 0, name: 'eoi', support: 'full', note: '', source: '6' },
  { object: 'IRQ', label: -1, op: 4, name: 'unmask', support: 'full', note: '', source: '6' },
  { object: 'IRQ', label: -1, op: 1, name: 'attach', support: 'full', note: 'without item: detach', source: '6, C.2' },
  { object: 'IRQ', label: -1, op: 2, name: 'trigger', support: 'full', note: '', source: '6, C.2' },
  { object: 'IRQ', label: -1, op: 0x20, name: 'read_count', support: 'full', note: '', source: 'extensions.ts', extension: 'ipc_state' },
  { object: 'IRQ', label: -1, op: 0x21, name: 'write_count', support: 'full', note: '', source: 'extensions.ts', extension: 'ipc_state' },
  { object: 'IRQ muxer', label: -1, op: 2, name: 'trigger', support: 'full', note: '', source: '6' },
  { object: 'IRQ muxer', label: -1, op: 3, name: 'chain', support: 'full', note: 'a muxer to a muxer: -22, where the real one damages its chains', source: '6' },
  { object: 'Icu', label: -1, op: 0, name: 'bind', support: 'full', note: 'no device raises an interrupt', source: '6' },
  { object: 'Icu', label: -1, op: 1, name: 'unbind', support: 'full', note: '', source: '6' },
  { object: 'Icu', label: -1, op: 2, name: 'info', support: 'full', note: '', source: '6' },
  { object: 'Icu', label: -1, op: 3, name: 'msi_info', support: 'full', note: 'the controller has no MSIs: 0; Vlog and Scheduler: -22', source: '6' },
  { object: 'Icu', label: -1, op: 4, name: 'unmask', support: 'full', note: '', source: '6' },
  { object: 'Icu', label: -1, op: 5, name: 'mask', support: 'full', note: '', source: '6' },
  { object: 'Icu', label: -1, op: 6, name: 'set_mode', support: 'full', note: 'ignored, as by the GIC', source: '6' },
  { object: 'Vlog', label: -13, op: 0, name: 'write', support: 'full', note: '', source: '10' },
  { object: 'Vlog', label: -13, op: 2, name: 'set_attributes', support: 'full', note: 'line ends and echo as in the attributes', source: '10' },
  { object: 'Vlog', label: -13, op: 3, name: 'get_attributes', support: 'full', note: '', source: '10' },
  { object: 'Vlog', label: -13, op: null, name: 'read', support: 'full', note: 'what test equipment typed on the serial line', source: '10' },
  { object: 'Sched', label: -14, op: 0, name: 'info', support: 'full', note: 'one CPU', source: '7' },
  { object: 'Sched', label: -14, op: 1, name: 'run_thread', support: 'full', note: '', source: '7' },
  { object: 'Sched', label: -14, op: 2, name: 'idle_time', support: 'full', note: '', source: '7' },
  { object: 'Pfc', label: null, op: 0, name: 'suspend_cpu', support: 'full', note: '-38, as the kernel of a board with one CPU', source: '10' },
  { object: 'Pfc', label: null, op: 1, name: 'resume_cpu', support: 'full', note: '-38, as above', source: '10' },
  { object: 'Pfc', label: null, op: 2, name: 'suspend_system', support: 'full', note: '-16: the board cannot suspend', source: '10' },
  { object: 'Debugger', label: null, op: 0, name: 'set_name', support: 'full', note: '', source: '5.10' },
  { object: 'Debugger', label: null, op: 1, name: 'global_id', support: 'full', note: '', source: '5.10' },
  { object: 'Debugger', label: null, op: 2, name: 'id_of_pointer', support: 'full', note: 'with the addresses that the listings show', source: '5.10' },
  { object: 'Debugger', label: null, op: 3, name: 'log_type', support: 'partial', note: 'names and checks are real, the order of the table is alphabetical here and the linker\'s there', source: '5.10' },
  { object: 'Debugger', label: null, op: 4, name: 'log_control', support: 'full', note: 'accepted; the trace buffer is the event stream, which listeners switch', source: '5.10' },
  { object: 'Debugger', label: null, op: 5, name: 'get_name', support: 'full', note: '', source: '5.10' },
  { object: 'Debugger', label: null, op: 6, name: 'log_type_name', support: 'partial', note: 'as log_type', source: '5.10' },
] as const satisfies readonly Row[];

type AnyRow = (typeof OPERATIONS)[number];
export type ObjectKind = AnyRow['object'];
/** Names of the operations of one kind of object that have a handler. */
export type OperationOf<K extends ObjectKind> = Extract<AnyRow, { object: K; support: 'full' | 'partial' }>['name'];
export type Operation = Row;

/** What objects answer to an operation that they do not know. */
export const unknownOf = (object: ObjectKind): number => (object === 'IRQ' || object === 'IRQ muxer' ? ERRNO.INVAL : ERRNO.NOSYS);

/** Operations of a kind of object by their codes. */
const byKind = new Map<ObjectKind, Map<number | null, Operation>>();
for (const row of OPERATIONS) byKind.set(row.object, (byKind.get(row.object) ?? new Map<number | null, Operation>()).set(row.op, row));

export function findOperation(object: ObjectKind, op: number): Operation | undefined {
  const operations = byKind.get(object);
  return operations?.get(op) ?? operations?.get(null);
}
