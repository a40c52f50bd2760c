// Two other things that `rescap sweep` does with a component that stands still: many cycles of checkpoint, kill and restore in a row, and
// a fault at every RPC of a checkpoint and a restore. Owns no state.

import { bad, good } from '../../report/colors.ts';
import { progressLine } from '../../report/sweep.ts';
import { cycles } from '../../runner/sweep/cycles.ts';
import { FAULT_KINDS, type FaultPoint, type FaultResult, faults } from '../../runner/sweep/faults.ts';
import { markWords } from '../../runner/sweep/mark.ts';
import type { SweepRequest } from '../../runner/sweep/sweep.ts';
import { attempt } from '../../runtime/attempt.ts';
import { type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { type DataLook, dataGrowth, hostData, type HostMemory, hostMemory } from '../host_memory.ts';

type Asked = Pick<SweepRequest, 'scenario' | 'modules' | 'path' | 'with' | 'strategy' | 'shard'>;

const REDRAW_MS = 1000;
const SHOWN_MAX = 10;

/** A line of progress now and then, on a terminal only. */
function teller(name: string, total: () => number, context: Context): { readonly tell: (done: number, failed: number) => void; readonly end: () => void } {
  const started_ms = context.wall_ms();
  let shown_ms = started_ms;
  return {
    tell: (done, failed) => {
      const now_ms = context.wall_ms();
      if (!context.terminal || now_ms - shown_ms < REDRAW_MS) return;
      shown_ms = now_ms;
      context.err(`\r\u001b[K${progressLine(name, { done, total: total(), failed, elapsed_ms: now_ms - started_ms }, context.columns?.() ?? 80)}`);
    },
    end: () => context.terminal && context.err('\r\u001b[K'),
  };
}

/** Host memory after so many cycles. */
type MemoryLook = HostMemory & { readonly done: number };

const LOOKS = 10;
/** Of these counts all that is on the heap; each takes a second or two. */
const DATA_LOOKS = 4;
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** "host memory in use, garbage collected: 41.2 MB after 25 cycles, ..." */
const memoryText = (looks: readonly MemoryLook[]): string =>
  looks.length === 0 ? '' : `host memory (heap in use, resident):\n${looks.map(({ done, heap_bytes, resident_bytes }) => `  after ${done} cycles ${megabytes(heap_bytes)} MB, ${megabytes(resident_bytes)} MB\n`).join('')}`;

const dataText = (looks: readonly DataLook[]): string =>
  looks.length < 2 ? '' : `of it what is kept, without what the engine makes of code:\n${looks.map(({ done, things, bytes }) => `  after ${done} cycles ${things} objects, ${megabytes(bytes)} MB\n`).join('')}`;

export function sweepCycles(asked: Asked, count: number, context: Context): Exit {
  const { scenario } = asked;
  const progress = teller(scenario.name, () => count, context);
  const looks: MemoryLook[] = [];
  const data: DataLook[] = [];
  const result = cycles(
    { ...asked, cycles: count },
    context.boot,
    (done) => {
      progress.tell(done, 0);
      return true;
    },
    (done) => {
      if (looks.length === 0 || done === count || done >= (looks.length * count) / LOOKS) looks.push({ done, ...hostMemory() });
      if (done === count || done >= ((data.length + 1) * count) / DATA_LOOKS) data.push({ done, ...hostData() });
    },
  );
  progress.end();
  if ('error' in result) return { verdict: 'failed', reason: result.error };
  const { done, counted } = result;
  const kept = dataGrowth(data);
  const growth = [...result.growth, ...(kept === null ? [] : [kept])];
  context.out(`${scenario.name}: ${done} cycles of checkpoint, kill and restore of ${markWords(asked)}\n`);
  if (growth.length === 0) {
    context.out(`${good('nothing grew')}: ${counted} counts of kernel objects, slots, table rows and RAM are what they were\n`);
    context.out(memoryText(looks));
    context.out(dataText(data));
    return PASSED;
  }
  context.out(`${bad('not as before')}:\n${growth.map((line) => `  ${line}\n`).join('')}`);
  return { verdict: 'failed', reason: growthReason(done, result.growth.length, counted, kept !== null) };
}

/** "after 500 cycles 2 of 110 counts are others, and the host's memory grows" */
function growthReason(done: number, others: number, counted: number, memory: boolean): string {
  const words = [...(others > 0 ? [`${others} of ${counted} counts are others`] : []), ...(memory ? ["the host's memory grows"] : [])];
  return `after ${done} cycles ${words.join(', and ')}`;
}

export function sweepFaults(asked: Asked, only: readonly FaultPoint[], context: Context): Exit {
  const { scenario } = asked;
  const results: FaultResult[] = [];
  let mine = 0;
  let failed = 0;
  const progress = teller(scenario.name, () => mine, context);
  const problem = faults({ ...asked, only }, {
    boot: context.boot,
    attempt,
    begins: (_total, count) => {
      mine = count;
    },
    result: (result) => {
      results.push(result);
      if (result.outcome === 'failed') failed += 1;
      progress.tell(results.length, failed);
      return true;
    },
  });
  progress.end();
  if (problem !== null) return { verdict: 'failed', reason: problem.error };
  context.out(faultsText(scenario.name, markWords(asked), results));
  if (results.length === 0) return { verdict: 'nothing', reason: 'there was no RPC to fail' };
  return failed === 0 ? PASSED : { verdict: 'failed', reason: `${failed} of ${results.length} faults did harm` };
}

export const faultName = ({ during, nth, kind }: FaultPoint): string => `${during}:${nth}:${kind}`;

/** "restore:29:denied" */
export function parseFault(text: string): FaultPoint {
  const [during, nth, kind] = text.split(':');
  const known = FAULT_KINDS.find((name) => name === kind);
  if ((during !== 'checkpoint' && during !== 'restore') || !/^[1-9]\d{0,5}$/.test(nth ?? '') || known === undefined) throw new UsageError(`--only takes faults such as restore:29:denied here, not '${text}'`, `kinds: ${FAULT_KINDS.join(', ')}`);
  return { during, nth: Number(nth), kind: known };
}

function faultsText(name: string, components: string, results: readonly FaultResult[]): string {
  const lines = [`${name}: one RPC after the other made to fail in a checkpoint and a restore of ${components}`];
  for (const during of ['checkpoint', 'restore'] as const) {
    const of = results.filter((result) => result.during === during);
    const count = (outcome: FaultResult['outcome']): number => of.filter((result) => result.outcome === outcome).length;
    if (of.length > 0) lines.push(`${during}: ${of.length} faults: ${good(`${count('undone')} undone`)}, ${count('survived')} survived, ${count('failed') === 0 ? '0 failed' : bad(`${count('failed')} failed`)}`);
  }
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  for (const result of failed.slice(0, SHOWN_MAX)) {
    lines.push(bad(`${faultName(result)} (${result.rpc})`), ...result.reason.map((line) => `  ${line}`), `  again: rescap sweep ${name} --faults --only ${faultName(result)}`);
  }
  if (failed.length > SHOWN_MAX) lines.push(`and ${failed.length - SHOWN_MAX} more`);
  return `${lines.join('\n')}\n`;
}
