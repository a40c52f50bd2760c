// The end of a component that did not catch an exception: two lines, an exit request, and eternal sleep.
// Source modelled: genode-16.08-abi.md 6 (abort path).

import type { Plain } from '../../emu/plain.ts';
import { Parent } from '../rpc/interfaces.ts';
import { env } from '../native/env.ts';
import { sleepForever } from '../native/lock.ts';
import { logError, logWarning } from '../native/log.ts';
import { call, goto, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';

const ABORTED = 1;

type AbortLocals = { [key: string]: Plain; type: string };

/** Never returns. `type` is the exception's type as C++ names it. */
export const abort = procedure<AbortLocals>('init.abort', {
  start: (_x, l) => call(logError, { text: `Uncaught exception of type '${l.type}'` }, 'warn'),
  warn: (x) => call(logWarning, { text: `abort called - thread: ${x.thread.name}` }, 'exit'),
  exit: (x) => (x.index === 0 ? goto('sleep') : rpc(Parent.exit, env.get(x).parent, { value: ABORTED }, 'sleep', 'sleep')),
  sleep: () => call(sleepForever, {}, 'sleep'),
});
