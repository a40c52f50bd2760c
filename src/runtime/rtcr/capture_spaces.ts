// The protection domains of a target at a checkpoint: its own, and those that it made and whose threads may hold capabilities. Each is
// reached by its native PD session. Owns no state; fills the spaces of the capture. Source modelled: checkpoint-restore.md 3.5, 4.1; genode-base-foc.md 9.6.

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Native_pd } from '../rpc/interfaces.ts';
import { addSpace, capture, type CapturedSpace, enterCapture, spaceOf, updateSpace } from './capture.ts';
import { each } from './each.ts';
import { EXTENSION_ABSENT } from './extensions.ts';
import { PUBLISH_PAUSE_US, PUBLISH_ROUNDS } from './limits.ts';
import { pdSessions, targets } from './online_storage.ts';
import { demandRequest, isAbsent, type NativePd, openNativePd } from './pd_access.ts';
import { sleep } from './sleep.ts';
import { ofTarget, threadsOfTarget } from './target_rows.ts';

type ItemLocals = { [key: string]: Plain; item: number };
type TargetLocals = { [key: string]: Plain; target: number };

/** Keys of the PD sessions whose spaces belong to a checkpoint: of a domain without threads that never ran anything nobody uses one. */
function domainsOf(x: Execution, target: number): number[] {
  const { pd: own } = targets(x).require(target);
  const used = new Set(threadsOfTarget(x, target).map(([, row]) => row.pd));
  const further = ofTarget(pdSessions, x, target).filter(([key, row]) => key !== own && (used.has(key) || row.native_pd_id !== 0));
  return [own, ...further.map(([key]) => key)];
}

const openSpace = procedure<ItemLocals>('rtcr.open_captured_space', {
  start: (_x, l) => call(openNativePd, { pd: l.item }, 'opened'),
  opened: (x, l, { native, task }: NativePd) => {
    addSpace(x, l.item, native, task);
    return done();
  },
});

/** Reaches the domains of the target that is worked on, as far as they are not reached yet, and lets go of those that it has closed. */
export const openSpaces = procedure<TargetLocals>('rtcr.open_captured_spaces', {
  start: (x, l) => {
    const wanted = domainsOf(x, l.target);
    const gone = capture.get(x).spaces.filter(({ pd }) => pdSessions(x).get(pd) === undefined);
    for (const space of gone) dropSpace(x, space);
    capture.update(x, { spaces: capture.get(x).spaces.filter((space) => !gone.includes(space)) });
    const reached = capture.get(x).spaces.map(({ pd }) => pd);
    return each(openSpace, wanted.filter((pd) => !reached.includes(pd)), {}, 'opened');
  },
  opened: () => done(),
});

/** Drops the slots by which a space is reached. */
export function dropSpace(x: Execution, { native, task }: CapturedSpace): void {
  for (const slot of [native, task]) if (slot !== 0) dec(x, slot);
}

/** Whether a thread runs in a domain, which may yet tell where its map is. */
const isAlive = (x: Execution, pd: number): boolean => {
  const { target } = capture.get(x);
  return pd === targets(x).require(target).pd || threadsOfTarget(x, target).some(([, row]) => row.pd === pd && row.started);
};

type AwaitLocals = ItemLocals & { rounds?: number };

/**
 * Lets a component that has just been started run on until it has told where its capability map is: which capabilities it has taken in before
 * nobody else can know. One that takes too long is refused later, when the map is read, and so is core without the extension.
 */
const awaitCapMap = procedure<AwaitLocals>('rtcr.await_cap_map', {
  start: (x, l) => rpc(Native_pd.cap_map_info, spaceOf(x, l.item).native, {}, 'told', 'untold'),
  told: (x, l, { value }: RpcReply) => {
    l.rounds = (l.rounds ?? 0) + 1;
    updateSpace(x, l.item, { published: value as number });
    if (value !== 0 || pdSessions(x).get(l.item)?.bare === true) return done();
    if (l.rounds <= PUBLISH_ROUNDS) return call(sleep, { us: PUBLISH_PAUSE_US }, 'start');
    if (pdSessions(x).get(l.item) !== undefined) pdSessions(x).update(l.item, { bare: true });
    return done();
  },
  untold: (x, l, failure: Failure) => {
    updateSpace(x, l.item, { published: isAbsent(failure) ? null : 0 });
    return done();
  },
});

/** Domains in which somebody runs and nobody has waited for. */
export const unawaited = (x: Execution): number[] => capture.get(x).spaces.filter(({ pd, published }) => published === undefined && isAlive(x, pd)).map(({ pd }) => pd);

/** Asks each domain of the target that is worked on where its map is, and waits for it. */
export const awaitCapMaps = procedure<TargetLocals>('rtcr.await_cap_maps', {
  start: (x, l) => {
    enterCapture(x, l.target);
    return each(awaitCapMap, unawaited(x), {}, 'told');
  },
  told: () => done(),
});

const demandOfSpace = procedure<ItemLocals>('rtcr.demand_request_of_space', {
  start: (x, l) => {
    const { native, task } = spaceOf(x, l.item);
    return call(demandRequest, { native, task, purpose: 'stale slots and lock IRQs' }, 'with_request', 'without');
  },
  with_request: (x, l) => {
    updateSpace(x, l.item, { requests: true });
    return done();
  },
  // Without `request` the checkpoint is poorer, not impossible: the snapshot tells what it does not know.
  without: (x, l, { name, text }: Failure) => {
    updateSpace(x, l.item, { requests: false });
    return name === EXTENSION_ABSENT ? done() : raise(name, text);
  },
});

/** Finds out whether `request` works, for each domain of the target that is worked on. */
export const demandRequests = procedure<TargetLocals>('rtcr.demand_requests', {
  start: (x) => each(demandOfSpace, capture.get(x).spaces.filter(({ requests }) => requests === null).map(({ pd }) => pd), {}, 'demanded'),
  demanded: () => done(),
});

const askAgain = procedure<ItemLocals>('rtcr.ask_again_for_cap_map', {
  start: (x, l) => rpc(Native_pd.cap_map_info, spaceOf(x, l.item).native, {}, 'told'),
  told: (x, l, { value }: RpcReply) => {
    updateSpace(x, l.item, { published: value as number });
    return done();
  },
});

type FurtherLocals = TargetLocals & { stale: boolean };

/** Domains that the target has made since it was prepared, in a call that was drained, and maps that were told only now. It stands still. */
export const reachNewSpaces = procedure<FurtherLocals>('rtcr.reach_new_spaces', {
  start: (x, l) => {
    enterCapture(x, l.target);
    return call(openSpaces, { target: l.target }, 'opened');
  },
  opened: (_x, l) => (l.stale ? call(demandRequests, { target: l.target }, 'demanded') : goto('demanded')),
  demanded: (x) => each(askAgain, capture.get(x).spaces.filter(({ published }) => published === 0).map(({ pd }) => pd), {}, 'reached'),
  reached: () => done(),
});
