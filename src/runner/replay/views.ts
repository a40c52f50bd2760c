// What a person sees of a machine that stands at a moment: where it is, threads, registers, code, memory, listings, log. Pure text.
// The listings are those of the kernel's debugger.

import { itState } from '../../emu/arm/registers.ts';
import { printObjects } from '../../emu/jdb/objects.ts';
import { printObjectSpace } from '../../emu/jdb/object_space.ts';
import { printThreads } from '../../emu/jdb/threads.ts';
import { type DebugId, hex } from '../../emu/numbers.ts';
import type { ThreadView } from '../../runtime/inspector.ts';
import type { System } from '../../runtime/system.ts';
import type { LogLine } from '../log_lines.ts';

const BYTES_PER_ROW = 16;
const REGISTERS_PER_ROW = 4;
const NAMES = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11', 'r12', 'sp', 'lr', 'pc'];

export function taskName(system: System, id: DebugId): string {
  return system.components().find(({ task }) => task === id)?.label ?? system.debuggerName(id) ?? hex(id);
}

export function whereWords(system: System, scenario: string, events: number): string {
  const { machine, inspector } = system;
  const { current } = inspector;
  const task = system.taskOf(current);
  const who = `${task === undefined ? '?' : taskName(system, task)} / ${system.debuggerName(current) ?? hex(current)} (thread 0x${hex(current)})`;
  return `${scenario} at instruction ${machine.instructions}, ${(machine.time_us / 1e6).toFixed(6)} s, event ${events}\nrunning: ${who}, ${system.threadPhase(current)}\n`;
}

export const threadsText = (system: System): string => printThreads(system.threads());

export const objectsText = (system: System): string => printObjects(system.inspector.objects());

export function capsText(system: System, task: DebugId): string {
  return `${taskName(system, task)} (task 0x${hex(task)})\n${printObjectSpace(system.objectSpace(task))}`;
}

export function registersText(view: ThreadView): string {
  if (view.hosted !== null) return `thread 0x${hex(view.id)} runs '${view.hosted}', which is no machine code: no registers to show\n`;
  const cells = view.registers.map((value, i) => `${(NAMES[i] ?? '').padStart(3)} ${hex(value, 8)}`);
  const rows: string[] = [];
  for (let i = 0; i < cells.length; i += REGISTERS_PER_ROW) rows.push(cells.slice(i, i + REGISTERS_PER_ROW).join('  '));
  const flags = [...'nzcvq'].map((flag, i) => ((view.cpsr >>> (31 - i)) & 1) === 1 ? flag.toUpperCase() : flag).join('');
  return `${rows.join('\n')}\npsr ${hex(view.cpsr, 8)}  ${flags}  ${view.thumb ? 'T32' : 'A32'}\n`;
}

/** Code around a thread's program counter, or from an address on. */
export function codeText(system: System, view: ThreadView, count: number, from?: number): string {
  if (view.hosted !== null && from === undefined) return '';
  const pc = view.registers[15] ?? 0;
  const before = from === undefined && !view.thumb ? Math.floor(count / 4) * 4 : 0;
  const it = view.thumb ? itState(view.cpsr) : 0;
  const behind = system.inspector.code(view.task, pc - before, view.thumb, count, it);
  const lines = from !== undefined ? system.inspector.code(view.task, from, view.thumb, count) : behind.length > 0 ? behind : system.inspector.code(view.task, pc, view.thumb, count, it);
  if (lines.length === 0) return `no code is mapped at 0x${hex(from ?? pc)}\n`;
  return lines.map(({ address, text }) => `${address === pc ? '>' : ' '} ${hex(address, 8)}  ${text}\n`).join('');
}

export function memoryText(system: System, task: DebugId, address: number, length: number): string {
  const rows: string[] = [];
  for (let row = address - (address % BYTES_PER_ROW); row < address + length; row += BYTES_PER_ROW) {
    const bytes = Array.from({ length: BYTES_PER_ROW }, (_, i) => (row + i < address || row + i >= address + length ? null : (system.inspector.byte(task, row + i) ?? -1)));
    const hexes = bytes.map((byte) => (byte === null ? '  ' : byte < 0 ? '--' : hex(byte, 2)));
    const text = bytes.map((byte) => (byte === null || byte < 0 ? ' ' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${hex(row, 8)}  ${hexes.slice(0, 8).join(' ')}  ${hexes.slice(8).join(' ')}  ${text}`.trimEnd());
  }
  return `${rows.join('\n')}\n`;
}

export function logText(log: readonly LogLine[], count: number): string {
  return log.slice(-count).map(({ index, text, time_us }) => `${String(index + 1).padStart(5)} ${(time_us / 1e6).toFixed(3).padStart(8)}  ${text}\n`).join('');
}
