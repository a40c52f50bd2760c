// ROM sessions that init opens for itself: one request, and one error line where it is denied.
// Source modelled: genode-16.08-abi.md 2.1 (arguments), 6 (message).

import type { Plain } from '../../emu/plain.ts';
import { logError } from '../native/log.ts';
import { call, done, procedure, raise } from '../native/procedure.ts';
import { openSession, type Opened } from '../native/session.ts';

type OpenLocals = { [key: string]: Plain; module: string };

/** Opens a ROM session: an Opened. Fails with Rom_connection_failed, after its error line. */
export const openRom = procedure<OpenLocals>('init.open_rom', {
  start: (_x, l) => call(openSession, { service: 'ROM', args: `ram_quota=4K, label="${l.module}"` }, 'opened', 'denied'),
  opened: (_x, _l, opened: Opened) => done(opened),
  denied: (_x, l) => call(logError, { text: `Could not open ROM session for "${l.module}"` }, 'failed'),
  failed: (_x, l) => raise('Rom_connection_failed', l.module),
});
