// Test equipment: another content of a boot module while the system runs, and the signal that tells its clients. The real core never
// changes a module; where the module lies in memory, and how long it may be, stays as booted. Owns no state.

import type { PhysicalMemory } from '../../emu/memory/physical_memory.ts';
import { RAM_BASE } from '../../emu/machine.ts';
import { capId } from '../native/cap_space.ts';
import { objects } from '../native/service.ts';
import type { HasStore } from '../native/store.ts';
import { boot } from './config.ts';
import { romSessions } from './rom_session.ts';
import { takeSignals } from './signal_order.ts';
import { signalContexts, signalSources } from './signal_tables.ts';

/** Slots, in core, of the semaphores that have to be raised; or why the content cannot be replaced. */
export function replaceModule(core: HasStore, memory: PhysicalMemory, name: string, content: Uint8Array): readonly number[] | { readonly error: string } {
  const module = boot.get(core).modules.find((one) => one.name === name);
  if (module === undefined) return { error: `there is no boot module '${name}'` };
  if (content.length > module.size) return { error: `'${name}' has ${content.length} bytes, the module has room for ${module.size}` };
  const whole = new Uint8Array(module.size);
  whole.set(content);
  memory.write(module.base - RAM_BASE, whole);
  return romSessions(core).entries().flatMap(([, row]) => (row.module === name && row.sigh !== 0 ? submit(core, row.sigh) : []));
}

/** Queues one signal; the semaphore is raised only where the context was not queued yet. */
function submit(core: HasStore, slot: number): number[] {
  const object = objects(core).get(capId(core, slot));
  if (object?.interface !== 'Signal_context') return [];
  const { source } = signalContexts(core).require(object.ref);
  return takeSignals(core, object.ref, 1) ? [signalSources(core).require(source).semaphore.slot] : [];
}
