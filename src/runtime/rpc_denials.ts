// RPCs that test equipment lets fail, as if the object behind the gate were gone: the n-th one of a kind that a component makes from now
// on. Owner of those that are still to come; they are saved and rewound with the system.

import type { IpcGate } from '../emu/fiasco/ipc_gate.ts';
import type { Kernel } from '../emu/fiasco/kernel.ts';
import { frameTag, type Thread, utcbOf } from '../emu/fiasco/thread.ts';
import { wordsOf } from '../emu/fiasco/message_tag.ts';
import type { DebugId } from '../emu/numbers.ts';
import type { Plain } from '../emu/plain.ts';
import { Fields } from '../emu/saved.ts';
import { opcodeOf, type Provenance } from './provenance.ts';
import { isRpc } from './rpc/rpc_name.ts';

interface Denial {
  readonly task: DebugId;
  /** "Log_session::write", "Log.write", or an interface alone for all its functions. */
  readonly rpc: string;
  /** Matching RPCs up to the one that fails, itself included. */
  readonly left: number;
  /** Whoever asked for it, by a number of his own. */
  readonly by: number;
}

const VERSION = 2;

export class RpcDenials {
  readonly #kernel: Kernel;
  readonly #provenance: Provenance;
  #denials: readonly Denial[] = [];

  constructor(kernel: Kernel, provenance: Provenance) {
    this.#kernel = kernel;
    this.#provenance = provenance;
  }

  add(task: DebugId, rpc: string, nth: number, by: number): void {
    this.#set([...this.#denials, { task, rpc, left: nth, by }]);
  }

  /** Whose denials are still to come. */
  toCome(): readonly number[] {
    return this.#denials.map(({ by }) => by);
  }

  capture(): readonly Denial[] {
    return this.#denials;
  }

  rewind(denials: readonly Denial[]): void {
    this.#set(denials);
  }

  save(): Plain {
    return this.#denials.map(({ task, rpc, left, by }) => ({ version: VERSION, task, rpc, left, by }));
  }

  restore(state: Plain): void {
    const rows = (state as readonly Plain[]).map((row) => new Fields('denied RPC', row, VERSION, ['task', 'rpc', 'left', 'by']));
    this.#set(rows.map((row) => ({ task: row.number('task') as DebugId, rpc: row.text('rpc'), left: row.number('left'), by: row.number('by') })));
  }

  /** The kernel asks only while there is something to deny. */
  #set(denials: readonly Denial[]): void {
    this.#denials = denials;
    this.#kernel.denial = denials.length === 0 ? null : (thread, gate) => this.#denies(thread, gate);
  }

  #denies(thread: Thread, gate: IpcGate): boolean {
    const due = this.#denials.filter(({ task }) => task === thread.task.id);
    if (due.length === 0) return false;
    const opcode = opcodeOf(utcbOf(thread).words, wordsOf(frameTag(thread)));
    const name = this.#provenance.named({ gate: gate.id, label: gate.label & ~3, opcode });
    const counted = due.filter(({ rpc }) => isRpc(rpc, name));
    if (counted.length === 0) return false;
    this.#set(this.#denials.flatMap((one) => (!counted.includes(one) ? [one] : one.left > 1 ? [{ ...one, left: one.left - 1 }] : [])));
    return counted.some(({ left }) => left === 1);
  }
}
