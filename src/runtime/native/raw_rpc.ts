// Messages whose interface this component does not know: served and passed on as they are, words and capabilities.
// Owns no state. Source modelled: genode-16.08-abi.md 1.1 to 1.3; every message has a protocol word, up to four capabilities, payload.

import type { Plain } from '../../emu/plain.ts';
import { allocSlots, capId, dec, freeSlots, inc } from './cap_space.ts';
import { done, invoke, type InvokeResult, procedure, raise } from './procedure.ts';
import type { RpcRequest } from './service.ts';
import { OPERATION, TAG_ERROR } from './utcb.ts';
import { getMessage, putMessage, setReceiveWindow, takeCaps, WINDOW_SLOTS } from './window.ts';

/** Interface of objects whose requests are handed over undecoded: `args` is then a RawMessage without code. */
export const RAW_INTERFACE = 'Raw';
/** Name of its one handler in the services of a program: a procedure whose locals are {request} and whose value is a RawMessage. */
export const RAW_HANDLER = 'message';

/** The code is that of a reply: 0, or an exception. Capabilities are slots, null = invalid; each holds one reference. */
export type RawMessage = { readonly code: number; readonly payload: readonly number[]; readonly caps: readonly (number | null)[] };

export const rawRequest = (request: RpcRequest): Omit<RawMessage, 'code'> => request.args as unknown as Omit<RawMessage, 'code'>;

type CallLocals = { [key: string]: Plain; to: number; payload: readonly number[]; caps: readonly (number | null)[]; window?: number };

/** Calls an object with a message as it stands: a RawMessage, whose references the caller owns. Fails with Ipc_error. */
export const rawCall = procedure<CallLocals>('native.raw_call', {
  start: (x, l) => {
    l.window = allocSlots(x, WINDOW_SLOTS);
    for (const slot of [l.to, ...l.caps]) inc(x, slot);
    const tag = putMessage(x, capId(x, l.to), l.caps, l.payload);
    if (tag === undefined) throw new Error('a message that was received is too long to be sent');
    setReceiveWindow(x, l.window);
    const { r } = x.cpu;
    r[0] = tag;
    r[2] = (l.to << 12) | OPERATION.call;
    r[3] = 0;
    r[4] = 0;
    return invoke('received');
  },
  received: (x, l, result: InvokeResult) => {
    const failed = (result.tag & TAG_ERROR) !== 0;
    const message = failed ? { protocol: 0, ids: [], payload: [] } : getMessage(x, result.tag);
    const caps = takeCaps(x, message, l.window ?? 0);
    for (const slot of caps) inc(x, slot);
    freeSlots(x, l.window ?? 0, WINDOW_SLOTS);
    for (const slot of [l.to, ...l.caps]) dec(x, slot);
    return failed ? raise('Ipc_error', `error ${result.error}`) : done({ code: message.protocol, payload: message.payload, caps } satisfies RawMessage);
  },
});
