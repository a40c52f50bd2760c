// What hosted inits and core know about components, for whoever looks at the system from outside: the state report as it would be
// now, open sessions and where a request would go, RAM accounts. Owns no state, changes nothing.

import { labelOf, setStringArgument } from './arg_string.ts';
import { children, sessions } from './child/child_table.ts';
import { services } from './child/services.ts';
import { ramSessions } from './core/ram_account.ts';
import { filterArguments } from './init/filter.ts';
import { initChildren, initConfig, initDialect, startedChildren } from './init/state.ts';
import { type RamFigures, stateReport } from './init/state_report.ts';
import { reportedState } from './init/state_reporter.ts';
import { routeOf } from './init/policy.ts';
import type { HasStore } from './native/store.ts';

export type { RamFigures } from './init/state_report.ts';

/** An open session of a component, as its parent keeps it. */
export interface OpenSession {
  readonly service: string;
  /** As the server sees it. */
  readonly label: string;
  /** "parent", "local", or the name of the sibling that serves it. */
  readonly to: string;
}

const EVERYTHING = { ids: true, requested: true, provided: true, session_args: true, child_ram: true, init_ram: true, delay_ms: 0, buffer_bytes: 0 } as const;

/** The state report of a hosted init with all details, whatever its configuration asks for. `label` is the init's own. */
export function initState(init: HasStore, core: HasStore, label: string): string {
  const figures = new Map<number, RamFigures>();
  for (const key of startedChildren(init)) {
    const ram = ramFigures(core, `${label} -> ${initChildren(init).require(key).name}`);
    if (ram !== undefined) figures.set(key, ram);
  }
  return stateReport(reportedState(init, initConfig.get(init).version, ramFigures(core, label) ?? null, figures), EVERYTHING);
}

/** Quota and use of a component's RAM session, by the component's label; undefined where there is none. */
export function ramFigures(core: HasStore, label: string): RamFigures | undefined {
  const found = ramSessions(core).find((row) => row.label === label)?.[1];
  return found === undefined ? undefined : { quota: found.quota, used: found.payload };
}

/** Sessions that a parent opened for the child of that name, in the order of opening; undefined where it has no such child. */
export function openSessions(parent: HasStore, name: string): readonly OpenSession[] | undefined {
  const child = children(parent).find((row) => row.name === name)?.[0];
  if (child === undefined) return undefined;
  return sessions(parent).entries().filter(([, row]) => row.child === child).map(([, { service, ident, request }]) => ({
    service: request?.service ?? ident, label: labelOf(request?.server_args ?? ''), to: destination(parent, service),
  }));
}

/** Where a hosted init would send a request of a child now; "denied" where no rule admits it. */
export function wouldGo(init: HasStore, name: string, service: string, label: string): string | undefined {
  const found = initChildren(init).find((row) => row.name === name);
  if (found === undefined) return undefined;
  const [key, { start, level, levels }] = found;
  const { args } = filterArguments({ name, start, level, levels, dialect: initDialect.get(init).name }, service, setStringArgument('', 'label', label));
  const { service: row } = routeOf(init, key, service, args);
  return row === 0 ? 'denied' : destination(init, row);
}

function destination(parent: HasStore, service: number): string {
  const row = services(parent).get(service);
  switch (row?.kind) {
    case 'routed':
      return children(parent).get(row.server)?.name ?? 'gone';
    case 'local':
      return 'local';
    default:
      return 'parent';
  }
}
