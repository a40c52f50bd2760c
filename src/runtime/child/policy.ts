// What the owner of a child decides: how session requests are filtered and routed, what an announcement, an exit or a wish for
// resources leads to. A policy is plain data: the names of the owner's procedures (Genode's Child_policy).

import type { Plain } from '../../emu/plain.ts';
import { log } from '../native/log.ts';
import { call, done, type Procedure, procedure } from '../native/procedure.ts';
import { children } from './child_table.ts';

/** Locals {child, service, args, affinity}; the value is a FilteredRequest. */
export type FilterLocals = { [key: string]: Plain; child: number; service: string; args: string; affinity: readonly number[] };
export type FilteredRequest = { readonly args: string; readonly affinity: readonly number[] };

/** Locals {child, service, args} with filtered arguments; the value is a Resolved. */
export type ResolveLocals = { [key: string]: Plain; child: number; service: string; args: string };
/** Key of a row of the services table, 0 where the request is denied; arguments where the route rewrites them. */
export type Resolved = { readonly service: number; readonly args?: string };

/** Locals {child, service, root}; the root capability is referenced only until the procedure returns. */
export type AnnounceLocals = { [key: string]: Plain; child: number; service: string; root: number | null };
/** Locals {child, value}. */
export type ExitLocals = { [key: string]: Plain; child: number; value: number };
/** Locals {child, args}. */
export type ResourceRequestLocals = { [key: string]: Plain; child: number; args: string };

/** Procedures by name; saved machines refer to them so. */
export type Policy = {
  readonly filter: string;
  readonly resolve: string;
  readonly announce: string;
  readonly exit: string;
  readonly resource_request: string;
};

export interface PolicyProcedures {
  readonly filter?: Procedure<FilterLocals>;
  readonly resolve: Procedure<ResolveLocals>;
  readonly announce?: Procedure<AnnounceLocals>;
  readonly exit?: Procedure<ExitLocals>;
  readonly resource_request?: Procedure<ResourceRequestLocals>;
}

/** Passes requests on as they are. */
const filterNothing = procedure<FilterLocals>('child.filter_nothing', {
  start: (_x, l) => done({ args: l.args, affinity: l.affinity } satisfies FilteredRequest),
});

/** Children that may not announce services: the announcement has no effect. */
const ignoreAnnouncement = procedure<AnnounceLocals>('child.ignore_announcement', { start: () => done() });

/** The child stays as it is; only the log tells. */
export const logExit = procedure<ExitLocals>('child.log_exit', {
  start: (x, l) => call(log, { text: `child "${children(x).require(l.child).name}" exited with exit value ${l.value}` }, 'logged'),
  logged: () => done(),
});

const ignoreResourceRequest = procedure<ResourceRequestLocals>('child.ignore_resource_request', { start: () => done() });

export function policyOf(procedures: PolicyProcedures): Policy {
  return {
    filter: (procedures.filter ?? filterNothing).name,
    resolve: procedures.resolve.name,
    announce: (procedures.announce ?? ignoreAnnouncement).name,
    exit: (procedures.exit ?? logExit).name,
    resource_request: (procedures.resource_request ?? ignoreResourceRequest).name,
  };
}
