// A checkpoint, from freezing the target to thawing it: the order of the steps, and the snapshot that comes out.
// Creates rows of the table of snapshots. Source modelled: checkpoint-restore.md 2; architecture.md "When the checkpointer acts".

import type { Plain, PlainRecord } from '../../emu/plain.ts';
import { children, sessions } from '../child/child_table.ts';
import { services } from '../child/services.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { log } from '../native/log.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { beginCapture, capture, endCapture, used } from './capture.ts';
import { probeSlots, readTargetCapMap } from './capture_caps.ts';
import { captureMemory, freeContents } from './capture_memory.ts';
import { forgetSemaphores, identifySources, readSources } from './capture_signals.ts';
import { forgetLockIrqs, identifyThreads, readThreads } from './capture_threads.ts';
import { collectSnapshot } from './collector.ts';
import { drainTarget, settleTimers } from './drain.ts';
import { fetchKernelThreads, freezeTarget, thawTarget } from './kernel_threads.ts';
import { SNAPSHOTS } from './limits.ts';
import { targets } from './online_storage.ts';
import { demandRequest, type NativePd, openNativePd } from './pd_access.ts';
import type { DecidedStrategy } from './strategies.ts';
import { dataspacesOf, type Snapshot, snapshots, threadsOf } from './target_state.ts';
import { readClock } from './timer_session.ts';

type CheckpointLocals = {
  [key: string]: Plain;
  target: number;
  name: string;
  strategy: DecidedStrategy;
  native?: number;
  task?: number;
  failure?: Failure & { [key: string]: Plain };
};

/** Result: facts for the outcome. On failure the target runs on unharmed and nothing is kept. */
export const checkpointTarget = procedure<CheckpointLocals>('rtcr.checkpoint_target', {
  start: (x, l) => {
    const row = targets(x).require(l.target);
    if (row.phase !== 'running') return raise('Checkpoint_refused', `target "${row.name}" is ${row.phase}`);
    if (snapshots(x).size >= SNAPSHOTS) return raise('Checkpoint_refused', `there are ${SNAPSHOTS} snapshots already`);
    beginCapture(x, l.target);
    return call(log, { text: 'Ckpt::checkpoint()' }, 'prepare');
  },
  prepare: (_x, l) => call(fetchKernelThreads, { target: l.target }, 'native', 'failed'),
  native: (x, l) => call(openNativePd, { pd: targets(x).require(l.target).pd }, 'demand', 'failed'),
  demand: (_x, l, { native, task }: NativePd) => {
    l.native = native;
    l.task = task;
    return call(demandRequest, { native, task, purpose: 'stale slots and lock IRQs' }, 'freeze', 'without_request');
  },
  // Without `request` the checkpoint is poorer, not impossible: the snapshot tells what it does not know.
  without_request: (_x, l) => {
    l['requests'] = false;
    return goto('freeze');
  },
  freeze: (_x, l) => call(freezeTarget, { target: l.target }, 'drain', 'failed'),
  drain: (x, l) => {
    used(x, 'freeze');
    return wantsPhases(l) ? call(drainTarget, { target: l.target }, 'settle', 'failed') : goto('settle', 0);
  },
  settle: (x, l, rounds: number) => {
    capture.update(x, { drain_rounds: rounds });
    return call(settleTimers, { target: l.target }, 'identify', 'failed');
  },
  // A thread that was created while draining is new to the kernel part.
  identify: (_x, l) => call(fetchKernelThreads, { target: l.target }, 'refreeze', 'failed'),
  refreeze: (_x, l) => call(freezeTarget, { target: l.target }, 'threads', 'failed'),
  threads: (_x, l) => call(identifyThreads, { target: l.target, native: l.native ?? 0, irqs: requests(l) && wantsPhases(l) }, 'sources', 'failed'),
  sources: (_x, l) => call(identifySources, { target: l.target }, 'cap_map', 'failed'),
  cap_map: (_x, l) => call(readTargetCapMap, { target: l.target, native: l.native ?? 0 }, 'clock', 'failed'),
  // From here to the end of the signals nobody else gets the CPU: one moment for clock, threads and signals.
  clock: () => call(readClock, {}, 'read_threads', 'failed'),
  read_threads: (x, l, now_ms: number) => {
    capture.update(x, { now_ms });
    const { registers, utcb } = l.strategy;
    return call(readThreads, { registers, phases: wantsPhases(l), utcbs: utcb === 'save' }, 'read_sources', 'failed');
  },
  read_sources: (_x, l) => (wantsPhases(l) ? call(readSources, {}, 'stale', 'failed') : goto('stale')),
  stale: (_x, l) => call(probeSlots, { native: l.native ?? 0, task: l.task ?? 0, requests: requests(l) }, 'memory', 'failed'),
  memory: (_x, l) => call(captureMemory, { target: l.target }, 'store', 'failed'),
  store: (x, l) => {
    const old = snapshots(x).find((row) => row.name === l.name);
    const snapshot = collectSnapshot(x, l.name, l.strategy.registers, wantsPhases(l), l.strategy.utcb === 'save');
    if (old === undefined) snapshots(x).insert(snapshot);
    else snapshots(x).set(old[0], snapshot);
    l['facts'] = checkpointFacts(x, l.target, snapshot);
    x.note('checkpoint', { name: l.name, threads: threadsOf(snapshot).map(({ name, phase, registers }) => ({ name, phase, registers })) });
    return old === undefined ? goto('tidy') : call(freeContents, contentsOf(old[1]), 'tidy');
  },
  tidy: (x, l) => {
    forget(x, l);
    endCapture(x);
    return call(thawTarget, { target: l.target }, 'thawed');
  },
  thawed: (_x, l) => done(l['facts']),
  failed: (x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    const { contents, references } = capture.get(x);
    return call(freeContents, { contents: contents.map(({ content }) => content), references: references.map(({ ds }) => ds) }, 'abandon', 'abandon');
  },
  abandon: (x, l) => {
    forget(x, l);
    endCapture(x);
    return call(thawTarget, { target: l.target }, 'abandoned');
  },
  abandoned: (_x, l) => raise(l.failure?.name ?? 'Checkpoint_refused', l.failure?.text ?? ''),
});

const wantsPhases = (l: CheckpointLocals): boolean => l.strategy.blocked === 'kernel-state';
const requests = (l: CheckpointLocals): boolean => l['requests'] !== false;

/** The dataspaces that a snapshot keeps. */
export const contentsOf = (snapshot: Snapshot): { contents: number[]; references: number[] } => ({
  contents: dataspacesOf(snapshot).map(({ content }) => content),
  references: snapshot.references.map(({ ds }) => ds),
});

/** Drops the capabilities that were needed only while the checkpoint was taken. */
function forget(x: Execution, l: CheckpointLocals): void {
  forgetLockIrqs(x);
  forgetSemaphores(x);
  for (const slot of [l.native, l.task]) if (slot !== undefined) dec(x, slot);
  delete l.native;
  delete l.task;
}

function checkpointFacts(x: Execution, target: number, snapshot: Snapshot): PlainRecord {
  const { drain_rounds, extensions } = capture.get(x);
  const { child } = targets(x).require(target);
  const foreign = sessions(x).entries().filter(([, row]) => row.child === child && services(x).get(row.service)?.kind === 'parent');
  const unknown = snapshot.cap_map.filter(({ slot, id }) => snapshot.occupied.includes(slot) && !isKnown(x, snapshot, id));
  return {
    name: snapshot.name,
    target: snapshot.target_name,
    threads: threadsOf(snapshot).length,
    capabilities: snapshot.cap_map.length,
    stale_slots: snapshot.stale.length,
    dataspaces: dataspacesOf(snapshot).length,
    bytes: dataspacesOf(snapshot).reduce((sum, { size }) => sum + size, 0),
    references: snapshot.references.length,
    drain_rounds,
    extensions: [...extensions].sort(),
    lost: [
      ...unknown.map(({ slot, id }) => ({ slot, badge: id, purpose: 'a capability of an object that the checkpointer never saw' })),
      ...snapshot.stale.filter(({ badge }) => badge === 0).map(({ slot }) => ({ slot, purpose: 'a capability without record that nobody could identify' })),
      ...foreign.map(([, row]) => ({ service: row.ident, purpose: 'a session that is not interposed' })),
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
