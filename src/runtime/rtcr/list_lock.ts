// The lock of an online list as the historic program used it: taken by the caller and once more by a helper (defect D-07). The
// lock is not recursive, so the thread waits for itself. Owns no state. Source: checkpoint-restore.md 4.6 D-07.

import type { Plain } from '../../emu/plain.ts';
import { lockAcquire, newLock } from '../native/lock.ts';
import { logError } from '../native/log.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { threads } from '../native/thread_table.ts';
import { hasDefect } from './defects.ts';
import { targets } from './online_storage.ts';

type Locals = { [key: string]: Plain; target: number; list: string; lock?: number };

/** Does nothing, unless the defect is switched on for the target: then it never returns. */
export const takeListLock = procedure<Locals>('rtcr.take_list_lock', {
  start: (x, l) => {
    if (!hasDefect(targets(x).get(l.target)?.defects ?? '', 'D-07')) return done();
    l.lock = newLock(x, false);
    return call(lockAcquire, { lock: l.lock }, 'taken');
  },
  taken: (x, l) => {
    const name = threads(x).get(x.index)?.name ?? `thread ${x.index}`;
    return call(logError, { text: `deadlock: "${name}" waits for the lock of the list of ${l.list}, which it holds itself` }, 'again');
  },
  again: (_x, l) => call(lockAcquire, { lock: l.lock ?? 0 }, 'never'),
  never: () => done(),
});
