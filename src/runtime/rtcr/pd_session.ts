// Interposed PD session: wraps the real one and its three region maps; records signal contexts and RPC capabilities.
// Owner of the rows of PD sessions, signal sources, signal contexts, native capabilities. Source: checkpoint-restore.md 1.4.

import { Pd_session, Region_map } from '../rpc/interfaces.ts';
import { capId } from '../native/cap_space.ts';
import type { Managed } from '../native/entrypoint.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { cap, type Handler, num, type RpcRequest } from '../native/service.ts';
import { openSession, type Opened } from '../native/session.ts';
import { type CreatedSession, type CreateSession, newSession } from './created_session.ts';
import { forwarded, hold, interpose, release, replaceHeld } from './interposer.ts';
import { nativeCaps, pdSessions, regionMaps, signalContexts, signalSources } from './online_storage.ts';

const ROLES = ['address_space', 'stack_area', 'linker_area'] as const;
type Role = (typeof ROLES)[number];

/** Also which of the three maps is being fetched or interposed, and the keys of those that exist. */
type Locals = CreateSession & { maps?: readonly number[]; at?: number };

const roleOf = (l: Locals): Role => ROLES[l.at ?? 0] ?? 'linker_area';
const mapOf = (l: Locals): number => l.maps?.[l.at ?? 0] ?? 0;

/** Goes on to the next map; false after the last. */
function nextMap(l: Locals): boolean {
  l.at = (l.at ?? 0) + 1;
  if (l.at < ROLES.length) return true;
  l.at = 0;
  return false;
}

/** Opens a real PD session with its region maps and interposes all four: CreatedSession. */
export const createPdSession = procedure<Locals>('rtcr.create_pd_session', {
  start: (_x, l) => call(openSession, { service: 'PD', args: l.args, affinity: l.affinity }, 'opened'),
  opened: (x, l, { cap: real }: Opened) => {
    l.ref = pdSessions(x).insert({ ...newSession(x, l, real), address_space: 0, stack_area: 0, linker_area: 0, native_pd_id: 0, parent: null });
    return goto('fetch');
  },
  fetch: (x, l) => rpc(Pd_session[roleOf(l)], pdSessions(x).require(l.ref ?? 0).real, {}, 'fetched'),
  fetched: (x, l, { cap: real }: RpcReply) => {
    if (real === null) return raise('Unavailable', `PD session without ${roleOf(l)}`);
    const { target, bootstrapped } = pdSessions(x).require(l.ref ?? 0);
    const map = regionMaps(x).insert({
      target, real, cap: 0, id: 0, bootstrapped, role: roleOf(l), rm: 0, pd: l.ref ?? 0, size: 0, ds: { slot: 0, id: 0 }, sigh: null,
    });
    l.maps = [...(l.maps ?? []), map];
    return rpc(Region_map.dataspace, real, {}, 'dataspace');
  },
  dataspace: (x, l, { cap: ds }: RpcReply) => {
    if (ds !== null) regionMaps(x).update(mapOf(l), { ds: { slot: ds, id: capId(x, ds) } });
    return goto(nextMap(l) ? 'fetch' : 'interpose_map');
  },
  interpose_map: (_x, l) => call(interpose, { target: l.target, interface: 'Region_map', ref: mapOf(l) }, 'interposed_map'),
  interposed_map: (x, l, { id, cap: object }: Managed) => {
    regionMaps(x).update(mapOf(l), { id, cap: object });
    pdSessions(x).update(l.ref ?? 0, { [roleOf(l)]: mapOf(l) });
    return nextMap(l) ? goto('interpose_map') : call(interpose, { target: l.target, interface: 'Pd_session', ref: l.ref ?? 0 }, 'interposed');
  },
  interposed: (x, l, { id, cap: object }: Managed) => {
    pdSessions(x).update(l.ref ?? 0, { id, cap: object });
    return done({ key: l.ref ?? 0, id, cap: object } satisfies CreatedSession);
  },
});

const to = (x: Execution, ref: number): number | null => pdSessions(x).get(ref)?.real ?? null;

const builtIn = (role: Role): Handler => (x, request) => {
  const map = pdSessions(x).get(request.ref)?.[role];
  return { cap: map === undefined ? null : (regionMaps(x).get(map)?.cap ?? null) };
};

/** Core has one signal source per PD and hands out the same one every time. */
function recordSource(x: Execution, request: RpcRequest, { cap: source }: RpcReply): void {
  if (source === null) return;
  const id = capId(x, source);
  if (signalSources(x).find((row) => row.cap.id === id && row.pd === request.ref) !== undefined) return;
  signalSources(x).insert({ pd: request.ref, cap: hold(x, source) });
}

function recordContext(x: Execution, request: RpcRequest, { cap: context }: RpcReply): void {
  if (context === null) return;
  const source = cap(request, 'source');
  const source_id = source === null ? 0 : capId(x, source);
  signalContexts(x).insert({ pd: request.ref, cap: hold(x, context), source_id, imprint: num(request, 'imprint') });
}

function recordNativeCap(x: Execution, request: RpcRequest, { cap: native }: RpcReply): void {
  const ep = cap(request, 'ep');
  if (native === null) return;
  // The historic program keeps the entrypoint as well, which therefore keeps its slot.
  nativeCaps(x).insert({ pd: request.ref, cap: hold(x, native), ep: ep === null ? null : hold(x, ep) });
}

function recordNativePd(x: Execution, request: RpcRequest, { cap: native }: RpcReply): void {
  if (native !== null && pdSessions(x).get(request.ref) !== undefined) pdSessions(x).update(request.ref, { native_pd_id: capId(x, native) });
}

function recordParent(x: Execution, request: RpcRequest): void {
  const row = pdSessions(x).get(request.ref);
  if (row !== undefined) pdSessions(x).update(request.ref, { parent: replaceHeld(x, row.parent, cap(request, 'parent')) });
}

function forgetContext(x: Execution, request: RpcRequest): void {
  const found = signalContexts(x).find((row) => row.cap.slot === cap(request, 'context'));
  if (found === undefined) return;
  release(x, found[1].cap);
  signalContexts(x).delete(found[0]);
}

function forgetNativeCap(x: Execution, request: RpcRequest): void {
  const found = nativeCaps(x).find((row) => row.cap.slot === cap(request, 'cap'));
  if (found === undefined) return;
  release(x, found[1].cap);
  release(x, found[1].ep);
  nativeCaps(x).delete(found[0]);
}

export const pdSessionService = {
  assign_parent: forwarded(Pd_session.assign_parent, { to, record: recordParent }),
  assign_pci: forwarded(Pd_session.assign_pci, { to }),
  alloc_signal_source: forwarded(Pd_session.alloc_signal_source, { to, record: recordSource }),
  free_signal_source: forwarded(Pd_session.free_signal_source, { to }),
  alloc_context: forwarded(Pd_session.alloc_context, { to, record: recordContext }),
  free_context: forwarded(Pd_session.free_context, { to, record: forgetContext }),
  submit: forwarded(Pd_session.submit, { to }),
  alloc_rpc_cap: forwarded(Pd_session.alloc_rpc_cap, { to, record: recordNativeCap }),
  free_rpc_cap: forwarded(Pd_session.free_rpc_cap, { to, record: forgetNativeCap }),
  address_space: builtIn('address_space'),
  stack_area: builtIn('stack_area'),
  linker_area: builtIn('linker_area'),
  native_pd: forwarded(Pd_session.native_pd, { to, record: recordNativePd }),
} as const;
