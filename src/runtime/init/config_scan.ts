// What Genode's init reads of its configuration for each thing that it does, in the order of its code. Pure.
// Source modelled: Genode 16.08 init main.cc, init/child.h, init/child_config.h, os/config.h, os/session_policy.h.

import { childOf, childrenOf, type Node } from '../../scenario/syntax/node.ts';
import { scanCost } from './cost.ts';
import { asked, each, next, NOTHING, reached, made, type Scan, sub, together } from './xml_scan.ts';

/** Instructions for reading the configuration, and for all that comes before the first child. */
export type ConfigWork = { readonly parse: number; readonly begin: number };

/** Instructions for what is read of a start node, besides its routes. */
export type StartWork = {
  /** Reaching it, its name, its binary and its resources. */
  readonly resources: number;
  readonly placement: number;
  readonly config: number;
  readonly provides: number;
  /** Looking for its own routes. */
  readonly route: number;
  readonly exit: number;
};

/** Instructions for a rule of a route: going on to it, comparing the label, and looking for a condition. */
export type RuleWork = { readonly reached: number; readonly label: number; readonly condition: number };

/** The node that stands for a missing default route: it is made of a text of eight characters. */
const EMPTY_NODE: Scan = { thrown: 2, tag: 16, attributes: 0, plain: 0 };

export function configWork(root: Node): ConfigWork {
  const first = root.children.findIndex(({ tag }) => tag === 'start');
  const before = first === -1 ? root.children : root.children.slice(0, first);
  const aliases = each(root);
  const begin = together(asked(root, 'verbose'), parentServices(root), EMPTY_NODE, sub(root, 'default-route'), aliases, ...before.map((node) => reached(root, node)));
  return { parse: scanCost(made(root)), begin: scanCost(begin) };
}

/** Each service is passed twice: whether it is the last is asked by going on. */
function parentServices(root: Node): Scan {
  const provides = childOf(root, 'parent-provides');
  if (provides === undefined) return sub(root, 'parent-provides');
  const services = childrenOf(provides, 'service').map((service) => together(next(provides, service, 'service'), next(provides, service, 'service')));
  return together(sub(root, 'parent-provides'), sub(provides, 'service'), ...services);
}

export function startWork(root: Node, start: Node): StartWork {
  const exit = childOf(start, 'exit');
  return {
    resources: scanCost(together(reached(root, start), levels(root), sub(start, 'binary'), resources(start))),
    placement: scanCost(together(asked(start, 'priority'), affinity(start))),
    config: scanCost(together(sub(start, 'configfile'), childOf(start, 'configfile') === undefined ? sub(start, 'config') : NOTHING)),
    provides: scanCost(provides(start)),
    route: scanCost(sub(start, 'route')),
    exit: scanCost(together(sub(start, 'exit'), exit === undefined ? NOTHING : asked(exit, 'propagate'))),
  };
}

/** Read anew for each child. */
function levels(root: Node): Scan {
  const space = childOf(root, 'affinity-space');
  return together(asked(root, 'prio_levels'), sub(root, 'affinity-space'), space === undefined ? NOTHING : asked(space, 'width', 'height'));
}

function resources(start: Node): Scan {
  const nodes = childrenOf(start, 'resource').map((node) => together(asked(node, 'name', 'quantum', 'constrain_phys'), next(start, node, 'resource')));
  return together(sub(start, 'resource'), ...nodes);
}

function affinity(start: Node): Scan {
  const node = childOf(start, 'affinity');
  return together(sub(start, 'affinity'), node === undefined ? NOTHING : asked(node, 'xpos', 'ypos', 'width', 'height', 'xpos', 'ypos'));
}

function provides(start: Node): Scan {
  const node = childOf(start, 'provides');
  if (node === undefined) return sub(start, 'provides');
  return together(sub(start, 'provides'), sub(node, 'service'), ...childrenOf(node, 'service').map((service) => next(node, service, 'service')));
}

export function ruleWork(route: Node, rule: Node): RuleWork {
  const condition = childOf(rule, 'if-arg');
  return {
    reached: scanCost(reached(route, rule)),
    label: scanCost(asked(rule, 'label', 'label_prefix', 'label_suffix')),
    condition: scanCost(together(sub(rule, 'if-arg'), condition === undefined ? NOTHING : asked(condition, 'key', 'value'))),
  };
}

/** Going on to a target of a rule; the first is reached once, others twice, as the one before is asked whether it is the last. */
export function targetWork(rule: Node, target: Node): number {
  const once = reached(rule, target);
  return scanCost(rule.children[0] === target ? once : together(once, once));
}
