// Node tree into model: first what the tables can check, then what names and combinations must satisfy.
// Collects diagnostics; gives a model only where there is no error.

import { checkTree, valuesOf } from './check.ts';
import { type DiagnosticList, type Span, suggestion } from './diagnostic.ts';
import { RAM_BYTES_MAX, RAM_BYTES_MIN } from './limits.ts';
import type { BootRequest, Criterion, Scenario } from './model.ts';
import { decodePoints, decodeSteps } from './decode_steps.ts';
import { SCENARIO, SCHEMAS } from './schema.ts';
import { attributeOf, childOf, childrenOf, type Node } from './syntax/node.ts';
import { asXml } from './syntax/syntax.ts';

export interface DecodeOptions {
  /** Names of the extensions that this build has. */
  readonly extensions: readonly string[];
}

const RAM_BYTES_DEFAULT = 256 * 1024 * 1024;
const PAGE_BYTES = 4096;

export function decodeScenario(root: Node, options: DecodeOptions, diagnostics: DiagnosticList): Scenario | undefined {
  if (root.tag !== SCENARIO.tag) {
    const hint = root.tag === 'config' ? 'an init configuration stands inside <scenario name="..."> ... </scenario>' : undefined;
    diagnostics.error('E011', root.tagSpan, `the root element is <${root.tag}>, expected <scenario>`, { help: hint });
    return undefined;
  }
  checkTree(root, SCENARIO, diagnostics);
  const config = childOf(root, 'config');
  if (config === undefined) diagnostics.error('E015', root.tagSpan, '<scenario> needs a <config>, the configuration of init');
  if (diagnostics.failed || config === undefined) return undefined;

  const values = valuesOf(root, SCENARIO);
  const points = decodePoints(root, diagnostics);
  const stepsNode = childOf(root, 'steps');
  const steps = stepsNode === undefined ? [] : decodeSteps(stepsNode, points, startNames(config), diagnostics);
  const succeed = childrenOf(root, 'succeed').map((node) => succeedCriterion(node, diagnostics)).filter((criterion) => criterion !== undefined);
  const fail = childrenOf(root, 'fail').map((node) => failCriterion(node, diagnostics)).filter((criterion) => criterion !== undefined);
  if ((stepsNode?.children ?? []).length === 0 && childOf(root, 'succeed') === undefined) diagnostics.error('E015', root.tagSpan, 'a scenario needs <steps> or a <succeed>: this one would check nothing');
  const ram_bytes = ramBytes(root, values.ram, diagnostics);
  const extensions = decodeExtensions(root, options.extensions, diagnostics);
  const boot = decodeBoot(root, diagnostics);
  if (diagnostics.failed) return undefined;
  return {
    name: values.name,
    doc: values.doc ?? '',
    genode: values.genode ?? '16.08',
    platform: values.platform ?? 'foc_pbxa9',
    ram_bytes,
    seed: values.seed ?? 0,
    flavour: values.flavour ?? 'rtcr',
    config,
    config_text: asXml(config, diagnostics),
    ...(boot === undefined ? {} : { boot }),
    extensions,
    points: [...points.values()],
    steps,
    succeed,
    fail,
    source: root.span.source,
  };
}

/** Names of the components that init starts. */
function startNames(config: Node): readonly string[] {
  return childrenOf(config, 'start').map((start) => attributeOf(start, 'name')?.value).filter((name) => name !== undefined);
}

function ramBytes(root: Node, ram: number | undefined, diagnostics: DiagnosticList): number {
  const bytes = ram ?? RAM_BYTES_DEFAULT;
  const span = attributeOf(root, 'ram')?.valueSpan ?? root.tagSpan;
  if (bytes < RAM_BYTES_MIN || bytes > RAM_BYTES_MAX) diagnostics.error('E010', span, `the board's memory can be 16M to 1G, not ${bytes} bytes`);
  else if (bytes % PAGE_BYTES !== 0) diagnostics.error('E014', span, `the board's memory consists of whole pages of 4K, not ${bytes} bytes`);
  return bytes;
}

function decodeExtensions(root: Node, known: readonly string[], diagnostics: DiagnosticList): ReadonlySet<string> {
  const node = childOf(root, 'extensions');
  if (node === undefined) return new Set(known);
  const all = valuesOf(node, SCHEMAS.EXTENSIONS).all ?? true;
  const enabled = new Set(all ? known : []);
  for (const child of node.children) {
    const { name } = valuesOf(child, child.tag === 'disable' ? SCHEMAS.DISABLE : SCHEMAS.ENABLE);
    const span = attributeOf(child, 'name')?.valueSpan ?? child.tagSpan;
    if (!known.includes(name)) diagnostics.error('E018', span, `there is no extension '${name}'`, { help: suggestion(name, known) });
    else if (enabled.has(name) === (child.tag === 'enable')) {
      diagnostics.warning('E017', span, `extension '${name}' is ${enabled.has(name) ? 'on' : 'off'} already`);
    } else if (child.tag === 'enable') enabled.add(name);
    else enabled.delete(name);
  }
  return enabled;
}

function decodeBoot(root: Node, diagnostics: DiagnosticList): readonly BootRequest[] | undefined {
  const node = childOf(root, 'boot');
  if (node === undefined) return undefined;
  const first = new Map<string, Span>();
  return node.children.map((child) => {
    const { name, file } = valuesOf(child, SCHEMAS.MODULE);
    const span = attributeOf(child, 'name')?.valueSpan ?? child.tagSpan;
    const earlier = first.get(name);
    if (earlier !== undefined) diagnostics.error('E019', span, `module '${name}' is listed twice`, { notes: [{ message: 'first listed here', span: earlier }] });
    else if (name === 'config') diagnostics.error('E017', span, "module 'config' is the <config> element of the scenario");
    first.set(name, span);
    return { name, ...(file === undefined ? {} : { file }), span: child.span };
  });
}

function succeedCriterion(node: Node, diagnostics: DiagnosticList): Criterion | undefined {
  const { log, after_ms } = valuesOf(node, SCHEMAS.SUCCEED);
  return criterion(node, log, undefined, after_ms, diagnostics);
}

function failCriterion(node: Node, diagnostics: DiagnosticList): Criterion | undefined {
  const { log, count, after_ms } = valuesOf(node, SCHEMAS.FAIL);
  return criterion(node, log, count, after_ms, diagnostics);
}

function criterion(node: Node, log: string | undefined, count: number | undefined, after_ms: number | undefined, diagnostics: DiagnosticList): Criterion | undefined {
  if (log !== undefined && after_ms === undefined) return { kind: 'log', pattern: log, count: count ?? 1, span: node.span };
  if (after_ms !== undefined && log === undefined && count === undefined) return { kind: 'after', after_ms, span: node.span };
  const message = after_ms !== undefined && count !== undefined ? "'count' goes with 'log'" : `<${node.tag}> has either 'log' or 'after_ms'`;
  diagnostics.error('E017', node.tagSpan, message);
  return undefined;
}

