// The part of a scenario that leads to a point: its steps up to there, without expectations, ending in a dump.
// Owns no state.

import type { Scenario, Step, StepOf } from '../scenario/model.ts';
import { nearest } from '../scenario/nearest.ts';

const LEADING: ReadonlySet<Step['kind']> = new Set(['await', 'checkpoint', 'restore', 'kill', 'dump', 'mark', 'save-image', 'load-image', 'pause', 'resume', 'reconfigure', 'fault']);

/** What leads to a point, and the step that is the point; a declared moment is no step. */
export interface LeadingPart {
  readonly scenario: Scenario;
  readonly step: StepOf<'checkpoint' | 'dump'> | undefined;
}

/** As `scenarioUntil`, but stopping short of the step that is the point: a checkpoint there is still to be taken. */
export function scenarioBefore(scenario: Scenario, point: string): LeadingPart | { readonly error: string; readonly help?: string } {
  const index = scenario.steps.findIndex((step) => isPoint(step, point));
  const step = scenario.steps[index];
  if (step !== undefined && isPoint(step, point)) {
    return { scenario: { ...scenario, succeed: [], steps: scenario.steps.slice(0, index).filter((one) => LEADING.has(one.kind)) }, step };
  }
  const declared = declaredPoint(scenario, point);
  if ('error' in declared) return declared;
  return { scenario: { ...scenario, succeed: [], steps: [declared] }, step: undefined };
}

const isPoint = (step: Step, point: string): step is StepOf<'checkpoint' | 'dump'> => (step.kind === 'checkpoint' || step.kind === 'dump') && step.name === point;

/** Waiting for a moment of the scenario's <points>, or that there is none. */
function declaredPoint(scenario: Scenario, point: string): StepOf<'await'> | { readonly error: string; readonly help?: string } {
  const declared = scenario.points.find((candidate) => candidate.name === point);
  if (declared !== undefined) return { kind: 'await', moment: declared.moment, span: declared.span };
  const known = [...scenario.points.map(({ name }) => name), ...scenario.steps.flatMap((step) => (step.kind === 'checkpoint' || step.kind === 'dump' ? [step.name] : []))];
  const near = nearest(point, known);
  return { error: `scenario '${scenario.name}' has no point '${point}'`, help: near === undefined ? `its points: ${known.join(', ') || 'none'}` : `did you mean '${near}'?` };
}

export function scenarioUntil(scenario: Scenario, point: string, task: string | undefined): Scenario | { readonly error: string; readonly help?: string } {
  const index = scenario.steps.findIndex((step) => isPoint(step, point));
  const last = scenario.steps[index];
  if (last !== undefined) {
    const steps = scenario.steps.slice(0, index + 1).filter((step) => LEADING.has(step.kind));
    return { ...scenario, succeed: [], steps: task === undefined ? steps : [...steps, { kind: 'dump', name: `${point}, ${task}`, task, span: last.span }] };
  }
  const declared = declaredPoint(scenario, point);
  if ('error' in declared) return declared;
  if (task === undefined) return { error: `point '${point}' belongs to no task`, help: 'name one with --task' };
  return { ...scenario, succeed: [], steps: [declared, { kind: 'dump', name: point, task, span: declared.span }] };
}
