// Where a thread stood in the kernel when it was frozen, and how a fresh thread is brought to the same point again.
// Pure. Source modelled: fiasco-kernel.md 5.2 (registers of invoke), 11 table; architecture.md "Restore per phase of a thread".

import { encodeTimeout } from '../../emu/fiasco/timeouts.ts';

export type PhaseKind =
  /** In user mode, or about to return there. */
  | 'user'
  /** The message of a call or send is not delivered yet. */
  | 'send_queued'
  /** A call was delivered; its reply is awaited. */
  | 'awaits_reply'
  /** Waits for one IRQ: Genode's lock or signal wait. */
  | 'awaits_irq'
  /** Waits for anybody: an idle server. */
  | 'open_wait'
  | 'page_fault'
  | 'exception'
  /** Receives from nobody with a timeout. */
  | 'sleeps';

export const PHASE_KINDS: readonly PhaseKind[] = [
  'user', 'send_queued', 'awaits_reply', 'awaits_irq', 'open_wait', 'page_fault', 'exception', 'sleeps',
];

/** The kernel part of a thread's state; threads are named by debug id, 0 = none. */
export type ThreadPhase = {
  readonly kind: PhaseKind;
  readonly partner: number;
  /** Gate or IRQ through which it waits. */
  readonly through: number;
  /** What was left of the timeout of this wait when the thread was frozen; null = for ever. */
  readonly timeout_us: number | null;
  /** The caller whose reply this thread owes, and the rights of that reply slot. */
  readonly reply_to: number;
  readonly reply_rights: number;
};

/** r0-r12, sp, lr, pc, cpsr as the all-register exchange has them. */
export type Registers = readonly number[];
export const REGISTER = { r0: 0, r2: 2, r3: 3, r4: 4, sp: 13, lr: 14, pc: 15, cpsr: 16 } as const;
export const REGISTER_COUNT = 17;

/** How the kernel state of blocked threads is treated (strategy `blocked`). */
export type BlockedPolicy = 'kernel-state' | 'restart' | 'after' | 'drain' | 'cancel';

export type Resume =
  /** Continue with these registers; nothing else is needed. */
  | { readonly kind: 'registers'; readonly registers: Registers; readonly repeats: boolean }
  /** As above, and the kernel must put the thread into the closed wait for the reply of this thread. */
  | { readonly kind: 'await_reply'; readonly registers: Registers; readonly server: number; readonly rights: number; readonly timeout_us: number | null }
  | { readonly kind: 'refused'; readonly reason: string };

/** Address of the `invoke` system call: executing it with lr intact enters the kernel again (fiasco-kernel.md 5.2). */
const INVOKE_ENTRY = 0xffff_fff4;
/** Bit in r2 that asks for sending the reply first. */
const OPERATION_REPLY = 8;
/** Bit of a result tag that says that the system call failed. */
const TAG_ERROR = 0x8000;
const SELF_WAIT = 0xffff_f806;
const RECEIVE_TIMEOUT_MASK = 0xffff;
const USER_MODE = 0x10;
const MODE_MASK = 0x1f;
const FLAGS_MASK = 0xf800_0000;

/**
 * @param target the frozen threads by debug id: a partner among them was captured as well
 */
export function resume(phase: ThreadPhase, registers: Registers, target: ReadonlyMap<number, ThreadPhase>, policy: BlockedPolicy): Resume {
  const user = withUserMode(registers);
  if (phase.kind === 'user' || phase.kind === 'page_fault' || phase.kind === 'exception') return go(user, false);
  if (policy === 'after' || policy === 'drain') return go(user, false);
  if (policy === 'cancel') return go(withRegister(user, REGISTER.r0, at(user, REGISTER.r0) | TAG_ERROR), false);
  if (policy === 'restart') return go(repeated(user), true);
  switch (phase.kind) {
    case 'send_queued':
      if ((at(user, REGISTER.r2) & OPERATION_REPLY) !== 0) return refused('its reply is still queued at the caller');
      return go(withSendTimeout(withoutLabel(repeated(user)), phase.timeout_us), true);
    case 'awaits_reply': {
      const server = target.get(phase.partner);
      if (server === undefined) return refused(`it waits for the reply of thread ${phase.partner.toString(16)}, which is not part of the checkpoint`);
      return { kind: 'await_reply', registers: user, server: phase.partner, rights: server.reply_rights, timeout_us: phase.timeout_us };
    }
    case 'awaits_irq':
      return go(withTimeout(repeated(user), phase.timeout_us), true);
    case 'open_wait':
      return go(withTimeout(withRegister(repeated(user), REGISTER.r2, SELF_WAIT), phase.timeout_us), true);
    case 'sleeps':
      return go(withTimeout(repeated(user), phase.timeout_us), true);
  }
}

/**
 * True if a checkpoint has to wait for somebody else to finish with this thread. A queued message needs no waiting: the queue
 * passes over a frozen sender, and the restored thread simply sends it again.
 */
export function isUndrained(phase: ThreadPhase, target: ReadonlyMap<number, ThreadPhase>): boolean {
  return phase.kind === 'awaits_reply' && !target.has(phase.partner);
}

const go = (registers: Registers, repeats: boolean): Resume => ({ kind: 'registers', registers, repeats });
const refused = (reason: string): Resume => ({ kind: 'refused', reason });
const at = (registers: Registers, index: number): number => registers[index] ?? 0;

function withRegister(registers: Registers, index: number, value: number): Registers {
  return registers.map((old, i) => (i === index ? value >>> 0 : old));
}

/** Enters `invoke` once more with the arguments in the frame; it returns to lr as the first time. */
const repeated = (registers: Registers): Registers => withRegister(registers, REGISTER.pc, INVOKE_ENTRY);

/** Sending through a gate overwrote the sender label in r4; Genode's stubs always pass 0. */
const withoutLabel = (registers: Registers): Registers => withRegister(registers, REGISTER.r4, 0);

function withTimeout(registers: Registers, timeout_us: number | null): Registers {
  const send = at(registers, REGISTER.r3) & ~RECEIVE_TIMEOUT_MASK;
  return withRegister(registers, REGISTER.r3, send | encodeTimeout(timeout_us));
}

function withSendTimeout(registers: Registers, timeout_us: number | null): Registers {
  const receive = at(registers, REGISTER.r3) & RECEIVE_TIMEOUT_MASK;
  return withRegister(registers, REGISTER.r3, (encodeTimeout(timeout_us) << 16) | receive);
}

/** A thread inside a system call shows the kernel's processor mode; in user mode it was ARM state, because the stubs are. */
function withUserMode(registers: Registers): Registers {
  const cpsr = at(registers, REGISTER.cpsr);
  if ((cpsr & MODE_MASK) === USER_MODE) return registers;
  return withRegister(registers, REGISTER.cpsr, (cpsr & FLAGS_MASK) | USER_MODE);
}
