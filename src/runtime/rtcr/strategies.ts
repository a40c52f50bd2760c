// The strategy attributes of checkpoint and restore: which values exist, which this version offers, what the default is.
// Pure. Source: architecture.md "Restore strategies"; a value that is not offered is refused, never ignored.

export interface StrategyAttribute {
  readonly name: string;
  /** Commands that accept the attribute. */
  readonly at: readonly ('checkpoint' | 'restore')[];
  /** Offered values; the first is the default. */
  readonly offered: readonly [string, ...string[]];
  /** Values that the design names and this version does not offer. */
  readonly refused: readonly string[];
}

export const STRATEGY_ATTRIBUTES = [
  { name: 'bootstrap', at: ['restore'], offered: ['empty', 'elf'], refused: ['log-hook'] },
  { name: 'registers', at: ['checkpoint', 'restore'], offered: ['all', 'ip-sp'], refused: [] },
  { name: 'blocked', at: ['checkpoint', 'restore'], offered: ['kernel-state', 'restart', 'after'], refused: ['drain', 'cancel'] },
  { name: 'semaphore', at: ['restore'], offered: ['attach', 'install', 'skip'], refused: ['rerequest'] },
  { name: 'native-caps', at: ['restore'], offered: ['recreate', 'skip'], refused: [] },
  { name: 'cap-map', at: ['restore'], offered: ['rewrite', 'skip'], refused: [] },
  { name: 'cap-space', at: ['restore'], offered: ['install', 'skip'], refused: [] },
  { name: 'cap-order', at: ['restore'], offered: ['map-first', 'space-first'], refused: [] },
  { name: 'utcb', at: ['checkpoint', 'restore'], offered: ['save', 'zero'], refused: [] },
  { name: 'timer', at: ['restore'], offered: ['remaining', 'full'], refused: [] },
  { name: 'copy', at: ['checkpoint'], offered: ['stopped', 'background'], refused: [] },
  { name: 'thread-order', at: ['restore'], offered: ['slot'], refused: ['stored', 'reverse', 'start-late'] },
  { name: 'defects', at: ['checkpoint', 'restore'], offered: ['none'], refused: [] },
] as const satisfies readonly StrategyAttribute[];

type Attribute = (typeof STRATEGY_ATTRIBUTES)[number];
export type StrategyName = Attribute['name'];
type ValueOf<Name extends StrategyName> = Extract<Attribute, { name: Name }>['offered'][number];

/** A decided strategy: one offered value per attribute. */
export type DecidedStrategy = { readonly [Name in StrategyName]: ValueOf<Name> };

export type StrategyDecision = { readonly ok: true; readonly strategy: DecidedStrategy } | { readonly ok: false; readonly message: string };

/** Completes the attributes a command names with the defaults, or tells which of them cannot be done. */
export function decideStrategy(command: 'checkpoint' | 'restore', given: Readonly<Record<string, string>>): StrategyDecision {
  const decided: Record<string, string> = Object.fromEntries(STRATEGY_ATTRIBUTES.map(({ name, offered }) => [name, offered[0]]));
  for (const name of Object.keys(given).sort()) {
    const value = given[name] as string;
    const attribute: StrategyAttribute | undefined = STRATEGY_ATTRIBUTES.find((known) => known.name === name);
    if (attribute === undefined) return refuse(`${command}: unknown strategy attribute '${name}'`);
    if (!attribute.at.includes(command)) return refuse(`${command}: strategy attribute '${name}' belongs to ${attribute.at.join(' and ')}`);
    if (!attribute.offered.includes(value)) {
      const why = attribute.refused.includes(value) ? 'is not in this version' : 'is unknown';
      return refuse(`${command}: strategy ${name}='${value}' ${why}; offered: ${attribute.offered.join(', ')}`);
    }
    decided[name] = value;
  }
  return { ok: true, strategy: decided as DecidedStrategy };
}

const refuse = (message: string): StrategyDecision => ({ ok: false, message });
