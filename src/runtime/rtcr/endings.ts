// Sessions and threads of targets that are being ended: core has nothing of them any more, and the online storage still has. Core leaves
// who asks for them waiting for ever, so a checkpoint waits for the end. Owner of the table of what is being ended.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, procedure, raise } from '../native/procedure.ts';
import { table } from '../native/store.ts';
import { ENDING_PAUSE_US, ENDING_ROUNDS } from './limits.ts';
import { targets } from './online_storage.ts';
import { sleep } from './sleep.ts';

const endings = table<{ readonly target: number }>('rtcr_endings');

/** Something of a target is about to be ended. @returns the key for `endingEnds` */
export const endingBegins = (x: Execution, target: number): number => endings(x).insert({ target });
export const endingEnds = (x: Execution, key: number): void => endings(x).delete(key);

/** Whether something of one of these targets is being ended. */
export const isEnding = (x: Execution, group: readonly number[]): boolean => endings(x).entries().some(([, { target }]) => group.includes(target));

type AwaitLocals = { [key: string]: Plain; targets: readonly number[]; rounds?: number };

/** Lets others run until nothing of some targets is being ended; refuses the checkpoint if that takes too long. */
export const awaitEndings = procedure<AwaitLocals>('rtcr.await_endings', {
  start: (x, l) => {
    if (!isEnding(x, l.targets)) return done();
    l.rounds = (l.rounds ?? 0) + 1;
    if (l.rounds <= ENDING_ROUNDS) return call(sleep, { us: ENDING_PAUSE_US }, 'start');
    const who = l.targets.filter((target) => isEnding(x, [target])).map((target) => `"${targets(x).get(target)?.name ?? ''}"`).join(', ');
    return raise('Checkpoint_refused', `a session or a thread of ${who} is being ended, and is not after ${(ENDING_ROUNDS * ENDING_PAUSE_US) / 1000} ms`);
  },
});
