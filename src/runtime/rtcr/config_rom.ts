// The configuration of the checkpointer: the children it starts, from its ROM module "config".
// Owns no state. `<child name="sheep_counter"/>`; `binary` names the ROM module where it differs from the name; `<config>` inside
// is what the child gets as its own ROM module "config", `<provides><service name="Echo"/></provides>` names what it announces to its siblings,
// with `proxy="yes"` to components outside as well.

import type { Plain } from '../../emu/plain.ts';
import { readDocument } from '../../scenario/syntax/document.ts';
import { childOf, childrenOf, valueOf, verbatim } from '../../scenario/syntax/node.ts';
import { dec } from '../native/cap_space.ts';
import { type Attached, attachDataspace, detachDataspace, readMemory } from '../native/memory.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { readDefects } from './defects.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { closeSession, openSession, type Opened } from '../native/session.ts';
import { type Tracking, TRACKINGS } from './tracking.ts';
import { Dataspace, Rom_session } from '../rpc/interfaces.ts';

/** A child to start; `provides` names the services that it announces, `proxied` those that are offered outside; `granularity` and `tracking` say how its RAM is allocated (managed_dataspaces.ts); `ram_bytes` is the RAM it gets, 0 the usual; `config` is the text of its own configuration, empty if it has none. */
export type ChildNode = { readonly name: string; readonly binary: string; readonly config: string; readonly defects: string; readonly granularity: number; readonly tracking: Tracking; readonly provides: readonly string[]; readonly proxied: readonly string[]; readonly ram_bytes: number };

const NAME_CHARS_MAX = 31;
/** 64 MiB. */
const RAM_BYTES_MAX = 2 ** 30;
const GRANULARITY_PAGES_MAX = 16384;
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** "16M"; not a number if it is none, or nothing, or too much. */
function bytesOf(text: string): number {
  const [, digits, unit] = /^([0-9]{1,9})([KMG]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit ?? ''] ?? 1);
  return bytes > 0 && bytes <= RAM_BYTES_MAX ? bytes : Number.NaN;
}

/** The children of a configuration text, or why there are none. A child without a name is no child. */
export function readChildren(text: Uint8Array): readonly ChildNode[] | { readonly error: string } {
  const end = text.indexOf(0);
  const root = readDocument('config', end === -1 ? text : text.subarray(0, end));
  if ('error' in root) return { error: 'the configuration has invalid syntax' };
  const found: ChildNode[] = [];
  for (const node of childrenOf(root, 'child')) {
    const name = (valueOf(node, 'name') ?? '').slice(0, NAME_CHARS_MAX);
    if (name === '') return { error: 'a <child> node has no name' };
    if (found.some((child) => child.name === name)) return { error: `there are two children "${name}"` };
    const config = childOf(node, 'config');
    const defects = valueOf(node, 'defects') ?? '';
    const known = readDefects(defects, 'child');
    if ('error' in known) return { error: known.error };
    const granularity = valueOf(node, 'granularity') ?? '0';
    if (!/^[0-9]{1,6}$/.test(granularity) || Number(granularity) > GRANULARITY_PAGES_MAX) return { error: `child "${name}": granularity="${granularity}" is no number of pages from 0 to ${GRANULARITY_PAGES_MAX}` };
    const ram = valueOf(node, 'ram');
    const ram_bytes = ram === undefined ? 0 : bytesOf(ram);
    if (Number.isNaN(ram_bytes)) return { error: `child "${name}": ram="${ram}" is no amount of RAM such as 16M, of at most 1G` };
    const tracking = TRACKINGS.find((known) => known === (valueOf(node, 'track') ?? 'accesses'));
    if (tracking === undefined) return { error: `child "${name}": track="${valueOf(node, 'track') ?? ''}" is neither ${TRACKINGS.join(' nor ')}` };
    const declared = childOf(node, 'provides');
    const offers = declared === undefined ? [] : childrenOf(declared, 'service').filter((service) => valueOf(service, 'name') !== undefined);
    const provides = offers.map((service) => valueOf(service, 'name') ?? '');
    const proxied = offers.filter((service) => valueOf(service, 'proxy') === 'yes').map((service) => valueOf(service, 'name') ?? '');
    found.push({ name, binary: valueOf(node, 'binary') ?? name, defects, config: config === undefined ? '' : verbatim(config), granularity: Number(granularity), tracking, provides, proxied, ram_bytes });
  }
  return found;
}

type Locals = { [key: string]: Plain; rom?: number; ds?: number; address?: number; children?: readonly ChildNode[]; error?: string };

/** Reads the configuration: the value is a list of ChildNode. Fails with Invalid_config. */
export const readConfig = procedure<Locals>('rtcr.read_config', {
  start: () => call(openSession, { service: 'ROM', args: 'ram_quota=4K, label="config"' }, 'opened', 'missing'),
  missing: (_x, _l, failure: Failure) => raise('Invalid_config', `there is no configuration (${failure.name})`),
  opened: (_x, l, { cap }: Opened) => {
    l.rom = cap;
    return rpc(Rom_session.dataspace, cap, {}, 'dataspace');
  },
  dataspace: (_x, l, { cap }: RpcReply) => {
    l.error = 'the configuration is empty';
    if (cap === null) return goto('close');
    l.ds = cap;
    return call(attachDataspace, { ds: cap }, 'attached');
  },
  attached: (_x, l, { address }: Attached) => {
    l.address = address;
    return rpc(Dataspace.size, l.ds ?? null, {}, 'size');
  },
  size: (_x, l, { value }: RpcReply) => call(readMemory, { address: l.address ?? 0, length: value as number }, 'decode'),
  decode: (_x, l, text: Uint8Array) => {
    const children = readChildren(text);
    if ('error' in children) l.error = children.error;
    else l.children = children;
    return call(detachDataspace, { address: l.address ?? 0 }, 'detached');
  },
  detached: (x, l) => {
    dec(x, l.ds ?? null);
    return goto('close');
  },
  close: (_x, l) => call(closeSession, { cap: l.rom ?? 0 }, 'closed'),
  closed: (_x, l) => (l.children === undefined ? raise('Invalid_config', l.error ?? '') : done(l.children)),
});
