// A restore: the order of its steps. Every object is made by the calls that the target itself would make on its sessions, so
// that the online storage of the restored target is complete and it can be checkpointed again.
// Source modelled: checkpoint-restore.md 3.2 (empty child), 8; architecture.md "Restore strategies".

import type { Plain, PlainRecord } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { log } from '../native/log.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Pd_session } from '../rpc/interfaces.ts';
import { beginRestoration, endRestoration, lost, restoration, snapshotOf, translated, usedForRestore } from './restoration.ts';
import { hasDefect } from './defects.ts';
import { fetchKernelThreads, freezeTarget, thawTarget } from './kernel_threads.ts';
import { recreateNativeCaps } from './native_caps.ts';
import { pdSessions, targets } from './online_storage.ts';
import { type NativePd, openNativePd } from './pd_access.ts';
import { installCapSpace, noteLostSlots, publishCapMap, rewriteCapMap } from './restore_caps.ts';
import { launchThreads, restoreTimers, writeThreads } from './restore_launch.ts';
import { repeatFaults } from './restore_faults.ts';
import { allocMemory, attachMemory, fillMemory } from './restore_memory.ts';
import './restore_in_bootstrap.ts';
import { identifyOwn, reopenSessions } from './restore_sessions.ts';
import { attachSemaphores, installHandlers, recreateSignals, submitSignals } from './restore_signals.ts';
import { recreateThreads, restoreLockIrqs, startThreads } from './restore_threads.ts';
import { EARLY_RUN_US, HOOK_PAUSE_US, HOOK_ROUNDS } from './limits.ts';
import { sleep } from './sleep.ts';
import type { DecidedStrategy } from './strategies.ts';
import { createTarget, type CreatedTarget, destroyTargetQuietly, startTarget, targetNamed } from './target_child.ts';
import { dataspacesOf, snapshots, threadsOf } from './target_state.ts';

type RestoreLocals = {
  [key: string]: Plain;
  snapshot: number;
  /** Name of the restored child. */
  name: string;
  strategy: DecidedStrategy;
  target?: number;
  rounds?: number;
  failure?: { readonly name: string; readonly text: string };
};

/** Result: facts for the outcome. On failure nothing of the new child remains. */
export const restoreTarget = procedure<RestoreLocals>('rtcr.restore_target', {
  start: (x, l) => {
    const same = targetNamed(x, l.name);
    // An original that a checkpoint left stopped is in nobody's way; the historic programs never ended it.
    if (same !== undefined && targets(x).require(same).phase !== 'paused' && targets(x).require(same).phase !== 'frozen') return raise('Restore_refused', `there is a child "${l.name}" already; kill it first`);
    beginRestoration(x, l.snapshot, l.strategy);
    return call(log, { text: 'Resto::restore()' }, 'create');
  },
  create: (x, l) => {
    const snapshot = snapshots(x).require(l.snapshot);
    return call(createTarget, { name: l.name, binary: snapshot.binary, config: snapshot.config, defects: '', granularity: snapshot.granularity, tracking: snapshot.tracking, ram_bytes: snapshot.ram_sessions[0]?.quota ?? 0 }, 'created', 'failed');
  },
  created: (x, l, { target }: CreatedTarget) => {
    l.target = target;
    restoration.update(x, { target });
    const empty = l.strategy.bootstrap === 'empty';
    return call(startTarget, { target, empty }, empty ? 'identify' : l.strategy.bootstrap === 'elf' ? 'booted' : 'wait_for_hook', 'failed');
  },
  booted: (x) => {
    lost(x, { purpose: 'everything: the child begins anew from its program (bootstrap="elf")' });
    return goto('finish');
  },
  wait_for_hook: (x, l) => {
    if (restoration.get(x).hooked) return goto('restored_in_bootstrap');
    l.rounds = (l.rounds ?? 0) + 1;
    if (l.rounds > HOOK_ROUNDS) return goto('failed', { name: 'Restore_refused', text: 'the child did not ask for a LOG session' } satisfies Failure);
    return call(sleep, { us: HOOK_PAUSE_US }, 'wait_for_hook', 'failed');
  },
  restored_in_bootstrap: (x) => {
    lost(x, { purpose: 'kernel state and registers: the threads go on with their start-up (bootstrap="log-hook")' });
    return goto('finish');
  },
  identify: () => call(identifyOwn, {}, 'native', 'failed'),
  native: (x, l) => call(openNativePd, { pd: targets(x).require(l.target ?? 0).pd }, 'sessions', 'failed'),
  sessions: (x, _l, { native, task }: NativePd) => {
    restoration.update(x, { native, task });
    return call(reopenSessions, {}, 'native_pds', 'failed');
  },
  native_pds: (x, l) => {
    const stored = snapshotOf(x).pd_sessions[0];
    if (stored === undefined || stored.native_pd_badge === 0) return goto('memory');
    // Recorded as the target's own knowledge again, and known here under the new id.
    return rpc(Pd_session.native_pd, pdSessions(x).require(targets(x).require(l.target ?? 0).pd).cap, {}, 'native_pd', 'failed');
  },
  native_pd: (x, _l, { cap }: RpcReply) => {
    if (cap !== null) translated(x, snapshotOf(x).pd_sessions[0]?.native_pd_badge ?? 0, cap);
    return goto('memory');
  },
  memory: () => call(allocMemory, {}, 'threads', 'failed'),
  threads: () => call(recreateThreads, {}, 'kernel_threads', 'failed'),
  kernel_threads: (_x, l) => call(fetchKernelThreads, { target: l.target ?? 0 }, holds(l.strategy) ? 'freeze' : 'signals', 'failed'),
  freeze: (x, l) => {
    usedForRestore(x, 'freeze');
    return call(freezeTarget, { target: l.target ?? 0 }, 'signals', 'failed');
  },
  signals: () => call(recreateSignals, {}, 'native_caps', 'failed'),
  native_caps: (_x, l) => (l.strategy['native-caps'] === 'skip' ? goto('attach') : call(recreateNativeCaps, {}, 'attach', 'failed')),
  attach: () => call(attachMemory, {}, 'handlers', 'failed'),
  handlers: (_x, l) => call(installHandlers, {}, l.strategy['thread-order'] === 'start-early' ? 'early' : 'early_timers', 'failed'),
  early: () => call(launchThreads, {}, 'run_early', 'failed'),
  // They run while the memory is being copied; on a machine with one processor this is when.
  run_early: () => call(sleep, { us: EARLY_RUN_US }, 'fill', 'failed'),
  early_timers: (_x, l) => (timersFirst(l.strategy) ? call(restoreTimers, {}, 'fill', 'failed') : goto('fill')),
  fill: () => call(fillMemory, {}, 'capabilities', 'failed'),
  capabilities: (_x, l) => (l.strategy['cap-map'] === 'skip' && l.strategy['cap-space'] === 'skip' ? goto('in_order') : call(publishCapMap, {}, 'in_order', 'failed')),
  in_order: (_x, l) => goto(l.strategy['cap-order'] === 'map-first' ? 'map' : 'space'),
  map: (_x, l) => {
    const then = l.strategy['cap-order'] === 'map-first' ? 'space' : 'semaphore';
    return l.strategy['cap-map'] === 'skip' ? goto(then) : call(rewriteCapMap, {}, then, 'failed');
  },
  space: (_x, l) => {
    const then = l.strategy['cap-order'] === 'map-first' ? 'semaphore' : 'map';
    return l.strategy['cap-space'] === 'skip' ? goto(then) : call(installCapSpace, {}, then, 'failed');
  },
  semaphore: (_x, l) => (l.strategy.semaphore === 'attach' ? call(attachSemaphores, {}, 'launch', 'failed') : goto('launch')),
  launch: (_x, l) => {
    switch (l.strategy['thread-order']) {
      case 'start-late':
        return call(launchThreads, {}, 'timers', 'failed');
      case 'start-early':
      case 'no-start':
        return goto('timers');
      default:
        return call(startThreads, {}, 'lock_irqs', 'failed');
    }
  },
  lock_irqs: () => call(restoreLockIrqs, {}, 'state', 'failed'),
  state: () => call(writeThreads, {}, 'faults', 'failed'),
  faults: () => call(repeatFaults, {}, 'timers', 'failed'),
  timers: (_x, l) => (timersFirst(l.strategy) ? goto('pending') : call(restoreTimers, {}, 'pending', 'failed')),
  pending: () => call(submitSignals, {}, 'finish', 'failed'),
  finish: (x, l) => {
    if (l.strategy.bootstrap === 'empty') noteLostSlots(x);
    noteLostSemaphores(x, l.strategy);
    l['facts'] = restoreFacts(x, l.name);
    endRestoration(x);
    return l.strategy.bootstrap === 'empty' && l.strategy['thread-order'] !== 'no-start' ? call(thawTarget, { target: l.target ?? 0 }, 'thawed') : goto('thawed');
  },
  thawed: (_x, l) => done(l['facts']),
  failed: (x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    endRestoration(x);
    const target = l.target ?? targetNamed(x, l.name);
    return target === undefined ? goto('refused') : call(destroyTargetQuietly, { target }, 'refused');
  },
  refused: (_x, l) => raise(l.failure?.name ?? 'Restore_refused', l.failure?.text ?? ''),
});

/** Whether threads exist without running until everything is in place. */
const holds = (strategy: DecidedStrategy): boolean => strategy['thread-order'] !== 'start-late' && strategy['thread-order'] !== 'start-early';

const timersFirst = (strategy: DecidedStrategy): boolean => hasDefect(strategy.defects, 'D-21');

/** A semaphore that is installed and wakes nobody is lost as well. */
function noteLostSemaphores(x: Execution, strategy: DecidedStrategy): void {
  if (strategy.bootstrap !== 'empty' || strategy.semaphore !== 'install') return;
  for (const source of snapshotOf(x).pd_sessions.flatMap(({ sources }) => sources)) {
    const slot = snapshotOf(x).cap_map.find(({ id }) => id === source.semaphore_badge)?.slot ?? 0;
    lost(x, { slot, badge: source.semaphore_badge, type: 'IRQ', purpose: 'the binding of the signal semaphore to the signal handler' });
  }
}

function restoreFacts(x: Execution, name: string): PlainRecord {
  const { installed, rewritten, copied_bytes, threads, lost: missing, extensions } = restoration.get(x);
  const snapshot = snapshotOf(x);
  return {
    from: snapshot.name, target: name, threads: threads.length, stored_threads: threadsOf(snapshot).length, dataspaces: dataspacesOf(snapshot).length,
    copied_bytes, records_rewritten: rewritten, slots_installed: installed, extensions: [...extensions].sort(), lost: missing,
  };
}
