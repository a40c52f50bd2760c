// The state report of init as text: children, their RAM, the sessions they opened and those they serve. Pure.
// Source modelled: Genode 17.02 init (report_state), init-run-tools.md 1.12.

import { labelOf } from '../arg_string.ts';
import type { ReportDetail } from './config.ts';

export type RamFigures = { readonly quota: number; readonly used: number };

export type ReportedSession = {
  readonly service: string;
  /** Arguments as the server got them. */
  readonly args: string;
  readonly donated_bytes: number;
};

export type ReportedChild = {
  readonly name: string;
  readonly binary: string;
  readonly id: number;
  readonly ram: RamFigures | null;
  readonly requested: readonly ReportedSession[];
  readonly provided: readonly ReportedSession[];
};

export type ReportedState = {
  readonly version: string;
  readonly ram: RamFigures | null;
  /** The newest first. */
  readonly children: readonly ReportedChild[];
};

type XmlNode = { readonly tag: string; readonly attributes: readonly (readonly [string, string])[]; readonly content: readonly (XmlNode | string)[] };

/** Text of the report, without terminating zero. */
export function stateReport(state: ReportedState, detail: ReportDetail): string {
  const content: XmlNode[] = [];
  if (detail.init_ram && state.ram !== null) content.push(ramNode(state.ram));
  content.push(...state.children.map((child) => childNode(child, detail)));
  return print({ tag: 'state', attributes: state.version === '' ? [] : [['version', state.version]], content }, 0);
}

/** What is reported where the text does not fit the buffer. */
export const REPORT_TOO_LARGE = '<state error="report buffer exceeded"/>\n';

function childNode({ name, binary, id, ram, requested, provided }: ReportedChild, detail: ReportDetail): XmlNode {
  const content: XmlNode[] = [];
  if (detail.child_ram && ram !== null) content.push(ramNode(ram));
  if (detail.requested) content.push({ tag: 'requested', attributes: [], content: requested.map((session) => sessionNode(session, detail)) });
  if (detail.provided) content.push({ tag: 'provided', attributes: [], content: provided.map((session) => sessionNode(session, detail)) });
  return { tag: 'child', attributes: [['name', name], ['binary', binary], ...(detail.ids ? [['id', `${id}`] as const] : [])], content };
}

const ramNode = ({ quota, used }: RamFigures): XmlNode => ({
  tag: 'ram', attributes: [['quota', bytesText(quota)], ['used', bytesText(used)], ['avail', bytesText(Math.max(0, quota - used))]], content: [],
});

/** Sessions that are reported exist: the client holds their capability. */
const sessionNode = ({ service, args, donated_bytes }: ReportedSession, detail: ReportDetail): XmlNode => ({
  tag: 'session',
  attributes: [['service', service], ['label', labelOf(args)], ['state', 'CAP_HANDED_OUT'], ['ram', bytesText(donated_bytes)]],
  content: detail.session_args ? [{ tag: 'args', attributes: [], content: [sanitized(args)] }] : [],
});

const UNITS = [[30, 'G'], [20, 'M'], [10, 'K']] as const;

/** A number of bytes with the largest unit that divides it. */
export function bytesText(bytes: number): string {
  const unit = bytes === 0 ? undefined : UNITS.find(([shift]) => bytes % 2 ** shift === 0);
  return unit === undefined ? `${bytes}` : `${bytes / 2 ** unit[0]}${unit[1]}`;
}

const ENTITIES: Readonly<Record<string, string>> = { '>': '&gt;', '<': '&lt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' };

const sanitized = (text: string): string => text.replace(/[<>&"']/g, (character) => ENTITIES[character] ?? character);

/** As Genode's generator prints: one node a line, tabs; attribute values as they are. */
function print({ tag, attributes, content }: XmlNode, depth: number): string {
  const indent = '\t'.repeat(depth);
  const head = `${indent}<${tag}${attributes.map(([name, value]) => ` ${name}="${value}"`).join('')}`;
  if (content.length === 0) return `${head}/>\n`;
  const [only] = content;
  if (content.length === 1 && typeof only === 'string') return `${head}>${only}</${tag}>\n`;
  return `${head}>\n${content.map((node) => (typeof node === 'string' ? node : print(node, depth + 1))).join('')}${indent}</${tag}>\n`;
}
