// Capabilities in transit: ids that a thread has read from its UTCB and not yet entered in its map, or the other way round. They
// live in registers and on the stack, where no restorer can tell them from other numbers; such a thread is let run a little.
// Owns no state. Source modelled: genode-base-foc.md 2.2, 2.5 (how messages are taken in and put out).

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { PROTOCOL } from '../native/kernel_calls.ts';
import { readMemory } from '../native/memory.ts';
import { call, done, goto, invoke, procedure } from '../native/procedure.ts';
import { makeTag, OPERATION, UTCB } from '../native/utcb.ts';
import { capture, type CapturedThread, spaceOf } from './capture.ts';
import { each } from './each.ts';
import { REFAULT_PAUSE_US, TRANSIT_STACK_WORDS } from './limits.ts';
import { dirtyWritable } from './managed_dataspaces.ts';
import { cpuThreads, pdSessions } from './online_storage.ts';
import { type Place, placeAt } from './region_lookup.ts';
import { sleep } from './sleep.ts';
import { ramBytes } from './target_rows.ts';
import { freezeThread, thawThread } from './thread_access.ts';
import { REGISTER } from './thread_phase.ts';
import { closeView, NO_VIEW, openView, type View } from './views.ts';

/** Ids below belong to core's own start-up; as numbers they are too common to mean anything. */
const ID_MIN = 0x100;
const ID_MAX = 0xffff;
const RIGHTS_MASK = 3;
const WORD_BYTES = 4;

/** The ids that these words can be, with or without the rights bits of a label; ascending, each once. */
export function mentionedIds(words: readonly number[], ids: ReadonlySet<number>): number[] {
  const found = words.filter((word) => word >= ID_MIN && word <= ID_MAX).flatMap((word) => [word, word & ~RIGHTS_MASK].filter((id) => ids.has(id)));
  return [...new Set(found)].sort((a, b) => a - b);
}

const domainOf = (x: Execution, thread: number): number => cpuThreads(x).get(thread)?.pd ?? 0;

/** Every id that a domain of the target knows or is about to know. */
function knownIds(x: Execution, pd: number): ReadonlySet<number> {
  const { cap_map, stale } = spaceOf(x, pd);
  return new Set([...cap_map.map((row) => row.id), ...stale.map((slot) => slot.badge), ...unmappedGates(x, pd)]);
}

/**
 * Ids of threads' own gates that no record has: they come as plain words of a thread's state, so that a creator may hold one in its
 * UTCB before it enters it in the map.
 */
function unmappedGates(x: Execution, pd: number): ReadonlySet<number> {
  const { cap_map } = spaceOf(x, pd);
  const mine = capture.get(x).threads.filter(({ key }) => domainOf(x, key) === pd);
  return new Set(mine.map((thread) => thread.gate_badge).filter((id) => id !== 0 && !cap_map.some((row) => row.id === id)));
}

/** Capabilities that lie in receive windows and under no id in the map: somebody may just be taking them in. */
function beingReceived(x: Execution, pd: number): number[] {
  const { cap_map, reserved, stale } = spaceOf(x, pd);
  return stale.filter(({ slot, badge }) => badge !== 0 && reserved.includes(slot) && !cap_map.some((row) => row.id === badge)).map(({ badge }) => badge);
}

/** Threads by key with the ids that gave them away, and whether they wait, for their pager or for a moment. */
export type Transits = readonly { readonly thread: number; readonly ids: readonly number[]; readonly waits: boolean }[];

/** Gives the processor away for a moment, as whoever waits for a spin lock does: for that of the capability map with an id in its hands. */
const yields = ({ phase }: CapturedThread): boolean => phase?.kind === 'sleeps' && phase.timeout_us !== null && phase.timeout_us <= REFAULT_PAUSE_US;

/** Who is in the middle of its own code: in user mode, at an instruction that faulted, or about to go on at once. */
const isUnderWay = (thread: CapturedThread): boolean => thread.phase?.kind === 'user' || thread.phase?.kind === 'page_fault' || yields(thread);

/** The threads that may have capabilities in transit: Transits. Only threads that are in the middle of their code can. */
export const findTransits = procedure<Record<string, Plain>>('rtcr.find_transits', {
  start: (x) => {
    const running = capture.get(x).threads.filter(isUnderWay);
    return each(searchStack, running.map(({ key }) => key), {}, 'searched');
  },
  searched: (x) => {
    const found = capture.get(x).threads.flatMap((thread) => {
      if (!isUnderWay(thread)) return [];
      const { key, phase, registers, stack_ids, utcb_words } = thread;
      const pd = domainOf(x, key);
      const mentioned = [...mentionedIds(registers, knownIds(x, pd)), ...stack_ids, ...mentionedIds(utcb_words, unmappedGates(x, pd)), ...beingReceived(x, pd)];
      return mentioned.length === 0 ? [] : [{ thread: key, ids: mentioned, waits: phase?.kind === 'page_fault' || yields(thread) }];
    });
    return done(found satisfies Transits);
  },
});

/** The dataspace that a stack pointer points into. */
function stackPlace(x: Execution, thread: CapturedThread): Place | undefined {
  const pd = pdSessions(x).get(cpuThreads(x).get(thread.key)?.pd ?? 0);
  return pd === undefined ? undefined : placeAt(x, pd.address_space, thread.registers[REGISTER.sp] ?? 0);
}

type SearchLocals = { [key: string]: Plain; item: number; ds?: number; view?: View; at?: number; length?: number; words?: readonly number[] };

const searchStack = procedure<SearchLocals>('rtcr.search_stack', {
  start: (x, l) => {
    const thread = capture.get(x).threads.find(({ key }) => key === l.item);
    const found = thread === undefined ? undefined : stackPlace(x, thread);
    if (found === undefined) return done();
    l.ds = found.region.ds.slot;
    l.at = found.at & ~(WORD_BYTES - 1);
    l.length = Math.min(TRANSIT_STACK_WORDS * WORD_BYTES, found.bytes);
    return l.length <= 0 ? done() : call(openView, { ds: found.region.ds.slot, bytes: ramBytes(x, found.region.ds.slot) }, 'read');
  },
  read: (_x, l, view: View) => {
    l.view = view;
    return call(readMemory, { address: view.address + (l.at ?? 0), length: l.length ?? 0 }, 'detach');
  },
  detach: (_x, l, bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    l.words = Array.from({ length: bytes.length >>> 2 }, (_, i) => view.getUint32(i * WORD_BYTES, true));
    return call(closeView, { ds: l.ds ?? 0, view: l.view ?? NO_VIEW, touched: (l.at ?? 0) + (l.length ?? 0) }, 'judge');
  },
  judge: (x, l) => {
    const stack_ids = mentionedIds(l.words ?? [], knownIds(x, domainOf(x, l.item)));
    const { threads } = capture.get(x);
    capture.update(x, { threads: threads.map((thread) => (thread.key === l.item ? { ...thread, stack_ids } : thread)) });
    return done();
  },
});

type NudgeLocals = { [key: string]: Plain; item: number };

/** Lets one frozen thread have the answer of its pager, or its timeout, while all others stay frozen. What it does afterwards ends with the pause. */
export const letWaitEnd = procedure<NudgeLocals>('rtcr.let_wait_end', {
  start: (x, l) => {
    const kernel = cpuThreads(x).get(l.item)?.kernel ?? 0;
    dirtyWritable(x, capture.get(x).target);
    // The pager is of lower priority than whoever checkpoints.
    return kernel === 0 || thawThread(x, kernel) !== 'ok' ? done() : call(sleep, { us: REFAULT_PAUSE_US }, 'over');
  },
  over: (x, l) => {
    const kernel = cpuThreads(x).get(l.item)?.kernel ?? 0;
    if (kernel !== 0) freezeThread(x, kernel);
    return done();
  },
});

const THREAD_SWITCH = 2;

/** Lets one frozen thread run to its next preemption point, at most for a tick, while all others stay frozen. */
export const nudgeThread = procedure<NudgeLocals>('rtcr.nudge_thread', {
  start: (x, l) => {
    const kernel = cpuThreads(x).get(l.item)?.kernel ?? 0;
    dirtyWritable(x, capture.get(x).target);
    if (kernel === 0 || thawThread(x, kernel) !== 'ok') return done();
    const { r, utcb } = x.cpu;
    utcb[UTCB.mr] = THREAD_SWITCH;
    r[0] = makeTag(PROTOCOL.thread, 1);
    r[2] = (kernel << 12) | OPERATION.call;
    r[3] = 0;
    r[4] = 0;
    return invoke('back');
  },
  back: (x, l) => {
    const kernel = cpuThreads(x).get(l.item)?.kernel ?? 0;
    if (kernel !== 0) freezeThread(x, kernel);
    return goto('frozen');
  },
  frozen: () => done(),
});
