// The stored records of a snapshot as shapes, so that a file is refused before any object is created from it.
// Pure. Mirrors target_state.ts; a test holds both together. Source modelled: checkpoint-restore.md 1.6.

import { IRQ_COUNT_MAX } from '../../../emu/fiasco/irq.ts';
import { CAP_MAP_RECORDS } from '../cap_map_reader.ts';
import { THREADS_MAX } from '../../core/pd_threads.ts';
import { TRACE_CONTROLS } from '../../core/trace_control.ts';
import { PHASE_KINDS } from '../thread_phase.ts';
import { IMAGE_CONFIG_CHARACTERS } from './limits.ts';
import { TRACKINGS } from '../tracking.ts';
import { type Shape, SHAPE } from './shape.ts';

const { number, text, boolean, oneOf, nullable, list, record } = SHAPE;

const slot = number(0, CAP_MAP_RECORDS - 1);
const object = { slot, badge: number(), bootstrapped: boolean() } as const;
const session = { ...object, creation_args: text(), upgrade_bytes: number(), donated_bytes: number() } as const;

const region = record({ ds_badge: number(), size: number(), offset: number(), address: number(), executable: boolean() });
const regionMap = record({
  ...object, role: oneOf(['address_space', 'stack_area', 'linker_area', 'rm']), size: number(), ds_badge: number(), sigh_badge: number(), regions: list(region),
});
const signal = record({ imprint: number(), count: number() });
const pdSession = record({
  ...session,
  key: number(),
  contexts: list(record({ ...object, imprint: number() })),
  sources: list(record({ ...object, semaphore_badge: number(), semaphore_count: number(-1, IRQ_COUNT_MAX), handler: number(), pending: list(signal) })),
  native_caps: list(record({ ...object, ep_badge: number() })),
  region_maps: list(regionMap),
  native_pd_badge: number(),
  assigned_badge: number(),
  peopled: boolean(),
});
const phase = record({
  kind: oneOf(PHASE_KINDS), partner: number(), through: number(), timeout_us: nullable(number(0, Number.MAX_SAFE_INTEGER)), reply_to: number(), reply_rights: number(),
});
const thread = record({
  ...object, key: number(), pd: number(), index: number(0, THREADS_MAX - 1), trace_index: number(0, TRACE_CONTROLS - 1), gate_badge: number(), utcb_address: number(), name: text(), weight: number(),
  utcb: number(), affinity: list(number(-0x8000_0000)), started: boolean(), start_ip: number(), start_sp: number(), paused: boolean(), single_step: boolean(), sigh_badge: number(),
  debug_id: number(), phase: nullable(phase), registers: list(number()), utcb_words: list(number()), lock_irq_count: number(-1, 0xffff), unresolved: boolean(),
});
const cpuSession = record({ ...session, key: number(), sigh_badge: number(), trace_control_badge: number(), threads: list(thread) });
const ramSession = record({ ...session, quota: number(), ref_badge: number(), dataspaces: list(record({ ...object, size: number(1), cached: number(), contents: list(number(0, 0)) })) });

const space = {
  cap_map_address: number(), cap_map_ds_badge: number(), cap_map_offset: number(),
  cap_map: list(record({ slot, id: number(1, 0xfffe), references: number(0, 0xff) })),
  stale: list(record({ slot, badge: number() })),
  occupied: list(slot),
};

export const SNAPSHOT: Shape = record({
  name: text(), target_name: text(), binary: text(), config: text(null, 'a text', IMAGE_CONFIG_CHARACTERS), granularity: number(0, 16384), tracking: oneOf(TRACKINGS), provides: list(text()), proxied_services: list(text()), parent_badge: number(),
  ...space,
  spaces: list(record({ pd: number(1), ...space })),
  pd_sessions: list(pdSession),
  cpu_sessions: list(cpuSession),
  ram_sessions: list(ramSession),
  rom_sessions: list(record({ ...session, ds_badge: number(), content: number(0, 0), size: number(), sigh_badge: number() })),
  rm_sessions: list(record({ ...session, region_maps: list(regionMap) })),
  log_sessions: list(record(session)),
  timer_sessions: list(record({ ...session, sigh_badge: number(), timeout_us: number(), periodic: boolean(), remaining_us: nullable(number(0, Number.MAX_SAFE_INTEGER)), elapsed_ms: number() })),
  foreign_sessions: list(record({ ...session, service: text(), affinity: list(number(-0x8000_0000)), reopen: boolean() })),
  sibling_sessions: list(record({ ...session, service: text(), reopen: boolean() })),
  announced: list(record({ service: text(), root_badge: number() })),
  proxied: list(record({ session: number(), proxy: number(), badge: number(), given_bytes: number(), told_bytes: number() })),
  carried: list(number()),
  resource_sigh_badge: number(),
  yield_sigh_badge: number(),
  yield_args: text(),
  references: list(record({ badge: number(), ds: number(0, 0), size: number(), kind: oneOf(['binary', 'rom', 'trace_control', 'foreign']) })),
  known_badges: list(number()),
  registers: oneOf(['all', 'ip-sp', 'core-state']),
  phases: boolean(),
  utcbs: boolean(),
});
