// Questions about semantics that their form alone answers.
// Pure.

import type { Expression, Step } from './semantics.ts';

/** Names that steps assign to, not those of functions inside. */
export function assigned(steps: readonly Step[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (step: Step): void => {
    if (step.op === 'assign') names.add(step.name);
    else if (step.op === 'if') [...step.yes, ...step.no].forEach(visit);
    else if (step.op === 'loop' || step.op === 'block') step.body.forEach(visit);
  };
  steps.forEach(visit);
  return names;
}

/** Whether an expression neither calls nor chooses, so that nothing happens while it is worked out. */
export function isPlain(expression: Expression): boolean {
  switch (expression.op) {
    case 'number':
    case 'truth':
    case 'local':
      return true;
    case 'get':
      return isPlain(expression.object);
    case 'index':
      return isPlain(expression.object) && isPlain(expression.index);
    case 'unary':
      return isPlain(expression.operand);
    case 'binary':
      return isPlain(expression.left) && isPlain(expression.right);
    default:
      return false;
  }
}
