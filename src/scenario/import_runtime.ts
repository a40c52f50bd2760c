// The runtime file of a Genode test package (depot autopilot's, init-run-tools.md 2.4) as a scenario: configuration and criteria.
// All three generations of criteria are read; the older two match anywhere in a line. Pure; owns no state.

import { patternLines } from './decode_criteria.ts';
import { DiagnosticList } from './diagnostic.ts';
import { type Imported, xmlAttribute } from './imported.ts';
import type { Scenario } from './model.ts';
import type { Source } from './source.ts';
import { textOf } from './syntax/content.ts';
import { attributeOf, childOf, childrenOf, type Node, valueOf, verbatim } from './syntax/node.ts';
import { printXml } from './syntax/print_xml.ts';
import { readTree, syntaxOfContent } from './syntax/syntax.ts';

export function importRuntime(source: Source, name: string, genode: Scenario['genode'] = '17.02'): Imported {
  const diagnostics = new DiagnosticList();
  const syntax = syntaxOfContent(source);
  const root = readTree(source, syntax, diagnostics);
  if (root !== undefined && root.tag !== 'runtime') diagnostics.error('E030', root.tagSpan, `the root element is <${root.tag}>, expected <runtime>`);
  if (root === undefined || diagnostics.failed) return { diagnostics: diagnostics.all };
  // The current form is HID; what is written in XML was made for a matcher that looked anywhere in a line.
  const criteria = criteriaOf(root, syntax === 'xml' ? '*' : '', diagnostics);
  const config = configOf(root, syntax === 'xml', diagnostics);
  if (diagnostics.failed) return { diagnostics: diagnostics.all };
  const text = [`<scenario name="${xmlAttribute(name)}" genode="${genode}" flavour="stock" doc="Imported from a test package.">`, `\t${config}`, ...criteria.map((line) => `\t${line}`), '</scenario>', ''].join('\n');
  return { text, diagnostics: diagnostics.all };
}

/** As the autopilot wants it: exactly one deadline. */
function criteriaOf(root: Node, anywhere: string, diagnostics: DiagnosticList): readonly string[] {
  const events = childOf(root, 'events');
  const nodes = events === undefined ? root.children.filter(({ tag }) => tag === 'succeed' || tag === 'fail') : events.children;
  const deadlines = nodes.filter((node) => Number(valueOf(node, 'after_seconds') ?? valueOf(node, 'sec') ?? 0) > 0);
  const [first, second] = deadlines;
  if (first === undefined) diagnostics.error('E030', root.tagSpan, 'the test has no timeout defined', { help: 'a <fail> or <succeed> with after_seconds is needed' });
  if (second !== undefined) diagnostics.error('E030', second.tagSpan, 'the test has ambiguous timeouts defined', { notes: first === undefined ? [] : [{ message: 'the first one', span: first.tagSpan }] });
  return nodes.map((node) => (events === undefined ? criterion(node, node.tag, valueOf(node, 'after_seconds'), anywhere, diagnostics) : event(node, anywhere, diagnostics))).filter((line) => line !== undefined);
}

function event(node: Node, anywhere: string, diagnostics: DiagnosticList): string | undefined {
  const meaning = valueOf(node, 'meaning');
  const tag = meaning === 'succeeded' ? 'succeed' : meaning === 'failed' ? 'fail' : undefined;
  if (tag !== undefined && (node.tag === 'timeout' || node.tag === 'log')) return criterion(node, tag, valueOf(node, 'sec'), anywhere, diagnostics);
  diagnostics.error('E030', node.tagSpan, `an event is a <timeout> or <log> with meaning="succeeded" or meaning="failed"`);
  return undefined;
}

function criterion(node: Node, tag: string, seconds: string | undefined, anywhere: string, diagnostics: DiagnosticList): string | undefined {
  const exit = valueOf(node, 'exit');
  const lines = patternLines(textOf(node)).map((line) => `${anywhere}${line}`.replace(/^\*+/, '*'));
  if (seconds !== undefined) return `<${tag} after_seconds="${xmlAttribute(seconds)}"/>`;
  if (attributeOf(node, 'log_prefix') !== undefined) diagnostics.warning('E030', attributeOf(node, 'log_prefix')?.nameSpan ?? node.tagSpan, "'log_prefix' is not taken over");
  if (exit === undefined && lines.length === 0) {
    diagnostics.warning('E030', node.tagSpan, `<${node.tag}> says nothing, and is left out`);
    return undefined;
  }
  const attribute = exit === undefined ? '' : ` exit="${xmlAttribute(exit)}"`;
  return lines.length === 0 ? `<${tag}${attribute}/>` : `<${tag}${attribute}>\n${lines.map((line) => `\t\t${xmlAttribute(line)}`).join('\n')}\n\t</${tag}>`;
}

/** The configuration of the subsystem if it is an init; else an init that starts the one program. */
function configOf(root: Node, xml: boolean, diagnostics: DiagnosticList): string {
  const inner = childOf(root, 'config');
  const own = inner === undefined ? '' : xml ? verbatim(inner) : (printXml(inner, diagnostics) ?? '').trimEnd();
  const binary = valueOf(root, 'binary') ?? '';
  if (binary === '') diagnostics.error('E030', root.tagSpan, "<runtime> names no 'binary'");
  if (binary === 'init') {
    if (inner === undefined) diagnostics.error('E030', root.tagSpan, 'the test is an init without <config>: its configuration is a module of the package');
    return own;
  }
  for (const node of childrenOf(root, 'requires').flatMap(({ children }) => children)) {
    if (node.tag !== 'timer') diagnostics.warning('E030', node.tagSpan, `the test requires <${node.tag}>, which nothing here provides`);
  }
  const services = ['ROM', 'RAM', 'PD', 'CPU', 'RM', 'LOG', 'IRQ', 'IO_MEM'].map((service) => `<service name="${service}"/>`).join(' ');
  return [
    '<config>',
    `\t\t<parent-provides> ${services} </parent-provides>`,
    '\t\t<default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>',
    '\t\t<start name="timer"> <resource name="RAM" quantum="1M"/> <provides> <service name="Timer"/> </provides> </start>',
    `\t\t<start name="${xmlAttribute(binary)}">`,
    `\t\t\t<resource name="RAM" quantum="${xmlAttribute(valueOf(root, 'ram') ?? '4M')}"/>`,
    ...(own === '' ? [] : [`\t\t\t${own}`]),
    '\t\t</start>',
    '\t</config>',
  ].join('\n');
}
