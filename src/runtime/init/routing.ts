// Routing of session requests: which service a child's request goes to, and which rules were looked at on the way. Pure.
// Source modelled: genode-16.08-abi.md 6 (16.08), init-run-tools.md 1.5 (17.02), Genode 16.08 init.

import { LABEL_SEPARATOR, labelOf, lastLabelElement, prefixedLabel, setStringArgument, stringArgument } from '../arg_string.ts';
import type { Alias, Dialect, InitConfig, LabelPattern, Place, RouteRule, RouteTarget, StartNode } from './config.ts';

/** Who provides what at the moment of the request. */
export type RouteWorld = {
  readonly parent_services: readonly string[];
  /** Services that children declared, with the child's name. */
  readonly child_services: readonly { readonly service: string; readonly child: string }[];
  /** Names of the children that exist. */
  readonly children: readonly string[];
};

export type RouteRequest = {
  /** The requesting child. */
  readonly child: string;
  readonly start: Pick<StartNode, 'route' | 'config' | 'configfile' | 'work'>;
  readonly service: string;
  /** Arguments after filterArguments: the label begins with the child's name. */
  readonly args: string;
};

export type RouteTo =
  | { readonly kind: 'parent' }
  | { readonly kind: 'child'; readonly child: string }
  /** ROM sessions that init itself provides to each child. */
  | { readonly kind: 'local'; readonly module: 'config' | 'binary' | 'session_requests' };

/** What init logs about a request that it denies, or about a target that it skips. */
export type RouteMessage = { readonly severity: 'warning' | 'error'; readonly text: string };

/** A rule or target that was looked at, with the reason why it did or did not decide. */
export type Considered = { readonly place: Place | null; readonly verdict: string };

export type Decision = {
  /** Null where the request is denied. */
  readonly to: RouteTo | null;
  /** Arguments for the server where the route rewrites them. */
  readonly args: string | null;
  readonly messages: readonly RouteMessage[];
  readonly considered: readonly Considered[];
  /** Instructions for reading the rules and targets that were looked at. */
  readonly work: number;
};

type RoutingConfig = Pick<InitConfig, 'default_route' | 'aliases'>;

export function route(config: RoutingConfig, request: RouteRequest, world: RouteWorld, dialect: Dialect): Decision {
  return new Router(config, request, world, dialect).decide();
}

class Router {
  readonly #config: RoutingConfig;
  readonly #request: RouteRequest;
  readonly #world: RouteWorld;
  readonly #dialect: Dialect;
  readonly #label: string;
  readonly #messages: RouteMessage[] = [];
  readonly #considered: Considered[] = [];
  #work = 0;

  constructor(config: RoutingConfig, request: RouteRequest, world: RouteWorld, dialect: Dialect) {
    this.#config = config;
    this.#request = request;
    this.#world = world;
    this.#dialect = dialect;
    this.#label = labelOf(request.args);
  }

  decide(): Decision {
    const { service, start } = this.#request;
    if (service === 'ROM') {
      const local = this.#localRom();
      if (local !== undefined) return local;
    }
    this.#consider(null, start.route === null ? 'the default route applies' : 'the own route applies, the default route does not');
    this.#work += start.work.route;
    for (const rule of start.route ?? this.#config.default_route) {
      this.#work += rule.work.reached;
      const reason = this.#mismatch(rule);
      if (reason === MALFORMED) break;
      this.#consider(rule.place, reason ?? 'matches');
      if (reason !== undefined) continue;
      if (rule.targets.length === 0) {
        this.#consider(rule.place, 'has no target, which ends the search');
        break;
      }
      const decision = this.#targets(rule);
      if (decision !== undefined) return decision;
    }
    return this.#deny('warning', `no route to service "${service}"`);
  }

  /** ROM modules of init's own; 17.02 serves "config" only where there is an inline configuration. */
  #localRom(): Decision | undefined {
    const module = lastLabelElement(this.#label);
    const { start } = this.#request;
    if (this.#dialect === '16.08') {
      if (module !== 'config' && module !== 'binary') return undefined;
      this.#consider(null, `module "${module}" is provided by init itself`);
      return this.#found({ kind: 'local', module });
    }
    if (module === 'session_requests') return this.#found({ kind: 'local', module });
    if (module !== 'config') return undefined;
    if (start.config !== null) {
      this.#consider(null, 'module "config" is the inline configuration');
      return this.#found({ kind: 'local', module });
    }
    if (start.configfile === null) return undefined;
    if (start.configfile === 'config') {
      this.#messages.push({ severity: 'error', text: "configfile must not be named 'config'" });
      return this.#denied();
    }
    this.#consider(null, `module "config" is redirected to "${start.configfile}"`);
    const args = setStringArgument(this.#request.args, 'label', prefixedLabel(this.#request.child, start.configfile));
    const restarted = new Router(this.#config, { ...this.#request, args, start: { ...start, configfile: null } }, this.#world, this.#dialect).decide();
    return { ...restarted, args: restarted.args ?? args, considered: [...this.#considered, ...restarted.considered] };
  }

  /** Why a rule does not apply; MALFORMED where reading it ends the search. */
  #mismatch(rule: RouteRule): string | undefined {
    const { service, args } = this.#request;
    if (rule.kind === 'other') return 'is no rule';
    if (rule.kind === 'service') {
      if (rule.service === null) {
        this.#consider(rule.place, 'has no name, which ends the search');
        return MALFORMED;
      }
      if (rule.service !== service) return `is for "${rule.service}"`;
    }
    this.#work += rule.work.label;
    const label = labelMismatch(rule.pattern, this.#label, this.#scopedLabel(), this.#dialect);
    if (label !== undefined) return label;
    this.#work += rule.work.condition;
    if (this.#dialect === '17.02' || rule.if_arg === null) return undefined;
    const { key, value } = rule.if_arg;
    const given = key === 'label' ? (this.#scopedLabel() ?? '') : stringArgument(args, key, '', ARGUMENT_BYTES);
    return given === value ? undefined : `wants the argument ${key} to be "${value}", it is "${given}"`;
  }

  /** The label without the child's own name; undefined where it does not begin with it. */
  #scopedLabel(): string | undefined {
    const { child } = this.#request;
    if (this.#label === child) return this.#dialect === '16.08' ? '' : undefined;
    const prefix = child + LABEL_SEPARATOR;
    return this.#label.startsWith(prefix) ? this.#label.slice(prefix.length) : undefined;
  }

  #targets(rule: RouteRule): Decision | undefined {
    for (const target of rule.targets) {
      this.#work += target.work;
      const decision = this.#target(rule, target);
      if (decision !== undefined) return decision;
    }
    this.#consider(rule.place, 'no target has the service, the search goes on');
    return undefined;
  }

  /** A rule for a named service is decided by its first target, a wildcard rule goes on to the next. */
  #target(rule: RouteRule, target: RouteTarget): Decision | undefined {
    switch (target.kind) {
      case 'other':
        return undefined;
      case 'parent':
        if (this.#world.parent_services.includes(this.#request.service)) return this.#found({ kind: 'parent' }, target);
        return this.#missed(rule, target, `service lookup for "${this.#request.service}" at parent failed`);
      case 'child':
        return this.#childTarget(rule, target);
      case 'any-child':
        return this.#anyChildTarget(rule, target);
    }
  }

  #childTarget(rule: RouteRule, target: RouteTarget): Decision | undefined {
    const { service } = this.#request;
    // Reading the missing name is an exception, which ends the search.
    if (target.name === null) return this.#deny('warning', `no route to service "${service}"`);
    const child = dereference(target.name, this.#config.aliases);
    if (!this.#world.children.includes(child) && this.#dialect === '16.08') {
      return this.#deny('warning', `invalid route to non-existing server "${target.name}"`, target);
    }
    if (this.#world.child_services.some((entry) => entry.service === service && entry.child === child)) return this.#found({ kind: 'child', child }, target);
    return this.#missed(rule, target, this.#dialect === '16.08' ? `lookup to child service "${service}" failed` : `lookup to child server "${target.name}" failed`);
  }

  #anyChildTarget(rule: RouteRule, target: RouteTarget): Decision | undefined {
    const { service } = this.#request;
    const providers = this.#world.child_services.filter((entry) => entry.service === service);
    if (providers.length > 1) return this.#deny('error', `ambiguous routes to service "${service}"`, target);
    const [provider] = providers;
    if (provider !== undefined) return this.#found({ kind: 'child', child: provider.child }, target);
    return this.#missed(rule, target, `lookup for service "${service}" failed`);
  }

  #missed(rule: RouteRule, target: RouteTarget, text: string): Decision | undefined {
    if (rule.kind === 'service') return this.#deny('warning', text, target);
    this.#consider(target.place, text);
    return undefined;
  }

  #found(to: RouteTo, target?: RouteTarget): Decision {
    if (target !== undefined) this.#consider(target.place, to.kind === 'child' ? `child "${to.child}" provides the service` : 'the parent provides the service');
    const rewritten = target === undefined || target.label === null || this.#dialect === '16.08' ? null : setStringArgument(this.#request.args, 'label', target.label);
    return { to, args: rewritten, messages: this.#messages, considered: this.#considered, work: this.#work };
  }

  /** Denies a request with the line that init logs about the child. */
  #deny(severity: RouteMessage['severity'], text: string, target?: RouteTarget): Decision {
    this.#consider(target?.place ?? null, text);
    this.#messages.push({ severity, text: `${this.#request.child}: ${text}` });
    return this.#denied();
  }

  #denied(): Decision {
    return { to: null, args: null, messages: this.#messages, considered: this.#considered, work: this.#work };
  }

  #consider(place: Place | null, verdict: string): void {
    this.#considered.push({ place, verdict });
  }
}

const MALFORMED = 'malformed';
const ARGUMENT_BYTES = 64;

/** The child that an alias stands for. The last declared alias is looked at first, and an alias may name an earlier one. */
function dereference(name: string, aliases: readonly Alias[]): string {
  return aliases.reduceRight((current, alias) => (alias.name === current && alias.child !== null ? alias.child : current), name);
}

/** Why a rule's label attributes do not fit; all that are present must. An empty prefix or suffix never fits in 16.08. */
function labelMismatch(pattern: LabelPattern, full: string, scoped: string | undefined, dialect: Dialect): string | undefined {
  const { label, label_prefix: prefix, label_suffix: suffix, unscoped_label: unscoped } = pattern;
  if (unscoped !== null && dialect === '17.02') return unscoped === full ? undefined : `wants the full label "${unscoped}", it is "${full}"`;
  if (label === null && prefix === null && suffix === null) return undefined;
  if (scoped === undefined) return `wants a label of the child's own, "${full}" is none`;
  if (label !== null && label !== scoped) return `wants the label "${label}", it is "${scoped}"`;
  const fits = (part: string, matches: boolean): boolean => matches && (part !== '' || dialect === '17.02');
  if (prefix !== null && !fits(prefix, scoped.startsWith(prefix))) return `wants the label to begin with "${prefix}", it is "${scoped}"`;
  if (suffix !== null && !fits(suffix, scoped.endsWith(suffix))) return `wants the label to end with "${suffix}", it is "${scoped}"`;
  return undefined;
}
