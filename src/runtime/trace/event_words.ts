// One event of the board in words, without its stamp. Pure. System calls are named by the kernel's own tables.
// Source modelled: fiasco-kernel.md 5.2, 5.3, 10.

import { disassemble, disassembleThumb } from '../../emu/arm/disassembler.ts';
import { conditionOfIt } from '../../emu/arm/registers.ts';
import type { BoardEvent } from '../../emu/event.ts';
import { ERRNO, IPC_ERROR } from '../../emu/fiasco/errors.ts';
import { OPERATIONS, PROTOCOL } from '../../emu/fiasco/protocols.ts';
import { hex } from '../../emu/numbers.ts';
import type { TraceNames } from './names.ts';

const OPERATION_BITS: Readonly<Record<number, string>> = {
  1: 'send', 2: 'receive', 3: 'call', 6: 'wait', 7: 'send and wait', 9: 'reply', 11: 'reply and receive', 15: 'reply and wait',
};
const SELECTOR_SPECIAL = 0x800;
const TAG_ERROR = 0x8000;

const nameIn = (table: Readonly<Record<string, number>>, value: number): string | undefined => Object.keys(table).find((name) => table[name] === value);
const x = (value: number): string => `0x${hex(value)}`;
const label = (tag: number): number => tag >> 16;
const tagWords = (tag: number): string => `words ${tag & 0x3f}${((tag >>> 6) & 0x3f) === 0 ? '' : `, items ${(tag >>> 6) & 0x3f}`}`;

export function describe(event: BoardEvent, names: TraceNames): string {
  switch (event.kind) {
    case 'syscall_enter':
      return enter(event);
    case 'syscall_leave':
      return leave(event);
    case 'ipc_transfer':
      return `ipc ${event.phase.replace('_', ' ')} ${names.both(event.from)} -> ${names.both(event.to)}${event.object === 0 ? '' : ` by ${names.both(event.object)}`}, label ${x(event.label)}, ${tagWords(event.tag)}${event.words.length === 0 ? '' : `: ${event.words.map((word) => hex(word)).join(' ')}`}`;
    case 'ipc_wait':
      return `ipc waits to ${event.phase}${event.partner === null ? '' : ` ${event.phase === 'send' ? 'to' : 'from'} ${names.both(event.partner)}`}${event.timeout === 0 ? '' : `, timeout ${x(event.timeout)}`}`;
    case 'page_fault':
      return `page fault: ${event.write ? 'write' : 'read'} ${x(event.address)} at pc ${x(event.pc)}`;
    case 'exception':
      return `exception: ${event.reason} at pc ${x(event.pc)}, address ${x(event.address)}`;
    case 'exclusive_lost':
      return 'the timer interrupt takes the exclusive mark';
    case 'object_created':
      return `created ${event.type} ${hex(event.object)}${event.bound === null ? '' : ` of ${names.both(event.bound)}`}`;
    case 'object_named':
      return `named ${hex(event.object)} "${event.name}"`;
    case 'object_deleted':
      return `deleted ${event.type} ${hex(event.object)}`;
    case 'cap_mapped':
      return `${event.how} ${names.both(event.object)} into slot ${x(event.slot)} of ${names.taskName(event.into)}`;
    case 'cap_unmapped':
      return `unmapped ${names.both(event.object)} from slot ${x(event.slot)} of ${names.taskName(event.from)}`;
    case 'irq_attached':
      return `irq ${hex(event.irq)} attached to ${names.both(event.to)}`;
    case 'irq_detached':
      return `irq ${hex(event.irq)} detached`;
    case 'thread_pager':
      return `pager of ${names.both(event.object)} is ${event.pager === null ? 'nobody' : names.both(event.pager)}`;
    case 'schedule':
      return `switch to ${names.both(event.to)}`;
    case 'breakpoint':
      return `breakpoint at ${x(event.address)}`;
    case 'instruction':
      return `${hex(event.pc, 8)}  ${hex(event.opcode, event.thumb && event.opcode < 0x1_0000 ? 4 : 8).padEnd(8)}  ${event.thumb ? disassembleThumb(event.opcode, event.pc, conditionOfIt(event.it)) : disassemble(event.opcode, event.pc)}`;
    case 'console':
      return `console ${JSON.stringify(event.text)}`;
    case 'unsupported':
      return `unsupported: ${event.what}`;
    case 'note':
      return `note ${event.what} ${JSON.stringify(event.detail)}`;
    default:
      return unknown(event);
  }
}

function unknown(event: never): never {
  throw new Error(`event without words: ${JSON.stringify(event)}`);
}

function enter({ tag, selector, op, timeouts }: Extract<BoardEvent, { kind: 'syscall_enter' }>): string {
  const how = OPERATION_BITS[selector & 0xf] ?? `operation ${selector & 0xf}`;
  const to = (selector & SELECTOR_SPECIAL) !== 0 ? 'self' : `slot ${x(selector >>> 12)}`;
  const row = label(tag) < 0 ? OPERATIONS.find((known) => known.label === label(tag) && known.op !== null && (known.op | 0) === ((label(tag) === PROTOCOL.FACTORY ? op : op & 0xffff) | 0)) : undefined;
  const what = row === undefined ? (label(tag) === 0 ? '' : ` label ${label(tag)}${nameIn(PROTOCOL, label(tag)) === undefined ? '' : ` (${nameIn(PROTOCOL, label(tag))?.toLowerCase()})`},`) : ` ${row.object} ${row.name},`;
  return `syscall ${how} ${to}${what} ${tagWords(tag)}${timeouts === 0 ? '' : `, timeouts ${x(timeouts)}`}`;
}

function leave({ tag, label: received, error }: Extract<BoardEvent, { kind: 'syscall_leave' }>): string {
  if ((tag & TAG_ERROR) !== 0) return `returns IPC error ${x(error)}${nameIn(IPC_ERROR, error & 0x1f) === undefined ? '' : ` (${nameIn(IPC_ERROR, error & 0x1f)?.toLowerCase().replaceAll('_', ' ')})`}`;
  const errno = label(tag) < 0 ? nameIn(ERRNO, -label(tag)) : undefined;
  return `returns ${tagWords(tag)}${label(tag) === 0 ? '' : `, ${label(tag)}${errno === undefined ? '' : ` (${errno})`}`}${received === 0 ? '' : `, label ${x(received)}`}`;
}
