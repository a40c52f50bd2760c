// Test equipment: which threads core has been asked to pause and not to resume.
// Owns no state; core keeps the mark. Source modelled: genode-base-foc.md 9.2.

import { objectSpaceOf } from '../emu/jdb/view.ts';
import type { Machine } from '../emu/machine.ts';
import type { DebugId } from '../emu/numbers.ts';
import { cpuThreads } from './core/cpu_thread.ts';
import { platformThreads } from './core/platform_thread.ts';
import { hasFlag } from './core/thread_state.ts';
import type { Component } from './native/component.ts';

export function pausedThreads(machine: Machine, core: Component | undefined): ReadonlySet<DebugId> {
  if (core === undefined) return new Set();
  const paused = cpuThreads(core).entries().flatMap(([, { state, platform }]) => (hasFlag(state, 'paused') ? [platformThreads(core).require(platform).thread.slot] : []));
  if (paused.length === 0) return new Set();
  return new Set((objectSpaceOf(machine.kernel, core.task)?.slots ?? []).flatMap(({ slot, id }) => (paused.includes(slot) ? [id] : [])));
}
