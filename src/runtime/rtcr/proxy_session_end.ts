// The end of a session that a client outside had through a proxy: its server is told, what was donated comes back, its row goes.
// Removes the rows of proxied sessions. Source modelled: genode-16.08-abi.md 5.3 (Root.close, donations).

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { Root } from '../rpc/interfaces.ts';
import { takeBackQuota } from './proxy_quota.ts';
import { carried, lanes, proxies, proxySessions, setCalling } from './proxy_table.ts';

/** `server`: the target that was asked, `lane`: that of the thread that asks, 0 if it has none. */
type EndSession = { [key: string]: Plain; item: number; server?: number; lane?: number };

/**
 * Tells the server of a closed session of its end, if it has it, takes back what was donated, and forgets it. Who closes it and who lets the
 * server go on may both come here: the second finds nothing left to do.
 */
export const endProxySession = procedure<EndSession>('rtcr.end_proxy_session', {
  start: (x, l) => {
    const row = proxySessions(x).get(l.item);
    if (row === undefined || row.ending) return done();
    proxySessions(x).update(l.item, { ending: true });
    l.lane = lanes(x).find(({ ep }) => ep === x.index)?.[0] ?? 0;
    return goto('tell');
  },
  tell: (x, l) => {
    const { proxy, inner } = proxySessions(x).require(l.item);
    const { target, root } = proxies(x).require(proxy);
    l.server = target;
    // The server has never heard of it, or has ended it itself just before its checkpoint.
    if (inner === 0) return goto('take_back');
    if (l.lane !== undefined && l.lane !== 0) setCalling(x, l.lane, 'root');
    return rpc(Root.close, root || null, { session: inner }, 'closed', 'failed');
  },
  // A server that ended before it answered is restored with the session: then it is told again, by whoever lets it go on if it is not there yet.
  failed: (x, l) => {
    const { proxy, inner } = proxySessions(x).require(l.item);
    if (proxies(x).require(proxy).target === l.server) return goto('closed');
    if (l.lane !== undefined && l.lane !== 0) setCalling(x, l.lane, 'no');
    if (inner !== 0) return goto('tell');
    proxySessions(x).update(l.item, { ending: false });
    return done();
  },
  closed: (x, l) => {
    if (l.lane !== undefined && l.lane !== 0) setCalling(x, l.lane, 'no');
    return goto('take_back');
  },
  take_back: (_x, l) => call(takeBackQuota, { session: l.item, lane: l.lane ?? 0 }, 'forget', 'forget'),
  forget: (x, l) => {
    const { proxy, inner, lane } = proxySessions(x).require(l.item);
    // While that was waited for, the server was restored from before it was told.
    if (inner !== 0 && proxies(x).require(proxy).target !== l.server) return goto('tell');
    lanes(x).update(lane, { session: 0 });
    if (inner !== 0) dec(x, inner);
    for (const [key, row] of carried(x).entries()) {
      if (row.session !== l.item) continue;
      dec(x, row.cap.slot);
      carried(x).delete(key);
    }
    proxySessions(x).delete(l.item);
    return done();
  },
});
