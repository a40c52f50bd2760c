// What of the scenario language this version executes. The rest is read and checked, and refused before anything runs: an error
// with the place of the step. Owns no state; whoever adds the execution of something adds its row here.

import { type Diagnostic, type Span, suggestion } from '../scenario/diagnostic.ts';
import type { Criterion, Moment, Scenario } from '../scenario/model.ts';
import type { Fault, Step, StepKind } from '../scenario/model_steps.ts';
import { unknownRpc } from '../runtime/rpc/rpc_name.ts';
import { CALL_NAMES } from './moment_watch.ts';

const STEPS = {
  await: true,
  checkpoint: true,
  restore: true,
  kill: true,
  dump: true,
  mark: true,
  'expect-caps': true,
  'expect-log': true,
  'expect-no-log': true,
  pause: true,
  resume: true,
  reconfigure: true,
  fault: true,
  'save-image': true,
  'load-image': true,
  'expect-threads': true,
  'expect-memory': true,
  'expect-routes': true,
  'expect-state': true,
  'expect-quota': true,
} as const satisfies Readonly<Record<StepKind, boolean>>;

const MOMENTS = {
  log: true,
  time: true,
  rpc: true,
  syscall: true,
  instructions: true,
  code: true,
  state: true,
  signal: true,
  page_fault: true,
} as const satisfies Readonly<Record<Moment['kind'], boolean>>;

const FAULTS = { memory: true, revoke: true, exhaust: true, deny: true, exception: true, 'drop-signal': true } as const satisfies Readonly<Record<Fault['kind'], boolean>>;

const CRITERIA = { log: true, after: true, pattern: true, exit: true } as const satisfies Readonly<Record<Criterion['kind'], boolean>>;

/** Of what another version may execute. */
export const NOT_EXECUTED = 'E020';

type Executed<Table, Kind> = { [K in keyof Table]: Table[K] extends true ? K : never }[keyof Table] & Kind;

export type ExecutedStep = Extract<Step, { readonly kind: Executed<typeof STEPS, StepKind> }>;

export const isExecuted = (step: Step): step is ExecutedStep => STEPS[step.kind];

/** The name of an RPC that a step waits for or lets fail. */
function rpcOf(step: Step): string | undefined {
  if (step.kind === 'await') return step.moment.kind === 'rpc' ? step.moment.function : undefined;
  return step.kind === 'fault' && step.fault.kind === 'deny' ? step.fault.function : undefined;
}

/** An error for everything in the scenario that this version cannot execute; empty: it can all of it. */
export function notExecutable(scenario: Scenario): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const refuse = (span: Span, what: string) => {
    if (!found.some((known) => known.span.start === span.start && known.span.source === span.source)) found.push({ severity: 'error', code: NOT_EXECUTED, span, message: `${what} is not in this version`, notes: [] });
  };
  for (const step of scenario.steps) {
    if (!STEPS[step.kind]) refuse(step.span, `<${step.kind}>`);
    if (step.kind === 'await' && !MOMENTS[step.moment.kind]) refuse(step.span, `waiting for this kind of moment (${step.moment.kind})`);
    const rpc = rpcOf(step);
    const unknown = rpc === undefined ? null : unknownRpc(rpc);
    if (rpc !== undefined && unknown !== null) found.push({ severity: 'error', code: 'E014', span: step.span, message: unknown.message, notes: [], help: suggestion(rpc, unknown.names) ?? '' });
    if (step.kind === 'await' && step.moment.kind === 'syscall' && !CALL_NAMES.includes(step.moment.call)) {
      found.push({ severity: 'error', code: 'E014', span: step.span, message: `'${step.moment.call}' is no system call`, notes: [], help: suggestion(step.moment.call, CALL_NAMES) ?? '' });
    }
    if (step.kind === 'fault' && !FAULTS[step.fault.kind]) refuse(step.span, `a fault of the kind '${step.fault.kind}'`);
  }
  for (const criterion of [...scenario.succeed, ...scenario.fail]) if (!CRITERIA[criterion.kind]) refuse(criterion.span, 'a criterion with pattern lines or an exit value');
  return found;
}
