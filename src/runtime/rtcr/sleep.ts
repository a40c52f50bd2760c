// Sleeping by an IPC timeout, as the kernel's own library does: receive from nobody. Owns no state.
// Source modelled: fiasco-kernel.md 5.9 (timeouts), 11 (sleep).

import type { Plain } from '../../emu/plain.ts';
import { done, invoke, procedure } from '../native/procedure.ts';
import { SELF } from '../native/utcb.ts';
import { encodeTimeout } from '../../emu/fiasco/timeouts.ts';

const OPERATION_RECEIVE = 2;

export const sleep = procedure<{ [key: string]: Plain; us: number }>('rtcr.sleep', {
  start: (x, l) => {
    const { r } = x.cpu;
    r[0] = 0;
    r[2] = SELF | OPERATION_RECEIVE;
    r[3] = encodeTimeout(l.us);
    r[4] = 0;
    return invoke('woken');
  },
  woken: () => done(),
});
