// Init from its first instruction to serving its children, against the recorded RPCs and object spaces, on a fake kernel and core.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import '../../../src/runtime/init/program.ts';
import { children } from '../../../src/runtime/child/child_table.ts';
import { HostedRuntime } from '../../../src/runtime/native/port.ts';
import { flavour, type Flavour } from '../../../src/runtime/native/startup.ts';
import { Parent, Rom_session } from '../../../src/runtime/rpc/interfaces.ts';
import { suite } from '../../kit.ts';
import { type Asked, FakeCore } from '../child/fake_core.ts';
import { elfImage } from '../child/elf_image.ts';

const test = suite('init');

const shared = (path: string) => fileURLToPath(new URL(`../../../../shared/${path}`, import.meta.url));
const PROVIDES = ['ROM', 'RAM', 'RM', 'CPU', 'PD', 'LOG'].map((name) => `<service name="${name}"/>`).join('');
const HEAD = `<parent-provides>${PROVIDES}</parent-provides><default-route><any-service><parent/><any-child/></any-service></default-route>`;
const RAM = '<resource name="RAM" quantum="1M"/>';
const NO_AFFINITY = [0, 0, 0, 0, 0, 0];

function init(config: string | undefined, more: { readonly flavour?: Flavour; readonly modules?: readonly string[] } = {}): FakeCore {
  const core = new FakeCore('init');
  if (config !== undefined) core.modules.set('config', new TextEncoder().encode(`<config>${config}</config>`));
  for (const name of more.modules ?? ['log_only', 'timer', 'client']) core.modules.set(name, elfImage());
  core.boot(() => flavour.set(core.kernel.component, { name: more.flavour ?? 'rtcr' }));
  return core;
}

/** Id of a child's parent gate. */
function gateOf(core: FakeCore, name: string): number {
  const found = children(core.kernel.component).find((row) => row.name === name);
  if (found === undefined) throw new Error(`no child '${name}'`);
  return found[1].parent_id;
}

const openAs = (core: FakeCore, child: string, service: string, args: string) =>
  core.call(gateOf(core, child), Parent.session, { name: service, args, affinity: NO_AFFINITY }).reply;

const messages = (core: FakeCore): string[] => core.lines.filter((line) => line !== 'Initializing LOG session' && !line.includes('ld.lib.so'));

const UNLISTED = ['Ram_session.quota', 'Ram_session.used', 'Log_session.write', 'Region_map.detach'];

interface Expected {
  readonly thread: string;
  readonly what: string;
  readonly window: number;
  readonly sent: readonly number[];
  readonly result: number | undefined;
}

/** The table "RPC log of init in the log_only run" as data. */
function recordedCalls(): Expected[] {
  const [, section = ''] = readFileSync(shared('reference/genode-16.08-abi.md'), 'utf8').split('### 4.3 RPC log of init');
  const rows = (section.split('### 4.4')[0] ?? '').split('\n').filter((line) => /^\| \d+ \|/.test(line));
  return rows
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, , thread = '', what = '', , window = '', sent = '', result = '']) => ({
      thread: thread === 'init_main' ? 'init' : thread,
      what,
      window: Number.parseInt(window, 16),
      sent: sent === '' ? [] : sent.split(' ').map((slot) => Number.parseInt(slot, 16)),
      result: result === '' ? undefined : Number.parseInt(result, 16),
    }))
    .filter(({ what }) => what !== 'detach');
}

const place = ({ thread, window, sent, slot }: Asked) => ({ thread, window, sent, result: slot });

function serveLogOnly(core: FakeCore): void {
  for (const which of ['ram', 'cpu', 'pd']) assert.is(openAs(core, 'log_only', `Env::${which}_session`, '')?.code, 0);
  assert.is(core.call(gateOf(core, 'log_only'), Parent.main_thread_cap, {}).reply?.code, 0);
  assert.is(openAs(core, 'log_only', 'LOG', 'ram_quota=8K, label=""')?.code, 0);
}

if (existsSync(shared('reference'))) {
  test('every RPC of the recorded run uses the recorded thread, window, argument and result slots', () => {
    const core = init(`${HEAD}<start name="log_only">${RAM}</start>`, { flavour: 'stock' });
    serveLogOnly(core);
    for (const entry of core.asked) if (entry.id !== 0) entry.slot ??= core.kernel.slotOf(entry.id);
    const expected = recordedCalls();
    // The donations of the LOG session and the attachment of the read-only segment are not in the table.
    const setUp = core.asked.findIndex(({ thread, call }) => thread === 'log_only' && call === 'Dataspace.size');
    const listed = ({ call, args }: Asked, n: number) => !UNLISTED.includes(call) && args['executable'] !== true && !(n > setUp && call === 'Ram_session.transfer_quota');
    const asked = core.asked.filter(listed);
    expected.forEach(({ what, ...where }, n) => {
      const entry = asked[n];
      assert.ok(entry !== undefined, `#${n + 1} ${what} is missing`);
      const { result, ...found } = place(entry);
      assert.equal({ ...found, result: where.result === undefined ? undefined : result }, where, `#${n + 1} ${what}: ${entry.call}`);
    });
    // Behind the last row stands the attachment of the child's heap.
    assert.equal(asked.slice(expected.length).map(({ call }) => call), ['Region_map.attach']);
  });
} else test.skip('every RPC of the recorded run uses the recorded thread, window, argument and result slots', 'the reference is not at hand');

/** Occupied slots from 0x200 on: as init has them, and as a listing shows them. */
const userSlots = (slots: Iterable<number>): string[] => [...slots].filter((slot) => slot >= 0x200).sort((a, b) => a - b).map((slot) => slot.toString(16));

function capturedSlots(scenario: string): string[] {
  const rows = readFileSync(shared(`oracle/rtcr-master/${scenario}/objspace_33_x.icount.txt`), 'utf8').matchAll(/^([0-9a-f]{6}) :(.*)$/gm);
  const slots = [...rows].flatMap(([, base = '', cells = '']) =>
    [...cells.matchAll(/--|[0-9a-f]{5}\*/g)].flatMap(([cell], n) => (cell === '--' ? [] : [Number.parseInt(base, 16) + n])),
  );
  return userSlots(slots);
}

if (existsSync(shared('oracle'))) {
  test('with one child init fills the slots of the captured object space', () => {
    const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
    serveLogOnly(core);
    assert.equal(userSlots(core.kernel.slots.keys()), capturedSlots('log_only'));
  });

  test('with a server and its client init fills the slots of the captured object space', () => {
    const text = readFileSync(shared('oracle/rtcr-master/sheep/init.config'), 'utf8').replace(/^<config>|<\/config>\s*$/g, '');
    const core = init(text, { modules: ['timer', 'sheep_counter', 'l4v2_kip'] });
    for (const child of ['sheep_counter', 'timer']) for (const which of ['ram', 'cpu', 'pd']) openAs(core, child, `Env::${which}_session`, '');
    for (const child of ['sheep_counter', 'timer']) assert.is(openAs(core, child, 'LOG', 'ram_quota=8K, label=""')?.code, 0);
    const waiting = core.call(gateOf(core, 'sheep_counter'), Parent.session, { name: 'Timer', args: 'ram_quota=8K', affinity: NO_AFFINITY });
    const timer = core.create('Timer_session', 'timer');
    core.override = (call) => (call === 'Root.session' ? { id: timer } : undefined);
    core.call(gateOf(core, 'timer'), Parent.announce, { name: 'Timer', root: core.create('Root', 'timer') });
    assert.is(waiting.reply?.code, 0);
    assert.is(openAs(core, 'timer', 'ROM', 'ram_quota=4K, label="l4v2_kip"')?.code, 0);
    assert.equal(userSlots(core.kernel.slots.keys()), capturedSlots('sheep'));
  });
} else test.skip('with one child init fills the slots of the captured object space', 'the captures are not at hand');

test('sessions are opened with the arguments of the original', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
  serveLogOnly(core);
  const sessions = core.asked.filter(({ call, args }) => call === 'Parent.session' && !String(args['name']).startsWith('Env::')).map(({ args }) => `${args['name']}: ${args['args']}`);
  assert.equal(sessions, [
    'LOG: ram_quota=8K, label=""', 'ROM: ram_quota=4K, label="ld.lib.so"', 'ROM: ram_quota=4K, label="config"',
    'PD: ram_quota=81920, label="log_only"', 'RAM: ram_quota=16384, phys_start=0x0, phys_size=0x0, label="log_only"',
    'CPU: priority=0x0, ram_quota=128K, label="log_only"', 'ROM: ram_quota=4K, label="log_only"', 'LOG: ram_quota=8K, label="log_only"',
  ]);
});

test('a child gets its quantum without the costs of its sessions', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
  const [transfer] = core.asked.filter(({ call }) => call === 'Ram_session.transfer_quota');
  assert.is(transfer?.args['amount'], 913_408);
});

test('the writable segment begins with the parent capability and is zero behind the file content', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
  const [segment] = core.asked.filter(({ call, args }) => call === 'Ram_session.alloc' && args['size'] === 0x5000);
  const bytes = core.content(segment?.id ?? 0, 0x5000);
  assert.is(new DataView(bytes.buffer).getUint32(0, true), gateOf(core, 'log_only'));
  assert.equal([...bytes.subarray(4, 18)], [...new Array<number>(12).fill(0), 0xaa, 0xaa]);
  assert.is(bytes[0xff], 0xaa);
  assert.is(bytes.subarray(0x100).some((byte) => byte !== 0), false);
});

test('the inline configuration is a terminated dataspace of the child, served to it as ROM', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}<config> <x y="1"/> </config></start>`);
  const session = openAs(core, 'log_only', 'ROM', 'ram_quota=4K, label="config"');
  assert.is(session?.code, 0);
  const ds = core.call(session?.id ?? 0, Rom_session.dataspace, {}).reply?.id ?? 0;
  assert.is(new TextDecoder().decode(core.content(ds, 29)), '<config> <x y="1"/> </config>');
  assert.is(core.content(ds, 30)[29], 0);
  assert.is(openAs(core, 'log_only', 'ROM', 'ram_quota=4K, label="binary"')?.code, 0);
});

test('without an inline configuration the module config is denied and the donation comes back', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
  const before = core.asked.length;
  assert.is(openAs(core, 'log_only', 'ROM', 'ram_quota=4K, label="config"')?.code, -1003);
  const transfers = core.asked.slice(before).filter(({ call }) => call === 'Ram_session.transfer_quota');
  assert.equal(transfers.map(({ args }) => args['amount']), [4096, 4096]);
  assert.is(transfers[0]?.target, transfers[1]?.args['ram']);
});

const SHEEP = `${HEAD}<start name="timer">${RAM}<provides><service name="Timer"/></provides></start><start name="client">${RAM}</start>`;

test('a request waits for the announcement of its service and then goes to the root of the server', () => {
  const core = init(SHEEP);
  const waiting = core.call(gateOf(core, 'client'), Parent.session, { name: 'Timer', args: 'ram_quota=8K', affinity: NO_AFFINITY });
  assert.is(waiting.reply, undefined);
  const root = core.create('Root', 'timer');
  const timer = core.create('Timer_session', 'timer');
  core.override = (call) => (call === 'Root.session' ? { id: timer } : undefined);
  assert.is(core.call(gateOf(core, 'timer'), Parent.announce, { name: 'Timer', root }).reply?.code, 0);
  assert.equal(waiting.reply, { code: 0, id: timer, value: 0 });
  const opened = core.asked.find(({ call }) => call === 'Root.session');
  assert.is(opened?.args['args'], 'ram_quota=8K, label="client"');
  assert.is(opened?.thread, 'client');
});

test('quota goes from client to server with a session and back when it is closed', () => {
  const core = init(SHEEP);
  const root = core.create('Root', 'timer');
  const timer = core.create('Timer_session', 'timer');
  core.override = (call) => (call === 'Root.session' ? { id: timer } : undefined);
  core.call(gateOf(core, 'timer'), Parent.announce, { name: 'Timer', root });
  const rams = ['timer', 'client'].map((name) => openAs(core, name, 'Env::ram_session', '')?.id ?? 0);
  const before = core.asked.length;
  openAs(core, 'client', 'Timer', 'ram_quota=8K');
  core.call(gateOf(core, 'client'), Parent.close, { session: timer });
  const calls = core.asked.slice(before).filter(({ call }) => call !== 'Ram_session.alloc' && call !== 'Region_map.attach');
  const [server, client] = rams;
  const own = calls[0]?.args['ram'];
  assert.equal(
    calls.map(({ call, target, args }) => (call === 'Ram_session.transfer_quota' ? `${target}->${args['ram']} ${args['amount']}` : call)),
    [`${client}->${own} 8192`, `${own}->${server} 8192`, 'Root.session', 'Root.close', `${server}->${own} 8192`, `${own}->${client} 8192`].map(String),
  );
});

test('an upgrade of an environment session goes to the parent with its donation', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
  const pd = openAs(core, 'log_only', 'Env::pd_session', '')?.id ?? 0;
  const before = core.asked.length;
  assert.is(core.call(gateOf(core, 'log_only'), Parent.upgrade, { session: pd, args: 'ram_quota=16K' }).reply?.code, 0);
  const calls = core.asked.slice(before);
  assert.equal(calls.map(({ call }) => call).filter((call) => call.startsWith('Ram') || call.startsWith('Parent')), ['Ram_session.transfer_quota', 'Parent.upgrade']);
  assert.is(calls.find(({ call }) => call === 'Parent.upgrade')?.args['session'], pd);
});

test('a child that cannot afford its donation is told Quota_exceeded', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
  core.override = (call) => (call === 'Ram_session.transfer_quota' ? { value: -3 } : undefined);
  assert.is(openAs(core, 'log_only', 'LOG', 'ram_quota=8K, label=""')?.code, -1002);
  assert.equal(messages(core), ['Warning: not enough quota for a donation of 8192 bytes']);
});

test('an announcement that the configuration does not declare is illegal', () => {
  const core = init(SHEEP);
  assert.is(core.call(gateOf(core, 'client'), Parent.announce, { name: 'Timer', root: core.create('Root', 'x') }).reply?.code, 0);
  assert.equal(messages(core), ['Error: client: illegal announcement of service "Timer"']);
});

test('a service without route is denied with a warning', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
  assert.is(openAs(core, 'log_only', 'Nic', 'ram_quota=8K')?.code, -1003);
  assert.equal(messages(core), ['Warning: log_only: no route to service "Nic"']);
});

test('exit and resource requests of children are logged and answered', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start>`);
  const sigh = core.create('Signal_context', 'resources');
  core.call(gateOf(core, 'log_only'), Parent.resource_avail_sigh, { sigh });
  assert.is(core.call(gateOf(core, 'log_only'), Parent.resource_request, { args: 'ram_quota=64K' }).reply?.code, 0);
  assert.is(core.asked.filter(({ call }) => call === 'Pd_session.submit').at(-1)?.args['context'], sigh);
  core.call(gateOf(core, 'log_only'), Parent.resource_request, { args: 'ram_quota=1G' });
  core.call(gateOf(core, 'log_only'), Parent.exit, { value: -3 });
  assert.equal(messages(core), [
    'child "log_only" requests resources: ram_quota=64K', 'child "log_only" requests resources: ram_quota=1G',
    'Warning: cannot respond to resource request - out of memory', 'child "log_only" exited with exit value -3',
  ]);
});

test('an exit is passed on where the configuration says so', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}<exit propagate="yes"/></start>`);
  core.call(gateOf(core, 'log_only'), Parent.exit, { value: 7 });
  assert.is(core.asked.find(({ call }) => call === 'Parent.exit')?.args['value'], 7);
  assert.equal(messages(core), []);
});

test('a child whose binary is missing is skipped and everything made for it is closed', () => {
  const core = init(`${HEAD}<start name="nobody">${RAM}</start><start name="log_only">${RAM}</start>`);
  assert.equal(messages(core), ['Error: Could not open ROM session for "nobody"']);
  const calls = core.calls().slice(core.calls().lastIndexOf('ep: Pd_session.free_rpc_cap'));
  assert.equal(calls.slice(0, 8).map((call) => call.split('.')[1]), ['free_rpc_cap', 'kill_thread', 'detach', 'free', 'kill_thread', 'close', 'close', 'close']);
  assert.is(openAs(core, 'log_only', 'LOG', 'label=""')?.code, 0);
});

test('a name that is taken ends the start of children, and none of them is served', () => {
  const core = init(`${HEAD}<start name="log_only">${RAM}</start><start name="log_only">${RAM}</start>`);
  assert.equal(messages(core), ['Error: child name "log_only" is not unique']);
  assert.is(openAs(core, 'log_only', 'LOG', 'label=""'), undefined);
});

test('a start node without name makes init abort', () => {
  const core = init(`${HEAD}<start>${RAM}</start>`);
  assert.equal(messages(core), [
    "Warning: missing 'name' attribute in '<start>' entry", "Error: Uncaught exception of type 'Genode::Xml_attribute::Nonexistent_attribute'",
    'Warning: abort called - thread: ep',
  ]);
  assert.is(core.asked.find(({ call }) => call === 'Parent.exit')?.args['value'], 1);
});

test('a dynamic program without linker makes init abort', () => {
  const core = new FakeCore('init');
  core.modules.set('config', new TextEncoder().encode(`<config>${HEAD}<start name="dyn">${RAM}</start></config>`));
  core.modules.set('dyn', elfImage({ interpreter: true }));
  core.boot();
  assert.equal(messages(core), [
    'Error: attempt to start dynamic executable without dynamic linker',
    "Error: Uncaught exception of type 'Genode::Child::Process_startup_failed'", 'Warning: abort called - thread: ep',
  ]);
});

test('verbose mode tells services, quotas, binaries and priorities', () => {
  const core = new FakeCore('init');
  core.modules.set('config', new TextEncoder().encode(`<config verbose="yes" prio_levels="2"><parent-provides><service name="LOG"/></parent-provides><start name="a" priority="-1"><binary name="b"/><resource name="RAM" quantum="1G"/><provides><service name="S"/></provides></start></config>`));
  core.modules.set('b', elfImage());
  core.boot();
  assert.equal(messages(core), [
    'parent provides', '  service "LOG"', 'Warning: Specified quota exceeds available quota.', `         Proceeding with a quota of ${(64 << 20) - 131_072}.`,
    'child "a"', `  RAM quota:  ${(64 << 20) - 131_072 - 135_168}`, '  ELF binary: b', '  priority:   1', '  provides service S',
  ]);
});

test('without configuration init says so and waits', () => {
  assert.equal(messages(init(undefined)), ['Error: Could not open ROM session for "config"', 'Error: Could not obtain config file']);
});

test('a changed configuration ends all children and starts the new ones', () => {
  const core = init(SHEEP);
  openAs(core, 'client', 'LOG', 'ram_quota=8K, label=""');
  const [config] = core.asked.filter(({ call }) => call === 'Pd_session.alloc_context');
  core.override = (call) => (call === 'Rom_session.dataspace' ? { id: fresh } : undefined);
  const next = new TextEncoder().encode(`<config>${HEAD}<start name="log_only">${RAM}</start></config>`);
  const fresh = core.create('Dataspace', 'config', next.length);
  core.fill(fresh, next);
  core.signal(Number(config?.args['imprint']));
  assert.equal(children(core.kernel.component).entries().map(([, { name }]) => name), ['log_only']);
});

test('saved and restored at every entry into the kernel, init does the same', () => {
  const plain = init(SHEEP);
  const core = new FakeCore('init');
  for (const [name, content] of plain.modules) core.modules.set(name, content);
  core.kernel.onEntry = () => {
    const saved = core.kernel.runtime.save();
    core.kernel.runtime = new HostedRuntime();
    core.kernel.runtime.restore(structuredClone(saved));
  };
  core.boot(() => flavour.set(core.kernel.component, { name: 'rtcr' }));
  assert.equal(core.calls(), plain.calls());
  assert.equal([...core.kernel.slots], [...plain.kernel.slots]);
});

test.run();
