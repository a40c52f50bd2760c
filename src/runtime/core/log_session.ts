// LOG sessions: lines of components on the kernel's console, each with its label in front.
// Owner of the table 'core_log_sessions'. Source modelled: genode-16.08-abi.md 5.2, genode-base-foc.md 8.

import { COST } from '../native/cost.ts';
import type { Execution } from '../native/execution.ts';
import { type RpcAnswer, type RpcRequest, text } from '../native/service.ts';
import { table } from '../native/store.ts';
import { coreLog, coreText } from './console.ts';
import { type CoreCap, NO_CAP } from './kernel_object.ts';
import { dissolveObject, manageObject } from './object.ts';

interface LogSessionRow {
  readonly label: string;
  readonly cap: CoreCap;
}

export const logSessions = table<LogSessionRow>('core_log_sessions');

/** Length of a lone colour sequence with its newline, which is passed on as it is. */
const LONE_ESCAPE_CHARS = 5;

export function newLogSession(x: Execution, label: string): number {
  const key = logSessions(x).insert({ label, cap: NO_CAP });
  logSessions(x).update(key, { cap: manageObject(x, 'Log_session', key) });
  return key;
}

export function destroyLogSession(x: Execution, key: number): void {
  dissolveObject(x, logSessions(x).require(key).cap);
  logSessions(x).delete(key);
}

/** Lines of a written text, the newline at its end not counted as the beginning of another one. */
export function logLines(written: string): string[] {
  const lines = written.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

const write = (x: Execution, request: RpcRequest): RpcAnswer => {
  x.charge(COST.console_line);
  const { label } = logSessions(x).require(request.ref);
  const written = text(request, 'string');
  if (written.length === LONE_ESCAPE_CHARS && written.startsWith('\x1b') && written.endsWith('\n')) coreText(x, written);
  else for (const line of logLines(written)) coreLog(x, `[${label}] ${line}`);
  return { value: written.length };
};

export const logSessionService = { write };
