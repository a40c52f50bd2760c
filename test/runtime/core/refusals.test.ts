// What core refuses and what it takes away: memory that nobody pays for, requests with a forged id, threads whose domain is gone.
// Source modelled: genode-16.08-abi.md 1.3, 5.3; the texts and the order are those of the real core on the same kernel.

import * as assert from 'uvu/assert';
import { capId } from '../../../src/runtime/native/cap_space.ts';
import { goto, invoke } from '../../../src/runtime/native/procedure.ts';
import { OPERATION } from '../../../src/runtime/native/utcb.ts';
import { putMessage, setReceiveWindow } from '../../../src/runtime/native/window.ts';
import { Cpu_session, Cpu_thread, Dataspace, Native_cpu, Parent, Pd_session, Ram_session } from '../../../src/runtime/rpc/interfaces.ts';
import { suite } from '../../kit.ts';
import { type Line, linesAfterBoot, runScript, type Sight } from './script.ts';

const test = suite('core refusals');
const NO_MEMORY = 'Error: Could not allocate dataspace with size %zu4096';
const thread = (pd: (s: Sight) => number, cpu: (s: Sight) => number = (s) => s.env.cpu) => (s: Sight) =>
  [Cpu_session.create_thread, cpu(s), { pd: pd(s), name: 'extra', location: [0, 0, 0, 0], weight: 10, utcb: 0 }] as const;
const session = (name: string, args: string) => ({ env }: Sight) => [Parent.session, env.parent, { name, args, affinity: [0, 0, 0, 0, 0, 0] }] as const;

test("a thread that core's own memory cannot pay is refused in words; what a client donates pays for the next one", () => {
  const many: Line[] = Array.from({ length: 100 }, (_, i) => [`thread ${i}`, thread((s) => s.env.pd)]);
  const ran = runScript([
    ...many,
    ['upgrade', (s) => [Parent.upgrade, s.env.parent, { session: s.env.cpu, args: 'ram_quota=64K' }]],
    ['after', thread((s) => s.env.pd)],
  ]);
  const errors = many.map(([name]) => ran.answer(name).error);
  const first = errors.indexOf('Out_of_metadata');
  assert.ok(first > 40, `refused after ${first} threads`);
  assert.equal(new Set(errors.slice(0, first)), new Set(['']));
  assert.equal(new Set(errors.slice(first)), new Set(['Out_of_metadata']));
  assert.is(linesAfterBoot(ran).filter((line) => line === NO_MEMORY).length, errors.length - first);
  assert.is(ran.answer('after').error, '');
  assert.equal(ran.machine.kernel.check(), []);
});

test('a request under an id that is not the gate\'s is told on the console, and its sender gets the last reply once more', () => {
  let answered = 0;
  const ran = runScript([
    ['quota', (s) => [Ram_session.quota, s.env.ram]],
    ['forged', {
      act: (x, s) => {
        const tag = putMessage(x, capId(x, s.env.ram) + 4, [], [Ram_session.used.opcode]) ?? 0;
        setReceiveWindow(x, 0x300);
        const { r } = x.cpu;
        r[0] = tag;
        r[2] = ((s.env.ram << 12) | OPERATION.call) >>> 0;
        r[3] = 0;
        r[4] = 0;
        return invoke('acted');
      },
    }],
    ['look', { act: (x) => ((answered = x.cpu.utcb[2] ?? 0), goto('acted')) }],
    ['after', (s) => [Ram_session.quota, s.env.ram]],
  ]);
  assert.equal(linesAfterBoot(ran).filter((line) => line.startsWith('badge')), ['badge does not match label, ignoring request']);
  assert.is(answered, ran.answer('quota').value);
  assert.is(ran.answer('after').value, ran.answer('quota').value);
});

test('threads end with the protection domain that they live in, whatever CPU session made them', () => {
  const ran = runScript([
    ['pd', session('PD', 'ram_quota=81920, label="x"')],
    ['map', (s) => [Pd_session.address_space, s.cap('pd')]],
    ['thread', thread((s) => s.cap('pd'))],
    ['alive', (s) => [Cpu_thread.trace_control_index, s.cap('thread')]],
    ['close', (s) => [Parent.close, s.env.parent, { session: s.cap('pd') }]],
    ['gone', (s) => [Cpu_thread.trace_control_index, s.cap('thread')]],
    ['again', thread((s) => s.env.pd)],
  ]);
  assert.is(ran.answer('alive').error, '');
  assert.is(ran.answer('gone').error, 'Ipc_error');
  assert.is(ran.answer('again').error, '');
  assert.equal(ran.machine.kernel.check(), []);
});

test('a PD session whose donation is too small leaves nothing of itself but the memory that the original loses', () => {
  const ran = runScript([
    ['small', session('PD', 'ram_quota=20480, label="x"')],
    ['objects', session('PD', 'ram_quota=81920, label="x"')],
  ]);
  assert.is(ran.answer('small').error, 'Service_denied');
  assert.ok(linesAfterBoot(ran).some((line) => line.startsWith('Warning: Quota exceeded! amount=')));
  assert.is(ran.answer('objects').error, '');
  assert.equal(ran.machine.kernel.check(), []);
});

test('devices are denied in words; what start-up touches of them besides answers', () => {
  const ran = runScript([
    ['io_mem', session('IO_MEM', 'ram_quota=4K, base=0x10009000, size=0x1000, wc=no')],
    ['irq', session('IRQ', 'ram_quota=4K, irq_number=44, irq_trigger=0,  irq_polarity=0, device_config_phys=0x0')],
    ['memory', session('IO_MEM', 'ram_quota=4K, base=0x70100000, size=0x1000, wc=no')],
    ['end', session('IO_MEM', 'ram_quota=4K, base=0xfffff000, size=0x1000, wc=no')],
    ['empty', session('IO_MEM', 'ram_quota=4K, base=0x10009000, size=0, wc=no')],
    ['ds', (s) => [Ram_session.alloc, s.env.ram, { size: 4096, cached: 2 }]],
    ['phys', (s) => [Dataspace.phys_addr, s.cap('ds')]],
    ['native', (s) => [Cpu_session.native_cpu, s.env.cpu]],
    ['thread', thread((s) => s.env.pd)],
    ['vcpu', (s) => [Native_cpu.enable_vcpu, s.cap('native'), { thread: s.cap('thread'), state: 0 }]],
    ['context', (s) => [Pd_session.alloc_context, s.env.pd, { source: null, imprint: 1 }]],
    ['sigh', (s) => [Parent.yield_sigh, s.env.parent, { sigh: s.cap('context') }]],
    ['wanted', (s) => [Parent.yield_request, s.env.parent]],
    ['response', (s) => [Parent.yield_response, s.env.parent]],
  ]);
  assert.equal(new Set(['io_mem', 'irq', 'memory', 'end', 'empty'].map((name) => ran.answer(name).error)), new Set(['Service_denied']));
  const said = linesAfterBoot(ran);
  assert.equal(said.filter((line) => /^Error: (I.O memory|unavailable)/.test(line)), [
    'Error: I/O memory [10009000,1000a000) not available',
    'Error: unavailable IRQ 44 requested',
    'Error: I/O memory [70100000,70101000) used by RAM allocator (-3)',
    'Error: I/O memory [fffff000,ffffffff] not available',
    'Error: I/O memory [10009000,10009000) (empty!) used by RAM allocator (-1)',
  ]);
  assert.is(said.filter((line) => line === 'Error: Local MMIO mapping failed!').length, 4);
  assert.is(Number(ran.answer('phys').value) % 4096, 0);
  assert.ok(Number(ran.answer('phys').value) >= 0x7000_0000);
  assert.is(ran.answer('wanted').value, '');
  assert.equal(['vcpu', 'sigh', 'response'].map((name) => ran.answer(name).error), ['', '', '']);
});

test.run();
