// `rescap explain SCENARIO CHILD SERVICE[:LABEL]`: where init sends a session request, which rule of which line decided, and why
// the ones before it did not. Owns no state; the decision is init's own routing (src/runtime/init/routing.ts), nothing runs.
// With --slot it tells of a capability slot instead (explain_slot.ts).

import { good, quiet, strong } from '../../report/colors.ts';
import { decodeInitConfig, type Dialect, type InitConfig, type Place } from '../../runtime/init/config.ts';
import { explainRoute } from '../../runtime/init/explain.ts';
import type { Decision } from '../../runtime/init/routing.ts';
import { place, suggestion } from '../../scenario/diagnostic.ts';
import type { Source } from '../../scenario/source.ts';
import { attributeOf, childOf, childrenOf, type Node, valueOf } from '../../scenario/syntax/node.ts';
import { sourcesOf, spanAt } from '../../scenario/syntax/places.ts';
import { type Command, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { explainSlot } from './explain_slot.ts';
import { dialectOption, readBareConfig } from '../init_configs.ts';
import { findScenarios, loadScenario, tell } from '../scenarios.ts';

export const EXPLAIN: Command = {
  name: 'explain',
  summary: "Tells where init sends a child's session request, with the rule that decided; or, with --slot, what a capability slot holds at a point: the object, who made it, which RPC brought it, who else has it, and what each strategy of restore does with it.",
  usage: 'explain SCENARIO CHILD SERVICE[:LABEL] | SCENARIO@POINT --slot N [--task NAME] [--json]',
  example: ['rescap explain sheep_counter rtcr Timer', "rescap explain init.config 'sub_init -> nitpicker' ROM:nitpicker.config", 'rescap explain sheep_counter@third --slot 0x217'],
  options: {
    genode: { type: 'string', value: 'VERSION', doc: 'how a bare configuration is read: 16.08 (default) or 17.02' },
    slot: { type: 'string', short: 's', value: 'SLOT', multiple: true, doc: 'the slot to tell of, such as 0x217; several with commas' },
    task: { type: 'string', short: 't', value: 'NAME', doc: "component label, NAME#2, or debugger id such as 0x1d8; default: the point's own task" },
    json: { type: 'boolean', doc: 'of a slot: everything as data' },
  },
  run: (given, context) => {
    const { values, positionals } = given;
    if (values['slot'] !== undefined) return explainSlot(given, context);
    if (positionals.length === 1 && positionals[0]?.includes('@') === true) throw new UsageError('which slot?', 'for example: rescap explain sheep_counter@third --slot 0x217');
    for (const option of ['task', 'json']) if (values[option] !== undefined) throw new UsageError(`--${option} goes with --slot`);
    const [file, child, request] = positionals;
    if (file === undefined || child === undefined || request === undefined || positionals.length !== 3) {
      throw new UsageError('explain needs a scenario, a child and a service', 'for example: rescap explain sheep_counter rtcr Timer');
    }
    const found = configOf(file, dialectOption(values['genode']), context);
    if ('verdict' in found) return found;
    const colon = request.indexOf(':');
    const service = colon === -1 ? request : request.slice(0, colon);
    const label = colon === -1 ? '' : request.slice(colon + 1);
    const { config, name } = innerConfig(found.config, child);
    const decoded = decodeInitConfig(config);
    const explained = explainRoute(decoded, name, service, label, found.dialect);
    if (explained === undefined) throw new UsageError(`there is no child '${name}'`, childHelp(decoded, name));
    context.out(`${answer(name, service, label, explained.decision)}\n${considered(explained.decision, sourcesOf(config))}${quiet(`  session arguments: ${explained.args}`)}\n`);
    return PASSED;
  },
};

interface FoundConfig {
  readonly config: Node;
  readonly dialect: Dialect;
}

function configOf(file: string, dialect: Dialect, context: Context): FoundConfig | Exit {
  const bare = readBareConfig(file, context);
  if (bare !== undefined) {
    if (tell(bare.diagnostics, context) || bare.root === undefined) return { verdict: 'invalid', reason: `${file} has errors` };
    return { config: bare.root, dialect };
  }
  const [path = ''] = findScenarios([file], context);
  const { scenario, diagnostics } = loadScenario(path, context);
  if (scenario !== undefined) return { config: scenario.config, dialect: scenario.genode };
  tell(diagnostics, context);
  return { verdict: 'invalid', reason: `${path} has errors` };
}

/** The configuration that starts the child: that of init, or of an init below it for "sub_init -> child". */
function innerConfig(outer: Node, path: string): { readonly config: Node; readonly name: string } {
  const names = path.split('->').map((name) => name.trim());
  if (names.length > 1 && names[0] === 'init' && !childrenOf(outer, 'start').some((start) => valueOf(start, 'name') === 'init')) names.shift();
  const name = names.pop() ?? '';
  let config = outer;
  for (const parent of names) {
    const start = childrenOf(config, 'start').find((node) => valueOf(node, 'name') === parent);
    if (start === undefined) throw new UsageError(`there is no child '${parent}'`, childHelp(decodeInitConfig(config), parent));
    const binary = childOf(start, 'binary');
    const program = (binary === undefined ? undefined : attributeOf(binary, 'name')?.value) ?? parent;
    const inner = childOf(start, 'config');
    if (program !== 'init' || inner === undefined) throw new UsageError(`'${parent}' is no init with a configuration of its own: its children's requests are not routed by rules`, `where ${parent}'s own requests go is shown for the child '${parent}'`);
    config = inner;
  }
  return { config, name };
}

function childHelp(config: InitConfig, name: string): string {
  const names = config.starts.map((start) => start.name ?? '').filter((known) => known !== '');
  return suggestion(name, names) ?? (names.length === 0 ? 'the configuration starts no children' : `children: ${names.join(', ')}`);
}

function answer(child: string, service: string, label: string, { to }: Decision): string {
  const request = `${strong(child)} asks for ${strong(service)}${label === '' ? '' : ` "${label}"`}`;
  if (to === null) return `${request}: denied`;
  if (to.kind === 'local') return `${request}: init provides it itself (module "${to.module}")`;
  return `${request}: it goes to ${to.kind === 'parent' ? 'the parent' : `the child "${to.child}"`}`;
}

/** One line per rule and target looked at, in order; the last one decided. */
function considered({ considered: steps }: Decision, sources: readonly Source[]): string {
  const rows = steps.map(({ place: at, verdict }) => ({ where: at === null ? '' : positionOf(at, sources), what: at === null ? '' : firstLine(at, sources), verdict }));
  const width = (key: 'where' | 'what') => Math.max(0, ...rows.map((row) => row[key].length));
  const [where, what] = [width('where'), width('what')];
  return rows
    .map((row, index) => {
      const last = index === rows.length - 1;
      const left = row.where === '' ? '' : `${row.where.padEnd(where)}  ${row.what.padEnd(what)}  `;
      return `${last ? good('>') : ' '} ${left}${row.verdict}\n`;
    })
    .join('');
}

function positionOf(at: Place, sources: readonly Source[]): string {
  return place(spanAt(sources, at));
}

/** The start tag of a rule or target, or the first line of it in the other syntaxes. */
function firstLine(at: Place, sources: readonly Source[]): string {
  const { source, start, end } = spanAt(sources, at);
  const text = source.text.slice(start, end);
  return (/^<[^>]*>/.exec(text)?.[0] ?? text.split('\n')[0] ?? '').replace(/\s+/g, ' ').trim();
}
