// From the CPU's exits to the kernel's entries: which system call an svc is, and what the other traps mean. Owns no state.
// Source modelled: fiasco-kernel.md 5.1, 5.2, 8.1, 8.4.

import type { CpuExit, UndefinedDetail } from '../arm/exit.ts';
import { HOSTED_TRAP } from '../hosted.ts';
import { enterDebugger } from './console.ts';
import { invokeDebugger } from './debugger_call.ts';
import { ERROR_PREFETCH, ERROR_READ, ERROR_SVC, ERROR_UNDEFINED, ERROR_USER, ERROR_VFP, NO_ADDRESS, raiseAlien, raiseException, UNDEFINED_KEEPS_PC } from './exception.ts';
import { invoke } from './invoke.ts';
import type { Kernel } from './kernel.ts';
import { memOp } from './mem_op.ts';
import { pageFault } from './page_fault.ts';
import { INVOKE_RETURN_ADDRESS, type Thread } from './thread.ts';
import { ALIEN, ALLOW_SYSCALL } from './thread_state.ts';

/** Addresses of the svc instructions that are system calls. */
const ENTRY_INVOKE = 0xffff_fff4;
const ENTRY_MEM_OP = 0xffff_fff0;
const ENTRY_DEBUGGER = 0xffff_ffec;
const ENTRY_FIRST = 0xffff_ffd4;
/** Register contents of the cache flush that Linux programs know. */
const LINUX_CACHEFLUSH = 0xf0002;
const FSR_DEBUG_EVENT = 2;

type Trap = Exclude<CpuExit, { kind: 'budget' }>;

export function handleTrap(kernel: Kernel, thread: Thread, exit: Trap): void {
  switch (exit.kind) {
    case 'svc':
      return systemCall(kernel, thread, exit.pc);
    case 'undefined':
      if (exit.opcode === HOSTED_TRAP && kernel.hosted.enter(thread, exit.pc)) return;
      return undefinedInstruction(kernel, thread, exit);
    case 'bkpt':
      thread.registers.r[15] = exit.pc;
      return raiseException(kernel, thread, exit.pc, ERROR_PREFETCH | ERROR_USER | ERROR_READ | FSR_DEBUG_EVENT, 'breakpoint');
    case 'prefetch_abort':
      return pageFault(kernel, thread, { address: exit.address, pc: thread.registers.r[15] as number, access: 'fetch', cause: exit.cause });
    case 'data_abort':
      return pageFault(kernel, thread, { address: exit.address, pc: exit.pc, access: exit.write ? 'write' : 'read', cause: exit.cause });
  }
}

function systemCall(kernel: Kernel, thread: Thread, pc: number): void {
  const { r } = thread.registers;
  if (pc < ENTRY_FIRST || pc > ENTRY_INVOKE) return otherSvc(kernel, thread, pc);
  // The user goes on behind the jump into the entry page; the entry's own return address is kept in the frame only.
  r[15] = r[14] as number;
  thread.kernel_lr = pc + 4;
  if ((thread.state & ALIEN) !== 0) {
    if ((thread.state & ALLOW_SYSCALL) === 0) {
      r[15] = pc;
      return raiseAlien(kernel, thread, 'before');
    }
    thread.state &= ~ALLOW_SYSCALL;
    thread.alien_call = true;
  }
  if (pc === ENTRY_INVOKE) return invoke(kernel, thread);
  if (pc === ENTRY_MEM_OP) memOp(kernel, thread);
  else if (pc === ENTRY_DEBUGGER) invokeDebugger(kernel, thread);
  else enterDebugger(kernel, thread, pc);
  if (thread.alien_call) kernel.alienReturned(thread);
}

/** The system call of a hosted thread; its registers say what it wants, and there is no program counter to move. */
export function hostedInvoke(kernel: Kernel, thread: Thread): void {
  thread.kernel_lr = INVOKE_RETURN_ADDRESS;
  invoke(kernel, thread);
}

function otherSvc(kernel: Kernel, thread: Thread, pc: number): void {
  const { registers } = thread;
  const { r } = registers;
  r[15] = pc;
  const psr = registers.cpsr;
  registers.passTrap();
  if (r[7] === LINUX_CACHEFLUSH && r[2] === 0) {
    r[0] = 0;
    return;
  }
  raiseException(kernel, thread, NO_ADDRESS, ERROR_SVC | ERROR_USER, 'svc', { pc, psr });
}

/** Instructions that compilers emit and the board leaves out, and how to compile without them. */
const LEFT_OUT: Readonly<Partial<Record<UndefinedDetail, string>>> = {
  vfp: 'the board has no floating-point unit, compile with -mfloat-abi=soft',
  divide: 'a Cortex-A9 has no instructions for division, compile with -mcpu=cortex-a9',
  coprocessor: 'the board has no such coprocessor or register, compile with -mcpu=cortex-a9 -mfloat-abi=soft',
  thumb: 'the board has no ThumbEE, compile with -mthumb or -marm',
};

function undefinedInstruction(kernel: Kernel, thread: Thread, { pc, opcode, detail }: Extract<Trap, { kind: 'undefined' }>): void {
  const { registers } = thread;
  const left_out = LEFT_OUT[detail];
  if (left_out !== undefined) kernel.unsupported(`instruction (${detail}) ${opcode.toString(16)} at ${pc.toString(16)}: ${left_out}`);
  registers.r[15] = opcode === UNDEFINED_KEEPS_PC ? pc : pc + (registers.thumb ? 2 : 4);
  const reason = `undefined instruction (${detail})${left_out === undefined ? '' : ` 0x${opcode.toString(16)}: ${left_out}`}`;
  raiseException(kernel, thread, NO_ADDRESS, ERROR_UNDEFINED | (detail === 'vfp' ? ERROR_VFP : 0), reason, { pc, psr: registers.cpsr });
}
