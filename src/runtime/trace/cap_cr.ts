// The trace of the 2018 attempt at capability restoring ("cap_cr") from the event stream: what the kernel sees, the stages that show
// in RPCs, and capability maps as they stand in memory. Owner of the last system call of each thread, and of the label of the session that each thread is creating.
// Source modelled: checkpoint-restore.md 4.7.

import type { BoardEvent, StampedEvent } from '../../emu/event.ts';
import { type DebugId, hex, selectorOf } from '../../emu/numbers.ts';
import type { Plain } from '../../emu/plain.ts';
import { recordOf } from '../../emu/saved.ts';
import { labelOf, prefixedLabel } from '../arg_string.ts';
import type { RpcFunction } from '../rpc/interface.ts';
import { INTERFACES } from '../rpc/interfaces.ts';
import { decodeArguments, decodeMessage } from '../rpc/wire.ts';
import { captureLine } from './capture_forms.ts';
import { MapChanges } from './map_changes.ts';
import type { TraceNames } from './names.ts';

export const CAP_CR_KINDS: readonly BoardEvent['kind'][] = ['object_created', 'object_named', 'object_deleted', 'cap_mapped', 'cap_unmapped', 'irq_attached', 'irq_detached', 'thread_pager', 'syscall_enter', 'ipc_transfer', 'note'];

/** Sessions whose opening is a stage. */
const CONNECTION_STAGES: Readonly<Record<string, string>> = { PD: 'Pd_connection', CPU: 'Cpu_connection', RAM: 'Ram_connection', ROM: 'Rom_connection' };
/** RPCs that are stages. */
const RPC_STAGES: Readonly<Record<string, string>> = {
  'Ram_session.ref_account': 'ref_account', 'Ram_session.transfer_quota': 'transfer_quota', 'Signal_source.request_semaphore': 'signal_semaphore_irq',
};
/** Commands of the checkpointer that are stages. */
const COMMAND_STAGES: Readonly<Record<string, string>> = { checkpoint: 'checkpointing', restore: 'Target_child_restored' };
const LABEL_MASK = ~3;

export class CaptureTrace {
  readonly #names: TraceNames;
  /** Slot that the last system call of a thread went to. */
  readonly #called = new Map<DebugId, number>();
  /** Label in the last request for a session that a thread received. */
  readonly #creating = new Map<DebugId, string>();

  readonly #maps = new MapChanges();

  constructor(names: TraceNames) {
    this.#names = names;
  }

  /** The lines that an event makes. Every event is to be handed in, shown or not. */
  lines(event: StampedEvent): readonly string[] {
    switch (event.kind) {
      case 'syscall_enter':
        this.#called.set(event.thread, event.selector >>> 12);
        return this.#maps.lines(event.task, this.#names.capMap(event.task));
      case 'object_deleted':
        if (event.type === 'Task') this.#maps.forget(event.object);
        return [];
      case 'ipc_transfer':
        return event.phase === 'request' ? this.#request(event) : [];
      case 'note':
        return event.what === 'control_begins' ? commandStage(event.detail) : [];
      case 'object_created':
        return created(event);
      case 'cap_mapped':
        return this.#mapped(event);
      case 'object_named':
        return [captureLine('object_name', hex(event.object), event.name)];
      case 'irq_attached':
        return this.#attached(event);
      case 'irq_detached':
        return [captureLine('irq_detach', hex(event.irq))];
      case 'thread_pager':
        return [captureLine('thread_pager', event.pager === null ? '' : hex(event.pager), hex(event.object))];
      case 'cap_unmapped':
        return [captureLine('task_unmap', hex(event.object))];
      default:
        return [];
    }
  }

  /** A task's line names its selector, known once its creator's table has it, and the label that the request for its session has. */
  #mapped({ how, object, slot, thread, into }: Extract<StampedEvent, { kind: 'cap_mapped' }>): readonly string[] {
    if (how !== 'create' || this.#names.objectType(object) !== 'Task') return [];
    return [captureLine('create_task', hex(object), hex(selectorOf(slot)), this.#creating.get(thread) ?? this.#names.taskName(into))];
  }

  /** Core attaches the IRQs of threads, and knows them by a selector of its own; components attach the semaphores of their signals. */
  #attached({ task, thread, irq, to }: Extract<StampedEvent, { kind: 'irq_attached' }>): readonly string[] {
    const attach = captureLine('irq_attach', hex(irq), hex(to));
    const slot = this.#called.get(thread);
    if (this.#names.taskName(task) !== 'core') return [attach, captureLine('semaphore_irq', hex(irq), hex(to))];
    return slot === undefined ? [attach] : [attach, captureLine('irq_attach_by_core', hex(irq), hex(selectorOf(slot)))];
  }

  #request({ object, label, words, from, to }: Extract<StampedEvent, { kind: 'ipc_transfer' }>): readonly string[] {
    const { payload } = decodeMessage(words);
    const declared = INTERFACES[this.#names.interfaceOf(object, label & LABEL_MASK) ?? '']?.functions[(payload[0] ?? 0) | 0];
    this.#creating.delete(to);
    if (declared === undefined) return [];
    const stage = RPC_STAGES[`${declared.interface}.${declared.name}`];
    if (stage !== undefined) return [captureLine('stage', stage)];
    if (declared.name !== 'session') return [];
    const texts = textsOf(declared, payload);
    // As core has it: its own child comes first.
    const client = this.#names.taskOf(from);
    this.#creating.set(to, prefixedLabel(client === undefined ? '' : this.#names.taskName(client), labelOf(texts['args'] ?? '')));
    const connection = CONNECTION_STAGES[texts['name'] ?? ''];
    return connection === undefined ? [] : [captureLine('stage', connection)];
  }
}

function commandStage(command: Plain): readonly string[] {
  const stage = COMMAND_STAGES[String(recordOf('command', command)['kind'])];
  return stage === undefined ? [] : [captureLine('stage', stage)];
}

function textsOf(declared: RpcFunction, payload: readonly number[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(decodeArguments(declared, payload)).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

function created({ type, object, bound }: Extract<StampedEvent, { kind: 'object_created' }>): readonly string[] {
  if (type === 'Thread') return [captureLine('create_thread', hex(object))];
  if (type === 'IRQ') return [captureLine('create_irq', hex(object))];
  return type === 'Gate' ? [captureLine('create_gate', hex(object), bound === null ? '' : hex(bound))] : [];
}
