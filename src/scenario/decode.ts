// Node tree into model: first what the tables can check, then what names and combinations must satisfy; one model for each variant.
// Collects diagnostics; gives models only where there is no error.

import { checkTree, valuesOf } from './check.ts';
import { configForInit } from './config_text.ts';
import { decodeCriteria } from './decode_criteria.ts';
import { decodePoints } from './decode_points.ts';
import { decodeSteps } from './decode_steps.ts';
import { type DiagnosticList, type Span, suggestion } from './diagnostic.ts';
import { RAM_BYTES_MAX, RAM_BYTES_MIN } from './limits.ts';
import { type Variant, variantsOf } from './matrix.ts';
import type { BootRequest, ExpectedFailure, FurtherMachine, Scenario, Turn, Unify } from './model.ts';
import { substitute } from './parameters.ts';
import { SCENARIO, SCHEMAS } from './schema/scenario.ts';
import { attributeOf, childOf, childrenOf, type Node } from './syntax/node.ts';

export interface DecodeOptions {
  /** Names of the extensions that this build has. */
  readonly extensions: readonly string[];
}

const RAM_BYTES_DEFAULT = 256 * 1024 * 1024;
const PAGE_BYTES = 4096;

/** One scenario for each variant, in the order of the matrix; one in all without a matrix, none where there is an error. */
export function decodeScenario(root: Node, options: DecodeOptions, diagnostics: DiagnosticList): readonly Scenario[] {
  if (root.tag !== SCENARIO.tag) {
    const hint = root.tag === 'config' ? 'an init configuration stands inside <scenario name="..."> ... </scenario>' : undefined;
    diagnostics.error('E011', root.tagSpan, `the root element is <${root.tag}>, expected <scenario>`, { help: hint });
    return [];
  }
  const variants = variantsOf(root, diagnostics);
  if (variants.length === 0) checkTree(root, SCENARIO, diagnostics);
  const scenarios: Scenario[] = [];
  for (const variant of variants) {
    const scenario = decodeVariant(root, variant, options, diagnostics);
    if (scenario === undefined) break;
    scenarios.push(scenario);
  }
  return diagnostics.failed ? [] : scenarios;
}

function decodeVariant(written: Node, variant: Variant, options: DecodeOptions, diagnostics: DiagnosticList): Scenario | undefined {
  const root = substitute(written, variant.bindings);
  checkTree(root, SCENARIO, diagnostics);
  const configNode = childOf(written, 'config');
  if (configNode === undefined) diagnostics.error('E015', root.tagSpan, '<scenario> needs a <config>, the configuration of init');
  if (diagnostics.failed || configNode === undefined) {
    if (configNode !== undefined && !diagnostics.full) tellMore(root, substitute(configNode, variant.bindings), diagnostics);
    return undefined;
  }

  const values = valuesOf(root, SCENARIO);
  const points = decodePoints(root, substitute(configNode, variant.bindings), diagnostics);
  const { config, config_text } = configForInit(configNode, variant.bindings, diagnostics);
  const ram_bytes = ramBytes(root, values.ram, diagnostics);
  const machines = decodeMachines(written, variant, { config, config_text, ram_bytes, seed: values.seed ?? 0 }, diagnostics);
  const stepsNode = childOf(root, 'steps');
  const scope = { points, starts: startNames([config, ...machines.map((machine) => machine.config)]), machines: machines.map(({ name }) => name), ...(values.preset === undefined ? {} : { preset: values.preset }) };
  const steps = stepsNode === undefined ? [] : decodeSteps(stepsNode, scope, diagnostics);
  const succeed = decodeCriteria(root, 'succeed', diagnostics);
  const fail = decodeCriteria(root, 'fail', diagnostics);
  if ((stepsNode?.children ?? []).length === 0 && childOf(root, 'succeed') === undefined) diagnostics.error('E015', root.tagSpan, 'a scenario needs <steps> or a <succeed>: this one would check nothing');
  const extensions = decodeExtensions(root, options.extensions, diagnostics);
  const boot = decodeBoot(root, diagnostics);
  const xfail = decodeXfail(root, variant.name, diagnostics);
  if (diagnostics.failed) return undefined;
  return {
    name: values.name,
    ...(variant.name === undefined ? {} : { variant: variant.name }),
    parameters: Object.fromEntries(variant.bindings),
    doc: values.doc ?? '',
    genode: values.genode ?? '16.08',
    platform: values.platform ?? 'foc_pbxa9',
    ram_bytes,
    seed: values.seed ?? 0,
    flavour: values.flavour ?? 'rtcr',
    ...(values.engine === undefined ? {} : { engine: values.engine }),
    tags: values.tags ?? [],
    requires: (values.requires ?? []).map((name) => ({ name, span: attributeOf(root, 'requires')?.valueSpan ?? root.tagSpan })),
    ...(xfail === undefined ? {} : { xfail }),
    unify: childrenOf(root, 'unify').map(decodeUnify),
    machines,
    init: values.init ?? 'built-in',
    config,
    config_text,
    ...(boot === undefined ? {} : { boot }),
    extensions,
    turns: decodeTurns(root),
    points: [...points.values()],
    steps,
    succeed,
    fail,
    source: root.span.source,
  };
}

function decodeTurns(root: Node): readonly Turn[] {
  const node = childOf(root, 'interleaving');
  return (node?.children ?? []).map((child) => {
    const { task, until, hold } = valuesOf(child, SCHEMAS.TURN);
    return { task, ...(until === undefined ? {} : { until }), ...(hold === undefined ? {} : { hold }) };
  });
}

/** Mistakes of names and combinations in what the tables found no mistake in, so that all of a file are told at once. */
function tellMore(root: Node, config: Node, diagnostics: DiagnosticList): void {
  const errors = diagnostics.all.filter(({ severity }) => severity === 'error').map(({ span }) => span);
  const isBad = ({ span }: Node) => errors.some(({ source, start, end }) => source === span.source && start >= span.start && end <= span.end);
  const unclear = new Set<string>();
  const good = (node: Node): readonly Node[] => {
    if (!isBad(node)) return [node];
    if (node.tag === 'steps' || node.tag === 'points') return [{ ...node, children: node.children.flatMap(good) }];
    for (const name of namesIn(node)) unclear.add(name);
    return [];
  };
  const rest = { ...root, children: root.children.flatMap(good) };
  const points = decodePoints(rest, config, diagnostics);
  const machines = childrenOf(root, 'machine').map((node) => attributeOf(node, 'name')?.value ?? '');
  const steps = childOf(rest, 'steps');
  if (steps !== undefined) decodeSteps(steps, { points, starts: startNames([config]), machines, unclear }, diagnostics);
  decodeCriteria(rest, 'succeed', diagnostics);
  decodeCriteria(rest, 'fail', diagnostics);
}

function namesIn(node: Node): readonly string[] {
  const name = attributeOf(node, 'name')?.value;
  return [...(name === undefined ? [] : [name]), ...node.children.flatMap(namesIn)];
}

function decodeUnify(node: Node): Unify {
  const { pattern, replace } = valuesOf(node, SCHEMAS.UNIFY);
  return { pattern, replace: replace ?? '' };
}

/** The one that is about this variant. */
function decodeXfail(root: Node, variant: string | undefined, diagnostics: DiagnosticList): ExpectedFailure | undefined {
  let found: ExpectedFailure | undefined;
  for (const node of childrenOf(root, 'xfail')) {
    const { reason, variant: pattern } = valuesOf(node, SCHEMAS.XFAIL);
    if (pattern !== undefined && variant === undefined) diagnostics.error('E017', attributeOf(node, 'variant')?.valueSpan ?? node.tagSpan, 'a scenario without <matrix> has no variants');
    if (pattern !== undefined && !wildcard(pattern).test(variant ?? '')) continue;
    if (found !== undefined) diagnostics.error('E015', node.tagSpan, variant === undefined ? '<xfail> may stand only once' : `two <xfail> are about the variant '${variant}'`, { notes: [{ message: 'the first one', span: found.span }] });
    found ??= { reason, span: node.span };
  }
  return found;
}

const wildcard = (pattern: string): RegExp => new RegExp(`^${pattern.split(/\*+/).map((part) => part.replace(/[.+]/g, '\\$&')).join('[^]*')}$`);

function decodeMachines(written: Node, variant: Variant, first: { readonly config: Node; readonly config_text: string; readonly ram_bytes: number; readonly seed: number }, diagnostics: DiagnosticList): readonly FurtherMachine[] {
  const seen = new Map<string, Span>();
  return childrenOf(written, 'machine').map((node) => {
    const { name, ram, seed } = valuesOf(substitute(node, variant.bindings), SCHEMAS.MACHINE);
    const span = attributeOf(node, 'name')?.valueSpan ?? node.tagSpan;
    const earlier = seen.get(name);
    if (earlier !== undefined) diagnostics.error('E019', span, `machine '${name}' is declared twice`, { notes: [{ message: 'first declared here', span: earlier }] });
    seen.set(name, span);
    const own = childOf(node, 'config');
    const config = own === undefined ? { config: first.config, config_text: first.config_text } : configForInit(own, variant.bindings, diagnostics);
    return { name, ram_bytes: ram === undefined ? first.ram_bytes : ramBytes(node, ram, diagnostics), seed: seed ?? first.seed, ...config, span: node.span };
  });
}

/** Names of the components that init starts. */
function startNames(configs: readonly Node[]): readonly string[] {
  return configs.flatMap((config) => childrenOf(config, 'start')).map((start) => attributeOf(start, 'name')?.value).filter((name) => name !== undefined);
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
    const { name, file, program } = valuesOf(child, SCHEMAS.MODULE);
    const span = attributeOf(child, 'name')?.valueSpan ?? child.tagSpan;
    const earlier = first.get(name);
    if (earlier !== undefined) diagnostics.error('E019', span, `module '${name}' is listed twice`, { notes: [{ message: 'first listed here', span: earlier }] });
    else if (name === 'config') diagnostics.error('E017', span, "module 'config' is the <config> element of the scenario");
    if (file !== undefined && program !== undefined) diagnostics.error('E017', attributeOf(child, 'program')?.nameSpan ?? span, "'program' does not go with 'file': a module is a shipped program or a file");
    first.set(name, span);
    return { name, ...(file === undefined ? {} : { file }), ...(program === undefined ? {} : { program }), span: child.span };
  });
}
