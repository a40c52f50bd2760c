// The thread that handles page faults of core itself. All of core's memory is mapped from the start, so a fault is an error of
// core; the faulting thread stays where it is. Source modelled: genode-base-foc.md 6.1 item 5. Owns nothing.

import { TIMEOUT, OPERATION, SELF, TAG_ERROR } from '../native/utcb.ts';
import { goto, invoke, type InvokeResult, procedure } from '../native/procedure.ts';
import { coreError } from './console.ts';
import { CORE_PAGER_PROCEDURE } from './core_thread.ts';

const NULL_PAGES_END = 0x1000;
const WRITE_BIT = 2;

export const corePager = procedure<Record<string, never>>(CORE_PAGER_PROCEDURE, {
  start: (x) => {
    const { r } = x.cpu;
    r[0] = 0;
    r[2] = SELF | OPERATION.wait;
    r[3] = TIMEOUT.never;
    r[4] = 0;
    return invoke('faulted');
  },
  faulted: (x, _l, result: InvokeResult) => {
    if ((result.tag & TAG_ERROR) !== 0) return goto('start');
    const [fault = 0, ip = 0] = x.cpu.utcb;
    const kind = (fault & WRITE_BIT) === 0 ? 'READ' : 'WRITE';
    const address = (fault & ~3) >>> 0;
    const where = `at 0x${address.toString(16)} IP 0x${ip.toString(16)}`;
    coreError(x, address < NULL_PAGES_END ? `Possible null pointer ${kind} ${where}` : `${kind} access outside of RAM ${where}`);
    return goto('start');
  },
});
