// Recipes by which threads are brought back to where they stood in the kernel (fiasco-kernel.md 11, table).

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { encodeTimeout } from '../../../src/emu/fiasco/timeouts.ts';
import { isUndrained, REGISTER, REGISTER_COUNT, type Registers, resume, type ThreadPhase } from '../../../src/runtime/rtcr/thread_phase.ts';
import { suite } from '../../kit.ts';

const test = suite('thread phase');

const INVOKE_ENTRY = 0xffff_fff4;
const CALL = (slot: number): number => (slot << 12) | 3;
const REPLY_AND_WAIT = 0xffff_f80f;
const OPEN_WAIT = 0xffff_f806;
const KERNEL_CPSR = 0x2000_00d3;
const LR = 0x0100_eda4;

const phase = (kind: ThreadPhase['kind'], more: Partial<ThreadPhase> = {}): ThreadPhase => ({
  kind, partner: 0, through: 0, timeout_us: null, reply_to: 0, reply_rights: 0, ...more,
});

/** Registers of a thread inside `invoke`. */
function inside(r2: number, more: Record<number, number> = {}): Registers {
  const registers = Array.from({ length: REGISTER_COUNT }, (_, i) => 0x1000 + i);
  Object.assign(registers, { [REGISTER.r2]: r2 >>> 0, [REGISTER.r3]: 0, [REGISTER.lr]: LR, [REGISTER.pc]: LR, [REGISTER.cpsr]: KERNEL_CPSR }, more);
  return registers;
}

const nobody = new Map<number, ThreadPhase>();
const at = (registers: Registers, index: number): number => registers[index] ?? 0;

function expectRegisters(decision: ReturnType<typeof resume>): Registers {
  if (decision.kind !== 'registers') throw new Error(`decision is ${decision.kind}`);
  return decision.registers;
}

test('a thread in user mode gets its registers back unchanged', () => {
  const registers = inside(7, { [REGISTER.cpsr]: 0x6000_0010 });
  assert.equal(expectRegisters(resume(phase('user'), registers, nobody, 'kernel-state')), registers);
});

test('a page fault and an exception are dropped: the thread runs from its pc', () => {
  const registers = inside(7, { [REGISTER.cpsr]: 0x10, [REGISTER.pc]: 0x0100_2000 });
  for (const kind of ['page_fault', 'exception'] as const) {
    assert.is(at(expectRegisters(resume(phase(kind, { partner: 0x1c }), registers, nobody, 'kernel-state')), REGISTER.pc), 0x0100_2000);
  }
});

test('an idle server repeats a plain wait, not its reply', () => {
  const registers = expectRegisters(resume(phase('open_wait'), inside(REPLY_AND_WAIT, { [REGISTER.r3]: 0x0400_0000 }), nobody, 'kernel-state'));
  assert.is(at(registers, REGISTER.r2), OPEN_WAIT);
  assert.is(at(registers, REGISTER.pc), INVOKE_ENTRY);
  assert.is(at(registers, REGISTER.lr), LR, 'it returns to where it returned before');
  assert.is(at(registers, REGISTER.r3), 0x0400_0000);
});

test('a wait for an IRQ is repeated as it was', () => {
  const registers = expectRegisters(resume(phase('awaits_irq', { partner: 0x184 }), inside(CALL(0x217)), nobody, 'kernel-state'));
  assert.is(at(registers, REGISTER.r2), CALL(0x217));
  assert.is(at(registers, REGISTER.pc), INVOKE_ENTRY);
});

test('a queued call is sent again, without the label that the gate put into r4', () => {
  const registers = expectRegisters(resume(phase('send_queued', { partner: 0x11c }), inside(CALL(0x205), { [REGISTER.r4]: 0x554 }), nobody, 'kernel-state'));
  assert.is(at(registers, REGISTER.r4), 0);
  assert.is(at(registers, REGISTER.r2), CALL(0x205));
});

test('a reply that is still queued cannot be restored', () => {
  assert.is(resume(phase('send_queued'), inside(REPLY_AND_WAIT), nobody, 'kernel-state').kind, 'refused');
});

test('a call in service inside the target needs the wait and the reply slot of its server', () => {
  const target = new Map([[0x182, phase('awaits_irq', { reply_to: 0x173, reply_rights: 3 })]]);
  const decision = resume(phase('awaits_reply', { partner: 0x182 }), inside(CALL(0x218)), target, 'kernel-state');
  assert.is(decision.kind, 'await_reply');
  if (decision.kind !== 'await_reply') return;
  assert.is(decision.server, 0x182);
  assert.is(decision.rights, 3);
  assert.is(at(decision.registers, REGISTER.pc), LR, 'the reply continues it behind the call');
});

test('a call in service outside the target is refused by name', () => {
  const decision = resume(phase('awaits_reply', { partner: 0x54 }), inside(CALL(0x222)), nobody, 'kernel-state');
  assert.is(decision.kind, 'refused');
  if (decision.kind === 'refused') assert.match(decision.reason, /thread 54/);
});

test('a sleeper sleeps on for what was left', () => {
  const registers = expectRegisters(resume(phase('sleeps', { timeout_us: 500 }), inside(0xffff_f802, { [REGISTER.r3]: 1000 }), nobody, 'kernel-state'));
  assert.is(at(registers, REGISTER.r3), 500);
});

test('a message that is sent again has what was left of its timeout, and its wait for the answer has all of it', () => {
  const registers = expectRegisters(resume(phase('send_queued', { timeout_us: 500 }), inside(CALL(0x205), { [REGISTER.r3]: 1000 * 0x10000 + 77 }), nobody, 'kernel-state'));
  assert.is(at(registers, REGISTER.r3), 500 * 0x10000 + 77);
  const never = expectRegisters(resume(phase('send_queued'), inside(CALL(0x205), { [REGISTER.r3]: 77 }), nobody, 'kernel-state'));
  assert.is(at(never, REGISTER.r3), 77);
});

test('a call in service waits for what was left of its timeout', () => {
  const decision = resume(phase('awaits_reply', { partner: 0x182, timeout_us: 700 }), inside(CALL(0x205)), new Map([[0x182, phase('user')]]), 'kernel-state');
  assert.equal(decision.kind === 'await_reply' && decision.timeout_us, 700);
});

test('restart repeats whatever a blocked thread was doing, after goes on behind it', () => {
  for (const kind of ['open_wait', 'awaits_irq', 'awaits_reply', 'send_queued', 'sleeps'] as const) {
    const registers = inside(REPLY_AND_WAIT);
    const restarted = expectRegisters(resume(phase(kind, { partner: 0x54 }), registers, nobody, 'restart'));
    assert.is(at(restarted, REGISTER.pc), INVOKE_ENTRY);
    assert.is(at(restarted, REGISTER.r2), REPLY_AND_WAIT);
    assert.is(at(expectRegisters(resume(phase(kind, { partner: 0x54 }), registers, nobody, 'after')), REGISTER.pc), LR);
  }
});

test('a restored thread is in user mode and keeps its flags', () => {
  assert.is(at(expectRegisters(resume(phase('awaits_irq'), inside(CALL(0xb)), nobody, 'kernel-state')), REGISTER.cpsr), 0x2000_0010);
});

test('only a reply that somebody outside owes keeps a target undrained', () => {
  const target = new Map([[0x182, phase('open_wait')]]);
  assert.is(isUndrained(phase('awaits_reply', { partner: 0x11c }), target), true);
  assert.is(isUndrained(phase('awaits_reply', { partner: 0x182 }), target), false);
  assert.is(isUndrained(phase('send_queued', { partner: 0x11c }), target), false);
  assert.is(isUndrained(phase('awaits_irq', { partner: 0x144 }), target), false);
});

test('an encoded timeout is never shorter than what was left and at most a five-hundredth longer', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7fff_ffff }), (us) => {
      const encoded = encodeTimeout(us);
      const decoded = (encoded & 0x3ff) * 2 ** (encoded >>> 10);
      return encoded < 0x8000 && decoded >= us && decoded <= us * 1.004 + 1;
    }),
  );
  assert.is(encodeTimeout(null), 0, 'for ever');
  assert.is(encodeTimeout(0), 0x400, 'at once');
});

test.run();
