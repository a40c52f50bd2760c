// What init does to the arguments of a child's session request before it looks for a route: label, priority, configuration file,
// physical RAM. Pure, so that `explain` sees the same request. Source modelled: genode-16.08-abi.md 2.1, 6; init-run-tools.md 1.4.

import { LABEL_SEPARATOR, labelOf, labelPrefix, lastLabelElement, prefixedLabel, removeArgument, setStringArgument, withLabelPrefix } from '../arg_string.ts';
import type { Dialect, StartNode } from './config.ts';
import { squeezePriority } from './priority.ts';

export type ChildFilter = {
  readonly name: string;
  readonly start: Pick<StartNode, 'configfile' | 'constrain_phys'>;
  readonly level: number;
  readonly levels: number;
  readonly dialect: Dialect;
};

export type FilteredArguments = { readonly args: string; readonly warnings: readonly string[] };

export function filterArguments(child: ChildFilter, service: string, args: string): FilteredArguments {
  const warnings: string[] = [];
  let filtered = withLabel(child, service, args);
  if (service === 'CPU') {
    const squeezed = squeezePriority(filtered, child.level, child.levels);
    filtered = squeezed.args;
    if (squeezed.warning !== null) warnings.push(squeezed.warning);
  }
  if (service === 'ROM') filtered = redirectConfig(child, filtered);
  if (service === 'RAM' && !child.start.constrain_phys) filtered = removeArgument(removeArgument(filtered, 'phys_start'), 'phys_size');
  return { args: filtered, warnings };
}

/**
 * In 17.02 an empty label leaves a separator at the end. A component's first LOG session is of its environment there, and those
 * carry the child's name alone; here the component asks for it itself, by an empty label.
 */
function withLabel(child: ChildFilter, service: string, args: string): string {
  if (child.dialect === '16.08' || (service === 'LOG' && labelOf(args) === '')) return withLabelPrefix(args, child.name);
  return setStringArgument(args, 'label', `${child.name}${LABEL_SEPARATOR}${labelOf(args)}`);
}

/** With a configuration file, requests for the module "config" name that file. 17.02 does it while it looks for the route. */
function redirectConfig(child: ChildFilter, args: string): string {
  const { configfile } = child.start;
  const label = labelOf(args);
  if (configfile === null || child.dialect !== '16.08' || lastLabelElement(label) !== 'config') return args;
  return setStringArgument(args, 'label', prefixedLabel(labelPrefix(label), configfile));
}
