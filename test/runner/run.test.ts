// Tests of the runner against a scripted system: steps, criteria, deadlines, goldens, verdicts. Owns no state.
// Every verdict of result.ts is reached here at least once.

import * as assert from 'uvu/assert';
import type { ThreadRow, ThreadWait } from '../../src/emu/jdb/model.ts';
import { printObjectSpace } from '../../src/emu/jdb/object_space.ts';
import type { DebugId } from '../../src/emu/numbers.ts';
import { acceptPending, type GoldenStore } from '../../src/runner/golden.ts';
import type { RunResult } from '../../src/runner/result.ts';
import { runScenario } from '../../src/runner/run.ts';
import { scenarioUntil } from '../../src/runner/until.ts';
import { NOTE_STUCK } from '../../src/runtime/system.ts';
import { printDiagnostic } from '../../src/scenario/diagnostic.ts';
import type { Scenario } from '../../src/scenario/model.ts';
import { readScenario } from '../../src/scenario/read.ts';
import { suite } from '../kit.ts';
import { bootScripted, type Script, slotEntry, type ScriptedSystem } from './scripted_system.ts';

const test = suite('runner');
const CONFIG = '<config><start name="timer"/><start name="rtcr"><config><child name="sheep"/></config></start></config>';
const SHEEP = 'init -> rtcr -> sheep';

function scenario(inside: string): Scenario {
  const read = readScenario('run/t.xml', new TextEncoder().encode(`<scenario name="t">${CONFIG}${inside}</scenario>`), { extensions: ['install'] });
  if (read.scenario === undefined) throw new Error(read.diagnostics.map(printDiagnostic).join(''));
  return read.scenario;
}

function memoryStore(files: Record<string, string> = {}): GoldenStore & { readonly files: Map<string, string> } {
  const map = new Map(Object.entries(files));
  return { files: map, folder: 'run/t.golden', list: () => [...map.keys()].sort(), read: (file) => map.get(file), write: (file, text) => void map.set(file, text), remove: (file) => void map.delete(file) };
}

const SLOTS = [slotEntry(1, 0x142, 'Task'), slotEntry(0x216, 0x145), slotEntry(0x217, 0x144, 'IRQ'), slotEntry(0x218, 0x198)];
const lines = (...texts: string[]) => texts.map((text) => `[${SHEEP}] ${text}\n`).join('');

function counting(change: Partial<Script> = {}): Script {
  return {
    at: [
      [100, lines('1 sheep. zzZ')],
      [200, `\u001b[34m${lines('2 sheeps. zzZ')}\u001b[0m`],
      [300, lines('3 sheeps. zzZ')],
      [400, lines('4 sheeps. zzZ')],
      [900, () => undefined],
    ],
    components: [
      { label: 'init', task: 0x33, alive: true, slots: [] },
      { label: 'init -> timer', task: 0x71, alive: true, slots: [slotEntry(1, 0x71, 'Task')] },
      { label: SHEEP, task: 0x142, alive: true, slots: [...SLOTS] },
    ],
    ...change,
  };
}

interface Options {
  readonly script?: () => Script;
  readonly goldens?: GoldenStore;
  readonly ci?: boolean;
  readonly wall_ms?: () => number;
}

function run(inside: string | Scenario, { script = counting, goldens = memoryStore(), ci = false, wall_ms = () => 0 }: Options = {}): { result: RunResult; log: string[]; systems: ScriptedSystem[] } {
  const log: string[] = [];
  const { boot, systems } = bootScripted(script);
  const observer = { line: ({ text }: { text: string }) => void log.push(text), stepDone: ({ number, state }: { number: number; state: string }) => void log.push(`step ${number} ${state}`) };
  const result = runScenario(typeof inside === 'string' ? scenario(inside) : inside, [], { boot, goldens, ci, observer, wall_ms, wall_limit_ms: 1000 });
  return { result, log, systems };
}

const verdict = (result: RunResult) => `${result.verdict}: ${result.reason}`;

const waiting = (id: number, wait: ThreadWait): ThreadRow =>
  ({ id: id as DebugId, cpu: 0, name: `t${id}`, priority: 128, task: 1 as DebugId, wait, timeout: { kind: 'none' }, states: [], cut: false });

/** Restores the sheep as a new task, its slots renamed and changed as told. */
function restoring(change: (slots: typeof SLOTS) => typeof SLOTS): () => Script {
  return () =>
    counting({
      control: (command, system) => {
        if (command.kind === 'kill') system.component(SHEEP).alive = false;
        if (command.kind === 'restore') system.script.components.push({ label: SHEEP, task: 0x1d8, alive: true, slots: change(SLOTS.map((entry) => slotEntry(entry.slot, entry.id + 0x100, entry.type))) });
        return { after_ms: 2, outcome: { ok: true, facts: { threads: 3 } } };
      },
    });
}

const CYCLE = '<await log="* 3 sheeps"/><checkpoint name="third" of="rtcr -> sheep"/><kill child="rtcr -> sheep"/><restore from="third" as="rtcr -> sheep"/>';

test('lines are streamed without escape codes, and steps end right behind the line they wait for', () => {
  const { result, log } = run('<steps><await log="* 2 sheeps. zzZ"/></steps>');
  assert.equal(log, [`[${SHEEP}] 1 sheep. zzZ`, `[${SHEEP}] 2 sheeps. zzZ`, 'step 1 passed']);
  assert.is(verdict(result), 'passed: all steps passed');
  assert.is(result.time_us, 200_000);
});

test('one await does not match the line of the one before, even in one piece of console output', () => {
  const script = () => counting({ at: [[1, lines('a', 'b', 'a', 'c')]] });
  assert.is(run('<steps><await log="* a"/><await log="* a"/><await log="* c"/></steps>', { script }).result.verdict, 'passed');
  assert.is(run('<steps><await log="* a"/><await log="* a"/><await log="* b"/></steps>', { script }).result.verdict, 'timeout');
});

test('an await counts lines', () => {
  const { result } = run('<steps><await log="* sheeps*zzZ" count="1"/><await log="*zzZ" count="2"/></steps>');
  assert.is(result.time_us, 400_000);
});

test('lines from before a control step are past', () => {
  const { result } = run(`<steps>${CYCLE}<await log="* 2 sheeps" within_ms="300"/></steps>`, { script: restoring((slots) => slots) });
  assert.is(verdict(result), 'timeout: log "* 2 sheeps" did not come within 300 ms');
});

test('a moment of virtual time is reached exactly, whether or not anything happens then', () => {
  assert.is(run('<steps><await time_ms="150"/></steps>').result.time_us, 150_000);
  assert.is(run('<steps><await time_ms="5000"/></steps>', { script: () => counting({ at: [] }) }).result.verdict, 'passed');
});

test('a line that does not come in time is a timeout that names the last line', () => {
  const { result } = run('<steps><await log="* 9 sheeps" within_ms="250"/><mark name="m"/></steps>');
  assert.is(verdict(result), 'timeout: log "* 9 sheeps" did not come within 250 ms');
  assert.equal(result.steps.map(({ state }) => state), ['failed', 'not reached']);
  assert.match(result.steps[0]?.message[1] ?? '', /the last line was: .* 2 sheeps/);
});

test('a board on which nothing can happen any more ends the run at once', () => {
  assert.match(verdict(run('<steps><await log="never"/></steps>').result), /^timeout: log "never" did not come: nothing can happen any more/);
});

test('a line that does not come because core serves nobody any more is a timeout that says so, unless that is over', () => {
  const polls = (over: boolean) => (system: ScriptedSystem) => system.emit({ kind: 'note', what: NOTE_STUCK, detail: { rpc: 'Cpu_thread.pause', ...(over ? { over } : { thread_slot: 0x217 }) } }, 0x142);
  const stuck = (...more: Script['at']) => () => counting({ at: [[10, polls(false)], ...more, [900, () => undefined]], threads: [waiting(0x144, { kind: 'none' })] });
  const words = 'core stands in Cpu_thread.pause and polls for thread "t324", which does not come back to its program; nobody is served meanwhile';
  assert.is(verdict(run('<steps><await log="never" within_ms="250"/></steps>', { script: stuck() }).result), `timeout: log "never" did not come within 250 ms; ${words}`);
  assert.is(verdict(run('<steps><await log="never" within_ms="250"/></steps>', { script: stuck([20, polls(true)]) }).result), 'timeout: log "never" did not come within 250 ms');
});

test('a line that does not come because two threads wait for each other is a timeout that names them', () => {
  const threads = [waiting(7, { kind: 'to', receiver: 8 as DebugId }), waiting(8, { kind: 'from', partner: 7 as DebugId, is: 'thread' })];
  assert.match(verdict(run('<steps><await log="never"/></steps>', { script: () => counting({ threads }) }).result), /every thread waits for ever \(at \d+ ms\); thread "t7" and thread "t8" wait for each other; nobody is served by them any more$/);
});

test('the virtual deadline is a timeout, the default one says so', () => {
  const ticking = (): Script => counting({ at: [[70_000, () => undefined]] });
  assert.is(verdict(run('<steps><await log="never"/></steps><fail after_ms="350"/>', { script: ticking }).result), 'timeout: log "never" did not come: fail: 350 ms of virtual time are over');
  assert.match(verdict(run('<succeed log="never"/>', { script: ticking }).result), /^timeout: 60000 ms of virtual time are over \(the default/);
});

test('the wall clock stands behind the virtual deadline', () => {
  let now = 0;
  assert.match(verdict(run('<succeed log="never"/>', { wall_ms: () => (now += 600) }).result), /^timeout: the run took longer than 1000 ms/);
});

test('a fail line ends the run, with its count', () => {
  const { result } = run('<steps><await log="* 4 sheeps"/></steps><fail log="*zzZ" count="3"/>');
  assert.is(verdict(result), `failed: fail: log "*zzZ" (number 3): [${SHEEP}] 3 sheeps. zzZ`);
  assert.is(result.time_us, 300_000);
});

test('success needs the steps and a succeed criterion', () => {
  assert.is(run('<steps><mark name="m"/></steps><succeed log="* 2 sheeps"/>').result.time_us, 200_000);
  assert.is(run('<steps><await log="* 3 sheeps"/></steps><succeed log="* 2 sheeps"/>').result.time_us, 300_000);
  assert.is(run('<succeed after_ms="250"/>').result.time_us, 250_000);
  assert.is(run('<steps><mark name="m"/></steps><succeed log="* 9 sheeps"/><fail after_ms="500"/>').result.verdict, 'timeout');
});

test('expectations about the log look at all of it, or at what came since a mark', () => {
  const steps = (inside: string) => run(`<steps><await log="* 2 sheeps"/><mark name="m"/><await log="* 4 sheeps"/>${inside}</steps>`).result;
  assert.is(steps('<expect-log log="* 1 sheep." count="1"/><expect-log log="* 3 sheeps" since="m"/><expect-no-log log="* 1 sheep." since="m"/>').verdict, 'passed');
  assert.is(verdict(steps('<expect-log log="* 1 sheep." since="m"/>')), 'failed: no line matched "* 1 sheep."');
  assert.is(verdict(steps('<expect-log log="*zzZ" count="3"/>')), 'failed: 4 lines, not 3, matched "*zzZ"');
  assert.match(verdict(steps('<expect-no-log log="* 3 sheeps"/>')), /^failed: a line matched/);
});

test('checkpoint, kill and restore are posted with just the strategy that was written', () => {
  const { result, systems } = run('<steps><checkpoint name="c" of="init -> rtcr -> sheep" utcb="zero"/><restore from="c" as="rtcr -> sheep"/></steps>');
  assert.is(result.verdict, 'passed');
  assert.equal(systems[0]?.commands, [
    { kind: 'checkpoint', of: 'rtcr -> sheep', name: 'c', strategy: { utcb: 'zero' } },
    { kind: 'restore', from: 'c', as: 'rtcr -> sheep', strategy: {} },
  ]);
  assert.equal(result.extensions_used, ['install']);
});

test('refused, failed and unending commands fail the scenario in words', () => {
  const control = (answer: ReturnType<NonNullable<Script['control']>>) => run('<steps><checkpoint name="c" of="rtcr -> sheep"/><mark name="m"/></steps><fail after_ms="500"/>', { script: () => counting({ control: () => answer }) }).result;
  assert.is(verdict(control({ refusal: 'defects=on is not in this version' })), 'failed: checkpoint was refused: defects=on is not in this version');
  assert.is(verdict(control({ after_ms: 1, outcome: { ok: false, message: 'thread ep cannot be drained' } })), 'failed: checkpoint failed: thread ep cannot be drained');
  assert.is(verdict(control({ after_ms: 600, outcome: { ok: true, facts: {} } })), 'timeout: checkpoint did not end: fail: 500 ms of virtual time are over');
});

test('a restored space is the same up to ids, and not with a lost semaphore', () => {
  const steps = `<steps>${CYCLE}<expect-caps same-as="third"/></steps>`;
  assert.is(run(steps, { script: restoring((slots) => slots) }).result.verdict, 'passed');
  const lost = run(steps, { script: restoring((slots) => slots.filter(({ slot }) => slot !== 0x217)) }).result;
  assert.is(verdict(lost), "failed: the capability space differs from 'third'");
  assert.match(lost.steps.at(-1)?.message.join('\n') ?? '', /1 lost\nlost: 0x217 IRQ, the signal source's semaphore\n/);
});

test('slots listed as missing must be lost, and nothing else', () => {
  const steps = `<steps>${CYCLE}<expect-caps same-as="third" missing="0x217"/></steps>`;
  assert.is(run(steps, { script: restoring((slots) => slots.filter(({ slot }) => slot !== 0x217)) }).result.verdict, 'passed');
  assert.match(run(steps, { script: restoring((slots) => slots) }).result.steps.at(-1)?.message.join() ?? '', /kept: 0x217 IRQ was to be lost/);
  assert.is(run(steps, { script: restoring((slots) => slots.filter(({ slot }) => slot < 0x217)) }).result.verdict, 'failed');
});

test('rows that do not count are not compared', () => {
  const steps = (rows: string) => `<steps>${CYCLE}<expect-caps same-as="third" rows="${rows}"/></steps>`;
  const script = restoring((slots) => slots.filter(({ slot }) => slot !== 0x217));
  assert.is(run(steps('0-0x216'), { script }).result.verdict, 'passed');
  assert.is(run(steps('0x200-0x21f'), { script }).result.verdict, 'failed');
});

const GOLDEN_STEPS = '<steps><dump name="d" task="sheep"/><expect-caps at="d" golden="d.caps"/></steps>';
const LISTING = printObjectSpace({ slots: SLOTS });

test('a golden that is the same passes and clears what was pending', () => {
  const goldens = memoryStore({ 'd.caps': `# board of the lab\n${LISTING}`, 'd.caps.new': 'old' });
  const { result } = run(GOLDEN_STEPS, { goldens });
  assert.is(result.verdict, 'passed');
  assert.equal(result.goldens, [{ file: 'd.caps', state: 'same' }]);
  assert.not(goldens.files.has('d.caps.new'));
});

test('a missing golden fails and leaves a pending one with the command that accepts it', () => {
  const goldens = memoryStore();
  const { result } = run(GOLDEN_STEPS, { goldens });
  assert.is(verdict(result), 'golden: golden missing: run/t.golden/d.caps');
  assert.is(goldens.files.get('d.caps.new'), LISTING);
  assert.match(result.steps[1]?.message.at(-1) ?? '', /rescap review t$/);
});

test('a different golden fails in words, a broken one with its place', () => {
  const different = run(GOLDEN_STEPS, { goldens: memoryStore({ 'd.caps': LISTING.replace('00144* IRQ', '00144* Gate') }) }).result;
  assert.is(verdict(different), 'golden: golden mismatch: d.caps');
  assert.match(different.steps[1]?.message.join('\n') ?? '', /retargeted: 0x217 was Gate/);
  assert.match(verdict(run(GOLDEN_STEPS, { goldens: memoryStore({ 'd.caps': '000000 : nonsense\n' }) }).result), /^golden: golden unreadable: run\/t\.golden\/d\.caps:1:/);
});

test('with CI set nothing is written, and an obsolete golden fails', () => {
  const empty = memoryStore();
  assert.is(run(GOLDEN_STEPS, { goldens: empty, ci: true }).result.verdict, 'golden');
  assert.is(empty.files.size, 0);
  const goldens = memoryStore({ 'd.caps': LISTING, 'old.caps': LISTING });
  assert.is(verdict(run(GOLDEN_STEPS, { goldens, ci: true }).result), 'golden: golden obsolete: no step names run/t.golden/old.caps');
  const local = run(GOLDEN_STEPS, { goldens }).result;
  assert.is(local.verdict, 'passed');
  assert.equal(local.notes, ['golden obsolete: no step names run/t.golden/old.caps']);
});

test('log lines are those of a golden: all that match, in order, none more', () => {
  const steps = (golden: string | undefined, ci = false) => {
    const goldens = memoryStore(golden === undefined ? {} : { 'flock.log': golden });
    return { goldens, result: run('<steps><await log="* 2 sheeps*"/><mark name="m"/><await log="* 4 sheeps*"/><expect-log log="*sheeps*" golden="flock.log" since="m"/></steps>', { goldens, ci }).result };
  };
  const wanted = lines('3 sheeps. zzZ', '4 sheeps. zzZ');
  assert.is(steps(wanted).result.verdict, 'passed');
  const first = steps(undefined);
  assert.is(first.result.verdict, 'golden');
  assert.is(first.goldens.files.get('flock.log.new'), wanted);
  assert.equal(acceptPending(first.goldens, { name: 't', steps: [] }, () => true), ['flock.log']);
  const other = steps(lines('3 sheeps. zzZ', '3 sheeps. zzZ', '4 sheeps. zzZ'), true);
  assert.equal(other.result.steps.at(-1)?.message, ['golden mismatch: flock.log', `  [${SHEEP}] 3 sheeps. zzZ`, `- [${SHEEP}] 3 sheeps. zzZ`, `  [${SHEEP}] 4 sheeps. zzZ`]);
  assert.equal(other.result.goldens, [{ file: 'flock.log', state: 'different' }]);
});

test('a run that stopped early calls no golden obsolete', () => {
  const { result } = run('<steps><await log="never"/></steps>', { goldens: memoryStore({ 'old.caps': LISTING }), ci: true });
  assert.equal(result.goldens, []);
});

test('metadata of another scenario or format is refused before anything runs', () => {
  assert.match(verdict(run(GOLDEN_STEPS, { goldens: memoryStore({ 'golden.json': '{"format": 1, "scenario": "other", "strategies": []}' }) }).result), /belongs to the scenario 'other'/);
  assert.match(verdict(run(GOLDEN_STEPS, { goldens: memoryStore({ 'golden.json': '{"format": 2}' }) }).result), /^golden: .*format 2/);
});

test('steps after a failed expectation are executed, and the gravest failure decides', () => {
  const { result } = run('<steps><dump name="d" task="sheep"/><expect-caps at="d" golden="d.caps"/><expect-log log="never"/><mark name="m"/></steps>');
  assert.equal(result.steps.map(({ state }) => state), ['passed', 'failed', 'failed', 'passed']);
  assert.is(result.verdict, 'failed');
});

test('a dump of an unknown or ambiguous task fails with what there is', () => {
  assert.match(verdict(run('<steps><dump name="d" task="wolf"/></steps>').result), /no task is called 'wolf'; living tasks: init, init -> timer, init -> rtcr -> sheep/);
});

test('faults are told with component, thread and place', () => {
  const script = () =>
    counting({
      at: [
        [5, (system) => system.emit({ kind: 'page_fault', address: 0x40, pc: 0x100ed34, write: false }, 0x142, 0x173)],
        [6, 'no RM attachment (READ pf_addr=40 pf_ip=100ed34 from 41e000)\n'],
        [7, 'done\n'],
      ],
    });
  const { result } = run('<succeed log="done"/>', { script });
  assert.equal(result.faults, [{ time_us: 6000, task: 0x142, thread: 0x173, pc: 0x100ed34, address: 0x40, component: SHEEP, message: 'no RM attachment (READ pf_addr=40 pf_ip=100ed34 from 41e000)' }]);
});

test('exceptions are faults, but not the one that pausing a thread raises', () => {
  const exception = (reason: string) => (system: ScriptedSystem) => system.emit({ kind: 'exception', error: 0, address: 0, pc: 0x1000, reason }, 0x71, 0x89);
  const { result } = run('<succeed after_ms="10"/>', { script: () => counting({ at: [[5, exception('triggered')], [6, exception('undefined instruction (udf)')]] }) });
  assert.equal(result.faults.map(({ message, component }) => `${component}: ${message}`), ['init -> timer: exception: undefined instruction (udf)']);
});

test('a clock that ends a fraction short of a moment does not stop the run from going on', () => {
  const short: Script = counting({ at: [[900, () => undefined]] });
  const { boot } = bootScripted(() => short);
  const slow: typeof boot = (config) => {
    const system = boot(config);
    if ('error' in system) return system;
    const { machine } = system;
    const run = machine.run.bind(machine);
    Object.defineProperty(machine, 'run', { value: (limit: { time_us?: number }) => run({ time_us: Math.max(0, (limit.time_us ?? 0) - 0.5) }) });
    return system;
  };
  const result = runScenario(scenario('<steps><await time_ms="100"/></steps>'), [], { boot: slow, goldens: memoryStore(), ci: false, observer: { line: () => undefined, stepDone: () => undefined }, wall_ms: () => 0, wall_limit_ms: 1 });
  assert.is(verdict(result), 'passed: all steps passed');
});

test('a defect of the emulator is an internal error with what was done so far', () => {
  const script = () => counting({ at: [[1, lines('1')], [2, () => { throw new Error('assertion: thread 173 is in two queues'); }]] });
  const { result } = run('<steps><await log="*1"/><await log="*2"/></steps>', { script });
  assert.is(verdict(result), 'internal: assertion: thread 173 is in two queues');
  assert.equal(result.steps.map(({ state }) => state), ['passed', 'not reached']);
});

test('a system that does not boot fails in its own words', () => {
  const result = runScenario(scenario('<succeed log="x"/>'), [], { boot: () => ({ error: 'no module init' }), goldens: memoryStore(), ci: false, observer: { line: () => undefined, stepDone: () => undefined }, wall_ms: () => 0, wall_limit_ms: 1 });
  assert.is(verdict(result), 'failed: the system does not boot: no module init');
});

test('the same run gives the same result', () => {
  const once = () => JSON.stringify(run(`<steps>${CYCLE}<expect-caps same-as="third"/></steps>`, { script: restoring((slots) => slots) }).result);
  assert.is(once(), once());
});

test('a scenario is cut at a point, and a task can be named there', () => {
  const whole = scenario(`<points><point name="p" on="time" time_ms="5"/></points><steps>${CYCLE}<expect-caps same-as="third"/></steps>`);
  const cut = scenarioUntil(whole, 'third', undefined);
  assert.equal('error' in cut ? [] : cut.steps.map(({ kind }) => kind), ['await', 'checkpoint']);
  const other = scenarioUntil(whole, 'third', 'timer');
  assert.is('error' in other ? '' : run(other).result.dumps.at(-1)?.task, 'init -> timer');
  assert.equal(scenarioUntil(whole, 'p', undefined), { error: "point 'p' belongs to no task", help: 'name one with --task' });
  assert.equal(scenarioUntil(whole, 'thrid', undefined), { error: "scenario 't' has no point 'thrid'", help: "did you mean 'third'?" });
});

test.run();
