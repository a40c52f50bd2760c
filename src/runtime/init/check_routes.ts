// What is wrong with names, resources and routes of a configuration before anything runs: clashes, rules that cannot work, and
// rules that never get a turn. Pure. Source modelled: init-run-tools.md 1.5, 3.2 (findings in real configurations).

import type { Finding } from './check_config.ts';
import type { Dialect, InitConfig, Place, RouteRule, RouteTarget, StartNode } from './config.ts';
import { effectiveRam } from './quota.ts';

export function checkRoutes(config: InitConfig, dialect: Dialect): Finding[] {
  const findings: Finding[] = [];
  checkNames(config, dialect, findings);
  const scope = new Scope(config);
  checkRules(config.default_route, 'the default route', scope, findings);
  for (const start of config.starts) {
    checkResources(start, findings);
    if (start.route === null) continue;
    if (start.route.length === 0) findings.push(at('route', start.place, `"${start.name ?? ''}" has an empty route: every session request is denied`));
    checkRules(start.route, `the route of "${start.name ?? ''}"`, scope, findings);
  }
  return findings;
}

/** Who provides what, once all children exist. */
class Scope {
  readonly #config: InitConfig;
  constructor(config: InitConfig) {
    this.#config = config;
  }

  get parentServices(): readonly string[] {
    return this.#config.parent_services;
  }

  child(name: string): StartNode | undefined {
    const alias = this.#config.aliases.find((entry) => entry.name === name);
    return this.#config.starts.find((start) => start.name === (alias?.child ?? name));
  }

  providers(service: string): readonly string[] {
    return this.#config.starts.filter((start) => start.provides.includes(service)).map((start) => start.name ?? '');
  }
}

function checkNames(config: InitConfig, dialect: Dialect, findings: Finding[]): void {
  const seen = new Map<string, Place>();
  for (const { name, child, place } of config.aliases) {
    if (name === null || child === null) continue;
    const earlier = seen.get(name);
    if (earlier !== undefined) findings.push({ ...at('duplicate', place, `alias "${name}" is declared twice: init gives up`), see: { message: 'the first one', ...earlier } });
    if (!config.starts.some((start) => start.name === child)) findings.push(at('route', place, `alias "${name}" stands for the child "${child}", which does not exist`));
    seen.set(name, place);
  }
  for (const { name, place } of config.starts) {
    if (name === null) continue;
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      const effect = dialect === '16.08' ? 'no child of this configuration is activated' : 'the second one is skipped';
      findings.push({ ...at('duplicate', place, `the name "${name}" is taken: ${effect}`), see: { message: 'taken here', ...earlier } });
    }
    seen.set(name, place);
  }
}

function checkResources({ name, ram_bytes, place }: StartNode, findings: Finding[]): void {
  if (ram_bytes === 0) findings.push(at('resource', place, `"${name ?? ''}" has no RAM: its program cannot be loaded`, 'add <resource name="RAM" quantum="1M"/>'));
  else if (effectiveRam(ram_bytes) === 0) {
    findings.push(at('resource', place, `"${name ?? ''}" has ${ram_bytes} bytes of RAM, all of which its sessions cost`, 'give it more, for example 1M'));
  }
}

function checkRules(rules: readonly RouteRule[], where: string, scope: Scope, findings: Finding[]): void {
  const seen = new Map<string, Place>();
  let closed: Place | null = null;
  for (const rule of rules) {
    if (rule.kind === 'other') continue;
    const key = JSON.stringify([rule.kind, rule.service, rule.pattern, rule.if_arg]);
    const before = closed ?? seen.get(key);
    if (before !== undefined) findings.push({ ...at('route', rule.place, `this rule of ${where} never gets a turn`), see: { message: 'this one decides before', ...before } });
    // A rule for a named service decides all that match it; a wildcard rule without condition may still pass some on.
    if (rule.kind === 'service' && !seen.has(key)) seen.set(key, rule.place);
    const targets = rule.targets.filter((target) => target.kind !== 'other');
    if (targets.length === 0) {
      const effect = rule.targets.length === 0 ? 'it ends the search and denies the request' : 'it never decides';
      findings.push(at('route', rule.place, `this rule of ${where} has no target: ${effect}`));
      if (rule.kind === 'any-service' && rule.targets.length === 0 && unconditional(rule)) closed ??= rule.place;
    }
    if (rule.kind === 'service' && targets.length > 1) {
      findings.push(at('route', targets[1]?.place ?? rule.place, 'a rule for a named service is decided by its first target: this one is not looked at'));
    }
    const [first] = targets;
    if (rule.kind === 'service' && rule.service !== null && first !== undefined) checkTarget(rule.service, first, scope, findings);
    for (const target of targets) checkChildExists(target, scope, findings);
  }
}

function unconditional({ pattern, if_arg }: RouteRule): boolean {
  return if_arg === null && Object.values(pattern).every((part) => part === null);
}

function checkTarget(service: string, target: RouteTarget, scope: Scope, findings: Finding[]): void {
  const providers = scope.providers(service);
  if (target.kind === 'parent' && !scope.parentServices.includes(service)) {
    findings.push(at('route', target.place, `the parent does not provide "${service}"`, `list it in <parent-provides>, or route to a child`));
  }
  if (target.kind === 'any-child' && providers.length === 0) findings.push(at('route', target.place, `no child provides "${service}"`));
  if (target.kind === 'any-child' && providers.length > 1) {
    findings.push(at('route', target.place, `"${service}" is provided by ${providers.join(' and ')}: the request is denied as ambiguous`, 'name the child'));
  }
  const child = target.kind === 'child' && target.name !== null ? scope.child(target.name) : undefined;
  if (child !== undefined && !child.provides.includes(service)) {
    findings.push({ ...at('route', target.place, `"${target.name ?? ''}" does not provide "${service}"`, 'declare it there in <provides>'), see: { message: 'the child', ...child.place } });
  }
}

function checkChildExists(target: RouteTarget, scope: Scope, findings: Finding[]): void {
  if (target.kind !== 'child' || target.name === null || scope.child(target.name) !== undefined) return;
  findings.push(at('route', target.place, `there is no child "${target.name}"`));
}

function at(kind: Finding['kind'], { start, end }: Place, message: string, help?: string): Finding {
  return { kind, message, start, end, ...(help === undefined ? {} : { help }) };
}
