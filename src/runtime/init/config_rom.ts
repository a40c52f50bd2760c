// The ROM session "config" of init itself: opening, attaching, reading, and reading again after an update.
// Source modelled: genode-16.08-abi.md 4.3 (#39 to #42), 6 (messages); Genode 16.08 os/config.

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import { logError } from '../native/log.ts';
import { type Attached, attachDataspace, detachDataspace, readMemory } from '../native/memory.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { closeSession, type Opened } from '../native/session.ts';
import { Dataspace, Rom_session } from '../rpc/interfaces.ts';
import { EMPTY_CONFIG } from './config.ts';
import { readInitConfig } from './config_text.ts';
import { openRom } from './rom_connection.ts';
import { initConfig, initState } from './state.ts';

type OpenLocals = { [key: string]: Plain; complaint?: string };

/** Opens the session and reads the configuration; without a usable one init goes on with an empty one and never asks again. */
export const openConfig = procedure<OpenLocals>('init.open_config', {
  start: () => call(openRom, { module: 'config' }, 'opened', 'missing'),
  opened: (x, _l, { cap }: Opened) => {
    initState.update(x, { config_rom: cap });
    return call(readConfig, {}, 'read');
  },
  read: (x, l, found: ConfigRead) => {
    if (found.state === 'read') return done();
    l.complaint = found.state === 'syntax' ? 'Config file has invalid syntax' : 'Config dataspace is invalid';
    const { config_rom, config_ds } = initState.get(x);
    dec(x, config_ds);
    initState.update(x, { config_rom: 0, config_ds: 0 });
    return call(closeSession, { cap: config_rom }, 'complain');
  },
  missing: (_x, l) => {
    l.complaint = 'Could not obtain config file';
    return goto('complain');
  },
  complain: (_x, l) => call(logError, { text: l.complaint ?? '' }, 'complained'),
  complained: (x) => {
    initConfig.set(x, EMPTY_CONFIG);
    return done();
  },
});

/** Reads the configuration again after it was updated. */
export const reloadConfig = procedure<{ [key: string]: Plain }>('init.reload_config', {
  start: (x) => {
    const { config_rom, config_address } = initState.get(x);
    if (config_rom === 0) return done();
    return config_address === 0 ? goto('detached') : call(detachDataspace, { address: config_address }, 'detached');
  },
  detached: (x) => {
    dec(x, initState.get(x).config_ds);
    initState.update(x, { config_ds: 0, config_address: 0 });
    return call(readConfig, {}, 'read');
  },
  read: (x, _l, found: ConfigRead) => {
    if (found.state === 'read') return done();
    initConfig.set(x, EMPTY_CONFIG);
    return found.state === 'syntax' ? call(logError, { text: 'Config file has invalid syntax' }, 'complained') : done();
  },
  complained: () => done(),
});

type ConfigRead = { readonly state: 'read' | 'syntax' | 'invalid' };

/** Attaches the current dataspace and decodes its text. */
const readConfig = procedure<{ [key: string]: Plain }>('init.read_config', {
  start: (x) => rpc(Rom_session.dataspace, initState.get(x).config_rom, {}, 'dataspace'),
  dataspace: (x, _l, { cap }: RpcReply) => {
    if (cap === null) return goto('invalid');
    initState.update(x, { config_ds: cap });
    return call(attachDataspace, { ds: cap }, 'attached', 'invalid');
  },
  attached: (x, _l, { address }: Attached) => {
    initState.update(x, { config_address: address });
    return rpc(Dataspace.size, initState.get(x).config_ds, {}, 'size');
  },
  size: (x, _l, { value }: RpcReply) => call(readMemory, { address: initState.get(x).config_address, length: value as number }, 'decode'),
  decode: (x, _l, bytes: Uint8Array) => {
    const config = readInitConfig(bytes);
    if (config === undefined) return done({ state: 'syntax' } satisfies ConfigRead);
    initConfig.set(x, config);
    x.charge(config.work.parse);
    x.note('init_config', { children: config.starts.map((start) => start.name) });
    return done({ state: 'read' } satisfies ConfigRead);
  },
  invalid: () => done({ state: 'invalid' } satisfies ConfigRead),
});
