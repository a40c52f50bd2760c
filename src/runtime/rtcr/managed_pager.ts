// The thread "managed dataspace pager": a target touched a part that was taken from it, or wrote to one it may only read.
// Owner of the count of faults. Source modelled: checkpoint-restore.md 1.10; the part is found by the context of the signal.

import type { Plain } from '../../emu/plain.ts';
import { Region_map } from '../rpc/interfaces.ts';
import type { Execution } from '../native/execution.ts';
import { logWarning } from '../native/log.ts';
import { call, callNamed, done, type Failure, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { contexts, type ReceivedSignal, waitForSignal } from '../native/signals.ts';
import { copyPart } from './incremental_copy.ts';
import { holdFaulting, releaseFaulting } from './fault_hold.ts';
import { awaitsPager, giveMessagesBack, keepMessages, type KeptMessage } from './faulting_messages.ts';
import { attachPart, detachPart, managedDataspaces, parts, partsOf } from './managed_dataspaces.ts';
import { targets } from './online_storage.ts';
import { sleep } from './sleep.ts';

const FAULT = { ready: 0, write: 2 } as const;
/** A fault at an address that no part has is left alone after so many tries. */
const ROUNDS_MAX = 1024;
/** How often the pager of core is given the processor to answer a fault. */
const PAUSES_MAX = 16;

export const managedPager = procedure<{ [key: string]: Plain; receiver: number }>('rtcr.managed_dataspace_pager', {
  start: (_x, l) => call(waitForSignal, { receiver: l.receiver }, 'signal'),
  // A context that is no managed dataspace's has a handler of its own, or is a stray signal.
  signal: (x, _l, { context, count }: ReceivedSignal) => {
    const managed = managedDataspaces(x).find((row) => row.context === context)?.[0];
    const handler = contexts(x).get(context)?.handler ?? '';
    if (managed === undefined && handler !== '') return callNamed(handler, { context, count }, 'again', 'failed');
    return managed === undefined ? call(logWarning, { text: 'no faulting region map found' }, 'again') : call(resolveHeld, { managed }, 'again', 'again');
  },
  failed: (x, _l, { text }: Failure) => {
    x.note('rtcr_signal_handler_failed', { text });
    return goto('again');
  },
  again: () => goto('start'),
});

/** Resolves the faults of one managed dataspace while nobody else can fault. */
const resolveHeld = procedure<{ [key: string]: Plain; managed: number }>('rtcr.resolve_held_faults', {
  start: () => call(holdFaulting, {}, 'resolve'),
  resolve: (_x, l) => call(resolveAll, { managed: l.managed, rounds: 0 }, 'release', 'release'),
  release: () => call(releaseFaulting, {}, 'released'),
  released: () => done(),
});

type ResolveLocals = { [key: string]: Plain; managed: number; rounds: number; write?: boolean; part?: number; messages?: readonly KeptMessage[]; pauses?: number };

/** Resolves the faults of one managed dataspace, one after the other, until core knows of none. */
const resolveAll = procedure<ResolveLocals>('rtcr.resolve_managed_faults', {
  start: (x, l) => {
    const row = managedDataspaces(x).get(l.managed);
    return row === undefined || l.rounds >= ROUNDS_MAX ? done() : rpc(Region_map.state, row.map, {}, 'state', 'gone');
  },
  gone: () => done(),
  state: (x, l, { value }: RpcReply) => {
    const [type = 0, address = 0] = value as readonly number[];
    if (type === FAULT.ready) return done();
    l.rounds += 1;
    l.write = type === FAULT.write;
    const found = partsOf(x, l.managed).find(([, { offset, size }]) => address >= offset && address < offset + size);
    if (found === undefined) return call(logWarning, { text: `managed dataspace fault at 0x${address.toString(16)}, where no part is` }, 'gone');
    l.part = found[0];
    countFault(x, l.managed);
    return found[1].awaits_copy && l.write ? call(copyPart, { part: l.part }, 'take', 'take') : goto('take');
  },
  take: (_x, l) => call(detachPart, { part: l.part ?? 0 }, 'attach', 'gone'),
  attach: (x, l) => {
    l.messages = keepMessages(x, managedDataspaces(x).get(l.managed)?.target ?? 0);
    return call(attachPart, { part: l.part ?? 0, access: accessFor(x, l) }, 'attached', 'unattached');
  },
  unattached: (x, l) => {
    giveMessagesBack(x, l.messages ?? [], isHeld(x, l.managed) || standsStill(x, l.managed));
    return goto('gone');
  },
  // Core's pager answers on its own.
  attached: (x, l) => {
    l.pauses = (l.pauses ?? 0) + 1;
    return awaitsPager(x, l.messages ?? []) && l.pauses <= PAUSES_MAX ? call(sleep, { us: 0 }, 'attached') : goto('answered');
  },
  answered: (x, l) => {
    l.pauses = 0;
    giveMessagesBack(x, l.messages ?? [], isHeld(x, l.managed) || standsStill(x, l.managed));
    // What the checkpointer itself reads while the target stands still changes nothing.
    if (l.write === true || !standsStill(x, l.managed)) {
      if (parts(x).get(l.part ?? 0)?.access === 'all') parts(x).update(l.part ?? 0, { dirty: true });
    }
    return goto('start');
  },
});

/** What the checkpointer itself looks at is no fault of the target's. */
function countFault(x: Execution, managed: number): void {
  const target = managedDataspaces(x).get(managed)?.target ?? 0;
  const row = targets(x).get(target);
  if (row !== undefined && row.phase !== 'frozen') targets(x).update(target, { part_faults: row.part_faults + 1 });
}

const isHeld = (x: Execution, managed: number): boolean => targets(x).get(managedDataspaces(x).get(managed)?.target ?? 0)?.held === true;
const standsStill = (x: Execution, managed: number): boolean => targets(x).get(managedDataspaces(x).get(managed)?.target ?? 0)?.phase === 'frozen';

/** With tracking of writes a read gets the right to read only. */
const accessFor = (x: Execution, l: ResolveLocals): 'read' | 'all' => (l.write !== true && managedDataspaces(x).require(l.managed).tracking === 'writes' ? 'read' : 'all');
