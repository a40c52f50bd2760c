// IRQ objects: what an attached one keeps and a detached one leaves behind, when it is unmasked, and who waits for another's
// (fiasco-kernel.md 6, C.2).

import * as assert from 'uvu/assert';
import { objectRows } from '../../../src/emu/jdb/view.ts';
import { suite } from '../../kit.ts';
import { attachIrq, createIrq, invoke, local, noteResult, receiveIrq, ScriptedBoard, SELF, SEND, sel, sleep, startLocal, type Step, triggerIrq, WAIT } from './scripted.ts';

const test = suite('IRQ objects');
const quietly = (op: number): Step => invoke({ tag: 0xffff_0001, to: sel(0x300, SEND), timeouts: 0x0400_0400, mrs: [op] });
const detach = (): Step => invoke({ tag: 0xffff_0001, to: sel(0x300), mrs: [1] });
const waitShortly = (): Step => invoke({ tag: 0, to: (SELF | WAIT) >>> 0, timeouts: 0x0400 });

/** A board that tells of its IRQ and of the references to its root thread. */
function board(main: (told: (name: string) => Step) => readonly Step[]): readonly string[] {
  const own: ScriptedBoard = new ScriptedBoard(() => ({ main: main(told) }));
  function told(name: string): Step {
    return local((_cpu, script) => {
      const rows = objectRows(own.machine.kernel);
      const references = rows.flatMap((row) => (row.type === 'Thread' && row.id === 0xa ? [row.references] : []));
      script.note(`${name}: ${rows.flatMap((row) => (row.type === 'IRQ' ? [`L=${row.label.toString(16)} T=${row.thread.toString(16)} F=${row.flags} Q=${row.queued}`] : [])).join('')} R=${references.join('')}`);
    });
  }
  own.finish(5_000_000);
  assert.equal(own.machine.kernel.check(), []);
  return own.notes;
}

test('a detached IRQ has no thread, no label and is masked; what was pending is not delivered, and is forgotten when it is attached again', () => {
  assert.equal(
    board((told) => [createIrq(0x300), attachIrq(0x300, 3, 0x44), quietly(4), told('attached'), triggerIrq(0x300), triggerIrq(0x300), told('pending'), quietly(4), detach(), noteResult('detach'), told('detached'), waitShortly(), noteResult('wait'), detach(), noteResult('again'), attachIrq(0x300, 3, 0x48), told('anew'), waitShortly(), noteResult('wait')]),
    ['attached: L=44 T=a F=1 Q=0 R=3', 'pending: L=44 T=a F=0 Q=2 R=3', 'detach 0', 'detached: L=ffffffff T=0 F=0 Q=2 R=2', 'wait 8000/3', 'again 0', 'anew: L=48 T=a F=0 Q=0 R=3', 'wait 8000/3'],
  );
});

test('an IRQ is masked when it is detached although nothing is pending', () => {
  assert.equal(board((told) => [createIrq(0x300), attachIrq(0x300, 3, 0x44), quietly(0), detach(), told('detached')]), ['detached: L=ffffffff T=0 F=0 Q=0 R=2']);
});

test('an IRQ is unmasked only when nothing is pending', () => {
  assert.equal(board((told) => [createIrq(0x300), attachIrq(0x300, 3, 0x44), triggerIrq(0x300), quietly(0), told('pending'), receiveIrq(0x300), told('received'), quietly(0), told('unmasked')]), ['pending: L=44 T=a F=0 Q=1 R=3', 'received: L=44 T=a F=0 Q=0 R=3', 'unmasked: L=44 T=a F=1 Q=0 R=3']);
});

test('who waits for an IRQ that is attached to another thread, or to none, waits until its timeout', () => {
  const shared = new ScriptedBoard((at) => ({
    main: [createIrq(0x300), createIrq(0x301), ...startLocal(at, 0x200, 1, 'owner'), ...startLocal(at, 0x201, 2, 'other'), ...startLocal(at, 0x202, 3, 'nobody'), attachIrq(0x300, 0x200), sleep((10 << 10) | 1), triggerIrq(0x300), triggerIrq(0x301), sleep(0)],
    owner: [receiveIrq(0x300), noteResult('owner'), sleep(0)],
    other: [receiveIrq(0x300, (10 << 10) | 5), noteResult('other'), sleep(0)],
    nobody: [receiveIrq(0x301, (10 << 10) | 5), noteResult('nobody'), sleep(0)],
  }));
  assert.equal([...shared.finish(5_000_000)].sort(), ['nobody ffff8001/3', 'other ffff8001/3', 'owner 0']);
});

test.run();
