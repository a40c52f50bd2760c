// Random system calls of three threads in two tasks, thousands of sequences from one seed, in half of them with threads that outrank each
// other in turns: the host never fails, and the kernel's invariants hold after every call. A failure names its sequence; FUZZ_FIRST=N FUZZ_SEQUENCES=1 repeats the N-th one.

import * as assert from 'uvu/assert';
import { EXTENSIONS } from '../../../src/emu/fiasco/extensions.ts';
import { encodeMachineState } from '../../../src/emu/machine_state.ts';
import { Dice } from '../../dice.ts';
import { suite } from '../../kit.ts';
import { ScriptedBoard, type Step, UTCB_AREA, bindThread, capItem, createGate, createIrq, createTask, createThread, exRegs, fill, give, halt, invoke, runThread, sel, startLocal } from './scripted.ts';

const SEED = 0x5eed_0001;
const SEQUENCES = Number(process.env['FUZZ_SEQUENCES'] ?? 1500);
const FIRST = Number(process.env['FUZZ_FIRST'] ?? 0);
const CALLS_MAX = 12;
/** About one system call of one thread; half a one and some, where a sequence says so. */
const SLICE = 1200;
const SLICES = [SLICE, SLICE, 400, 5000];
const SLICES_MAX = 60;

const test = suite('system-call fuzz', { timeout_ms: 120_000 });

interface Call {
  readonly target: number;
  readonly tag: number;
  readonly timeouts: number;
  readonly mrs: readonly number[];
  readonly buffers: readonly number[];
}
type Sequence = Readonly<Record<'main' | 'second' | 'child', readonly Call[]>>;

/** What happens to the threads between their calls: who outranks whom, and how long they run before the kernel is looked at. */
interface Course {
  readonly slice: number;
  /** Before the n-th slice: the thread, in the order of their ids, and its priority. */
  readonly turns: readonly (readonly [thread: number, priority: number] | null)[];
}

const SLOTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207, 0x208, 0x209, 0x20a, 0x300, 0xf_ffff];
const OPS = [0, 1, 2, 3, 3, 3, 6, 7, 9, 0xb, 0xf, 0xf, 0x803, 0x802, 0x80f, 0x806, 0x801];
const LABELS = [0, 0, 1, -1, -1, -2, -5, -6, -10, -11, -11, -12, -12, -13, -14, -15, -15, -21];
const SMALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x11, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0xffff_ffff];
const TYPES = [0, -1, -11, -12, -15, -16, -20].map((code) => code >>> 0);
const FLAGS = [0x1_0001, 0x2_0001, 0x3_0001, 0x121_0000, 0x61_0000, 0x40_0000, 0x8000_0000, 0xc000_0000, 0x20_0000, 0x1_0000, 0xbfff_0600, UTCB_AREA, 0xf0_0001];
const PAGES = [0x7049_0, 0x7100_0, 0x7050_0, 0xbfff_0, 0x2800_0, 0];
/** None, never, one and two milliseconds, and an absolute one. */
const TIMEOUTS = [0x0400_0400, 0x0400_0000, 0x0000_0400, 0, 0, 0x2801_2801, 0x2802_2801, 0x0400_2802, 0x2802_0400, 0x8003_8003];

function randomWord(dice: Dice): number {
  const slot = () => (dice.of(SLOTS) << 12) >>> 0;
  switch (dice.below(8)) {
    case 0:
      return dice.word();
    case 1:
      return (slot() | (dice.of([0, 0, 0, 2, 5, 20]) << 6) | 0x30 | dice.below(16)) >>> 0;
    case 2:
      return ((dice.of(PAGES) << 12) | (dice.of([11, 12, 12, 14, 20, 32, 63]) << 6) | 0x10 | dice.below(16)) >>> 0;
    case 3:
      return dice.of(FLAGS);
    case 4:
      return dice.of(TYPES);
    case 5:
      return (slot() | dice.of([8, 8, 0xa, 9])) >>> 0;
    default:
      return dice.of(SMALL);
  }
}

/** Where set-up left threads, IRQ senders, and gates; the child task knows some of them under these numbers. */
const THREADS = [3, 0x200, 0x206, 0x208];
const IRQS = [0x204, 0x207, 0x209];
const GATES = [0x202, 0x203, 9, 0x20a];

/** A call that means something, with arguments that mostly exist. */
function likelyCall(dice: Dice): Call {
  const slot = dice.of(SLOTS);
  const item = (of: number): readonly number[] => [8, ((of << 12) | 0x37) >>> 0];
  const call = (target: number, tag: number, mrs: readonly number[] = [], op = 3, timeouts = dice.of(TIMEOUTS)): Call => ({
    target: ((target << 12) | op) >>> 0, tag: tag >>> 0, timeouts, mrs, buffers: [0, (dice.of([slot, 0x208, 0x209, 0x300]) << 12) | 0xa, 0, 0],
  });
  const create = (type: number, ...more: readonly number[]) => call(dice.of([2, 2, 2, 0x208, 0x300]), 0xfff1_0000 | (1 + more.length), [type >>> 0, ...more]);
  const [thread, irq, gate] = [dice.of(THREADS), dice.of(IRQS), dice.of(GATES)];
  switch (dice.below(24)) {
    case 0:
      return call(irq, 0xffff_0042, [1, dice.word(), ...item(thread)]);
    case 1:
      return call(irq, 0xffff_0001, [1]);
    case 2:
    case 3:
      return call(irq, 0xffff_0001, [2], 1);
    case 4:
    case 5:
      return call(irq, 0xffff_0001, [dice.of([0, 4])]);
    case 6:
    case 7:
      return call(gate, dice.of([0, 2, 0x41]), item(dice.of([irq, thread, gate])), dice.of([1, 3, 3, 7]));
    case 8:
    case 9:
      return call(thread, dice.of([0, 2, 0x41]), item(gate), dice.of([1, 3, 7, 7, 2, 6]), dice.of([0, ...TIMEOUTS]));
    case 10:
    case 11:
      return call(0xf_ffff, dice.of([0, 1, 0x41]), item(irq), dice.of([0x806, 0x80f, 0x80f]));
    case 12:
      return call(thread, 0xfff4_0003, [dice.of([1, 0x1_0001, 0x2_0001, 0x3_0001]), dice.of([0xffff_ffff, 0xffff_ffff, 0x1000]), 0xffff_ffff]);
    case 13:
      return call(1, 0xfff5_0003, [1, dice.of([0xc000_0000, 0x8000_0000]), ((dice.of([thread, irq, gate, 0x205, slot]) << 12) | 0x37) >>> 0]);
    case 14:
      return create(dice.of([0, -1, -1, -11, -12, -15]), 0, dice.of([0, 0x148, 1, 9000]), ...(dice.below(2) === 0 ? item(thread) : []));
    case 15:
      return call(gate, 0xfff6_0042, [dice.of([0x10, 0x10, 0x11, 0]), 0x160, ...item(thread)]);
    case 16:
      return call(7, 0xfff2_0045, [1, 0, 1, dice.of([1, 100, 128, 128, 129, 200]), dice.of([0, 2000]), ...item(thread)]);
    case 17:
      return call(dice.of([1, 0x205]), 0xfff5_0043, [0, ((dice.of(SLOTS) << 12) | dice.of([8, 8, 0xa])) >>> 0, ((dice.of([thread, irq, gate, slot]) << 12) | 0x37) >>> 0, ...item(1)]);
    case 18:
      return call(0x207, 0xffff_0041, [3, ...item(irq)]);
    case 19:
      return call(thread, 0xfff4_0046, [dice.of([0x20_0000, 0x1_0000, 0x40_0000, 0x121_0000]), 4 << 12, 0, 0, dice.of([0, 0x40_0000]), dice.of([0xbfff_0600, UTCB_AREA + 0x200]), ...item(dice.of([1, 0x205]))]);
    case 20:
      return call(thread, 0xfff4_0001 | (dice.below(2) === 0 ? 0x41 : 0), [dice.of([2, 3, 5, 0x20, 0x21, 0x20, 0x21]), ...item(irq)]);
    case 21:
      return call(thread, 0xfff4_0005, [6, 0, 0, 0xff, 0x33]);
    case 22:
      return call(dice.of([5, 6, 7]), 0xffff_0042, [dice.of([0, 0, 1, 4, 5]), dice.of([0, 0, 9, 40]), ...item(irq)]);
    default:
      return call(0xf_ffff, 0, [], 0x802);
  }
}

function randomCall(dice: Dice): Call {
  if (dice.below(4) > 0) return likelyCall(dice);
  const slot = () => (dice.of(SLOTS) << 12) >>> 0;
  return {
    target: (slot() | dice.of(OPS)) >>> 0,
    tag: ((dice.of(LABELS) << 16) | dice.of([0, 0, 0, 0x1000, 0x2000, 0x8000]) | (dice.below(4) << 6) | dice.below(13)) >>> 0,
    timeouts: dice.of(TIMEOUTS),
    mrs: Array.from({ length: 10 }, () => randomWord(dice)),
    buffers: [dice.of([0, 0, 0, 0x21, 0x1f, 0xffff_ffff]), dice.below(5) === 0 ? 8 : (slot() | dice.of([0xa, 0xa, 0xe])) >>> 0, randomWord(dice), randomWord(dice)],
  };
}

const plain = (target: number, tag: number, mrs: readonly number[] = [], timeouts = 0): Call => ({ target: target >>> 0, tag: tag >>> 0, timeouts, mrs, buffers: [0, 0, 0, 0] });
const YIELD = plain(0xffff_f802, 0, [], 0x0400_0400);
const WAIT_OPEN = plain(0xffff_f806, 0);
const deleteSlot = (slot: number): Call => plain(0x1003, 0xfff5_0003, [1, 0xc000_0000, ((slot << 12) | 0x37) >>> 0]);
/** The child calls the second thread through its gate. */
const CALL_SECOND = plain(0x9003, 0, [1, 2]);

const createIn = (factory: number, slot: number, type: number, argument: number): Call => ({ ...plain((factory << 12) | 3, 0xfff1_0003, [type >>> 0, 0, argument]), buffers: [0, (slot << 12) | 0xa, 0, 0] });
/**
 * How some sequences begin, because chance hardly ever leads there: a caller and a receiver that are deleted in the middle of it, a factory
 * that is deleted before what it made, the root task's factory deleted, an IRQ that is deleted while a pin is bound to it.
 */
const BEGINNINGS: readonly Partial<Sequence>[] = [
  {},
  { main: [YIELD, YIELD, deleteSlot(0x206), YIELD], second: [WAIT_OPEN, YIELD, YIELD], child: [CALL_SECOND] },
  { main: [YIELD, YIELD, deleteSlot(0x200), YIELD], second: [YIELD, YIELD, YIELD], child: [CALL_SECOND] },
  {},
  { main: [createIn(2, 0x300, -15, 9000), createIn(0x300, 0x208, -12, 0), createIn(0x300, 0x209, -15, 100), deleteSlot(0x300), deleteSlot(0x208)] },
  { main: [createIn(2, 0x300, -15, 9000), deleteSlot(2), createIn(0x300, 0x208, -1, 0)] },
  { main: [plain(0x6003, 0xffff_0042, [0, 40, 8, 0x20_4037]), deleteSlot(0x204)] },
];

function randomSequence(number: number): Sequence {
  const dice = new Dice(SEED + number * 0x9e37_79b9);
  for (let i = 0; i < 8; i++) dice.word();
  const calls = () => Array.from({ length: dice.below(CALLS_MAX + 1) }, () => randomCall(dice));
  const beginning = BEGINNINGS[number % BEGINNINGS.length] ?? {};
  const part = (name: keyof Sequence) => [...(beginning[name] ?? []), ...calls()].slice(0, CALLS_MAX);
  return { main: part('main'), second: part('second'), child: part('child') };
}

/** Every other sequence keeps its threads at one priority, so that they take turns as they block. */
function randomCourse(number: number): Course {
  const dice = new Dice(SEED ^ (number * 0x85eb_ca6b));
  for (let i = 0; i < 8; i++) dice.word();
  const turn = (): Course['turns'][number] => (dice.below(3) > 0 ? null : [dice.below(8), dice.of([0x7f, 0x80, 0x80, 0x81, 0xff])]);
  return { slice: dice.of(SLICES), turns: number % 2 === 0 ? [] : Array.from({ length: SLICES_MAX }, turn) };
}

/** The board of all sequences; whose turn it is, is read from `present` when a step is executed. */
function fuzzedBoard(extended: boolean): { readonly board: ScriptedBoard; readonly set: (sequence: Sequence) => void } {
  let present: Partial<Sequence> = {};
  const steps = (name: keyof Sequence): Step[] =>
    Array.from({ length: CALLS_MAX }, (_, i): Step => (cpu) => {
      const call = present[name]?.[i];
      if (call === undefined) fill(cpu, { tag: 0, to: 0xffff_f802 });
      else fill(cpu, { tag: call.tag, to: call.target, timeouts: call.timeouts, mrs: call.mrs, buffers: call.buffers });
      return { kind: 'invoke', used: 100 };
    });
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        createTask(0x205),
        give(0x205, 0x205, 1),
        ...[2, 5, 6, 7].map((slot) => give(0x205, slot, slot)),
        invoke({ tag: 0xfff5_0043, to: sel(0x205), mrs: [0, 0x7040_0008, 0x7040_0517, ...capItem(1)] }),
        createThread(0x206),
        runThread(0x206),
        bindThread(0x206, 0x205, UTCB_AREA, 4),
        createIrq(0x204),
        invoke({ tag: 0xfff1_0003, to: sel(2), mrs: [0xffff_ffff, 0, 1], buffers: [0, 0x20_700a] }),
        ...startLocal(at, 0x200, 1, 'second'),
        createGate(0x202, 0x148, 0x200),
        createGate(0x203, 0x150, 3),
        // A gate without thread.
        invoke({ tag: 0xfff1_0003, to: sel(2), mrs: [0, 0, 0x158], buffers: [0, 0x20_a00a] }),
        give(0x205, 0x202, 9),
        give(0x205, 0x204, 0x204),
        exRegs(0x206, at.entry('child')),
        ...steps('main'),
        halt(),
      ],
      second: steps('second'),
      child: steps('child'),
    }),
    { extensions: extended ? EXTENSIONS.map(({ name }) => name) : [] },
  );
  return {
    board,
    set: (sequence) => {
      present = sequence;
    },
  };
}

/** What a sequence left can be saved and restored, and is the same then. */
function holdRestored(board: ScriptedBoard, extended: boolean, number: number): void {
  const state = board.machine.save();
  const { machine } = new ScriptedBoard(() => ({ main: [], second: [], child: [] }), { state, extensions: extended ? EXTENSIONS.map(({ name }) => name) : [] });
  const wrong = machine.kernel.check();
  if (wrong.length > 0) assert.unreachable(`sequence ${number}, restored: ${wrong.join('; ')}`);
  const same = Buffer.compare(encodeMachineState(machine.save()), encodeMachineState(state)) === 0;
  assert.ok(same, `sequence ${number}: saved, restored and saved again it is something else`);
}

function runAll(extended: boolean, first: number, count: number): number {
  const { board, set } = fuzzedBoard(extended);
  const { machine } = board;
  const { kernel } = machine;
  // Set-up is over when the child has been started.
  while (kernel.threads().length < 5 || kernel.threads().some((thread) => thread.bound && (thread.state & 0x200) !== 0)) machine.run({ instructions: 200 });
  const ready = machine.snapshot();
  let calls = 0;
  for (let number = first; number < first + count; number++) {
    machine.rewind(ready);
    const sequence = randomSequence(number);
    const { slice: length, turns } = randomCourse(number);
    set(sequence);
    calls += Object.values(sequence).reduce((sum, part) => sum + part.length, 0);
    let highest = kernel.objects.next;
    let living = new Map(kernel.objects.all().map((object) => [object.id, object]));
    const hold = (when: string) => {
      const wrong = kernel.check();
      if (kernel.objects.next < highest) wrong.push('debugger ids went back');
      const all = kernel.objects.all();
      if (all.some((object) => object.id < highest && living.get(object.id) !== object)) wrong.push('a debugger id was used again');
      highest = kernel.objects.next;
      living = new Map(all.map((object) => [object.id, object]));
      if (wrong.length > 0) assert.unreachable(`sequence ${number} (extensions ${extended ? 'on' : 'off'}), ${when}: ${wrong.join('; ')}`);
    };
    try {
      for (let slice = 0, goesOn = true; slice < SLICES_MAX && goesOn; slice++) {
        const threads = kernel.threads().filter(({ internal, bound }) => internal === null && bound);
        const turn = turns[slice] ?? null;
        if (turn !== null) kernel.equipment.setPriority(threads[turn[0] % threads.length]?.id ?? 0, turn[1]);
        goesOn = machine.run({ instructions: length }) === 'instruction_limit' && kernel.processor.current.internal !== 'idle';
        hold(`slice ${slice}`);
      }
      // What is armed and should not be must be seen before it is over: timeouts are of one and two milliseconds.
      machine.run({ time_us: 1000 });
      hold('after a millisecond of rest');
      machine.run({ time_us: 11_000 });
      hold('at the end');
      if (number % 25 === 0) holdRestored(board, extended, number);
    } catch (thrown) {
      if (thrown instanceof assert.Assertion) throw thrown;
      throw new Error(`sequence ${number} (extensions ${extended ? 'on' : 'off'}): ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
    }
  }
  return calls;
}

test('no sequence of system calls breaks the kernel', () => {
  assert.ok(runAll(false, FIRST, SEQUENCES) > SEQUENCES);
});

test('nor does any with the extensions on', () => {
  assert.ok(runAll(true, FIRST, Math.ceil(SEQUENCES / 2)) > SEQUENCES / 2);
});

test.run();
