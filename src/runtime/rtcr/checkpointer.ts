// A checkpoint, from freezing the target to thawing it: the order of the steps, and the snapshot that comes out.
// Creates rows of the table of snapshots. Source modelled: checkpoint-restore.md 2; architecture.md "When the checkpointer acts".

import type { Plain, PlainRecord } from '../../emu/plain.ts';
import { children } from '../child/child_table.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { log } from '../native/log.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { beginCapture, capture, endCapture } from './capture.ts';
import { captureMemory, freeContents } from './capture_memory.ts';
import { forgetSemaphores } from './capture_signals.ts';
import { forgetLockIrqs } from './capture_threads.ts';
import { captureTarget, stopsBy, wantsPhases } from './capturer.ts';
import { collectSnapshot } from './collector.ts';
import { each } from './each.ts';
import { copyAwaiting } from './incremental_copy.ts';
import { managedFaults } from './managed_pager.ts';
import { hasDefect } from './defects.ts';
import { fetchKernelThreads, setOffTarget, stopTarget } from './kernel_threads.ts';
import { SNAPSHOTS, TRANSIT_REPEATS, TRANSIT_ROUNDS } from './limits.ts';
import { cpuThreads, foreignSessions, targets } from './online_storage.ts';
import { demandRequest, type NativePd, openNativePd } from './pd_access.ts';
import type { DecidedStrategy } from './strategies.ts';
import { dataspacesOf, type Snapshot, snapshots, threadsOf } from './target_state.ts';
import { findTransits, nudgeThread, type Transits } from './transit.ts';

type CheckpointLocals = {
  [key: string]: Plain;
  target: number;
  name: string;
  strategy: DecidedStrategy;
  /** Name of the checkpoint it builds on; empty for a full one. */
  base: string;
  native?: number;
  task?: number;
  requests?: boolean;
  /** How often the target was let run on because capabilities were in transit. */
  rounds?: number;
  /** What was found in transit last, and how often in a row. */
  finding?: string;
  repeats?: number;
  /** Threads that never came to rest. */
  in_transit?: readonly string[];
  failure?: { readonly name: string; readonly text: string };
};

/** Result: facts for the outcome. On failure the target runs on unharmed and nothing is kept. */
export const checkpointTarget = procedure<CheckpointLocals>('rtcr.checkpoint_target', {
  start: (x, l) => {
    const row = targets(x).require(l.target);
    if (row.phase !== 'running') return raise('Checkpoint_refused', `target "${row.name}" is ${row.phase}`);
    if (snapshots(x).size >= SNAPSHOTS) return raise('Checkpoint_refused', `there are ${SNAPSHOTS} snapshots already`);
    const [foreign] = foreignSessions(x).entries().filter(([, { target }]) => target === l.target);
    if (foreign !== undefined && l.strategy.foreign === 'refuse') return raise('Checkpoint_refused', notInterposed(foreign[1].service));
    const problem = baseProblem(x, l);
    if (problem !== null) return raise('Checkpoint_refused', problem);
    l['faults'] = managedFaults.get(x).count;
    beginCapture(x, l.target);
    return call(log, { text: 'Ckpt::checkpoint()' }, 'prepare');
  },
  prepare: (_x, l) => call(fetchKernelThreads, { target: l.target }, 'native', 'failed'),
  native: (x, l) => call(openNativePd, { pd: targets(x).require(l.target).pd }, 'demand', 'failed'),
  demand: (_x, l, { native, task }: NativePd) => {
    l.native = native;
    l.task = task;
    if (l.strategy.stale === 'skip') return goto('freeze');
    return call(demandRequest, { native, task, purpose: 'stale slots and lock IRQs' }, 'with_request', 'freeze');
  },
  // Without `request` the checkpoint is poorer, not impossible: the snapshot tells what it does not know.
  with_request: (_x, l) => {
    l.requests = true;
    return goto('freeze');
  },
  freeze: (_x, l) => call(stopTarget, { target: l.target, how: stopsBy(l.strategy) }, 'capture', 'failed'),
  capture: (x, l) => {
    beginCapture(x, l.target, l.task ?? 0, stopsBy(l.strategy) === 'freeze' ? ['freeze'] : []);
    capture.update(x, { reopen_foreign: l.strategy.foreign === 'reopen', defects: l.strategy.defects });
    const { target, strategy, native = 0, task = 0, requests = false } = l;
    return call(captureTarget, { target, strategy, native, task, requests }, 'transits', 'failed');
  },
  transits: () => call(findTransits, {}, 'decide', 'failed'),
  decide: (x, l, found: Transits) => {
    l.rounds ??= 0;
    const finding = found.map(({ thread, ids }) => `${thread}:${ids.join(',')}`).join(' ');
    l.repeats = finding === l.finding ? (l.repeats ?? 0) + 1 : 0;
    l.finding = finding;
    // A thread handles a capability within a few hundred instructions; what it still has after a longer run is something else.
    if (found.length === 0 || l.repeats >= TRANSIT_REPEATS) return goto('memory');
    if (l.rounds >= TRANSIT_ROUNDS) {
      l.in_transit = found.flatMap(({ thread }) => cpuThreads(x).get(thread)?.name ?? []);
      return goto('memory');
    }
    l.rounds += 1;
    forgetLockIrqs(x);
    forgetSemaphores(x);
    return each(nudgeThread, found.map(({ thread }) => thread), {}, 'capture', 'failed');
  },
  memory: (_x, l) => call(captureMemory, { target: l.target, full: l.base === '', later: l.strategy.copy === 'background' }, 'store', 'failed'),
  store: (x, l) => {
    const old = snapshots(x).find((row) => row.name === l.name);
    const snapshot = collectSnapshot(x, l.name, l.strategy, wantsPhases(l.strategy));
    if (old === undefined) snapshots(x).insert(snapshot);
    else snapshots(x).set(old[0], snapshot);
    l['facts'] = { ...checkpointFacts(x, snapshot), transit_rounds: l.rounds ?? 0, in_transit: l.in_transit ?? [] };
    x.note('checkpoint', { name: l.name, threads: threadsOf(snapshot).map(({ name, phase, registers }) => ({ name, phase, registers })) });
    return old === undefined ? goto('tidy') : call(freeContents, contentsOf(old[1]), 'tidy');
  },
  tidy: (x, l) => {
    forget(x, l);
    return staysStopped(l.strategy) ? goto('thawed') : call(setOffTarget, { target: l.target }, 'thawed');
  },
  // The target runs already: what it wants to write before its turn the pager copies first.
  thawed: (x, l) => {
    targets(x).update(l.target, { checkpoint: l.name });
    return l.strategy.copy === 'background' ? call(copyAwaiting, { target: l.target }, 'complete', 'incomplete') : goto('complete');
  },
  incomplete: (x, l, { name, text }: Failure) => {
    l.failure = { name, text: `the copy in the background failed: ${text}` };
    const found = snapshots(x).find((row) => row.name === l.name);
    if (found === undefined) return goto('abandoned');
    snapshots(x).delete(found[0]);
    return call(freeContents, contentsOf(found[1]), 'abandoned');
  },
  complete: (_x, l) => done(l['facts']),
  failed: (x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return call(freeContents, capturedContents(x), 'abandon', 'abandon');
  },
  abandon: (x, l) => {
    forget(x, l);
    return call(setOffTarget, { target: l.target }, 'abandoned');
  },
  abandoned: (_x, l) => raise(l.failure?.name ?? 'Checkpoint_refused', l.failure?.text ?? ''),
});

/** Why a checkpoint cannot build on the one it names; null if it can, or names none. */
function baseProblem(x: Execution, { target, base, strategy }: CheckpointLocals): string | null {
  const { name, granularity, checkpoint } = targets(x).require(target);
  if (granularity === 0 && strategy.copy === 'background') return `copy="background" needs a child in parts, and "${name}" is not: give it granularity="N" in the configuration of its parent`;
  if (base === '') return null;
  if (granularity === 0) return `an incremental checkpoint needs a child in parts, and "${name}" is not: give it granularity="N" in the configuration of its parent`;
  if (snapshots(x).find((row) => row.name === base) === undefined) return `there is no checkpoint "${base}" to build on`;
  return checkpoint === base ? null : `the last checkpoint of "${name}" is ${checkpoint === '' ? 'none' : `"${checkpoint}"`}, so only that one can be built on, not "${base}"`;
}

/** What a capture has copied and referenced so far. */
function capturedContents(x: Execution): { contents: number[]; references: number[] } {
  const { contents, references } = capture.get(x);
  return { contents: contents.map(({ content }) => content), references: references.map(({ ds }) => ds) };
}

/** The dataspaces that a snapshot keeps. */
const contentsOf = (snapshot: Snapshot): { contents: number[]; references: number[] } => ({
  contents: dataspacesOf(snapshot).flatMap(({ contents }) => contents.map(({ content }) => content)),
  references: snapshot.references.map(({ ds }) => ds).filter((ds) => ds !== 0),
});

/** Drops the capabilities that were needed only while the checkpoint was taken. */
function forget(x: Execution, l: CheckpointLocals): void {
  forgetLockIrqs(x);
  forgetSemaphores(x);
  for (const slot of [l.native, l.task]) if (slot !== undefined && slot !== 0) dec(x, slot);
  l.native = 0;
  l.task = 0;
  endCapture(x);
}

const staysStopped = (strategy: DecidedStrategy): boolean => strategy.resume === 'no' || hasDefect(strategy.defects, 'D-01');

const notInterposed = (service: string): string =>
  `the target has a session at "${service}", which is not interposed: what its server keeps cannot be checkpointed; foreign="reopen" opens it anew at the restore, foreign="lose" does without`;

function checkpointFacts(x: Execution, snapshot: Snapshot): PlainRecord {
  const { drain_rounds, extensions, copied_bytes, copied_parts } = capture.get(x);
  const unknown = snapshot.cap_map.filter(({ slot, id }) => snapshot.occupied.includes(slot) && !isKnown(x, snapshot, id));
  return {
    name: snapshot.name,
    target: snapshot.target_name,
    threads: threadsOf(snapshot).length,
    capabilities: snapshot.cap_map.length,
    stale_slots: snapshot.stale.length,
    dataspaces: dataspacesOf(snapshot).length,
    bytes: dataspacesOf(snapshot).reduce((sum, { size }) => sum + size, 0),
    copied_bytes,
    copied_parts,
    parts: dataspacesOf(snapshot).reduce((sum, { contents }) => sum + contents.length, 0),
    references: snapshot.references.length,
    drain_rounds,
    extensions: [...extensions].sort(),
    lost: [
      ...unknown.map(({ slot, id }) => ({ slot, badge: id, purpose: 'a capability of an object that the checkpointer never saw' })),
      ...snapshot.stale.filter(({ badge }) => badge === 0).map(({ slot }) => ({ slot, purpose: 'a capability without record that nobody could identify' })),
      ...snapshot.foreign_sessions.filter(({ reopen }) => !reopen).map(({ slot, badge, service }) => ({ slot, badge, service, purpose: 'a session that is not interposed' })),
      ...outsideCallers(snapshot),
    ],
  };
}

/** True if the snapshot says what the object behind an id is. */
function isKnown(x: Execution, snapshot: Snapshot, id: number): boolean {
  if (id === snapshot.parent_badge || children(x).find((row) => row.parent_id === id) !== undefined) return true;
  return snapshot.known_badges.includes(id);
}

/** Callers outside the target to which its threads owe a reply. */
function outsideCallers(snapshot: Snapshot): PlainRecord[] {
  const threads = threadsOf(snapshot);
  const ids = new Set(threads.map((thread) => thread.debug_id));
  return threads
    .filter(({ phase }) => phase !== null && phase.reply_to !== 0 && phase.kind !== 'open_wait' && !ids.has(phase.reply_to))
    .map((thread) => ({ thread: thread.name, purpose: `its reply to thread ${thread.phase?.reply_to.toString(16)} outside the target` }));
}
