// What may go wrong with sessions once the children ask for them: ambiguity that only some requests meet, services that no parent
// provides any more, policies of servers that no client can match. Pure. Source modelled: init-run-tools.md 1.5, 1.13, 3.2.

import { attributeOf, childOf, childrenOf, type Node, valueOf } from '../../scenario/syntax/node.ts';
import type { Finding } from './check_config.ts';
import type { Dialect, InitConfig, Place } from './config.ts';
import { explainRoute } from './explain.ts';

export function checkLatent(root: Node, config: InitConfig, dialect: Dialect): readonly Finding[] {
  return [...checkAmbiguity(config, dialect), ...checkParentServices(root), ...checkPolicies(root, config)];
}

const NAMED_MAX = 4;

/** Wildcard rules under which a request for a service of two children would be denied. Rules for a named service: check_routes.ts. */
function checkAmbiguity(config: InitConfig, dialect: Dialect): readonly Finding[] {
  const found = new Map<string, { readonly place: Place; readonly service: string; readonly providers: readonly string[]; readonly children: string[] }>();
  for (const service of new Set(config.starts.flatMap(({ provides }) => provides))) {
    const providers = config.starts.filter(({ provides }) => provides.includes(service)).map(({ name }) => name ?? '');
    if (service === null || providers.length < 2) continue;
    for (const name of new Set(config.starts.map((start) => start.name))) {
      const considered = explainRoute(config, name ?? '', service, '', dialect)?.decision.considered ?? [];
      const last = considered.at(-1);
      const rule = considered.filter(({ verdict }) => verdict === 'matches').at(-1);
      if (last?.place == null || !last.verdict.startsWith('ambiguous') || isNamed(config, rule?.place ?? null)) continue;
      const key = `${last.place.start} ${service}`;
      const entry = found.get(key) ?? { place: last.place, service, providers, children: [] };
      entry.children.push(name ?? '');
      found.set(key, entry);
    }
  }
  return [...found.values()].map(({ place: { start, end }, service, providers, children }) => ({
    kind: 'route',
    message: `a request for "${service}" that comes here is denied as ambiguous: ${providers.join(' and ')} provide it (${children.length > NAMED_MAX ? `${children.length} children` : children.join(', ')} may ask)`,
    start,
    end,
    help: `route it by name: <service name="${service}"> <child name="${providers[0] ?? ''}"/> </service>`,
  }));
}

function isNamed(config: InitConfig, place: Place | null): boolean {
  if (place === null) return false;
  return [config.default_route, ...config.starts.map(({ route }) => route ?? [])].flat().some((rule) => rule.place.start === place.start && rule.kind === 'service');
}

/** Services of earlier versions of Genode, and where their functions went. */
const GONE: Readonly<Record<string, string>> = { CAP: 'PD', SIGNAL: 'PD', Sync: 'nothing' };

function checkParentServices(root: Node): readonly Finding[] {
  return childrenOf(root, 'parent-provides').flatMap((provides) => childrenOf(provides, 'service')).flatMap((service) => {
    const attribute = attributeOf(service, 'name');
    const name = attribute?.value ?? '';
    if (attribute === undefined || !Object.hasOwn(GONE, name)) return [];
    const { source, start, end } = attribute.valueSpan;
    const help = GONE[name] === 'nothing' ? 'leave it out' : `its functions are those of ${GONE[name] ?? ''}`;
    return [{ kind: 'route' as const, message: `no parent provides "${name}" in this version of Genode`, start: source.base + start, end: source.base + end, help }];
  });
}

/** A client's label begins with the name of a child, unless a route rewrites it. */
function checkPolicies(root: Node, config: InitConfig): readonly Finding[] {
  const targets = [config.default_route, ...config.starts.map(({ route }) => route ?? [])].flat().flatMap((rule) => rule.targets);
  if (targets.some(({ label }) => label !== null)) return [];
  const names = new Set(config.starts.map(({ name }) => name ?? ''));
  const findings: Finding[] = [];
  for (const start of childrenOf(root, 'start')) {
    const inner = childOf(start, 'config');
    const binary = valueOf(childOf(start, 'binary') ?? start, 'name');
    // The policies of an init below this one are about other children.
    if (inner === undefined || binary === 'init') continue;
    for (const policy of childrenOf(inner, 'policy')) {
      const attribute = attributeOf(policy, 'label');
      const [client = ''] = attribute?.value.split(' -> ') ?? [];
      if (attribute === undefined || client === '' || names.has(client)) continue;
      const { source, start: from, end } = attribute.valueSpan;
      findings.push({ kind: 'route', message: `no client of "${valueOf(start, 'name') ?? ''}" has this label: there is no child "${client}"`, start: source.base + from, end: source.base + end });
    }
  }
  return findings;
}
