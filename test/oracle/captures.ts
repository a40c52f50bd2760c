// Captured boards beside the repository and the scenarios that repeat them: which listing belongs to which component, row by row.
// Test equipment; owns nothing. The captures lie in ../shared/oracle.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseObjectSpace } from '../../src/emu/jdb/object_space.ts';
import type { ObjectSpace } from '../../src/emu/jdb/model.ts';
import { findPackageRoot } from '../../src/cli/context.ts';
import { loadModules } from '../../src/cli/modules.ts';
import { loadScenario } from '../../src/cli/scenarios.ts';
import { compare, slotsOf } from '../../src/runner/capspace/compare.ts';
import type { LogLine } from '../../src/runner/log_lines.ts';
import { runScenario } from '../../src/runner/run.ts';
import { scenarioUntil } from '../../src/runner/until.ts';
import { printThreads } from '../../src/emu/jdb/threads.ts';
import { bootSystem } from '../../src/runtime/boot_system.ts';
import type { System, SystemConfig } from '../../src/runtime/system.ts';
import { programNamed } from '../../src/runtime/native/component.ts';
import { hostedImage } from '../../src/runtime/native/image.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Capture {
  /** Scenario of run/ and the point at which the board was captured. */
  readonly scenario: string;
  readonly point: string;
  /** Folder below the captures, and what stands in the names of its files before "icount". */
  readonly folder: string;
  readonly infix: string;
  /** Debugger id of the task to name of the component. */
  readonly tasks: Readonly<Record<string, string>>;
  /** Goldens that are the captured rows, where they have another name than the component's. */
  readonly goldens?: Readonly<Record<string, string>>;
}

const BEFORE = { 9: 'core', 33: 'init', 71: 'timer', a5: 'target_restorer-tester', 142: 'sheep_counter' };
const AFTER = { 9: 'core', 33: 'init', 71: 'timer', a5: 'target_restorer-tester', 142: 'sheep_counter#1', '1d8': 'sheep_counter#2' };
const AFTER_GOLDENS = {
  core: 'post_core', init: 'post_init', timer: 'post_timer', 'target_restorer-tester': 'post_target_restorer-tester', 'sheep_counter#1': 'sheep_counter', 'sheep_counter#2': 'post',
};

export const CAPTURES: readonly Capture[] = [
  { scenario: 'oracle/log_only', point: 'captured', folder: 'vanilla/log_only', infix: '', tasks: { 9: 'core', 33: 'init', 71: 'log_only' } },
  { scenario: 'oracle/multi_ep', point: 'captured', folder: 'vanilla/multi_ep', infix: '', tasks: { 9: 'core', 33: 'init', 71: 'multi_ep' } },
  { scenario: 'oracle/sheep', point: 'captured', folder: 'vanilla/sheep', infix: '', tasks: { 9: 'core', 33: 'init', 71: 'timer', a5: 'sheep_counter' } },
  { scenario: 'oracle/rtcr_log_only', point: 'captured', folder: 'rtcr-master/log_only', infix: '', tasks: { 9: 'core', 33: 'init', 71: 'log_only' } },
  { scenario: 'oracle/rtcr_sheep', point: 'captured', folder: 'rtcr-master/sheep', infix: '', tasks: { 9: 'core', 33: 'init', 71: 'timer', a5: 'sheep_counter' } },
  { scenario: 'oracle/restore_master', point: 'pre', folder: 'rtcr-master/rtcr_restore', infix: 'pre.', tasks: BEFORE },
  { scenario: 'oracle/restore_master', point: 'post', folder: 'rtcr-master/rtcr_restore', infix: 'post.', tasks: AFTER, goldens: AFTER_GOLDENS },
  { scenario: 'oracle/restore_fixing_restore', point: 'pre', folder: 'rtcr-fixing_restore/rtcr_restore', infix: 'pre.', tasks: BEFORE },
  { scenario: 'oracle/restore_fixing_restore', point: 'post', folder: 'rtcr-fixing_restore/rtcr_restore', infix: 'post.', tasks: AFTER, goldens: AFTER_GOLDENS },
];

export interface TableComparison {
  readonly task: string;
  readonly component: string;
  readonly captured: readonly string[];
  readonly equal: number;
  /** Rows that differ, as captured and as they are here; one of them is empty where only the other side has the row. */
  readonly different: readonly { readonly captured: string; readonly here: string }[];
  /** Slots that do not hold what they held even if objects may have other ids. */
  readonly otherSlots: number;
}

export const captureFolder = (capture: Capture): string => resolve(root, '../shared/oracle', capture.folder);
export const isAtHand = (capture: Capture): boolean => existsSync(captureFolder(capture));

/** Rows of a listing, without remarks. */
export const rowsOf = (text: string): readonly string[] => text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));

export const capturedRows = (capture: Capture, task: string): readonly string[] =>
  rowsOf(readFileSync(join(captureFolder(capture), `objspace_${task}_x.${capture.infix}icount.txt`), 'latin1'));

/** Runs the scenario of a capture to its point and holds every captured table against the one there is. */
export function compareCapture(capture: Capture): readonly TableComparison[] {
  return Object.entries(capture.tasks).map(([task, component]) => {
    const captured = capturedRows(capture, task);
    const here = rowsOf(tableAt(capture.scenario, capture.point, component));
    const label = (row: string): string => row.slice(0, 6);
    const labels = [...new Set([...captured, ...here].map(label))].sort();
    const pairs = labels.map((each) => ({ captured: captured.find((row) => label(row) === each) ?? '', here: here.find((row) => label(row) === each) ?? '' }));
    const different = pairs.filter((pair) => pair.captured !== pair.here);
    const differences = compare(spaceOf(captured), spaceOf(here), 'isomorphic');
    return { task, component, captured, equal: pairs.length - different.length, different, otherSlots: new Set(differences.flatMap(slotsOf)).size };
  });
}

function spaceOf(rows: readonly string[]): ObjectSpace {
  const parsed = parseObjectSpace(rows.join('\n'));
  if (parsed.errors.length > 0) throw new Error(`a table cannot be read: ${JSON.stringify(parsed.errors)}`);
  return parsed.value;
}

const tableAt = (name: string, point: string, task: string): string => runTo(name, point, task).table;

/** The board at a point of a scenario, the table of one task there, and what was logged. */
function runTo(name: string, point: string, task: string): { readonly table: string; readonly system: System; readonly lines: readonly string[] } {
  let booted: System | undefined;
  const boot = (config: SystemConfig): ReturnType<typeof bootSystem> => {
    const system = bootSystem(config);
    if (!('error' in system)) booted = system;
    return system;
  };
  const context = {
    cwd: root, env: {}, out: () => undefined, err: () => undefined, terminal: false, wall_ms: () => performance.now(), boot, packageRoot: findPackageRoot(),
    hostedProgram: (program: string) => {
      const found = programNamed(program);
      return found === undefined ? undefined : hostedImage(found);
    },
  };
  const { scenario } = loadScenario(`run/${name}.xml`, context);
  if (scenario === undefined) throw new Error(`run/${name}.xml has errors`);
  const part = scenarioUntil(scenario, point, task);
  if ('error' in part) throw new Error(part.error);
  const goldens = { folder: '', list: () => [], read: () => undefined, write: () => undefined, remove: () => undefined };
  const lines: string[] = [];
  const observer = { line: ({ text }: LogLine) => void lines.push(text), stepDone: () => undefined };
  const result = runScenario(part, loadModules(scenario, context).modules, { boot, goldens, ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: 60_000 });
  if (result.verdict !== 'passed') throw new Error(`${name}@${point}: ${result.reason}`);
  if (booted === undefined) throw new Error(`${name} was not booted`);
  return { table: result.dumps.at(-1)?.text ?? '', system: booted, lines };
}

/** The captures were taken by hand, a moment after the line: what the last call of the counter had begun is over. */
const MOMENT_US = 30_000;
/** It sleeps a millisecond at a time and is awake as often as not. */
const RESTLESS = 'timeout_schedul';

const threadRows = (text: string): readonly string[] =>
  text.split(/\r?\n/).map((line) => line.trimEnd()).filter((line) => /^ +[0-9a-f]+ [0-9]+ /.test(line) && !line.includes(RESTLESS));

/** The thread lists of a capture and of the board here, without kernel threads' momentary states: nothing differs if both are the same. */
export function compareThreads(capture: Capture): { readonly captured: readonly string[]; readonly here: readonly string[] } {
  const { system } = runTo(capture.scenario, capture.point, 'core');
  system.machine.run({ time_us: MOMENT_US });
  const captured = threadRows(readFileSync(join(captureFolder(capture), `jdb_threads.${capture.infix}icount.txt`), 'latin1'));
  return { captured, here: threadRows(printThreads(system.threads())) };
}

/** What core prints of faults that nobody resolves, without instruction pointers, which are those of a program. */
const faultLines = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => /^(no RM attachment|Warning: (invalid signal-context|could not resolve))/.test(line)).map((line) => line.trimEnd().replaceAll(/(pf_ip=| ip=0x)[0-9a-f]+/g, '$1*'));

/** Lines of unresolved faults in a capture and here. */
export function compareFaults(capture: Capture): { readonly captured: readonly string[]; readonly here: readonly string[] } {
  const captured = readFileSync(join(captureFolder(capture), `serial.${capture.infix}icount.log`), 'latin1').split(/\r?\n/);
  return { captured: faultLines(captured), here: faultLines(runTo(capture.scenario, capture.point, 'core').lines) };
}
