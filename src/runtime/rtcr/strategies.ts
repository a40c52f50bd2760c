// The strategy attributes of checkpoint and restore: which values exist, what the default is, and what is lost with each.
// Pure. Source: architecture.md "Restore strategies"; presets: checkpoint-restore.md 2, 3 (what the historic programs did).

import { readDefects } from './defects.ts';

export type StrategyCommand = 'checkpoint' | 'restore';

export interface StrategyAttribute {
  readonly name: string;
  /** Commands that accept the attribute. */
  readonly at: readonly StrategyCommand[];
  /** Offered values; the first is the default. Empty: any text that `check` accepts. */
  readonly offered: readonly [string, ...string[]];
  /** Values that the design names and this version does not offer. */
  readonly refused: readonly string[];
  /** What a value other than the default means, in words; complete ones are not mentioned. */
  readonly loses?: Readonly<Record<string, string>>;
}

export const STRATEGY_ATTRIBUTES = [
  {
    name: 'bootstrap', at: ['restore'], offered: ['empty', 'elf', 'log-hook'], refused: [],
    loses: { elf: 'everything: the program starts anew', 'log-hook': 'what the program did before its first output is done twice, in memory and in capabilities' },
  },
  {
    name: 'stop', at: ['checkpoint'], offered: ['freeze', 'pause'], refused: [],
    loses: { pause: 'calls of blocked threads end first; registers of blocked threads are old ones; resuming disturbs whoever waits for messages' },
  },
  { name: 'resume', at: ['checkpoint'], offered: ['yes', 'no'], refused: [], loses: { no: 'the original, which stays stopped' } },
  {
    name: 'registers', at: ['checkpoint', 'restore'], offered: ['all', 'ip-sp', 'core-state'], refused: [],
    loses: { 'ip-sp': 'all registers but instruction and stack pointer', 'core-state': 'registers of threads that were not in an exception: core knows old ones' },
  },
  {
    name: 'blocked', at: ['checkpoint', 'restore'], offered: ['kernel-state', 'restart', 'after', 'drain', 'cancel'], refused: [],
    loses: {
      restart: 'calls in service are made a second time; a server that owed a reply repeats a reply that nobody waits for',
      after: 'blocked threads take old words of their UTCB for the message that they waited for',
      drain: 'calls of the target are finished, but threads that wait for signals or requests go on without any',
      cancel: 'every wait ends with an error, in the original too',
    },
  },
  {
    name: 'semaphore', at: ['restore'], offered: ['attach', 'install', 'rerequest', 'skip'], refused: [],
    loses: {
      install: 'the binding of the signal semaphore: signals are counted and wake nobody',
      rerequest: 'signals that were on their way: the signal handler binds the semaphore itself, which clears it',
      skip: 'the signal semaphore: its slot is empty',
    },
  },
  { name: 'native-caps', at: ['restore'], offered: ['recreate', 'skip'], refused: [], loses: { skip: 'gates that the target itself serves: exit handler, signal proxy, own services' } },
  {
    name: 'cap-map', at: ['checkpoint', 'restore'], offered: ['rewrite', 'skip'], refused: [],
    loses: { skip: 'the new ids in the records of the target: it names objects that do not exist any more' },
  },
  { name: 'cap-space', at: ['restore'], offered: ['install', 'skip'], refused: [], loses: { skip: 'every slot from 0x200 on: all are empty' } },
  { name: 'cap-order', at: ['restore'], offered: ['map-first', 'space-first'], refused: [] },
  { name: 'stale', at: ['checkpoint'], offered: ['request', 'skip'], refused: [], loses: { skip: 'capabilities without a record in the map' } },
  {
    name: 'utcb', at: ['checkpoint', 'restore'], offered: ['save', 'zero'], refused: [],
    loses: { zero: 'the words by which a thread finds its own object, and messages on their way: threads fault at small addresses' },
  },
  { name: 'timer', at: ['restore'], offered: ['remaining', 'full'], refused: [], loses: { full: 'the time that had passed of each timeout' } },
  {
    name: 'rom', at: ['checkpoint', 'restore'], offered: ['content', 'refetch'], refused: [],
    loses: { refetch: 'what ROM modules contained at the checkpoint: where a module has changed, the component finds other bytes under its feet, and nobody tells it' },
  },
  { name: 'copy', at: ['checkpoint'], offered: ['stopped', 'background'], refused: [], loses: { background: 'nothing: pages are copied before the child writes to them' } },
  {
    name: 'thread-order', at: ['restore'], offered: ['slot', 'stored', 'reverse', 'start-late', 'start-early', 'no-start'], refused: [],
    loses: {
      stored: 'holes among the thread slots: later threads move up, to other gates and UTCBs',
      reverse: 'the thread slots: each thread but the first is somebody else',
      'start-late': 'kernel state: each thread runs from the moment it is started',
      'start-early': 'the beginning: threads run in memory that is not filled yet',
      'no-start': 'everything that runs',
    },
  },
  {
    name: 'foreign', at: ['checkpoint'], offered: ['refuse', 'reopen', 'lose'], refused: [],
    loses: { reopen: 'what the server knew about the session', lose: 'the session: its slot is empty' },
  },
  {
    name: 'attached', at: ['checkpoint', 'restore'], offered: ['reference', 'copy'], refused: [],
    loses: { copy: 'attached memory that is no RAM of its own: it goes on with private copies of its text and trace control, which the parent pays for and nobody else sees' },
  },
  { name: 'defects', at: ['checkpoint', 'restore'], offered: ['none'], refused: [] },
] as const satisfies readonly StrategyAttribute[];

type Attribute = (typeof STRATEGY_ATTRIBUTES)[number];
export type StrategyName = Attribute['name'];
type ValueOf<Name extends StrategyName> = Name extends 'defects' ? string : Extract<Attribute, { name: Name }>['offered'][number];

/** A decided strategy: one offered value per attribute. */
export type DecidedStrategy = { readonly [Name in StrategyName]: ValueOf<Name> };

export type StrategyDecision = { readonly ok: true; readonly strategy: DecidedStrategy } | { readonly ok: false; readonly message: string };

export type Preset = { readonly checkpoint: Readonly<Record<string, string>>; readonly restore: Readonly<Record<string, string>> };

/** What the historic programs did, and what an unpatched Genode 16.08 can do. Attributes given beside a preset go before it. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  'argos-master': {
    checkpoint: { stop: 'pause', resume: 'no', registers: 'core-state', blocked: 'after', utcb: 'zero', stale: 'skip', foreign: 'lose', rom: 'refetch', attached: 'copy', defects: 'D-01 D-08 D-11' },
    restore: {
      bootstrap: 'log-hook', registers: 'ip-sp', blocked: 'after', utcb: 'zero', semaphore: 'skip', 'native-caps': 'skip', timer: 'full', rom: 'refetch', attached: 'copy', defects: 'D-03 D-21',
    },
  },
  'argos-fixing_restore': {
    checkpoint: { stop: 'pause', resume: 'no', registers: 'all', blocked: 'after', utcb: 'zero', stale: 'skip', foreign: 'lose', rom: 'refetch', attached: 'copy', defects: 'D-01 D-08' },
    restore: {
      bootstrap: 'empty', registers: 'all', blocked: 'after', utcb: 'zero', semaphore: 'skip', 'native-caps': 'skip', timer: 'full', rom: 'refetch', attached: 'copy', 'thread-order': 'start-late',
      defects: 'D-06 D-13 D-21',
    },
  },
  'stock-16.08': {
    checkpoint: { stop: 'pause', registers: 'core-state', blocked: 'after', utcb: 'zero', stale: 'skip', 'cap-map': 'skip', foreign: 'lose', rom: 'refetch' },
    restore: {
      registers: 'ip-sp', blocked: 'after', utcb: 'zero', semaphore: 'skip', 'native-caps': 'skip', 'cap-map': 'skip', 'cap-space': 'skip', timer: 'full', rom: 'refetch',
      'thread-order': 'start-late',
    },
  },
};

const PRESET = 'preset';

/** Completes the attributes a command names with the preset and the defaults, or tells which of them cannot be done. */
export function decideStrategy(command: StrategyCommand, given: Readonly<Record<string, string>>): StrategyDecision {
  const decided: Record<string, string> = Object.fromEntries(STRATEGY_ATTRIBUTES.map(({ name, offered }) => [name, offered[0]]));
  const preset = given[PRESET];
  if (preset !== undefined) {
    const known = Object.hasOwn(PRESETS, preset) ? PRESETS[preset] : undefined;
    if (known === undefined) return refuse(`${command}: there is no preset '${preset}'; there are ${Object.keys(PRESETS).join(', ')}`);
    Object.assign(decided, known[command]);
  }
  for (const name of Object.keys(given).sort()) {
    if (name === PRESET) continue;
    const value = given[name] as string;
    const attribute: StrategyAttribute | undefined = STRATEGY_ATTRIBUTES.find((known) => known.name === name);
    if (attribute === undefined) return refuse(`${command}: unknown strategy attribute '${name}'`);
    if (!attribute.at.includes(command)) return refuse(`${command}: strategy attribute '${name}' belongs to ${attribute.at.join(' and ')}`);
    const complaint = complaintAbout(command, attribute, value);
    if (complaint !== undefined) return refuse(`${command}: ${complaint}`);
    decided[name] = value;
  }
  return { ok: true, strategy: decided as DecidedStrategy };
}

/** Names of what can be chosen at a command, the presets first. */
export function attributesOf(command: StrategyCommand): readonly string[] {
  const attributes: readonly StrategyAttribute[] = STRATEGY_ATTRIBUTES;
  return [PRESET, ...attributes.filter(({ at }) => at.includes(command)).map(({ name }) => name)];
}

function complaintAbout(command: StrategyCommand, { name, offered, refused }: StrategyAttribute, value: string): string | undefined {
  if (name === 'defects') {
    const defects = readDefects(value, command);
    return 'error' in defects ? defects.error : undefined;
  }
  if (offered.includes(value)) return undefined;
  const why = refused.includes(value) ? 'is not in this version' : 'is unknown';
  return `strategy ${name}='${value}' ${why}; offered: ${offered.join(', ')}`;
}

const refuse = (message: string): StrategyDecision => ({ ok: false, message });
