// The route of a request as the configuration alone decides it: every child exists and nobody has announced anything yet.
// Pure; for `explain` and other readers that do not run the system. Source modelled: genode-16.08-abi.md 6.

import { setStringArgument } from '../arg_string.ts';
import type { Dialect, InitConfig } from './config.ts';
import { filterArguments } from './filter.ts';
import { childPriority, priorityLevels } from './priority.ts';
import { type Decision, route, type RouteWorld } from './routing.ts';

export type ExplainedRoute = {
  /** Arguments as the server would see them. */
  readonly args: string;
  readonly decision: Decision;
};

/** Services and children that a configuration declares. A second child of one name never exists. */
export function declaredWorld(config: InitConfig): RouteWorld {
  const starts = config.starts.filter(({ name }, n) => name !== null && config.starts.findIndex((other) => other.name === name) === n);
  return {
    parent_services: config.parent_services,
    child_services: starts.flatMap(({ name, provides }) => provides.filter((service) => service !== null).map((service) => ({ service, child: name ?? '' }))),
    children: starts.map(({ name }) => name ?? ''),
  };
}

/** Where a child's request for a service with a label of its own goes; undefined where there is no such child. */
export function explainRoute(config: InitConfig, child: string, service: string, label: string, dialect: Dialect): ExplainedRoute | undefined {
  const start = config.starts.find(({ name }) => name === child);
  if (start === undefined) return undefined;
  const { levels } = priorityLevels(config.prio_levels);
  const { level } = childPriority(child, start.priority, levels);
  const { args } = filterArguments({ name: child, start, level, levels, dialect }, service, setStringArgument('', 'label', label));
  const decision = route(config, { child, start, service, args }, declaredWorld(config), dialect);
  return { args: decision.args ?? args, decision };
}
