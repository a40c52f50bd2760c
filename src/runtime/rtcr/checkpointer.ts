// A checkpoint, from freezing its targets to thawing them: the order of the steps, and the snapshots that come out, one per target.
// Creates rows of the table of snapshots. Source modelled: checkpoint-restore.md 2; architecture.md "When the checkpointer acts".

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { log } from '../native/log.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { allCaptures, beginCaptures, capture, endCaptures, enterCapture, runsAgain } from './capture.ts';
import { captureMemory, freeContents } from './capture_memory.ts';
import { forgetSemaphores } from './capture_signals.ts';
import { awaitCapMaps, demandRequests, dropSpace, openSpaces } from './capture_spaces.ts';
import { forgetLockIrqs } from './capture_threads.ts';
import { captureTargets, findTransitsOf, hasTimers, probeTarget, stopsBy, wantsPhases } from './capturer.ts';
import { checkpointFacts } from './checkpoint_facts.ts';
import { sessionProblem, targetProblem } from './checkpoint_problems.ts';
import { collectSnapshot } from './collector.ts';
import { each } from './each.ts';
import { copyAwaiting, keepParts, takeBackParts } from './incremental_copy.ts';
import { hasDefect } from './defects.ts';
import { discard } from './discard.ts';
import { fetchKernelThreads, forgetKernelThreads, setOffTargets, stopTargets } from './kernel_threads.ts';
import { SNAPSHOTS, TRANSIT_REPEATS, TRANSIT_ROUNDS, TRANSIT_TICKS } from './limits.ts';
import { metadataBytes } from './metadata_bytes.ts';
import { metadataAlloc } from './metadata_heap.ts';
import { cpuThreads, targets } from './online_storage.ts';
import { resumeProxies } from './proxy_restore.ts';
import { holdProxies } from './proxy_table.ts';
import { freeSnapshot } from './snapshot_end.ts';
import type { DecidedStrategy } from './strategies.ts';
import { type Snapshot, snapshots, threadsOf } from './target_state.ts';
import { readClock } from './timer_session.ts';
import { letWaitEnd, nudgeThread } from './transit.ts';

type CheckpointLocals = {
  [key: string]: Plain;
  /** All targets of the checkpoint: they stand still at the same moment. */
  targets: readonly number[];
  name: string;
  strategy: DecidedStrategy;
  /** Name of the checkpoint it builds on; empty for a full one. */
  base: string;
  /** How often the targets were let run on because capabilities were in transit. */
  rounds?: number;
  /** What was found in transit last, and how often in a row. */
  finding?: string;
  repeats?: number;
  /** Threads among them that wait, for their pager or for a moment. */
  waiting?: readonly number[];
  /** The snapshots to be, while room for their records is sought. */
  collected?: readonly Snapshot[];
  /** Snapshots of an earlier checkpoint of the same name, and the last checkpoint of each target: kept until this one is complete. */
  replaced?: readonly { readonly key: number; readonly snapshot: Snapshot }[];
  earlier?: readonly string[];
  /** Every slot was looked into since the targets were let run last. */
  probed?: boolean;
  /** Threads that never came to rest. */
  in_transit?: readonly string[];
  failure?: { readonly name: string; readonly text: string };
};

/** Result: facts for the outcome. On failure the targets run on unharmed and nothing is kept. */
export const checkpointTargets = procedure<CheckpointLocals>('rtcr.checkpoint_targets', {
  start: (x, l) => {
    if (snapshots(x).size + l.targets.length > SNAPSHOTS) return raise('Checkpoint_refused', `there are ${snapshots(x).size} snapshots already, and room for ${SNAPSHOTS}`);
    for (const target of l.targets) {
      const problem = targetProblem(x, target, l);
      if (problem !== null) return raise('Checkpoint_refused', problem);
    }
    beginCaptures(x, l.targets);
    holdProxies(x, l.targets);
    return call(log, { text: 'Ckpt::checkpoint()' }, 'prepare', 'failed');
  },
  prepare: (_x, l) => each(prepareTarget, l.targets, { strategy: l.strategy }, 'stop', 'failed'),
  stop: (_x, l) => call(stopTargets, { targets: l.targets, how: stopsBy(l.strategy) }, 'capture', 'failed'),
  capture: (_x, l) => call(captureTargets, { targets: l.targets, strategy: l.strategy }, 'decide', 'failed'),
  decide: (x, l) => {
    const found = allCaptures(x).flatMap(({ transits }) => transits);
    l.rounds ??= 0;
    const finding = found.map(({ thread, ids }) => `${thread}:${ids.join(',')}`).join(' ');
    l.repeats = finding === l.finding ? (l.repeats ?? 0) + 1 : 0;
    l.finding = finding;
    // A thread handles a capability within a few hundred instructions; what it still has after a longer run is something else.
    const settled = goto(l.probed === true ? 'memory' : 'probe');
    if (found.length === 0 || l.repeats >= TRANSIT_REPEATS) return settled;
    if (l.rounds >= TRANSIT_ROUNDS) {
      l.in_transit = found.flatMap(({ thread }) => cpuThreads(x).get(thread)?.name ?? []);
      return settled;
    }
    l.rounds += 1;
    l.probed = false;
    forgetFetched(x, l.targets);
    // Where that does not help, it may wait for a lock that another thread has, which stands still; or it faults at every page that
    // was looked at meanwhile, and comes no further within a tick.
    const others = l.repeats === 0 ? [] : allCaptures(x).flatMap(({ threads }) => threads.filter(({ phase }) => phase?.kind === 'user').map(({ key }) => key));
    const mine = found.map(({ thread }) => thread);
    const nudged = [...others.filter((key) => !mine.includes(key)), ...mine];
    l.waiting = found.filter(({ waits }) => waits).map(({ thread }) => thread);
    l['nudged'] = Array.from({ length: l.repeats === 0 ? 1 : TRANSIT_TICKS }, () => nudged).flat();
    return hasTimers(x, l.targets) && stopsBy(l.strategy) === 'freeze' ? call(readClock, {}, 'clock') : goto('nudge');
  },
  clock: (x, l, now_ms: number) => {
    runsAgain(x, now_ms, l['nudged'] as readonly number[]);
    return goto('nudge');
  },
  nudge: (_x, l) => each(nudgeThread, l['nudged'] as readonly number[], {}, 'ended', 'failed'),
  ended: (_x, l) => each(letWaitEnd, l.waiting ?? [], {}, 'capture', 'failed'),
  // Of slots without record only those of receive windows were looked into so far; the others are known now, and may be mentioned, too.
  probe: (_x, l) => {
    l.probed = true;
    return each(probeTarget, l.targets, {}, 'probed', 'failed');
  },
  probed: (x, l) => (allCaptures(x).some(({ spaces }) => spaces.some(({ stale, reserved }) => stale.some(({ slot }) => !reserved.includes(slot)))) ? each(findTransitsOf, l.targets, {}, 'decide', 'failed') : goto('memory')),
  memory: (x, l) => {
    if (l.strategy.attached === 'copy') forgetAccess(x, l.targets);
    for (const target of l.targets) {
      const text = sessionProblem(x, target, l);
      if (text !== null) return goto('failed', { name: 'Checkpoint_refused', text } satisfies Failure);
    }
    return goto('copy');
  },
  copy: (_x, l) => each(copyTarget, l.targets, { full: l.base === '', later: l.strategy.copy === 'background', roms: l.strategy.rom === 'content' }, 'account', 'failed'),
  account: (x, l) => {
    l.collected = l.targets.map((target) => {
      enterCapture(x, target);
      return collectSnapshot(x, l.name, l.strategy, wantsPhases(l.strategy));
    });
    return call(metadataAlloc, { bytes: l.collected.reduce((sum, snapshot) => sum + metadataBytes(snapshot), 0) }, 'store', 'failed');
  },
  store: (x, l) => {
    const old = snapshots(x).entries().filter(([, row]) => row.name === l.name);
    const stored = (l.collected ?? []).map((snapshot) => storeSnapshot(x, snapshot));
    l.collected = [];
    for (const [key] of old) if (!stored.some((row) => row.key === key)) snapshots(x).delete(key);
    l.replaced = hasDefect(l.strategy.defects, 'D-12') ? [] : old.map(([key, snapshot]) => ({ key, snapshot }));
    l['facts'] = checkpointFacts(x, stored.map(({ snapshot }) => snapshot), l.rounds ?? 0, l.in_transit ?? []);
    for (const target of l.targets) targets(x).update(target, { part_faults: 0 });
    for (const { snapshot } of stored) x.note('checkpoint', { name: l.name, threads: threadsOf(snapshot).map(({ name, phase, registers }) => ({ name, phase, registers })) });
    return l.strategy.copy === 'background' ? goto('tidy') : each(freeSnapshot, l.replaced.map(({ snapshot }) => snapshot), {}, 'keep');
  },
  keep: (_x, l) => call(keepParts, { targets: l.targets }, 'tidy'),
  tidy: (x, l) => {
    forget(x, l.targets);
    return staysStopped(l.strategy) ? goto('thawed') : call(setOffTargets, { targets: l.targets }, 'resume', 'stuck');
  },
  resume: (_x, l) => call(resumeProxies, { targets: l.targets }, 'thawed'),
  // One of the threads stands still: that is told. The checkpoint is complete, or else its memory is still to be copied, and it is given up.
  stuck: (_x, l, { name, text }: Failure) => {
    l.failure = { name, text: `${l.strategy.copy === 'background' ? 'the checkpoint is given up' : 'the checkpoint is taken'}, but ${text}` };
    return call(resumeProxies, { targets: l.targets }, l.strategy.copy === 'background' ? 'take_back' : 'kept');
  },
  take_back: (_x, l) => call(takeBackParts, { targets: l.targets }, 'forget_it', 'forget_it'),
  kept: (x, l) => {
    for (const target of l.targets) targets(x).update(target, { checkpoint: l.name });
    return goto('abandoned');
  },
  // The targets run already: what they want to write before its turn the pager copies first.
  thawed: (x, l) => {
    l.earlier = l.targets.map((target) => targets(x).require(target).checkpoint);
    for (const target of l.targets) targets(x).update(target, { checkpoint: l.name });
    return l.strategy.copy === 'background' ? each(copyRest, l.targets, {}, 'copied', 'incomplete') : goto('complete');
  },
  copied: (_x, l) => call(keepParts, { targets: l.targets }, 'free_replaced'),
  free_replaced: (_x, l) => each(freeSnapshot, (l.replaced ?? []).map(({ snapshot }) => snapshot), {}, 'complete'),
  incomplete: (x, l, { name, text }: Failure) => {
    l.failure = { name, text: `the copy in the background failed: ${text}` };
    for (const [at, target] of l.targets.entries()) if (targets(x).get(target) !== undefined) targets(x).update(target, { checkpoint: l.earlier?.[at] ?? '' });
    return call(takeBackParts, { targets: l.targets }, 'forget_it');
  },
  forget_it: (x, l) => {
    const found = snapshots(x).entries().filter(([, row]) => row.name === l.name);
    for (const [key] of found) snapshots(x).delete(key);
    for (const { key, snapshot } of l.replaced ?? []) snapshots(x).set(key, snapshot);
    return each(freeSnapshot, found.map(([, snapshot]) => snapshot), {}, 'abandoned');
  },
  complete: (_x, l) => done(l['facts']),
  failed: (_x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return call(takeBackParts, { targets: l.targets }, 'free_contents', 'free_contents');
  },
  free_contents: (x) => call(freeContents, capturedContents(x), 'abandon', 'abandon'),
  abandon: (x, l) => {
    forget(x, l.targets);
    return call(setOffTargets, { targets: l.targets }, 'let_go', 'half_let_go');
  },
  half_let_go: (_x, l, { text }: Failure) => {
    l.failure = { name: l.failure?.name ?? 'Unavailable', text: `${l.failure?.text ?? ''}; afterwards ${text}` };
    return goto('let_go');
  },
  let_go: (_x, l) => call(resumeProxies, { targets: l.targets }, 'abandoned'),
  abandoned: (_x, l) => raise(l.failure?.name ?? 'Checkpoint_refused', l.failure?.text ?? ''),
});

/** Whether anything is asked of the kernel about threads that core does not tell. */
const needsKernelThreads = (strategy: DecidedStrategy): boolean =>
  strategy.attached !== 'copy' || stopsBy(strategy) !== 'pause' || strategy.registers !== 'core-state' || strategy.utcb === 'save' || wantsPhases(strategy);

type PrepareLocals = { [key: string]: Plain; item: number; strategy: DecidedStrategy };

/** Fetches what a target is reached by while the checkpoint is taken. */
const prepareTarget = procedure<PrepareLocals>('rtcr.prepare_checkpoint', {
  start: (x, l) => {
    enterCapture(x, l.item);
    return call(openSpaces, { target: l.item }, 'published');
  },
  published: (_x, l) => (l.strategy['cap-map'] === 'skip' ? goto('threads') : call(awaitCapMaps, { target: l.item }, 'threads')),
  threads: (_x, l) => (needsKernelThreads(l.strategy) ? call(fetchKernelThreads, { target: l.item }, 'demand') : goto('demand')),
  demand: (_x, l) => (l.strategy.stale === 'skip' ? done() : call(demandRequests, { target: l.item }, 'prepared')),
  prepared: () => done(),
});

const copyTarget = procedure<{ [key: string]: Plain; item: number; full: boolean; later: boolean; roms: boolean }>('rtcr.copy_target', {
  start: (x, l) => {
    enterCapture(x, l.item);
    return call(captureMemory, { target: l.item, full: l.full, later: l.later, roms: l.roms }, 'copied');
  },
  copied: () => done(),
});

const copyRest = procedure<{ [key: string]: Plain; item: number }>('rtcr.copy_rest', {
  start: (_x, l) => call(copyAwaiting, { target: l.item }, 'copied'),
  copied: () => done(),
});

/** Keeps the snapshot of one target, in place of the one that a checkpoint of the same name holds of it. */
function storeSnapshot(x: Execution, snapshot: Snapshot): { readonly key: number; readonly snapshot: Snapshot } {
  const old = snapshots(x).find((row) => row.name === snapshot.name && row.target_name === snapshot.target_name);
  if (old === undefined) return { key: snapshots(x).insert(snapshot), snapshot };
  snapshots(x).set(old[0], snapshot);
  return { key: old[0], snapshot };
}

/** What the captures have copied and referenced so far. */
function capturedContents(x: Execution): { contents: number[]; references: number[] } {
  const captures = allCaptures(x);
  return { contents: captures.flatMap(({ contents }) => contents.map(({ content }) => content)), references: captures.flatMap(({ references }) => references.map(({ ds }) => ds)) };
}

/** Drops the IRQs that were fetched for reading their counts. */
function forgetFetched(x: Execution, group: readonly number[]): void {
  for (const target of group) {
    enterCapture(x, target);
    forgetLockIrqs(x);
    forgetSemaphores(x);
  }
}

/** Drops everything by which the targets are reached before their memory is copied: the copies get the slots that a stock parent has free. */
function forgetAccess(x: Execution, group: readonly number[]): void {
  forgetFetched(x, group);
  for (const target of group) {
    enterCapture(x, target);
    for (const { native, task } of capture.get(x).spaces) {
      if (native !== 0) dec(x, native);
      discard(x, task);
    }
    capture.update(x, { spaces: capture.get(x).spaces.map((space) => ({ ...space, native: 0, task: 0 })) });
    forgetKernelThreads(x, target);
  }
}

/** Drops the capabilities that were needed only while the checkpoint was taken. */
function forget(x: Execution, group: readonly number[]): void {
  forgetFetched(x, group);
  for (const { spaces } of allCaptures(x)) for (const space of spaces) dropSpace(x, space);
  endCaptures(x);
}

const staysStopped = (strategy: DecidedStrategy): boolean => strategy.resume === 'no' || hasDefect(strategy.defects, 'D-01');
