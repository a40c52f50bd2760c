// Core's services as a client meets them: quota, dataspaces, gates, region maps, signals, refusals, and what is left at the end.
// Source modelled: genode-16.08-abi.md 2, 5.3, 5.4, genode-base-foc.md 4, 6, 7.4.

import * as assert from 'uvu/assert';
import { objectRows } from '../../../src/emu/jdb/view.ts';
import { replaceModule } from '../../../src/runtime/core/replace_module.ts';
import { signalContexts } from '../../../src/runtime/core/signal_tables.ts';
import {
  Cpu_session, Cpu_thread, Dataspace, Native_cpu, Native_pd, Parent, Pd_session, Ram_session, Region_map, Rm_session, Rom_session,
} from '../../../src/runtime/rpc/interfaces.ts';
import { suite } from '../../kit.ts';
import { type Line, linesAfterBoot, proceed, type Ran, runScript, type Sight, sleep } from './script.ts';

const test = suite('core services');
const NO_AFFINITY = [0, 0, 0, 0, 0, 0];
const session = (name: string, args: string) => ({ env }: Sight) => [Parent.session, env.parent, { name, args, affinity: NO_AFFINITY }] as const;
const alloc = (size: number, cached = 2) => ({ env }: Sight) => [Ram_session.alloc, env.ram, { size, cached }] as const;
const PAGE = 4096;

const REST = { size: 0, offset: 0, use_local_addr: false, local_addr: 0, executable: false };
const said = (ran: Ran): string[] => linesAfterBoot(ran).filter((line) => !line.endsWith('Initializing LOG session'));

test('a dataspace is page-rounded, writable and counted; size zero gives none; too much is refused', () => {
  const ran = runScript([
    ['used before', ({ env }) => [Ram_session.used, env.ram]],
    ['ds', alloc(5000)],
    ['used', ({ env }) => [Ram_session.used, env.ram]],
    ['size', (s) => [Dataspace.size, s.cap('ds')]],
    ['writable', (s) => [Dataspace.writable, s.cap('ds')]],
    ['none', alloc(0)],
    ['huge', alloc(0x4000_0000)],
    ['free', (s) => [Ram_session.free, s.env.ram, { ds: s.cap('ds') }]],
    ['used after', ({ env }) => [Ram_session.used, env.ram]],
    ['gone', (s) => [Dataspace.size, s.cap('ds')]],
  ]);
  assert.is(ran.answer('size').value, 2 * PAGE);
  assert.is(ran.answer('writable').value, true);
  assert.is(ran.answer('none').cap, null);
  assert.is(ran.answer('huge').error, 'Quota_exceeded');
  assert.is(Number(ran.answer('used').value) - Number(ran.answer('used before').value), 2 * PAGE);
  assert.is(ran.answer('used after').value, ran.answer('used before').value);
  assert.is(ran.answer('gone').error, 'Ipc_error');
});

test('the last page of a quota is never usable', () => {
  const ran = runScript([
    ['ram', session('RAM', 'ram_quota=16384, phys_start=0x0, phys_size=0x0, label="x"')],
    ['ref', (s) => [Ram_session.ref_account, s.cap('ram'), { ram: s.env.ram }]],
    ['give', (s) => [Ram_session.transfer_quota, s.env.ram, { ram: s.cap('ram'), amount: 3 * PAGE }]],
    ['two', (s) => [Ram_session.alloc, s.cap('ram'), { size: 2 * PAGE, cached: 2 }]],
    ['third', (s) => [Ram_session.alloc, s.cap('ram'), { size: PAGE, cached: 2 }]],
    ['quota', (s) => [Ram_session.quota, s.cap('ram')]],
  ]);
  assert.is(ran.answer('give').value, 0);
  assert.is(ran.answer('two').error, '');
  assert.is(ran.answer('third').error, 'Quota_exceeded');
  assert.is(ran.answer('quota').value, 3 * PAGE);
});

test('reference accounts: set once, not to oneself; transfers only along them and never below the payload', () => {
  const args = 'ram_quota=16384, phys_start=0x0, phys_size=0x0, label="x"';
  const ran = runScript([
    ['a', session('RAM', args)],
    ['b', session('RAM', args)],
    ['self', (s) => [Ram_session.ref_account, s.cap('a'), { ram: s.cap('a') }]],
    ['wrong', (s) => [Ram_session.ref_account, s.cap('a'), { ram: s.env.pd }]],
    ['ok', (s) => [Ram_session.ref_account, s.cap('a'), { ram: s.env.ram }]],
    ['twice', (s) => [Ram_session.ref_account, s.cap('a'), { ram: s.env.ram }]],
    ['strangers', (s) => [Ram_session.transfer_quota, s.cap('a'), { ram: s.cap('b'), amount: 0 }]],
    ['poor', (s) => [Ram_session.transfer_quota, s.cap('a'), { ram: s.env.ram, amount: 1 }]],
    ['bad', (s) => [Ram_session.transfer_quota, s.cap('a'), { ram: null, amount: 1 }]],
  ]);
  assert.equal(['self', 'wrong', 'ok', 'twice', 'strangers', 'poor', 'bad'].map((name) => ran.answer(name).value), [-3, -1, 0, -2, -2, -3, -1]);
  assert.equal(said(ran), ['Warning: Insufficient quota for transfer: init -> x', 'Warning:   have 0, need 1']);
});

test('CPU sessions: reference accounts and transfers of shares are refused with the words of the real core; odd weights are told', () => {
  const args = (label: string): string => `priority=0x0, ram_quota=128K, label="${label}"`;
  const thread = (weight: number) => (s: Sight) => [Cpu_session.create_thread, s.cap('a'), { pd: s.env.pd, name: 'w', location: [0, 0, 0, 0], weight, utcb: 0 }] as const;
  const ran = runScript([
    ['a', session('CPU', args('a'))],
    ['b', session('CPU', args('b'))],
    ['self', (s) => [Cpu_session.ref_account, s.cap('a'), { cpu: s.cap('a') }]],
    ['wrong', (s) => [Cpu_session.ref_account, s.cap('a'), { cpu: s.env.pd }]],
    ['ok', (s) => [Cpu_session.ref_account, s.cap('a'), { cpu: s.env.cpu }]],
    ['twice', (s) => [Cpu_session.ref_account, s.cap('a'), { cpu: s.env.cpu }]],
    ['strangers', (s) => [Cpu_session.transfer_quota, s.cap('a'), { cpu: s.cap('b'), amount: 0 }]],
    ['oneself', (s) => [Cpu_session.transfer_quota, s.cap('a'), { cpu: s.cap('a'), amount: 0 }]],
    ['more', (s) => [Cpu_session.transfer_quota, s.env.cpu, { cpu: s.cap('a'), amount: 1 << 16 }]],
    ['bad', (s) => [Cpu_session.transfer_quota, s.cap('a'), { cpu: null, amount: 1 }]],
    ['none', thread(0)],
    ['much', thread(40_000)],
  ]);
  assert.equal(['self', 'wrong', 'ok', 'twice', 'strangers', 'oneself', 'more', 'bad'].map((name) => ran.answer(name).value), [-3, -1, 0, -2, -2, -2, -3, -1]);
  assert.equal(said(ran), [
    'Warning: set ref account, init -> a, self reference not allowed',
    'Warning: set ref account, init -> a, targeted session not found',
    'Warning: set ref account, init -> a, set already',
    'Warning: Transfer CPU quota, init -> a -> init -> b, no reference relation',
    'Warning: Transfer CPU quota, init -> a -> init -> a, no reference relation',
    'Warning: Transfer CPU quota, init -> init -> a, insufficient quota 32768, need 65536',
    'Warning: Transfer CPU quota, init -> a, targeted session not found',
    'Warning: Thread w: Bad weight 0, using default weight instead.',
    'Warning: Thread w: Oversized weight 40000, using limit instead.',
  ]);
});

test('a PD session of usual size pays for twelve gates; an upgrade pays for four more; a freed id is used again', () => {
  const gate = ({ env }: Sight) => [Pd_session.alloc_rpc_cap, env.pd, { ep: 0xc }] as const;
  const lines: Line[] = [
    // Init itself has made two gates for its entrypoint and one for its constructor.
    ...Array.from({ length: 9 }, (_, i): Line => [`gate ${i}`, gate]),
    ['refused', gate],
    ['upgrade', ({ env }) => [Parent.upgrade, env.parent, { session: env.pd, args: 'ram_quota=16K' }]],
    ['allowed', gate],
    ['free', (s) => [Pd_session.free_rpc_cap, s.env.pd, { cap: s.cap('gate 0') }]],
    ['none', ({ env }) => [Pd_session.alloc_rpc_cap, env.pd, { ep: env.ram }]],
  ];
  const ran = runScript(lines);
  assert.is(ran.answer('gate 8').error, '');
  assert.is(ran.answer('refused').error, 'Out_of_metadata');
  assert.is(ran.answer('allowed').error, '');
  assert.is(ran.answer('none').cap, null);
  assert.equal(said(ran), ['Warning: Quota exceeded! amount=65536, size=4096, consumed=65536', 'Invalid reference capability!']);
});

test('attaching follows the rules, and init finds its first attachments where the captured init had them', () => {
  const at = (local_addr: number) => ({ ...REST, use_local_addr: true, local_addr });
  const ran = runScript([
    ['ds', alloc(2 * PAGE)],
    ['anywhere', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...REST }]],
    ['fixed', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...at(0x4000_0000) }]],
    ['conflict', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...at(0x4000_1000) }]],
    ['unaligned', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...REST, offset: 5 }]],
    ['too big', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...REST, size: 3 * PAGE }]],
    ['no ds', (s) => [Region_map.attach, s.env.address_space, { ds: s.env.ram, ...REST }]],
    ['detach', (s) => [Region_map.detach, s.env.address_space, { address: 0x4000_1000 }]],
    ['nothing', (s) => [Region_map.detach, s.env.address_space, { address: 0x5000_0000 }]],
    ['again', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...at(0x4000_1000) }]],
  ]);
  assert.is(ran.answer('fixed').value, 0x4000_0000);
  assert.is(Number(ran.answer('anywhere').value) % (2 * PAGE), 0);
  assert.equal(['conflict', 'unaligned', 'too big', 'no ds'].map((name) => ran.answer(name).error), ['Region_conflict', 'Invalid_args', 'Invalid_args', 'Invalid_dataspace']);
  assert.equal(said(ran), ['Warning: detach: no attachment at 0x50000000']);
  assert.is(ran.answer('again').value, 0x4000_1000);
});

test('memory written through one attachment is read through a managed one, and detaching takes it away', () => {
  const ran = runScript([
    ['ds', alloc(PAGE)],
    ['rm', session('RM', 'ram_quota=65536')],
    ['map', (s) => [Rm_session.create, s.cap('rm'), { size: 4 * PAGE }]],
    ['managed', (s) => [Region_map.dataspace, s.cap('map'), {}]],
    ['outer', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('managed'), ...REST, use_local_addr: true, local_addr: 0x5000_0000 }]],
    ['inner', (s) => [Region_map.attach, s.cap('map'), { ds: s.cap('ds'), ...REST, use_local_addr: true, local_addr: PAGE }]],
    ['direct', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...REST, use_local_addr: true, local_addr: 0x6000_0000 }]],
    ['write', { act: (x) => (x.writeWords(0x6000_0000, [0xcafe]), proceed()) }],
    ['read', { act: (x) => (assert.is(x.readWord(0x5000_1000), 0xcafe), proceed()) }],
    ['detach', (s) => [Region_map.detach, s.cap('map'), { address: PAGE }]],
    ['fault', { act: (x) => (x.readWord(0x5000_1008), proceed()) }],
  ]);
  assert.throws(() => ran.answer('fault'));
  assert.equal(said(ran).map((line) => line.replace(/ip=0x[0-9a-f]+/, 'ip')), ['Warning: invalid signal-context capability', 'Warning: could not resolve pf=0x50001008 ip']);
});

test('a fault that a handler resolves by attaching goes on; the state tells where and what', () => {
  // The child's thread faults in a managed dataspace; init looks at the state and attaches memory there.
  const ran = runScript([
    ['rm', session('RM', 'ram_quota=65536')],
    ['map', (s) => [Rm_session.create, s.cap('rm'), { size: 4 * PAGE }]],
    ['managed', (s) => [Region_map.dataspace, s.cap('map'), {}]],
    ['ready', (s) => [Region_map.state, s.cap('map'), {}]],
    ...child(),
    ['space', (s) => [Pd_session.address_space, s.cap('pd'), {}]],
    ['place', (s) => [Region_map.attach, s.cap('space'), { ds: s.cap('managed'), ...REST, use_local_addr: true, local_addr: 0x1_0000, executable: true }]],
    ['thread', (s) => [Cpu_session.create_thread, s.cap('cpu'), { pd: s.cap('pd'), name: 'worker', location: [0, 0, 0, 0], weight: 10, utcb: 0 }]],
    ['start', (s) => [Cpu_thread.start, s.cap('thread'), { ip: 0x1_2000, sp: 0 }]],
    ['wait', { act: sleep }],
    ['faulted', (s) => [Region_map.state, s.cap('map'), {}]],
    ['ds', alloc(PAGE)],
    ['resolve', (s) => [Region_map.attach, s.cap('map'), { ds: s.cap('ds'), ...REST, use_local_addr: true, local_addr: 0x2000 }]],
    ['settled', (s) => [Region_map.state, s.cap('map'), {}]],
    ['wait again', { act: sleep }],
    ['thread state', (s) => [Cpu_thread.state, s.cap('thread'), {}]],
  ]);
  assert.equal(ran.answer('ready').value, [0, 0]);
  assert.equal(ran.answer('faulted').value, [1, 0x2000]);
  assert.equal(ran.answer('settled').value, [0, 0]);
  const [, , , ...rest] = said(ran);
  // The page holds zeros, which the thread executes until it runs off its end.
  assert.match(rest.join('\n') + said(ran).join('\n'), /could not resolve pf=0x13000 ip=0x13000/);
});

test('a start at an address without memory is reported as the board reports it', () => {
  const ran = runScript([
    ...child(),
    ['thread', (s) => [Cpu_session.create_thread, s.cap('cpu'), { pd: s.cap('pd'), name: 'worker', location: [0, 0, 0, 0], weight: 10, utcb: 0 }]],
    ['start', (s) => [Cpu_thread.start, s.cap('thread'), { ip: 0x40, sp: 0 }]],
    ['again', (s) => [Cpu_thread.start, s.cap('thread'), { ip: 0x80, sp: 0 }]],
  ]);
  const lines = said(ran).map((line) => line.replace(/from [0-9a-f]+000\)/, 'from T)').replace(/for [0-9a-f]+000 /, 'for T '));
  assert.equal([...lines].sort(), [
    'Warning: could not resolve pf=0x40 ip=0x40',
    'Warning: invalid signal-context capability',
    'l4_thread_control_commit for T failed!',
    'no RM attachment (READ pf_addr=40 pf_ip=40 from T)',
  ]);
});

test('requests that core cannot serve are denied with its own words, and an unknown module costs a page for ever', () => {
  const ran = runScript([
    ['rom', session('ROM', 'ram_quota=4K, label="nothing"')],
    ['kip', session('ROM', 'ram_quota=4K, label="a -> kip"')],
    ['kip ds', (s) => [Rom_session.dataspace, s.cap('kip'), {}]],
    ['kip writable', (s) => [Dataspace.writable, s.cap('kip ds'), {}]],
    ['poor', session('PD', 'ram_quota=4K, label="x"')],
    ['io', session('IO_MEM', 'ram_quota=4K, base=0x10000000, size=0x1000, wc=no')],
    ['irq', session('IRQ', 'ram_quota=4K, irq_number=35, irq_trigger=0,  irq_polarity=0, device_config_phys=0x0')],
    ['port', session('IO_PORT', 'ram_quota=4K')],
    ['trace', session('TRACE', 'ram_quota=64K')],
    ['cpu', session('CPU', 'priority=0x0, ram_quota=8K, label="x"')],
  ]);
  assert.equal(['rom', 'poor', 'io', 'irq', 'port', 'trace', 'cpu'].map((name) => ran.answer(name).error), [
    'Service_denied', 'Quota_exceeded', 'Service_denied', 'Service_denied', 'Service_denied', 'Service_denied', 'Quota_exceeded',
  ]);
  assert.is(ran.answer('kip writable').value, false);
  assert.equal(said(ran), [
    'Error: Insufficient ram quota, provided=4096, required=16384',
    'Error: I/O memory [10000000,10001000) not available',
    'Error: Local MMIO mapping failed!',
    'Error: unavailable IRQ 35 requested',
  ]);
});

/** A client of the module "config" with handlers of changes, one after the other; then the module gets another content. */
function changed(handlers: readonly ('first' | 'second' | null)[]): { readonly ran: Ran; readonly signalled: Readonly<Record<string, number>> } {
  const context = (name: string, imprint: number): Line => [name, ({ env }) => [Pd_session.alloc_context, env.pd, { source: null, imprint }]];
  const ran = runScript([
    ['rom', session('ROM', 'ram_quota=4K, label="config"')],
    context('first', 1),
    context('second', 2),
    ['update', (s) => [Rom_session.update, s.cap('rom'), {}]],
    ...handlers.map((name, n): Line => [`sigh ${n}`, (s) => [Rom_session.sigh, s.cap('rom'), { sigh: name === null ? null : s.cap(name) }]]),
  ]);
  assert.equal(handlers.map((_name, n) => ran.answer(`sigh ${n}`).error), handlers.map(() => ''));
  const content = replaceModule(ran.core, ran.machine.memory, 'config', new TextEncoder().encode('<config/>'));
  assert.ok(!('error' in content));
  const counts = signalContexts(ran.core).entries().map(([, { imprint, count }]) => [imprint === 1 ? 'first' : imprint === 2 ? 'second' : 'other', count] as const);
  return { ran, signalled: Object.fromEntries(counts.filter(([name]) => name !== 'other')) };
}

test('a ROM module of core is never updated in place, and who last said where changes are told is told of a new content', () => {
  assert.is(changed([]).ran.answer('update').value, false);
  assert.equal(changed([]).signalled, { first: 0, second: 0 });
  assert.equal(changed(['first']).signalled, { first: 1, second: 0 });
  assert.equal(changed(['first', 'second']).signalled, { first: 0, second: 1 });
  assert.equal(changed(['first', null]).signalled, { first: 0, second: 0 });
});

test('the kernel info page can be read by whoever opens it, and not written', () => {
  let magic = 0;
  const ran = runScript([
    ['kip', session('ROM', 'ram_quota=4K, label="l4v2_kip"')],
    ['ds', (s) => [Rom_session.dataspace, s.cap('kip'), {}]],
    ['place', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...REST, use_local_addr: true, local_addr: 0x5000_0000 }]],
    ['read', { act: (x) => ((magic = x.readWord(0x5000_0000)), proceed()) }],
    ['write', { act: (x) => (x.writeWords(0x5000_0000, [0]), proceed()) }],
  ]);
  assert.is(magic, 0x4be6_344c);
  assert.throws(() => ran.answer('write'));
  assert.match(said(ran)[0] ?? '', /^attempted write at read-only memory \(WRITE pf_addr=50000000 pf_ip=/);
});

test('what belongs to no switched-on extension is an unknown function', () => {
  const calls: Line[] = [
    ['native', ({ env }) => [Pd_session.native_pd, env.pd]],
    ['task', (s) => [Native_pd.task_cap, s.cap('native')]],
    ['tell', (s) => [Native_pd.set_cap_map_info, s.cap('native'), { address: 0x1234 }]],
    ['told', (s) => [Native_pd.cap_map_info, s.cap('native')]],
    ['install', (s) => [Native_pd.install, s.cap('native'), { cap: s.env.ram, selector: 0x321_000 }]],
    ['fetch', (s) => [Native_pd.request, s.cap('native'), { selector: 0x321_000 }]],
    ['empty', (s) => [Native_pd.request, s.cap('native'), { selector: 0x322_000 }]],
  ];
  const stock = runScript(calls, { flavour: 'stock' });
  assert.is(stock.answer('task').error, '');
  assert.equal(['tell', 'told', 'install', 'fetch'].map((name) => stock.answer(name).error), new Array(4).fill('Invalid_opcode'));
  const on = runScript(calls, { extensions: new Set(['install', 'cap_map_info', 'request']) });
  assert.is(on.answer('told').value, 0x1234);
  assert.is(on.answer('fetch').cap, on.answer('install').cap ?? 0x204);
  assert.is(on.answer('empty').cap, null);
});

test('closing the sessions of a started domain leaves no kernel object and no quota behind', () => {
  const thread = (name: string): Line => [name, (s) => [Cpu_session.create_thread, s.cap('cpu'), { pd: s.cap('pd'), name, location: [0, 0, 0, 0], weight: 10, utcb: 0 }]];
  const close = (name: string): Line[] => [[`close ${name}`, (s) => [Parent.close, s.env.parent, { session: s.cap(name) }]], [`drop ${name}`, { drop: name }]];
  const objects: string[][] = [];
  const scripts: Line[][] = [[], [
    ...child(),
    ...['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map(thread),
    ['start', (s) => [Cpu_thread.start, s.cap('one'), { ip: 0x40, sp: 0 }]],
    ['native', (s) => [Cpu_session.native_cpu, s.cap('cpu'), {}]],
    ['irq', (s) => [Native_cpu.alloc_irq, s.cap('native'), {}]],
    ['kernel thread', (s) => [Native_cpu.native_cap, s.cap('native'), { thread: s.cap('two') }]],
    ...Array.from({ length: 40 }, (_, i): Line => [`ds ${i}`, (s) => [Ram_session.alloc, s.cap('ram'), { size: PAGE, cached: 2 }]]),
    ...Array.from({ length: 25 }, (_, i): Line => [`context ${i}`, (s) => [Pd_session.alloc_context, s.cap('pd'), { source: null, imprint: i }]]),
    ...close('pd'), ...close('cpu'), ...close('ram'),
    ['quota', ({ env }) => [Ram_session.quota, env.ram]],
  ]];
  for (const script of scripts) {
    const ran = runScript([['warm up', session('ROM', 'ram_quota=4K, label="config"')], ...close('warm up'), ['before', ({ env }) => [Ram_session.quota, env.ram]], ...script]);
    objects.push(objectRows(ran.machine.kernel).map((row) => row.type));
    if (script.length > 0) {
      assert.is(ran.answer('ds 39').error, '');
      assert.is(ran.answer('context 24').error, '');
      assert.is(ran.answer('quota').value, ran.answer('before').value);
    }
  }
  assert.equal(objects[1], objects[0]);
});

/** Sessions for a domain of init's own making, with some quota. */
function child(): Line[] {
  return [
    ['pd', session('PD', 'ram_quota=81920, label="x"')],
    ['ram', session('RAM', 'ram_quota=16384, phys_start=0x0, phys_size=0x0, label="x"')],
    ['cpu', session('CPU', 'priority=0x0, ram_quota=128K, label="x"')],
    ['ref', (s) => [Ram_session.ref_account, s.cap('ram'), { ram: s.env.ram }]],
    ['give', (s) => [Ram_session.transfer_quota, s.env.ram, { ram: s.cap('ram'), amount: 1 << 20 }]],
  ];
}

test.run();
