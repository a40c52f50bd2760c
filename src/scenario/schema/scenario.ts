// The vocabulary of scenarios, the single description of it: elements, attributes, types, documentation.
// Pure tables: the decoder checks against them, and XSD, JSON Schema, HSD, reference page and help are generated from them.

import { FILE, INCLUDED, NAME, SCENARIO_NAME } from '../file_value.ts';
import { BOOLEAN, COUNT, DEBUG_ID, DEBUG_IDS, EXIT_VALUE, MILLISECONDS, NAMES, PATTERN, REGULAR, SECONDS, SEED, SIZE, TEXT, VALUES, VARIANT } from '../value.ts';
import { choice } from '../value_type.ts';
import { CONFIG } from './config.ts';
import { element, once, optional, required, withOthers, withText } from './element.ts';
import { POINT, POINTS } from './moment.ts';
import { ALL_STEP_SCHEMAS } from './steps.ts';

const MODULE = element('module', 'One boot module.', {
  name: required(NAME, 'name of the ROM module'),
  file: optional(FILE, 'where its content is; default: the shipped guest program of that name'),
  program: optional(NAME, 'the shipped guest program that it is, if that is called otherwise; a boot folder may have another one under the name of the module'),
});
const BOOT = once(element('boot', 'Boot modules besides the configuration, in order. Default: core, init and every binary that a start node names.', {}, [MODULE]));

const DISABLE = element('disable', 'Switches one extension off.', { name: required(NAME, 'name of the extension') });
const ENABLE = element('enable', 'Switches one extension on, where all="no".', { name: required(NAME, 'name of the extension') });
const EXTENSIONS = once(element('extensions', 'Kernel and core extensions beyond stock Genode 16.08; all are on unless disabled.', {
  all: optional(BOOLEAN, "'no' starts from none; default yes"),
}, [DISABLE, ENABLE]));

const TURN = element('turn', 'One turn: of the tasks that have turns, only this one gets the processor.', {
  task: required(DEBUG_ID, 'debugger id of the task, as in a task list'),
  until: optional(DEBUG_ID, 'debugger id of the kernel object with whose creation the turn ends; default: it ends when nobody can go on without those who wait'),
  hold: optional(DEBUG_IDS, 'debugger ids of threads that wait during this turn although their tasks have no turns or this one: where a slice ended inside a server'),
});
const INTERLEAVING = once(element('interleaving', 'Declares in which order components that start side by side get the processor, where a captured run is to be repeated in which the ends of time slices decided that. Without it the clock decides.', {}, [TURN]));

const PARAMETER = element('parameter', 'A value that the scenario uses as ${NAME} in attributes and in its configuration.', {
  name: required(NAME, 'name of the parameter'),
  value: required(VALUES, 'its value'),
});
const PARAMETERS = once(element('parameters', 'Values with a name.', {}, [PARAMETER]));

const CASE = element('case', 'One value of an axis.', {
  value: required(VALUES, 'the value'),
  name: optional(NAME, 'what the variant is called; default: the value'),
});
const AXIS = element('axis', 'A parameter that takes several values; used as ${NAME}.', {
  name: required(NAME, 'name of the parameter'),
  values: optional(NAMES, 'its values, separated by blanks, for those that need no name of their own'),
}, [CASE]);
const EXCLUDE = withOthers(element('exclude', 'Combinations that are left out: one attribute for each axis that matters, its value a case of that axis.', {}), 'an axis, and the name of one of its cases');
const MATRIX = once(element('matrix', 'Makes one scenario of each combination of values. A variant is called by the names of its cases, joined by dots.', {}, [AXIS, EXCLUDE]));

const XFAIL = element('xfail', 'The scenario is expected to fail; if it passes, that is a failure.', {
  reason: required(TEXT, 'why, in one sentence'),
  variant: optional(VARIANT, "only these variants, '*' standing for any text"),
});

const UNIFY = element('unify', 'Replaces parts of log lines before patterns see them, for what differs from run to run or from board to board.', {
  pattern: required(REGULAR, 'a regular expression; groups may not be repeated if they repeat something themselves'),
  replace: optional(TEXT, 'what stands there instead; default: nothing'),
});

const MACHINE = element('machine', 'A further machine with the same boot modules; steps name it with on=.', {
  name: required(NAME, 'name of the machine'),
  ram: optional(SIZE, 'its memory; default: that of the first'),
  seed: optional(SEED, 'its seed; default: that of the first'),
}, [CONFIG]);

const STEPS = once(element('steps', 'What is done and expected, in order.', {}, ALL_STEP_SCHEMAS));

const PATTERN_LINES = 'lines of a log pattern as in depot autopilot: each from the beginning of a line, in this order, others may stand between';
const CRITERION = {
  log: optional(PATTERN, 'a log line'),
  count: optional(COUNT, 'the how-manieth such line; default 1'),
  after_ms: optional(MILLISECONDS, 'this much virtual time has passed'),
  after_seconds: optional(SECONDS, 'the same in seconds, as in depot autopilot'),
  exit: optional(EXIT_VALUE, 'a child of init exits with this value; together with a pattern both are needed'),
};
const SUCCEED = withText(element('succeed', 'Needed for success besides the steps: the first of these that comes true.', CRITERION), PATTERN_LINES);
const FAIL = withText(element('fail', 'Ends the run as failed. Default: after 60 seconds of virtual time.', CRITERION), PATTERN_LINES);

export const INCLUDE = element('include', 'Stands for the content of another file, of any syntax: its root element, or what is inside it if the root is <fragment> or the element around.', {
  file: required(INCLUDED, 'the file, relative to the including one'),
});

export const SCENARIO = element('scenario', 'A checkpoint/restore scenario.', {
  name: required(SCENARIO_NAME, 'name of the scenario: the name of its file, after FOLDER/ in a folder of run/'),
  genode: optional(choice('16.08', '17.02'), 'dialect of the configuration; default 16.08'),
  platform: optional(choice('foc_pbxa9'), 'kernel and board; default foc_pbxa9'),
  ram: optional(SIZE, "the board's memory; default 256M"),
  seed: optional(SEED, 'seed of everything that may vary; default 0'),
  flavour: optional(choice('rtcr', 'stock'), 'Genode with the patches of the checkpoint/restore project, or without; default rtcr'),
  init: optional(choice('built-in', 'guest'), "which init core starts: Rescap's own, or a compiled one from --boot-dir or <boot>; default built-in"),
  engine: optional(choice('reference', 'fast', 'jit'), 'what executes the instructions; the run is the same with each'),
  preset: optional(NAME, 'strategy of every checkpoint and restore, by the name of a known system; attributes of the step go before'),
  tags: optional(NAMES, 'names for selecting scenarios, separated by blanks'),
  requires: optional(NAMES, 'what must be there for the scenario to be run; else it is skipped, with the reason'),
  doc: optional(TEXT, 'one sentence: what this scenario shows'),
}, [CONFIG, BOOT, EXTENSIONS, INTERLEAVING, PARAMETERS, MATRIX, MACHINE, POINTS, UNIFY, STEPS, XFAIL, SUCCEED, FAIL]);

export const SCHEMAS = {
  SCENARIO, CONFIG, BOOT, MODULE, EXTENSIONS, DISABLE, ENABLE, INTERLEAVING, TURN, PARAMETERS, PARAMETER, MATRIX, AXIS, CASE, EXCLUDE, MACHINE, POINTS, POINT, UNIFY, STEPS, XFAIL, SUCCEED, FAIL, INCLUDE,
} as const;
