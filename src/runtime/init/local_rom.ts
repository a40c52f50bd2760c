// The ROM modules "config" and "binary" that init provides to each child on the child's own entrypoint.
// Source modelled: genode-16.08-abi.md 4.2 step 12, 6 (routing 1 and 2).

import type { Plain } from '../../emu/plain.ts';
import { localService, type OpenLocals, services } from '../child/services.ts';
import { dec, inc } from '../native/cap_space.ts';
import { dissolve, manage, type Managed } from '../native/entrypoint.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { cap, type Handler, type RpcAnswer, type RpcRequest, type SyncHandler } from '../native/service.ts';
import type { Opened } from '../native/session.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import { initChildren, initDialect, localRoms } from './state.ts';

/** Every session is the one RPC object; without dataspace there is none to give out. */
const openLocalRom = procedure<OpenLocals>('init.open_local_rom', {
  start: (x, l) => {
    const service = services(x).require(l.service);
    const { cap, ds, module } = localRoms(x).require(service.kind === 'local' ? service.ref : 0);
    if (ds === 0) return raise('Invalid_args', `no ROM module "${module}"`);
    inc(x, cap);
    return done({ cap } satisfies Opened);
  },
});

type ProvideLocals = { [key: string]: Plain; init_child: number; module: 'config' | 'binary'; ds: number; rom?: number };

/** Creates the RPC object and the service of a local ROM module. */
export const provideLocalRom = procedure<ProvideLocals>('init.provide_local_rom', {
  start: (x, l) => {
    const rom = localRoms(x).insert({ init_child: l.init_child, module: l.module, ds: l.ds, next_ds: 0, sigh: 0, id: 0, cap: 0, service: 0 });
    localRoms(x).update(rom, { service: services(x).insert(localService('ROM', rom, { open: openLocalRom })) });
    l.rom = rom;
    return call(manage, { interface: 'Rom_session', ref: rom, ep: initChildren(x).require(l.init_child).ep }, 'managed');
  },
  managed: (x, l, { id, cap }: Managed) => {
    localRoms(x).update(l.rom ?? 0, { id, cap });
    return done();
  },
});

type RemoveLocals = { [key: string]: Plain; init_child: number; rom?: number };

/** Withdraws the local ROM modules of a child, the newest first. */
export const removeLocalRoms = procedure<RemoveLocals>('init.remove_local_roms', {
  start: (x, l) => {
    const mine = localRoms(x).entries().filter(([, row]) => row.init_child === l.init_child);
    const [rom, row] = mine.at(-1) ?? [];
    if (rom === undefined || row === undefined) return done();
    l.rom = rom;
    return call(dissolve, { id: row.id }, 'dissolved');
  },
  dissolved: (x, l) => {
    const { cap: object, service, sigh, ds, next_ds } = localRoms(x).require(l.rom ?? 0);
    dec(x, object);
    dec(x, sigh);
    if (next_ds !== 0) dec(x, ds);
    services(x).delete(service);
    localRoms(x).delete(l.rom ?? 0);
    return goto('start');
  },
});

type ContentLocals = { [key: string]: Plain; request: RpcRequest };

/** Content that was replaced is given back before the new one is handed out. */
const currentContent = procedure<ContentLocals>('init.current_content', {
  start: (x, l) => {
    const { ds, next_ds, init_child } = localRoms(x).require(l.request.ref);
    if (next_ds !== 0) return rpc(Ram_session.free, initChildren(x).require(init_child).ram, { ds }, 'freed', 'freed');
    return done({ cap: ds === 0 ? null : ds } satisfies RpcAnswer);
  },
  freed: (x, l) => {
    const { ds, next_ds } = localRoms(x).require(l.request.ref);
    dec(x, ds);
    localRoms(x).update(l.request.ref, { ds: next_ds, next_ds: 0 });
    return done({ cap: next_ds } satisfies RpcAnswer);
  },
});

/** In 16.08 the content never changes, and nobody is told. */
const keepHandler: SyncHandler = (x, request) => {
  if (initDialect.get(x).name === '16.08') return {};
  const sigh = cap(request, 'sigh');
  inc(x, sigh);
  dec(x, localRoms(x).require(request.ref).sigh);
  localRoms(x).update(request.ref, { sigh: sigh ?? 0 });
  return {};
};

/** Handlers of the local ROM sessions; `ref` = key of the local ROM module. */
export const romService: Readonly<Record<string, Handler>> = {
  dataspace: currentContent,
  update: () => ({ value: false }),
  sigh: keepHandler,
};
