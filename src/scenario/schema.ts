// The vocabulary of scenarios, the single description of it: elements, attributes, types, documentation.
// The decoder checks against these tables and the reference is printed from them; the init configuration is init's own.

import {
  BOOLEAN, CHILD_PATH, choice, COUNT, FILE, MILLISECONDS, NAME, PAGES, PATTERN, SCENARIO_NAME, SEED, SIZE, SLOTS, TASK, TEXT, type ValueType,
} from './value.ts';

export interface AttributeSchema<T> {
  readonly type: ValueType<T>;
  readonly use: 'required' | 'optional';
  readonly doc: string;
}

export type Attributes = Readonly<Record<string, AttributeSchema<unknown>>>;

export interface ElementSchema<A extends Attributes = Attributes> {
  readonly tag: string;
  readonly doc: string;
  readonly attributes: A;
  /** Elements inside; 'verbatim' where the content is not of this vocabulary. */
  readonly children: readonly ElementSchema[] | 'verbatim';
  /** May stand only once inside its parent. */
  readonly once?: true;
}

/** The decoded attributes of an element. */
export type Values<A extends Attributes> = {
  readonly [K in keyof A]: A[K] extends Required<infer T> ? T : A[K] extends AttributeSchema<infer T> ? T | undefined : never;
};

interface Required<T> extends AttributeSchema<T> {
  readonly use: 'required';
}
interface Optional<T> extends AttributeSchema<T> {
  readonly use: 'optional';
}

const required = <T>(type: ValueType<T>, doc: string): Required<T> => ({ type, use: 'required', doc });
const optional = <T>(type: ValueType<T>, doc: string): Optional<T> => ({ type, use: 'optional', doc });
const element = <A extends Attributes>(tag: string, doc: string, attributes: A, children: readonly ElementSchema[] | 'verbatim' = []): ElementSchema<A> => ({ tag, doc, attributes, children });
const once = <E extends ElementSchema>(schema: E): E & { readonly once: true } => ({ ...schema, once: true });

/** How checkpoint and restore may be varied; the complete way is the default of each. */
export const STRATEGY = {
  bootstrap: optional(choice('empty', 'elf', 'log-hook'), 'how the new child comes up: empty process, from its ELF, or stopped at its first log session'),
  registers: optional(choice('all', 'ip-sp'), 'which registers are restored'),
  blocked: optional(choice('kernel-state', 'restart', 'after', 'drain', 'cancel'), 'what becomes of a thread that was blocked in the kernel'),
  semaphore: optional(choice('attach', 'install', 'rerequest', 'skip'), 'the blocking semaphore of the signal source'),
  'native-caps': optional(choice('recreate', 'skip'), 'capabilities the child created itself'),
  'cap-map': optional(choice('rewrite', 'skip'), "the capability map in the child's memory"),
  'cap-space': optional(choice('install', 'skip'), "the capability table of the child's task"),
  'cap-order': optional(choice('map-first', 'space-first'), 'which of the two is done first'),
  utcb: optional(choice('save', 'zero'), 'the message registers of the threads'),
  timer: optional(choice('remaining', 'full'), 'pending timeouts: what is left of them, or the whole again'),
  granularity: optional(PAGES, 'pages per tracked piece of memory for incremental checkpoints, 0 for full copies'),
  'thread-order': optional(choice('slot', 'stored', 'reverse', 'start-late'), 'order of threads and of the steps of their creation'),
} as const;

export const STRATEGY_NAMES = Object.keys(STRATEGY) as readonly (keyof typeof STRATEGY)[];

const MODULE = element('module', 'One boot module.', {
  name: required(NAME, 'name of the ROM module'),
  file: optional(FILE, 'where its content is; default: the shipped guest program of that name'),
});
const BOOT = once(element('boot', 'Boot modules besides the configuration, in order. Default: core, init and every binary that a start node names.', {}, [MODULE]));

const DISABLE = element('disable', 'Switches one extension off.', { name: required(NAME, 'name of the extension') });
const ENABLE = element('enable', 'Switches one extension on, where all="no".', { name: required(NAME, 'name of the extension') });
const EXTENSIONS = once(element('extensions', 'Kernel and core extensions beyond stock Genode 16.08; all are on unless disabled.', {
  all: optional(BOOLEAN, "'no' starts from none; default yes"),
}, [DISABLE, ENABLE]));

const POINT = element('point', 'Declares a moment by name; steps await it by that name.', {
  name: required(NAME, 'name of the moment'),
  on: required(choice('log', 'time'), 'what kind of moment it is'),
  log: optional(PATTERN, 'the log line, for on="log"'),
  count: optional(COUNT, 'the how-manieth such line, for on="log"; default 1'),
  time_ms: optional(MILLISECONDS, 'virtual time since power-on, for on="time"'),
});
const POINTS = once(element('points', 'Named moments.', {}, [POINT]));

const COMPARE = choice('exact', 'shape', 'isomorphic');

const STEP_SCHEMAS = {
  await: element('await', 'Lets the machine run until something happens.', {
    log: optional(PATTERN, 'a log line after the last one awaited and after the last checkpoint, restore or kill began'),
    count: optional(COUNT, 'the how-manieth such line; default 1'),
    point: optional(NAME, 'a declared point'),
    time_ms: optional(MILLISECONDS, 'virtual time since power-on'),
    within_ms: optional(MILLISECONDS, 'how long this step may take, in virtual time'),
  }),
  checkpoint: element('checkpoint', 'Checkpoints a component and keeps its capability space under the same name.', {
    name: required(NAME, 'name of the checkpoint'),
    of: required(CHILD_PATH, 'the component'),
    ...STRATEGY,
  }),
  restore: element('restore', 'Restores a checkpoint into a new component.', {
    from: required(NAME, 'name of the checkpoint'),
    as: required(CHILD_PATH, 'the component to be'),
    ...STRATEGY,
  }),
  kill: element('kill', 'Destroys a component.', { child: required(CHILD_PATH, 'the component') }),
  dump: element('dump', 'Keeps the capability space of a task as it is now.', {
    name: required(NAME, 'name of the dump'),
    task: required(TASK, 'the task'),
  }),
  'expect-caps': element('expect-caps', 'Compares capability spaces.', {
    at: optional(NAME, 'the checkpoint or dump whose space is compared; default: now'),
    'same-as': optional(NAME, 'the checkpoint or dump to compare the present space with'),
    golden: optional(FILE, "file in the scenario's golden folder to compare with"),
    task: optional(TASK, 'the task; needed where several could be meant'),
    compare: optional(COMPARE, "default: 'exact' with a golden, 'isomorphic' with same-as"),
    rows: optional(SLOTS, 'compare these slots only'),
    missing: optional(SLOTS, 'these slots are expected to be lost, and nothing else may differ'),
  }),
  'expect-log': element('expect-log', 'A log line must have appeared.', {
    log: required(PATTERN, 'the line'),
    count: optional(COUNT, 'exactly so many times; default: at least once'),
    since: optional(NAME, 'only lines after this mark count'),
  }),
  'expect-no-log': element('expect-no-log', 'A log line must not have appeared.', {
    log: required(PATTERN, 'the line'),
    since: optional(NAME, 'only lines after this mark count'),
  }),
  mark: element('mark', 'Names this place of the log.', { name: required(NAME, 'name of the mark') }),
} as const;

export type StepTag = keyof typeof STEP_SCHEMAS;
export const STEP = STEP_SCHEMAS;

const STEPS = once(element('steps', 'What is done and expected, in order.', {}, Object.values(STEP_SCHEMAS)));

const SUCCEED = element('succeed', 'Needed for success besides the steps: the first of these that comes true.', {
  log: optional(PATTERN, 'a log line'),
  after_ms: optional(MILLISECONDS, 'this much virtual time has passed'),
});
const FAIL = element('fail', 'Ends the run as failed.', {
  log: optional(PATTERN, 'a log line'),
  count: optional(COUNT, 'the how-manieth such line; default 1'),
  after_ms: optional(MILLISECONDS, 'virtual deadline of the whole run; default 60000'),
});

export const CONFIG = once(element('config', 'Configuration of init, in the syntax of Genode.', {}, 'verbatim'));

export const SCENARIO = element('scenario', 'A checkpoint/restore scenario.', {
  name: required(SCENARIO_NAME, 'name of the scenario: the name of its file, after FOLDER/ in a folder of run/'),
  genode: optional(choice('16.08', '17.02'), 'dialect of the configuration; default 16.08'),
  platform: optional(choice('foc_pbxa9'), 'kernel and board; default foc_pbxa9'),
  ram: optional(SIZE, "the board's memory; default 256M"),
  seed: optional(SEED, 'seed of everything that may vary; default 0'),
  flavour: optional(choice('rtcr', 'stock'), 'Genode with the patches of the checkpoint/restore project, or without; default rtcr'),
  doc: optional(TEXT, 'one sentence: what this scenario shows'),
}, [CONFIG, BOOT, EXTENSIONS, POINTS, STEPS, SUCCEED, FAIL]);

export const SCHEMAS = { SCENARIO, CONFIG, BOOT, MODULE, EXTENSIONS, DISABLE, ENABLE, POINTS, POINT, STEPS, SUCCEED, FAIL } as const;

/** Words of later versions of this vocabulary: known, and refused by name. */
export const LATER: ReadonlySet<string> = new Set([
  'pause', 'resume', 'reconfigure', 'fault', 'save-image', 'load-image', 'repeat', 'expect-threads', 'expect-memory', 'expect-routes', 'expect-state', 'expect-quota',
]);
