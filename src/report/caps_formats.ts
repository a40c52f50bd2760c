// Capability spaces and their differences for other tools: JSON, Graphviz, and the capDL language of seL4.
// Owns no state. Canonical: components in the order given, slots ascending, one capability a line.

import { type Difference, slotsOf } from '../runner/capspace/compare.ts';
import type { Listing, ObjectType, Rights, SlotEntry } from '../runner/capspace/listing.ts';
import { kindCounts, type SpaceDiff } from '../runner/capspace/space_diff.ts';

const hex = (value: number): string => value.toString(16);

export function diffJson({ mode, same, verdict, components }: SpaceDiff): string {
  const value = {
    format: 1,
    mode, same, verdict,
    components: components.map(({ name, before, after, differences, sentences, compared_rows }) => ({
      name,
      before: { task: before.name, task_id: before.space.task ?? null, point: before.point },
      after: { task: after.name, task_id: after.space.task ?? null, point: after.point },
      compared_rows,
      counts: kindCounts(differences),
      differences: differences.map(plainDifference),
      sentences,
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function plainDifference(difference: Difference): Readonly<Record<string, unknown>> {
  return { ...difference, slots: slotsOf(difference) };
}

// Graphviz: a component is a cluster; its slots point at kernel objects. Lost is red and dashed, new green, retargeted orange.

const EDGE_STYLE = {
  same: 'color="gray60"',
  lost: 'color="red", style="dashed", fontcolor="red"',
  new: 'color="darkgreen", fontcolor="darkgreen"',
  retargeted: 'color="orange", fontcolor="orange"',
  rights: 'color="blue", fontcolor="blue"',
  aliasing: 'color="purple", fontcolor="purple"',
  id: 'color="gray30"',
} as const satisfies Readonly<Record<Difference['kind'] | 'same', string>>;

const SHAPE = { Thread: 'ellipse', Task: 'box', Gate: 'diamond', IRQ: 'hexagon', Factory: 'house' } as const satisfies Partial<Record<ObjectType, string>>;

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replace(/[\r\n]+/g, ' ')}"`;

interface Edge {
  readonly entry: SlotEntry;
  readonly side: 'before' | 'after';
  readonly style: keyof typeof EDGE_STYLE;
}

function edgeLines(component: string, edges: readonly Edge[], words: ReadonlyMap<number, string>): readonly string[] {
  const nodes = new Map<string, string>();
  const lines: string[] = [];
  for (const { entry, side, style } of edges) {
    const node = `${component}/${side}/${hex(entry.id)}`;
    const shape = SHAPE[entry.type as keyof typeof SHAPE] ?? 'octagon';
    nodes.set(node, `    ${quoted(node)} [label=${quoted(`${entry.type} ${hex(entry.id)}`)}, shape="${shape}"];`);
    const told = words.get(entry.slot);
    lines.push(`    ${quoted(component)} -> ${quoted(node)} [label=${quoted(`0x${hex(entry.slot)} ${entry.rights}`)}, ${EDGE_STYLE[style]}${told === undefined ? '' : `, tooltip=${quoted(told)}`}];`);
  }
  return [...nodes.values(), ...lines];
}

function cluster(index: number, name: string, lines: readonly string[]): readonly string[] {
  return [`  subgraph cluster_${index} {`, `    label=${quoted(name)};`, `    ${quoted(name)} [shape="box", style="bold"];`, ...lines, '  }'];
}

const graph = (lines: readonly string[]): string => ['digraph capabilities {', '  rankdir="LR";', '  node [fontname="monospace"];', '  edge [fontname="monospace"];', ...lines, '}', ''].join('\n');

export function spacesDot(listings: readonly Listing[]): string {
  return graph(listings.flatMap(({ name, space, words }, index) => cluster(index, name, edgeLines(name, space.slots.map((entry): Edge => ({ entry, side: 'after', style: 'same' })), words))));
}

/** Only what differs: a graph of everything that stayed would hide it. */
export function diffDot({ components }: SpaceDiff): string {
  const lines = components.flatMap(({ name, before, after, differences }, index) => {
    const old = new Map(before.space.slots.map((entry) => [entry.slot, entry]));
    const now = new Map(after.space.slots.map((entry) => [entry.slot, entry]));
    const edges = differences.flatMap((difference) =>
      slotsOf(difference).flatMap((slot): Edge[] => {
        const [was, is] = [old.get(slot), now.get(slot)];
        const gone: Edge[] = was === undefined || difference.kind === 'new' ? [] : [{ entry: was, side: 'before', style: 'lost' }];
        return is === undefined ? gone : [...gone, { entry: is, side: 'after', style: difference.kind }];
      }),
    );
    return edges.length === 0 ? [] : cluster(index, name, edgeLines(name, edges, new Map([...before.words, ...after.words])));
  });
  return graph(lines);
}

// capDL (seL4): the nearest object types, and the original of every capability as a comment. What has no counterpart there
// (scheduler, ICU, console, platform control) is a comment alone. A task is a CSpace and a VSpace there: a cnode and a pd.

const CAPDL_TYPE = { Thread: 'tcb', Task: 'pd', Gate: 'ep', IRQ: 'notification', Factory: 'ut' } as const satisfies Partial<Record<ObjectType, string>>;
/** Objects whose capabilities have rights in that language. */
const CAPDL_RIGHTS: ReadonlySet<string> = new Set(['ep', 'notification']);
/** Write without strong is W; strong is the right to hand on, G. Reading is never denied here. */
const RIGHTS_LETTERS = { '*': 'RWG', x: 'RW', w: 'RG', '-': 'R' } as const satisfies Record<Rights, string>;
const UT_BITS = 12;
const CNODE_BITS_MIN = 4;

/** An identifier of the language: letters, digits, underscores. */
const identifier = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '') || 'x';

export function spacesCapdl(listings: readonly Listing[], remarks: readonly string[] = []): string {
  const objects = new Map<string, string>();
  const caps: string[] = [];
  for (const [index, { name, space, words }] of listings.entries()) {
    const cnode = `cnode_${identifier(name)}${listings.slice(0, index).some((other) => identifier(other.name) === identifier(name)) ? `_${index}` : ''}`;
    const last = space.slots.at(-1)?.slot ?? 0;
    objects.set(cnode, `cnode (${Math.max(CNODE_BITS_MIN, Math.ceil(Math.log2(last + 1)))} bits)`);
    caps.push(`  ${cnode} {`);
    for (const entry of space.slots) caps.push(capLine(entry, words.get(entry.slot), objects));
    caps.push('  }');
  }
  const declared = [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, type]) => `  ${name} = ${type}`);
  return ['-- Capability spaces of Genode on Fiasco.OC in the nearest types of seL4; the originals stand in the comments.', ...remarks.map((line) => `-- ${line}`), 'arch arm11', '', 'objects {', ...declared, '}', '', 'caps {', ...caps, '}', ''].join('\n');
}

function capLine({ slot, id, rights, type }: SlotEntry, words: string | undefined, objects: Map<string, string>): string {
  const original = `-- ${hex(id).padStart(5, '0')}${rights} ${type}${words === undefined ? '' : `: ${words}`}`.replace(/[\r\n]+/g, ' ');
  const kind = CAPDL_TYPE[type as keyof typeof CAPDL_TYPE];
  if (kind === undefined) return `    -- 0x${hex(slot)} ${original.slice(3)}`;
  const name = `${kind}_${hex(id)}`;
  objects.set(name, kind === 'ut' ? `ut (${UT_BITS} bits)` : kind);
  return `    0x${hex(slot)}: ${name}${CAPDL_RIGHTS.has(kind) ? ` (${RIGHTS_LETTERS[rights]})` : ''} ${original}`;
}

/** The second side, with the differences told in remarks before it. */
export function diffCapdl(diff: SpaceDiff): string {
  const remarks = [`${diff.verdict} (${diff.mode})`, ...diff.components.flatMap(({ name, sentences }) => sentences.map((sentence) => `${name}: ${sentence}`))];
  return spacesCapdl(diff.components.map(({ after }) => after), remarks.map((line) => line.replace(/[\r\n]+/g, ' ')));
}
