// The timeline, the plots and the graph of the HTML report: what is drawn for which data, and nothing that breaks out of the page.

import * as assert from 'uvu/assert';
import { graph } from '../../src/report/html_graph.ts';
import { plots } from '../../src/report/html_plots.ts';
import { html } from '../../src/report/html_text.ts';
import { timeline } from '../../src/report/html_timeline.ts';
import { compare } from '../../src/runner/capspace/compare.ts';
import { notRun } from '../../src/runner/result.ts';
import { EMPTY_TIMELINE, type ThreadLane, type Timeline } from '../../src/runner/run_record.ts';
import { slotEntry } from '../runner/scripted_system.ts';
import { suite } from '../kit.ts';

const test = suite('HTML timeline');

const lane = (id: number, running_us: number): ThreadLane => ({ id, task: 9, name: `t${id}`, component: 'init -> a', spans: [[10, 20, 'sending'], [30, 40, 'receiving']], running_us });
const LINE: Timeline = {
  ...EMPTY_TIMELINE,
  end_us: 100,
  threads: [lane(1, 20)],
  operations: [{ kind: 'checkpoint', step: 2, words: 'checkpoint <one>', start_us: 15, end_us: 25, stop_us: 5, ok: true }],
  sessions: [{ service: 'LOG', args: 'label="<x>"', thread: 1, component: 'init -> a', start_us: 11, end_us: 12, outcome: 'opened', provider: null }],
  lines: [{ time_us: 18, text: '</script><b>&' }],
};
const drawn = (line: Timeline): string => html`${timeline('x', line)}`.text;

test('a thread runs in its spans, and between them does what it did then until it runs again', () => {
  const text = drawn(LINE);
  assert.match(text, /<path class="running" d="M10 0\.1H20V0\.9H10zM30 0\.1H40V0\.9H30z"\/>/);
  assert.match(text, /<path class="sending" d="M20 0\.3H30V0\.7H20z"\/>/);
  assert.match(text, /<path class="receiving" d="M40 0\.46H100V0\.54H40z"\/>/);
});

test('no text of a scenario can end the data or the page', () => {
  const text = drawn(LINE);
  assert.is(text.split('</script>').length, 2);
  assert.match(text, /\\u003c\/script>/);
  assert.not.match(text, /checkpoint <one>|label="<x>"/);
});

test('threads that ran least are folded away, and what limits left out is said', () => {
  const text = drawn({ ...LINE, threads: Array.from({ length: 30 }, (_, i) => lane(i, i)), dropped: { threads: 3, sessions: 0, lines: 7 } });
  assert.match(text, /6 threads that ran less/);
  assert.match(text, /3 threads are not shown; 7 lines are not shown/);
});

test('without threads there is no timeline, without commands there are no plots', () => {
  assert.is(drawn(EMPTY_TIMELINE), '');
  assert.is(html`${plots(notRun('t', 't.xml', 'failed', ''))}`.text, '');
});

test('a plot shows each stop time and size beside its bar', () => {
  const step = { number: 2, kind: 'checkpoint', words: 'checkpoint one', place: 't:1:1', state: 'passed', start_us: 15, end_us: 25, message: [], facts: { bytes: 8192, copied_bytes: 4096 } } as const;
  const text = html`${plots({ ...notRun('t', 't.xml', 'failed', ''), steps: [step], timeline: LINE })}`.text;
  assert.match(text, /2\. checkpoint one: memory of the target<\/dt><dd><i style="width:100\.00%"><\/i><span>8\.0 KiB/);
  assert.match(text, /2\. checkpoint one: copied<\/dt><dd><i style="width:50\.00%"><\/i><span>4\.0 KiB/);
});

test('the graph shows a lost slot with the object it named, and nothing where nothing differs', () => {
  const before = [slotEntry(0x204, 0x154), slotEntry(0x217, 0x144, 'IRQ')];
  const after = [slotEntry(0x204, 0x164)];
  const differences = compare({ slots: before }, { slots: after }, 'isomorphic');
  const text = html`${graph(before, after, differences)}`.text;
  assert.match(text, /<text [^>]*>0x217<\/text>/);
  assert.match(text, /<text [^>]*>IRQ 0x144<\/text>/);
  assert.match(text, /class="edge lost"/);
  assert.not.match(text, /0x204/);
  assert.is(graph(before, before, []), '');
});

test.run();
