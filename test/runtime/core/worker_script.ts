// Lines of a script in which core makes a thread that runs given words, for tests of core's thread functions. Owns no state.

import { Cpu_session, Cpu_thread, Parent, Pd_session, Ram_session, Region_map } from '../../../src/runtime/rpc/interfaces.ts';
import { type Line, proceed, type Sight, sleep } from './script.ts';

export const PAGE = 4096;
export const CODE = 0x1_0000;
export const LOCAL = 0x5000_0000;
export const REST = { size: 0, offset: 0, executable: false };
export const session = (name: string, args: string) => ({ env }: Sight) => [Parent.session, env.parent, { name, args, affinity: [0, 0, 0, 0, 0, 0] }] as const;

/** A domain with a thread that is made but not started. */
export const made = (code: readonly number[]): Line[] => [
  ['pd', session('PD', 'ram_quota=81920, label="x"')],
  ['cpu', session('CPU', 'priority=0x0, ram_quota=128K, label="x"')],
  ['ds', ({ env }) => [Ram_session.alloc, env.ram, { size: PAGE, cached: 2 }]],
  ['local', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...REST, use_local_addr: true, local_addr: LOCAL }]],
  ['code', { act: (x) => (x.writeWords(LOCAL, code), proceed()) }],
  ['space', (s) => [Pd_session.address_space, s.cap('pd'), {}]],
  ['remote', (s) => [Region_map.attach, s.cap('space'), { ds: s.cap('ds'), ...REST, use_local_addr: true, local_addr: CODE }]],
  ['thread', (s) => [Cpu_session.create_thread, s.cap('cpu'), { pd: s.cap('pd'), name: 'worker', location: [0, 0, 0, 0], weight: 10, utcb: 0 }]],
];
export const start: Line = ['start', (s) => [Cpu_thread.start, s.cap('thread'), { ip: CODE, sp: 0x7000 }]];
export const work: Line = ['work', { act: sleep }];

/** The same with a thread that runs, and a pause of 2 ms behind its start. */
export const worker = (code: readonly number[]): Line[] => [...made(code), start, work];
