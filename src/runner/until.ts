// The part of a scenario that leads to a point: its steps up to there, without expectations, ending in a dump.
// Owns no state.

import type { Scenario, Step } from '../scenario/model.ts';
import { nearest } from '../scenario/nearest.ts';

const LEADING: ReadonlySet<Step['kind']> = new Set(['await', 'checkpoint', 'restore', 'kill', 'dump', 'mark', 'save-image', 'load-image']);

export function scenarioUntil(scenario: Scenario, point: string, task: string | undefined): Scenario | { readonly error: string; readonly help?: string } {
  const index = scenario.steps.findIndex((step) => (step.kind === 'checkpoint' || step.kind === 'dump') && step.name === point);
  const last = scenario.steps[index];
  if (last !== undefined) {
    const steps = scenario.steps.slice(0, index + 1).filter((step) => LEADING.has(step.kind));
    return { ...scenario, succeed: [], steps: task === undefined ? steps : [...steps, { kind: 'dump', name: `${point}, ${task}`, task, span: last.span }] };
  }
  const declared = scenario.points.find((candidate) => candidate.name === point);
  if (declared === undefined) {
    const known = [...scenario.points.map(({ name }) => name), ...scenario.steps.flatMap((step) => (step.kind === 'checkpoint' || step.kind === 'dump' ? [step.name] : []))];
    const near = nearest(point, known);
    return { error: `scenario '${scenario.name}' has no point '${point}'`, help: near === undefined ? `its points: ${known.join(', ') || 'none'}` : `did you mean '${near}'?` };
  }
  if (task === undefined) return { error: `point '${point}' belongs to no task`, help: 'name one with --task' };
  const { moment, span } = declared;
  return { ...scenario, succeed: [], steps: [{ kind: 'await', moment, span }, { kind: 'dump', name: point, task, span }] };
}
