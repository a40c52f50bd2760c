// Why a checkpoint cannot be taken, told before anything is touched: the state of its targets, the one it builds on, and sessions
// that lead out of it. Owns no state. Source modelled: architecture.md "Restore per phase of a thread" (partners outside).

import { children, sessions } from '../child/child_table.ts';
import type { Execution } from '../native/execution.ts';
import { cpuThreads, foreignSessions, pdSessions, targets } from './online_storage.ts';
import { sessionsThrough } from './proxy_table.ts';
import type { DecidedStrategy } from './strategies.ts';
import { snapshots } from './target_state.ts';

export interface CheckpointPlan {
  readonly targets: readonly number[];
  readonly base: string;
  readonly strategy: DecidedStrategy;
}

/** The first reason why one target of a checkpoint cannot be captured; null if it can. */
export function targetProblem(x: Execution, target: number, plan: CheckpointPlan): string | null {
  const row = targets(x).require(target);
  if (row.phase !== 'running') return `target "${row.name}" is ${row.phase}`;
  return furtherDomainProblem(x, target, plan) ?? sessionProblem(x, target, plan) ?? baseProblem(x, target, plan);
}

/** The historic programs knew one protection domain, and what they did is done as they did it. */
function furtherDomainProblem(x: Execution, target: number, { strategy }: CheckpointPlan): string | null {
  const { name, pd } = targets(x).require(target);
  const found = cpuThreads(x).find((row) => row.target === target && row.pd !== pd && row.started);
  if (strategy.attached !== 'copy' || found === undefined) return null;
  return `"${name}" runs a thread "${found[1].name}" in a further protection domain (${pdSessions(x).get(found[1].pd)?.creation_args ?? ''}): attached="copy" knows the component's own domain only`;
}

/** The first session that leads out of the checkpoint. Asked again when all targets stand still: one may have been in the making. */
export function sessionProblem(x: Execution, target: number, plan: CheckpointPlan): string | null {
  return foreignProblem(x, target, plan.strategy) ?? serverProblem(x, target, plan) ?? clientProblem(x, target, plan) ?? handedOutProblem(x, target, plan.strategy);
}

function foreignProblem(x: Execution, target: number, { foreign }: DecidedStrategy): string | null {
  const found = foreignSessions(x).find((row) => row.target === target);
  if (found === undefined || foreign !== 'refuse') return null;
  return `the target has a session at "${found[1].service}", which is not interposed: what its server keeps cannot be checkpointed; foreign="reopen" opens it anew at the restore, foreign="lose" does without`;
}

const childrenOf = (x: Execution, group: readonly number[]): number[] => group.map((target) => targets(x).require(target).child);
const nameOf = (x: Execution, child: number): string => children(x).get(child)?.name ?? '';

/** A session of the target at a sibling that is not checkpointed with it. */
function serverProblem(x: Execution, target: number, { targets: group, strategy }: CheckpointPlan): string | null {
  const members = childrenOf(x, group);
  const { name, child } = targets(x).require(target);
  const found = sessions(x).find((row) => row.child === child && row.server !== 0 && !members.includes(row.server));
  if (found === undefined || strategy.foreign !== 'refuse') return null;
  const server = nameOf(x, found[1].server);
  return `"${name}" has a session "${found[1].ident}" at "${server}", which is not part of the checkpoint: name it too (with="${server}"); foreign="reopen" opens the session anew at the restore, foreign="lose" does without`;
}

/** A session of a sibling at the target, of which the sibling would be left with nothing. */
function clientProblem(x: Execution, target: number, { targets: group, strategy }: CheckpointPlan): string | null {
  const members = childrenOf(x, group);
  const { name, child } = targets(x).require(target);
  const found = sessions(x).find((row) => row.server === child && !members.includes(row.child));
  if (found === undefined || strategy.foreign === 'lose') return null;
  const client = nameOf(x, found[1].child);
  return `"${name}" serves a session "${found[1].ident}" of "${client}", which is not part of the checkpoint: name it too (with="${client}"); foreign="lose" leaves the client with a session that nobody serves`;
}

/** A capability of the target's that a client outside holds: a proxy stands before sessions only. */
function handedOutProblem(x: Execution, target: number, { foreign }: DecidedStrategy): string | null {
  const found = sessionsThrough(x, target).find(([, row]) => row.handed_out);
  if (found === undefined || foreign === 'lose') return null;
  return `"${targets(x).require(target).name}" has answered a client outside (${found[1].args}) with a capability, which would name nothing after a restore; foreign="lose" leaves the client with that`;
}

/** Why a checkpoint cannot build on the one it names; null if it can, or names none. */
function baseProblem(x: Execution, target: number, { base, strategy }: CheckpointPlan): string | null {
  const { name, granularity, checkpoint } = targets(x).require(target);
  if (granularity === 0 && strategy.copy === 'background') return `copy="background" needs a child in parts, and "${name}" is not: give it granularity="N" in the configuration of its parent`;
  if (base === '') return null;
  if (granularity === 0) return `an incremental checkpoint needs a child in parts, and "${name}" is not: give it granularity="N" in the configuration of its parent`;
  if (snapshots(x).find((row) => row.name === base) === undefined) return `there is no checkpoint "${base}" to build on`;
  return checkpoint === base ? null : `the last checkpoint of "${name}" is ${checkpoint === '' ? 'none' : `"${checkpoint}"`}, so only that one can be built on, not "${base}"`;
}
