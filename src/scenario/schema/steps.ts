// The steps of a scenario: what is done (actions) and what is expected, one element each.
// Pure tables; src/scenario/decode_steps.ts makes model steps of them, src/runner executes those.

import { FILE, GOLDEN, NAME, NEW_FILE } from '../file_value.ts';
import { ADDRESS, BYTES, CHILD_PATH, CHILDREN, COUNT, MILLISECONDS, PATTERN, ROUNDS, SERVICE, SIZE, SLOT, SLOTS, STATES, SYMBOL, TASK, TEXT, THREAD_NAME, FUNCTION, WORD } from '../value.ts';
import { choice } from '../value_type.ts';
import { CONFIG } from './config.ts';
import { type ElementSchema, element, optional, required } from './element.ts';
import { MOMENT_KINDS, MOMENT_LIMITS } from './moment.ts';
import { STRATEGY } from './strategy.ts';

export const COMPARE = choice('exact', 'shape', 'isomorphic');

/** Of every step that acts or looks: the moment it waits for first, and the machine it is about. */
const WHEN = { when: optional(NAME, 'a declared point: the machine first runs until that moment') };
const ON = { on: optional(NAME, 'the machine; default: the first one, which needs no name') };

const THREAD = element('thread', 'One expected thread.', {
  name: required(THREAD_NAME, 'name of the thread'),
  state: optional(STATES, 'what it does: one of these states'),
  count: optional(COUNT, 'so many threads of that name; default 1'),
});
const ROUTE = element('route', 'One expected session.', {
  service: required(SERVICE, 'the service'),
  label: optional(TEXT, 'the label; default: any'),
  to: required(TEXT, "where it goes: parent, local, the name of a child, or denied"),
});
const STATE_NODE: ElementSchema[] = [];
const ATTRIBUTE = element('attribute', 'An expected attribute of the node around.', {
  name: required(NAME, 'its name'),
  value: optional(TEXT, 'its value'),
  higher: optional(SIZE, 'its value is a number higher than this'),
  lower: optional(SIZE, 'its value is a number lower than this'),
});
const NODE: ElementSchema = { ...element('node', 'At least one sub node of this type matches.', { name: required(NAME, 'type of the node') }), children: STATE_NODE };
const NOT: ElementSchema = { ...element('not', 'What stands inside must not match.', {}), children: STATE_NODE };
STATE_NODE.push(NODE, ATTRIBUTE, NOT);

const FAULTS = choice('deny', 'exhaust', 'revoke', 'memory', 'exception', 'drop-signal');

const PLAIN_STEPS = {
  await: element('await', 'Lets the machine run until something happens.', {
    ...MOMENT_KINDS,
    log: optional(PATTERN, 'a log line after the last one awaited and after the last checkpoint, restore or kill began; with of= a line of that component, without its label'),
    point: optional(NAME, 'a declared point'),
    ...MOMENT_LIMITS,
    within_ms: optional(MILLISECONDS, 'how long this step may take, in virtual time'),
    ...ON,
  }),
  checkpoint: element('checkpoint', 'Checkpoints a component and keeps its capability space under the same name.', {
    name: required(NAME, 'name of the checkpoint'),
    of: required(CHILD_PATH, 'the component'),
    with: optional(CHILDREN, 'further children of the same parent: all stand still at the same moment and are one consistent checkpoint'),
    base: optional(NAME, 'an earlier checkpoint of the component: this one is incremental and stores what changed since'),
    refused: optional(PATTERN, 'the step is expected to be refused, with such a message'),
    ...WHEN,
    ...ON,
    ...STRATEGY,
  }),
  restore: element('restore', 'Restores a checkpoint into a new component.', {
    from: required(NAME, 'name of the checkpoint'),
    as: required(CHILD_PATH, 'the component to be: the same place, or another name'),
    with: optional(CHILDREN, 'further children of the same parent to be, of a checkpoint of several: by the names they had, or others in the order of the checkpoint'),
    refused: optional(PATTERN, 'the step is expected to be refused, with such a message'),
    ...WHEN,
    ...ON,
    ...STRATEGY,
  }),
  kill: element('kill', 'Destroys a component.', { child: required(CHILD_PATH, 'the component'), with: optional(CHILDREN, 'further children of the same parent, destroyed at the same moment'), ...WHEN, ...ON }),
  pause: element('pause', 'Stops all threads of a component where they are.', { child: required(CHILD_PATH, 'the component'), ...WHEN, ...ON }),
  resume: element('resume', 'Lets a paused component go on.', { child: required(CHILD_PATH, 'the component'), ...WHEN, ...ON }),
  reconfigure: element('reconfigure', 'Gives init a new configuration.', { ...WHEN, ...ON }, [CONFIG]),
  fault: element('fault', 'Does something bad to a component. Where it is still to come at the end of the run (an RPC, a signal, or a thread that never goes on), the step has failed.', {
    of: required(CHILD_PATH, 'the component'),
    kind: required(FAULTS, 'deny: its next RPC of a kind fails; exhaust: its RAM quota is gone; revoke: a capability slot is emptied; memory: a word of it is overwritten; exception: a thread executes an undefined instruction; drop-signal: its next signal gets lost'),
    rpc: optional(FUNCTION, 'for deny: the RPC'),
    count: optional(COUNT, 'for deny and drop-signal: the how-manieth from now; default 1'),
    slot: optional(SLOT, 'for revoke: the slot'),
    symbol: optional(SYMBOL, 'for memory: the place, as a symbol'),
    address: optional(ADDRESS, 'for memory: the place, as an address'),
    value: optional(WORD, 'for memory: the word written'),
    thread: optional(THREAD_NAME, 'for exception: the thread; default: the first'),
    ...WHEN,
    ...ON,
  }),
  'save-image': element('save-image', 'Writes a checkpoint into a file below the folder of reports.', {
    of: required(NAME, 'name of the checkpoint'),
    file: required(NEW_FILE, 'the file'),
    ...ON,
  }),
  'load-image': element('load-image', 'Reads a checkpoint from a file: one that this run saved, or one beside the scenario.', {
    name: required(NAME, 'name of the checkpoint'),
    file: required(FILE, 'the file'),
    ...ON,
  }),
  dump: element('dump', 'Keeps the capability space of a task as it is now.', {
    name: required(NAME, 'name of the dump'),
    task: required(TASK, 'the task'),
    ...WHEN,
    ...ON,
  }),
  mark: element('mark', 'Names this place of the log.', { name: required(NAME, 'name of the mark') }),
  'expect-caps': element('expect-caps', 'Compares capability spaces.', {
    at: optional(NAME, 'the checkpoint or dump whose space is compared; default: now'),
    'same-as': optional(NAME, 'the checkpoint or dump to compare the present space with'),
    golden: optional(GOLDEN, "file to compare with"),
    task: optional(TASK, 'the task; needed where several could be meant'),
    compare: optional(COMPARE, "default: 'exact' with a golden, 'isomorphic' with same-as"),
    rows: optional(SLOTS, 'compare these slots only'),
    missing: optional(SLOTS, 'these slots are expected to be lost, and nothing else may differ'),
    ...ON,
  }),
  'expect-log': element('expect-log', 'A log line must have appeared; or the lines must be those of a golden.', {
    log: optional(PATTERN, 'the line; with a golden: the lines that are compared, default all'),
    golden: optional(GOLDEN, 'file to compare with: exactly these lines, in this order'),
    count: optional(COUNT, 'exactly so many times; default: at least once'),
    since: optional(NAME, 'only lines after this mark count'),
    ...ON,
  }),
  'expect-no-log': element('expect-no-log', 'A log line must not have appeared.', {
    log: required(PATTERN, 'the line'),
    since: optional(NAME, 'only lines after this mark count'),
    ...ON,
  }),
  'expect-threads': element('expect-threads', 'Compares the threads of a component: with the listed ones, a golden, or a checkpoint.', {
    of: required(CHILD_PATH, 'the component'),
    golden: optional(GOLDEN, "file to compare with: the kernel debugger's thread list of the component; names, numbers and priorities count, not what threads do at the moment"),
    'same-as': optional(NAME, 'the checkpoint or dump to compare the present threads with'),
    ...ON,
  }, [THREAD]),
  'expect-memory': element('expect-memory', 'Compares memory of a component.', {
    of: required(CHILD_PATH, 'the component'),
    symbol: optional(SYMBOL, 'the place, as a symbol'),
    address: optional(ADDRESS, 'the place, as an address'),
    value: optional(WORD, 'the word there'),
    bytes: optional(BYTES, 'the bytes there, in hexadecimal'),
    size: optional(SIZE, "with same-as: so many bytes from the place; without place and size all memory is compared, up to the ids of capabilities and dead stack"),
    'same-as': optional(NAME, 'the checkpoint to compare the present memory with'),
    ...ON,
  }),
  'expect-routes': element('expect-routes', 'The sessions of a component are these.', {
    of: required(CHILD_PATH, 'the component'),
    ...ON,
  }, [ROUTE]),
  'expect-state': element('expect-state', "init's state report has these nodes and attributes, as in Genode's test-init.", {
    within_ms: optional(MILLISECONDS, 'how long to wait for such a report; default: the present one must match'),
    ...ON,
  }, STATE_NODE),
  'expect-quota': element('expect-quota', 'The RAM quota of a component.', {
    of: required(CHILD_PATH, 'the component'),
    quota: optional(SIZE, 'exactly so many bytes of quota'),
    quota_min: optional(SIZE, 'at least so many bytes of quota'),
    quota_max: optional(SIZE, 'at most so many bytes of quota'),
    used: optional(SIZE, 'exactly so many bytes used'),
    used_min: optional(SIZE, 'at least so many bytes used'),
    used_max: optional(SIZE, 'at most so many bytes used'),
    'same-as': optional(NAME, 'the same quota and use as at this checkpoint'),
    ...ON,
  }),
} as const;

const ALL_STEPS: ElementSchema[] = [];

const REPEAT = {
  ...element('repeat', 'Does the steps inside several times. A name that a step inside gives is given anew in each round.', {
    times: required(ROUNDS, 'how often'),
    as: optional(NAME, 'the number of the round, from 1, can be used inside as ${NAME}'),
  }),
  children: ALL_STEPS as readonly ElementSchema[],
  binds: 'as',
};

export const STEP = { ...PLAIN_STEPS, repeat: REPEAT };
ALL_STEPS.push(...Object.values(STEP));

export type StepTag = keyof typeof STEP;

export const STEP_PARTS = { THREAD, ROUTE, NODE, ATTRIBUTE, NOT } as const;

/** Steps that only look; the others change something. */
export const EXPECTATIONS: ReadonlySet<string> = new Set(Object.keys(STEP).filter((tag) => tag.startsWith('expect-')));

export const ALL_STEP_SCHEMAS: readonly ElementSchema[] = ALL_STEPS;
