// Random workloads for property tests: a main script that sets up servers, IRQs and workers, and workers with random steps.
// Owns no state.

import fc from 'fast-check';
import type { StampedEvent } from '../../../src/emu/event.ts';
import type { Machine } from '../../../src/emu/machine.ts';
import {
  CALL,
  type Entries,
  REPLY_AND_WAIT,
  SELF,
  SEND,
  type Step,
  WAIT,
  attachIrq,
  createGate,
  createIrq,
  exRegs,
  halt,
  invoke,
  local,
  noteResult,
  receiveIrq,
  runThread,
  sel,
  sleep,
  startLocal,
  triggerIrq,
} from './scripted.ts';

const WORKERS = 3;
const GATE = 0x240;
const IRQ = 0x250;

/** One step of a worker, as data, so that a counterexample can be read. */
export type Act =
  | { readonly do: 'compute'; readonly cost: number }
  | { readonly do: 'call' | 'send'; readonly receive_timeout: number }
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'yield' }
  | { readonly do: 'trigger' | 'receive'; readonly worker: number }
  | { readonly do: 'priority'; readonly worker: number; readonly priority: number }
  | { readonly do: 'ex_regs'; readonly worker: number; readonly flags: number };

const worker = fc.nat({ max: WORKERS - 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ do: fc.constant('compute' as const), cost: fc.integer({ min: 1, max: 200_000 }) }),
  fc.record({ do: fc.constantFrom('call' as const, 'send' as const), receive_timeout: fc.constantFrom(0, 0x0400, (10 << 10) | 2) }),
  fc.record({ do: fc.constant('sleep' as const), ms: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant('yield' as const) }),
  fc.record({ do: fc.constantFrom('trigger' as const, 'receive' as const), worker }),
  fc.record({ do: fc.constant('priority' as const), worker, priority: fc.integer({ min: 100, max: 140 }) }),
  fc.record({ do: fc.constant('ex_regs' as const), worker, flags: fc.constantFrom(0, 0x1_0000, 0x2_0000, 0x3_0000) }),
);
export type Workload = readonly (readonly Act[])[];
export const workloads: fc.Arbitrary<Workload> = fc.array(fc.array(act, { minLength: 3, maxLength: 12 }), { minLength: WORKERS, maxLength: WORKERS });

function stepsOf(action: Act, index: number): Step[] {
  const name = `w${index} ${action.do}`;
  switch (action.do) {
    case 'compute':
      return [local(() => {}, action.cost)];
    case 'call':
      return [invoke({ tag: 2, to: sel(GATE, CALL), timeouts: action.receive_timeout, mrs: [index, 7] }), noteResult(name)];
    case 'send':
      return [invoke({ tag: 1, to: sel(GATE, SEND), timeouts: 0x0400_0000, mrs: [index] }), noteResult(name)];
    case 'sleep':
      return [sleep((10 << 10) | action.ms), noteResult(name)];
    case 'yield':
      return [sleep(0x0400_0400)];
    case 'trigger':
      return [triggerIrq(IRQ + action.worker)];
    case 'receive':
      return [receiveIrq(IRQ + index, (10 << 10) | 3), noteResult(name)];
    case 'priority':
      return [runThread(0x210 + action.worker, action.priority)];
    case 'ex_regs':
      return [exRegs(0x210 + action.worker, 0xffff_ffff, 0xffff_ffff, action.flags), noteResult(name)];
  }
}

/** The scripts of a workload: a server that answers every call, an exception handler in main, workers. */
export function programsOf(workload: Workload): (board: Entries) => Record<string, readonly Step[]> {
  return (board) => {
    const serve: Step[] = Array.from({ length: 60 }, () => [invoke({ tag: 1, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000, mrs: [99] }), local(() => {}, 300)]).flat();
    const workers = workload.map((acts, index) => acts.flatMap((action) => stepsOf(action, index)));
    const setup = workload.flatMap((_, index) => [
      createIrq(IRQ + index),
      ...startLocal(board, 0x210 + index, 2 + index, `w${index}`, 128),
      attachIrq(IRQ + index, 0x210 + index, 0x500 + index),
    ]);
    const main = [...startLocal(board, 0x200, 1, 'server', 130), createGate(GATE, 0x148, 0x200), ...setup, halt()];
    return { main, server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), local(() => {}, 300), ...serve], ...Object.fromEntries(workers.map((steps, i) => [`w${i}`, steps])) };
  };
}

/** Everything observable, as lines. */
export function trace(machine: Machine, into: string[]): void {
  machine.events.listen(null, (event: StampedEvent) => into.push(JSON.stringify(event)));
}
