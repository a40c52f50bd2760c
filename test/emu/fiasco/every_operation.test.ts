// Every row of the table of operations is called here with something to see for it, and each call comes out otherwise once its row is
// taken out of the table: none passes without its operation. What is marked absent has to answer with the kernel's own error.

import * as assert from 'uvu/assert';
import { EXTENSIONS } from '../../../src/emu/fiasco/extensions.ts';
import type { Kernel } from '../../../src/emu/fiasco/kernel.ts';
import { OPERATIONS, type Support } from '../../../src/emu/fiasco/protocols.ts';
import { Thread } from '../../../src/emu/fiasco/thread.ts';
import { objectRows } from '../../../src/emu/jdb/view.ts';
import { suite } from '../../kit.ts';
import { RootCaller } from './root_caller.ts';
import { attachIrq, bindThread, capItem, createGate, createIrq, createTask, createThread, type Entries, exRegs, give, invoke, local, noteResult, OBJECT_PAGE, receiveIrq, REPLY_AND_WAIT, runThread, ScriptedBoard, SELF, SEND, sel, sleep, startLocal, type Step, taskUnmap, triggerIrq, WAIT } from './scripted.ts';

const test = suite('every operation');

type Row = (typeof OPERATIONS)[number];
type NameOf<R> = R extends { readonly object: infer Kind extends string; readonly name: infer Name extends string } ? `${Kind} ${Name}` : never;
type OperationName = NameOf<Row>;
const nameOf = ({ object, name }: Row): OperationName => `${object} ${name}` as OperationName;

interface Answered {
  readonly notes: readonly string[];
  /** What the trace says of operations that are left out. */
  readonly left_out: readonly string[];
}

interface Call {
  readonly run: () => Answered;
  readonly notes: readonly string[];
}

type Scripts = (at: Entries, kernel: () => Kernel) => Readonly<Record<string, readonly Step[]>>;

/** Scripts and what they note; what is written on the console comes behind it. */
const scripts = (programs: Scripts, ...notes: readonly string[]): Call => ({
  notes,
  run: () => {
    const board: ScriptedBoard = new ScriptedBoard((at) => programs(at, () => board.machine.kernel), { extensions: EXTENSIONS.map(({ name }) => name) });
    const [left_out, written]: [string[], string[]] = [[], []];
    board.machine.events.listen(['unsupported', 'console'], (event) => {
      if (event.kind === 'unsupported') left_out.push(event.what);
      if (event.kind === 'console') written.push(event.text);
    });
    board.finish(1_000_000);
    board.machine.kernel.equipment.type([0x61, 0x62]);
    return { notes: [...board.finish(10_000_000), ...written], left_out };
  },
});
const script = (main: readonly Step[], ...notes: readonly string[]): Call => scripts(() => ({ main }), ...notes);

const DEBUGGER = 0xffff_ffec;
/** Where listings show object 4. */
const ICU_ADDRESS = 0xf100_0200;
/** Calls of the debugger on the root task: for each the tag and the first words of the answer. */
const debuggerCalls = (asked: readonly (readonly number[])[], ...notes: readonly string[]): Call => ({
  notes,
  run: () => {
    const caller = new RootCaller(DEBUGGER);
    const left_out: string[] = [];
    caller.machine.events.listen(['unsupported'], (event) => void (event.kind === 'unsupported' && left_out.push(event.what)));
    const told = asked.map((words) => {
      const answer = caller.call([words.length, 0, sel(1)], words);
      return [answer.r[0] ?? 0, ...answer.words.slice(0, 2)].map((word) => word.toString(16)).join(' ');
    });
    return { notes: told, left_out };
  },
});

const [CHILD, IRQ, GATE, THREAD, MUXER] = [0x300, 0x301, 0x302, 0x303, 0x304];
const [NEVER, ZERO_RECEIVE] = [0, 0x0400];
const [TASK_TYPE, THREAD_TYPE, FACTORY_TYPE, VM_TYPE] = [-11, -12, -15, -16];
const text = (value: string): number[] => [...new Uint32Array(Uint8Array.from({ length: (value.length + 3) & ~3 }, (_, i) => value.charCodeAt(i) || 0).buffer)];

/** A selector without operation bits: the lowest asks cap_info for something else. */
const slot = (at: number): number => at << 12;
const create = (type: number, argument = 0): Step => invoke({ tag: 0xfff1_0003, to: sel(2), mrs: [type >>> 0, 0, argument], buffers: [0, (THREAD << 12) | 0xa] });
const ask = (protocol: number, at: number, ...mrs: readonly number[]): Step => invoke({ tag: ((protocol << 16) | mrs.length) >>> 0, to: sel(at), timeouts: ZERO_RECEIVE, mrs });
/** With a capability behind the words. */
const askWith = (protocol: number, at: number, item: number, ...mrs: readonly number[]): Step => invoke({ tag: ((protocol << 16) | 0x40 | mrs.length) >>> 0, to: sel(at), timeouts: ZERO_RECEIVE, mrs: [...mrs, ...capItem(item)] });
const say = (what: string): Step => local((_cpu, notes) => notes.note(what));
const see = (what: () => string): Step => local((_cpu, notes) => notes.note(what()));
const words = (name: string, ...at: readonly number[]): Step => local((cpu, notes) => notes.note(`${name} ${cpu.r[0]?.toString(16)} ${at.map((i) => cpu.utcb[i]?.toString(16)).join(' ')}`));
const label = (name: string): Step => local((cpu, notes) => notes.note(`${name} from ${cpu.r[4]?.toString(16)}`));
const wait = (): Step => invoke({ tag: 0, to: (SELF | WAIT) >>> 0 });
const pause = (): Step => sleep((10 << 10) | 3);
const newest = (kernel: () => Kernel): Step => see(() => objectRows(kernel()).at(-1)?.type ?? '');
const irqs = (kernel: () => Kernel): Step => see(() => objectRows(kernel()).flatMap((row) => (row.type === 'IRQ' ? [`${row.chip}${row.flags}/${row.queued}`] : [])).join(' '));
const tls = (kernel: () => Kernel, id: number): Step => see(() => { const thread = kernel().objects.require(id); return thread instanceof Thread ? thread.registers.tpidruro.toString(16) : ''; });
const created = (type: number, shown: string, argument = 0): Call => scripts((_at, kernel) => ({ main: [create(type, argument), noteResult('made'), newest(kernel)] }), 'made 40', shown);
const thread = (op: number, ...mrs: readonly number[]): Step => ask(-12, THREAD, op, ...mrs);
const KEEP_ALL = Array.from({ length: 17 }, () => 0xffff_ffff);
const ROOT_UTCB = 0xbfff_0000;
const KU_AREA = 0x4000_0000;
const KU_PAGE = (KU_AREA | (12 << 6) | 0x17) >>> 0;

const CALLS: { readonly [Name in OperationName]: Call } = {
  'Factory create_gate': script([createGate(GATE, 0x140, 3), noteResult('made'), ask(-10, GATE, 0x11), words('label', 0)], 'made 40', 'label 1 140'),
  'Factory create_irq': scripts((_at, kernel) => ({ main: [createIrq(IRQ), noteResult('made'), newest(kernel)] }), 'made 40', 'IRQ'),
  'Factory create_task': created(TASK_TYPE, 'Task'),
  'Factory create_thread': created(THREAD_TYPE, 'Thread'),
  'Factory create_factory': created(FACTORY_TYPE, 'Factory', 4096),
  'Factory create_vm': script([create(VM_TYPE), noteResult('vm')], 'vm ffed0000'),
  'Task map': script([createTask(CHILD), createIrq(IRQ), give(CHILD, IRQ, 9), noteResult('map'), ask(-11, CHILD, 2, slot(9)), noteResult('there')], 'map 0', 'there 10000'),
  'Task unmap': script([createIrq(IRQ), taskUnmap(1, 0xc000_0000, ((IRQ << 12) | OBJECT_PAGE) >>> 0), noteResult('unmap'), ask(-11, 1, 2, slot(IRQ)), noteResult('there')], 'unmap 3', 'there 0'),
  'Task cap_info': script([ask(-11, 1, 2, slot(3)), noteResult('own thread'), ask(-11, 1, 2, slot(IRQ)), noteResult('nothing')], 'own thread 10000', 'nothing 0'),
  'Task add_ku_mem': script([ask(-11, 1, 3, KU_PAGE), noteResult('added'), createThread(THREAD), bindThread(THREAD, 1, KU_AREA), noteResult('bound')], 'added 0', 'bound 3'),
  'Thread control': script([createThread(THREAD), bindThread(THREAD, 1, ROOT_UTCB + 512, 4), words('old', 1, 2), invoke({ tag: 0xfff4_0006, to: sel(THREAD), mrs: [0, 0, 0, 0, 0, 0] }), words('now', 1, 2)], 'old 3 fffff000 fffff000', 'now 3 4000 4000'),
  'Thread ex_regs': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other').slice(0, 3), exRegs(THREAD, at.entry('other'), 0x1234), words('old', 0, 1, 2), pause()], other: [say('runs')] }), 'old 3 0 0 0', 'runs'),
  'Thread switch': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other', 100), say('main'), thread(2), noteResult('back')], other: [say('other'), pause()] }), 'main', 'other', 'back 2'),
  'Thread stats': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other'), pause(), thread(3), words('time', 0, 1)], other: [local(() => {}, 500_000)] }), 'time 2 1f40 0'),
  'Thread vcpu_resume': script([createThread(THREAD), thread(4), noteResult('vcpu')], 'vcpu ffea0000'),
  'Thread register_delete_irq': script(
    [createIrq(IRQ), attachIrq(IRQ, 3, 0x44), askWith(-12, 3, IRQ, 5), noteResult('registered'), createGate(GATE, 0x140, 3), taskUnmap(1, 0xc000_0000, ((GATE << 12) | OBJECT_PAGE) >>> 0), receiveIrq(IRQ, ZERO_RECEIVE), noteResult('hit')],
    'registered 0', 'hit 0',
  ),
  'Thread modify_senders': script([createIrq(IRQ), attachIrq(IRQ, 3, 0x20), triggerIrq(IRQ), ask(-12, 3, 6, 0xf0, 0x20, 0xf0, 0x90), noteResult('modified'), wait(), label('irq')], 'modified 0', 'irq from 90'),
  'Thread vcpu_control': script([ask(-12, 3, 7, 0), noteResult('no area'), ask(-11, 1, 3, KU_PAGE), ask(-12, 3, 7, KU_AREA), noteResult('area')], 'no area ffea0000', 'area ffda0000'),
  'Thread set_tpidruro': scripts((_at, kernel) => ({ main: [ask(-12, 3, 0x10, 0x1234_5678), noteResult('set'), tls(kernel, 0xa)] }), 'set 0', '12345678'),
  'Thread exchange_registers': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other'), pause(), thread(8, 0xffff_ffff, 0x77, ...KEEP_ALL.slice(2)), thread(8, ...KEEP_ALL), words('r1', 2)], other: [wait()] }), 'r1 12 77'),
  'Thread freeze': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other'), thread(0x20), noteResult('frozen'), pause(), say('end')], other: [say('other runs')] }), 'frozen 0', 'end'),
  'Thread thaw': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other'), thread(0x20), pause(), thread(0x21), noteResult('thawed'), pause(), say('end')], other: [say('other runs')] }), 'thawed 0', 'other runs', 'end'),
  'Thread read_ipc_state': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other'), pause(), thread(0x22), words('phase', 0, 1)], other: [wait()] }), 'phase 9 4 0'),
  'Thread write_ipc_state': scripts(
    (at) => ({
      main: [...startLocal(at, 0x200, 1, 'server'), createThread(THREAD), runThread(THREAD), bindThread(THREAD, 1, ROOT_UTCB + 1024), askWith(-12, THREAD, 0x200, 0x23, 3, 0xffff_ffff), noteResult('written'), exRegs(THREAD, at.entry('client')), pause()],
      server: [sleep((10 << 10) | 1), invoke({ tag: 1, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000, mrs: [0x42] })],
      client: [words('answer', 0)],
    }),
    'written 0', 'answer 1 42',
  ),
  'Thread read_utcb': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other'), pause(), thread(0x24, 127, 1), words('read', 1)], other: [local((cpu) => cpu.utcb.set([0x55], 127)), wait()] }), 'read 2 55'),
  'Thread write_utcb': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'other'), thread(0x25, 126, 1, 0x66), noteResult('written'), pause()], other: [words('other', 126)] }), 'written 0', 'other 0 66'),
  'Gate control decrement_references': script([createGate(GATE, 0x140, 3), ask(-10, GATE, 0, 1), words('left', 0)], 'left 0 0'),
  'Gate control bind': scripts((at) => ({ main: [...startLocal(at, THREAD, 1, 'server'), createGate(GATE, 0x140, 3), askWith(-10, GATE, THREAD, 0x10, 0x188), noteResult('bound'), pause(), invoke({ tag: 0, to: sel(GATE, SEND) }), pause()], server: [wait(), label('server')] }), 'bound 0', 'server from 18b'),
  'Gate control info': script([createGate(GATE, 0x140, 3), ask(-10, GATE, 0x11), words('info', 0)], 'info 1 140'),
  'IRQ eoi': scripts((_at, kernel) => ({ main: [createIrq(IRQ), irqs(kernel), ask(-1, IRQ, 0), irqs(kernel)] }), 'Soft0/0', 'Soft1/0'),
  'IRQ unmask': scripts((_at, kernel) => ({ main: [createIrq(IRQ), irqs(kernel), ask(-1, IRQ, 4), irqs(kernel)] }), 'Soft0/0', 'Soft1/0'),
  'IRQ attach': script([createIrq(IRQ), attachIrq(IRQ, 3, 0x44), noteResult('attached'), attachIrq(IRQ, 3), noteResult('again'), ask(-1, IRQ, 1), noteResult('detached'), attachIrq(IRQ, 3, 0x48), noteResult('anew'), triggerIrq(IRQ), wait(), label('irq')], 'attached 0', 'again ffea0000', 'detached 0', 'anew 0', 'irq from 48'),
  'IRQ trigger': scripts((_at, kernel) => ({ main: [createIrq(IRQ), triggerIrq(IRQ), triggerIrq(IRQ), irqs(kernel)] }), 'Soft0/2'),
  'IRQ read_count': script([createIrq(IRQ), triggerIrq(IRQ), ask(-1, IRQ, 0x20), words('count', 0)], 'count 1 1'),
  'IRQ write_count': scripts((_at, kernel) => ({ main: [createIrq(IRQ), ask(-1, IRQ, 0x21, 5), noteResult('written'), irqs(kernel)] }), 'written 0', 'Soft0/5'),
  'IRQ muxer trigger': scripts((_at, kernel) => ({ main: [createMuxer(), createIrq(IRQ), askWith(-1, MUXER, IRQ, 3), triggerIrq(MUXER), irqs(kernel)] }), 'Soft0/-1 Bcast0/1'),
  'IRQ muxer chain': scripts((_at, kernel) => ({ main: [createMuxer(), createIrq(IRQ), irqs(kernel), askWith(-1, MUXER, IRQ, 3), noteResult('chained'), irqs(kernel)] }), 'Soft0/-1 Soft0/0', 'chained 0', 'Soft0/-1 Bcast0/0'),
  'Icu bind': scripts((_at, kernel) => ({ main: [createIrq(IRQ), askWith(-1, 6, IRQ, 0, 40), noteResult('bound'), irqs(kernel)] }), 'bound 0', 'GIC0/0'),
  'Icu unbind': scripts((_at, kernel) => ({ main: [createIrq(IRQ), askWith(-1, 6, IRQ, 0, 40), askWith(-1, 6, IRQ, 1, 40), noteResult('unbound'), irqs(kernel)] }), 'unbound 0', 'Soft0/0'),
  'Icu info': script([ask(-1, 6, 2), words('info', 0, 1, 2)], 'info 3 0 100 0'),
  'Icu msi_info': script([ask(-1, 6, 3, 0), words('msi', 0), ask(-1, 7, 3, 0), noteResult('scheduler')], 'msi 1 0', 'scheduler ffea0000'),
  'Icu unmask': scripts((_at, kernel) => ({ main: [createIrq(IRQ), askWith(-1, 6, IRQ, 0, 40), ask(-1, 6, 4, 40), irqs(kernel)] }), 'GIC1/0'),
  'Icu mask': scripts((_at, kernel) => ({ main: [createIrq(IRQ), askWith(-1, 6, IRQ, 0, 40), ask(-1, 6, 4, 40), irqs(kernel), ask(-1, 6, 5, 40), irqs(kernel)] }), 'GIC1/0', 'GIC0/0'),
  'Icu set_mode': script([ask(-1, 6, 6, 40, 0), noteResult('set'), ask(-1, 6, 6, 256, 0), noteResult('no such pin')], 'set 0', 'no such pin ffed0000'),
  'Vlog write': script([invoke({ tag: 0xfff3_0003, to: sel(5, SEND), mrs: [0, 4, ...text('wolf')] })], 'wolf'),
  'Vlog set_attributes': script([ask(-13, 5, 2, 0o200, 0, 0), noteResult('set'), ask(-13, 5, 3), words('now', 1, 2, 3)], 'set 0', 'now 4 80 4 0'),
  'Vlog get_attributes': script([ask(-13, 5, 3), words('at first', 1, 2, 3)], 'at first 4 100 4 0'),
  'Vlog read': script([createIrq(IRQ), askWith(-1, 5, IRQ, 0, 0), attachIrq(IRQ, 3), receiveIrq(IRQ, NEVER), ask(-13, 5, (8 << 16) | 1, 0), words('typed', 0, 1)], 'typed 0 80000002 6261'),
  'Sched info': script([ask(-14, 7, 0, 0), words('info', 0, 1), ask(-14, 7, 0, 1), noteResult('beyond')], 'info 2 1 1', 'beyond ffea0000'),
  'Sched run_thread': scripts((at) => ({ main: [createThread(THREAD), bindThread(THREAD, 1, ROOT_UTCB + 512, 4), exRegs(THREAD, at.entry('other')), pause(), say('before'), runThread(THREAD, 200), noteResult('cpu'), runThread(THREAD, 201), noteResult('again')], other: [say('runs')] }), 'before', 'cpu 0', 'runs', 'again 0'),
  'Sched idle_time': script([sleep((10 << 10) | 8), ask(-14, 7, 2, 0, 1), words('idle', 0, 1)], 'idle 2 2328 0'),
  'Pfc suspend_cpu': script([ask(0, 8, 0), noteResult('cpu')], 'cpu ffda0000'),
  'Pfc resume_cpu': script([ask(0, 8, 1), noteResult('cpu')], 'cpu ffda0000'),
  'Pfc suspend_system': script([ask(0, 8, 2), noteResult('system')], 'system fff00000'),
  'Debugger set_name': debuggerCalls([[0, ...text('wolf')], [5, 9]], '0 0 666c6f77', `0 ${text('wolf')[0]?.toString(16)} 0`),
  'Debugger global_id': debuggerCalls([[1]], '1 9 0'),
  'Debugger id_of_pointer': debuggerCalls([[2, ICU_ADDRESS], [2, 1]], '1 4 f1000200', '1 ffffffff 1'),
  'Debugger log_type': debuggerCalls([[3, 0, ...text('csw')]], '1 c 0'),
  'Debugger log_control': debuggerCalls([[4, 1, ...text('csw')], [4]], '0 4 1', 'ffea0000 4 1'),
  'Debugger get_name': debuggerCalls([[0, ...text('sheep')], [5, 9]], '0 0 65656873', '0 65656873 70'),
  'Debugger log_type_name': debuggerCalls([[6, 8]], '0 2d515249 656a624f'),
};

function createMuxer(): Step {
  return invoke({ tag: 0xfff1_0003, to: sel(2), mrs: [0xffff_ffff, 0, 1], buffers: [0, (MUXER << 12) | 0xa] });
}

/** What the kernel answers where a row is absent, for the operations that the table leaves out (fiasco-kernel.md 3.2, 4.6). */
const KERNEL_ERRORS: Readonly<Record<string, string>> = { 'Factory create_vm': 'ffed0000', 'Thread vcpu_resume': 'ffea0000' };

/** Asked for more often than all others together, and so answered before the table is looked at. */
const BEFORE_THE_TABLE: OperationName = 'Task cap_info';
const NO_ERROR_OF_THE_KERNEL = 1000;

/** Runs a call while its row is marked absent, with an error number that the kernel does not have. */
function withoutRow(row: Row, { run }: Call): Answered {
  const changed = row as { support: Support; errno?: number };
  const kept = { ...changed };
  Object.assign(changed, { support: 'absent', errno: NO_ERROR_OF_THE_KERNEL });
  try {
    return run();
  } finally {
    Object.assign(changed, kept);
    if (kept.errno === undefined) delete changed.errno;
  }
}

test('there is a call for each row of the table, and none for anything else', () => {
  assert.equal(Object.keys(CALLS).sort(), OPERATIONS.map(nameOf).sort());
});

for (const row of OPERATIONS) {
  const name = nameOf(row);
  const call = CALLS[name];
  if (call === undefined) continue;
  test(`${name} is called, and answered as its row (${row.support}) says`, () => {
    const answered = call.run();
    assert.equal(answered.notes, call.notes);
    if (row.support === 'absent') assert.equal([answered.left_out, answered.notes.map((note) => note.split(' ')[1])], [[name], [KERNEL_ERRORS[name]]]);
    else if (row.support === 'full') assert.equal(answered.left_out, []);
    const without = withoutRow(row, call);
    if (name === BEFORE_THE_TABLE) assert.equal(without.notes, call.notes, 'answered before the table, as this test says');
    else assert.is.not(JSON.stringify(without.notes), JSON.stringify(call.notes), 'the call comes out the same without its operation');
    assert.equal(call.run().notes, call.notes, 'the row is in the table again');
  });
}

test.run();
