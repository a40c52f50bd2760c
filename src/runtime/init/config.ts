// Init's configuration as init understands it: plain data decoded from a node tree, leniently and without complaint.
// Unknown elements and attributes are not in it; check_config.ts tells about them. Source modelled: init-run-tools.md 1.1, Genode 16.08 init.

import { childOf, childrenOf, type Node, valueOf, verbatim } from '../../scenario/syntax/node.ts';
import { type ConfigWork, configWork, type RuleWork, ruleWork, type StartWork, startWork, targetWork } from './config_scan.ts';
import { cut, readBool, readBytes, readSigned, readUnsigned } from './values.ts';

/** Configuration languages: the machine is 16.08 whichever is chosen. */
export type Dialect = '16.08' | '17.02';

/** Where something stands in the text it was read from, end excluded; in a file that another one includes from that file's base. */
export type Place = { readonly start: number; readonly end: number };

export type RouteTarget = {
  readonly kind: 'parent' | 'child' | 'any-child' | 'other';
  /** Attribute `name`, for a child. */
  readonly name: string | null;
  /** New session label (17.02). */
  readonly label: string | null;
  /** Instructions for going on to it. */
  readonly work: number;
  readonly place: Place;
};

export type LabelPattern = {
  readonly label: string | null;
  readonly label_prefix: string | null;
  readonly label_suffix: string | null;
  /** Compared with the whole label (17.02). */
  readonly unscoped_label: string | null;
};

export type RouteRule = {
  readonly kind: 'service' | 'any-service' | 'other';
  /** Attribute `name` of a service rule. */
  readonly service: string | null;
  readonly pattern: LabelPattern;
  readonly if_arg: { readonly key: string; readonly value: string } | null;
  /** All sub elements in order. */
  readonly targets: readonly RouteTarget[];
  readonly work: RuleWork;
  readonly place: Place;
};

export type Affinity = {
  readonly xpos: number | null;
  readonly ypos: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

export type StartNode = {
  readonly name: string | null;
  readonly binary: string;
  readonly ram_bytes: number;
  readonly constrain_phys: boolean;
  readonly cpu_percent: number;
  /** As written: 0 or negative. */
  readonly priority: number;
  /** Names of services; null for an entry without name. */
  readonly provides: readonly (string | null)[];
  /** The own route; null where the default route applies. */
  readonly route: readonly RouteRule[] | null;
  /** Inline configuration as it was written. */
  readonly config: string | null;
  readonly configfile: string | null;
  readonly affinity: Affinity | null;
  readonly propagate_exit: boolean;
  readonly work: StartWork;
  readonly place: Place;
};

export type Alias = { readonly name: string | null; readonly child: string | null; readonly place: Place };

/** What the state report shows (17.02). */
export type ReportDetail = {
  readonly ids: boolean;
  readonly requested: boolean;
  readonly provided: boolean;
  readonly session_args: boolean;
  readonly child_ram: boolean;
  readonly init_ram: boolean;
  readonly delay_ms: number;
  readonly buffer_bytes: number;
};

export type InitConfig = {
  readonly verbose: boolean;
  /** Reflected in the state report; empty without (17.02). */
  readonly version: string;
  /** Null where no report is asked for. */
  readonly report: ReportDetail | null;
  /** RAM that init keeps for itself (17.02). */
  readonly preserve_bytes: number;
  readonly prio_levels: number;
  readonly affinity_space: { readonly width: number; readonly height: number };
  readonly parent_services: readonly string[];
  readonly default_route: readonly RouteRule[];
  readonly aliases: readonly Alias[];
  readonly starts: readonly StartNode[];
  readonly work: ConfigWork;
};

const NAME_BYTES = 64;
const SERVICE_NAME_BYTES = 32;
const ALIAS_BYTES = 128;
const LABEL_BYTES = 160;
const ARGUMENT_BYTES = 64;
/** 40 KiB per machine word. */
const PRESERVE_BYTES = 40 * 4 * 1024;
const REPORT_DELAY_MS = 100;
const REPORT_BYTES = 4096;

export const EMPTY_CONFIG: InitConfig = {
  verbose: false, version: '', report: null, preserve_bytes: PRESERVE_BYTES, prio_levels: 0, affinity_space: { width: 1, height: 1 }, parent_services: [], default_route: [], aliases: [], starts: [],
  work: { parse: 0, begin: 0 },
};

export function decodeInitConfig(root: Node): InitConfig {
  const space = childOf(root, 'affinity-space');
  const defaultRoute = childOf(root, 'default-route');
  return {
    verbose: readBool(valueOf(root, 'verbose') ?? '', false),
    version: text(root, 'version', NAME_BYTES) ?? '',
    report: reportDetail(root),
    preserve_bytes: preservedBytes(root),
    prio_levels: readSigned(valueOf(root, 'prio_levels') ?? '', 0),
    affinity_space: {
      width: readUnsigned(space === undefined ? '' : (valueOf(space, 'width') ?? ''), 1),
      height: readUnsigned(space === undefined ? '' : (valueOf(space, 'height') ?? ''), 1),
    },
    parent_services: parentServices(root),
    default_route: defaultRoute === undefined ? [] : rules(defaultRoute),
    aliases: childrenOf(root, 'alias').map((alias) => ({ name: text(alias, 'name', ALIAS_BYTES), child: text(alias, 'child', ALIAS_BYTES), place: place(alias) })),
    starts: childrenOf(root, 'start').map((node) => startNode(root, node)),
    work: configWork(root),
  };
}

function reportDetail(root: Node): ReportDetail | null {
  const node = childOf(root, 'report');
  if (node === undefined) return null;
  const flag = (name: string): boolean => readBool(valueOf(node, name) ?? '', false);
  const buffer = valueOf(node, 'buffer');
  return {
    ids: flag('ids'), requested: flag('requested'), provided: flag('provided'), session_args: flag('session_args'),
    child_ram: flag('child_ram'), init_ram: flag('init_ram'),
    delay_ms: readUnsigned(valueOf(node, 'delay_ms') ?? '', REPORT_DELAY_MS), buffer_bytes: buffer === undefined ? REPORT_BYTES : readBytes(buffer),
  };
}

/** The last RAM resource of init itself counts. */
function preservedBytes(root: Node): number {
  const ram = childrenOf(root, 'resource').filter((node) => valueOf(node, 'name') === 'RAM').at(-1);
  const preserve = ram === undefined ? undefined : valueOf(ram, 'preserve');
  return preserve === undefined ? PRESERVE_BYTES : readBytes(preserve);
}

/** Reading stops at the first entry without name. */
function parentServices(root: Node): string[] {
  const provides = childOf(root, 'parent-provides');
  const names: string[] = [];
  for (const service of provides === undefined ? [] : childrenOf(provides, 'service')) {
    const name = text(service, 'name', SERVICE_NAME_BYTES);
    if (name === null) break;
    names.push(name);
  }
  return names;
}

function startNode(root: Node, node: Node): StartNode {
  const name = text(node, 'name', NAME_BYTES);
  const binary = childOf(node, 'binary');
  const provides = childOf(node, 'provides');
  const route = childOf(node, 'route');
  const exit = childOf(node, 'exit');
  const affinity = childOf(node, 'affinity');
  return {
    name,
    binary: (binary === undefined ? null : text(binary, 'name', NAME_BYTES)) ?? name ?? '',
    ...resources(node),
    priority: readSigned(valueOf(node, 'priority') ?? '', 0),
    provides: provides === undefined ? [] : childrenOf(provides, 'service').map((service) => text(service, 'name', SERVICE_NAME_BYTES)),
    route: route === undefined ? null : rules(route),
    ...childConfig(node),
    affinity: affinity === undefined ? null : affinityOf(affinity),
    propagate_exit: exit !== undefined && readBool(valueOf(exit, 'propagate') ?? '', false),
    work: startWork(root, node),
    place: place(node),
  };
}

/** A configuration file goes before an inline configuration. */
function childConfig(node: Node): Pick<StartNode, 'config' | 'configfile'> {
  const file = childOf(node, 'configfile');
  const configfile = file === undefined ? null : text(file, 'name', NAME_BYTES);
  const inline = childOf(node, 'config');
  return { configfile: configfile === '' ? null : configfile, config: configfile === null && inline !== undefined ? verbatim(inline) : null };
}

function resources(node: Node): Pick<StartNode, 'ram_bytes' | 'constrain_phys' | 'cpu_percent'> {
  let ram_bytes = 0;
  let constrain_phys = false;
  let cpu_percent = 0;
  for (const resource of childrenOf(node, 'resource')) {
    const quantum = valueOf(resource, 'quantum');
    if (quantum === undefined) continue;
    if (valueOf(resource, 'name') === 'RAM') {
      ram_bytes = readBytes(quantum);
      constrain_phys = readBool(valueOf(resource, 'constrain_phys') ?? '', false);
    }
    if (valueOf(resource, 'name') === 'CPU') cpu_percent = readUnsigned(quantum, cpu_percent);
  }
  return { ram_bytes, constrain_phys, cpu_percent };
}

function affinityOf(node: Node): Affinity {
  const unsigned = (name: string): number | null => mapped(valueOf(node, name), (value) => readUnsigned(value, 0));
  const signed = (name: string): number | null => mapped(valueOf(node, name), (value) => readSigned(value, 0));
  return { xpos: signed('xpos'), ypos: signed('ypos'), width: unsigned('width'), height: unsigned('height') };
}

function rules(route: Node): RouteRule[] {
  return route.children.map((node) => ({
    kind: node.tag === 'service' || node.tag === 'any-service' ? node.tag : 'other',
    service: node.tag === 'service' ? (valueOf(node, 'name') ?? null) : null,
    pattern: {
      label: text(node, 'label', LABEL_BYTES), label_prefix: text(node, 'label_prefix', LABEL_BYTES),
      label_suffix: text(node, 'label_suffix', LABEL_BYTES), unscoped_label: text(node, 'unscoped_label', LABEL_BYTES),
    },
    if_arg: ifArg(node),
    targets: node.children.map((one) => target(node, one)),
    work: ruleWork(route, node),
    place: place(node),
  }));
}

function target(rule: Node, node: Node): RouteTarget {
  const kind = node.tag === 'parent' || node.tag === 'child' || node.tag === 'any-child' ? node.tag : 'other';
  return { kind, name: text(node, 'name', NAME_BYTES), label: text(node, 'label', LABEL_BYTES), work: targetWork(rule, node), place: place(node) };
}

/** A condition that lacks one of its attributes is always met. */
function ifArg(rule: Node): RouteRule['if_arg'] {
  const node = childOf(rule, 'if-arg');
  const key = node === undefined ? null : text(node, 'key', ARGUMENT_BYTES);
  const value = node === undefined ? null : text(node, 'value', ARGUMENT_BYTES);
  return key === null || value === null ? null : { key, value };
}

function text(node: Node, name: string, bytes: number): string | null {
  return mapped(valueOf(node, name), (value) => cut(value, bytes));
}

function mapped<T>(value: string | undefined, map: (value: string) => T): T | null {
  return value === undefined ? null : map(value);
}

const place = ({ span }: Node): Place => ({ start: span.source.base + span.start, end: span.source.base + span.end });
