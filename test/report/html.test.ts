// Tests of the HTML report: escaping, one self-contained page, slots as cells with their origin, differences marked.
// Owns no state; no browser is needed.

import * as assert from 'uvu/assert';
import { htmlReport } from '../../src/report/html.ts';
import { html } from '../../src/report/html_text.ts';
import { judge } from '../../src/runner/judgement.ts';
import { type DumpSlot, notRun, type RunResult } from '../../src/runner/result.ts';
import { slotEntry } from '../runner/scripted_system.ts';
import { suite } from '../kit.ts';

const test = suite('HTML report');

const dump = (point: string, slots: readonly DumpSlot[]) => ({ point, task: 'init -> sheep', task_id: 0x142, time_us: 0, file: `${point}.caps`, text: '', slots });

const RESULT: RunResult = {
  ...notRun('t', 'run/t.xml', 'failed', 'it <failed> & more'),
  time_us: 2000,
  steps: [{ number: 1, kind: 'mark', words: 'mark m', place: 'run/t.xml:2:3', state: 'failed', start_us: 0, end_us: 1000, message: ['<b>'] }],
  dumps: [
    dump('before', [slotEntry(0x204, 0x154), { ...slotEntry(0x217, 0x144, 'IRQ'), words: 'the "semaphore"' }]),
    dump('after', [slotEntry(0x204, 0x164)]),
  ],
};
const page = htmlReport([{ judged: judge(RESULT, []), serial: ['a </pre><script>'], source: '<scenario>\n<mark/>\n</scenario>' }]);

test('whatever is put into a template is escaped, HTML alone is not', () => {
  assert.is(html`<p title="${'"\'<&>'}">${[html`<i>${1}</i>`, '<']}</p>`.text, '<p title="&quot;&#39;&lt;&amp;&gt;"><i>1</i>&lt;</p>');
});

test('the page loads nothing from outside, and its one script is its own', () => {
  assert.not.match(page, /\b(src|href)="(?!#)|@import|url\(/);
  assert.is(page.split('<script>').length, 2);
  assert.match(page, /it &lt;failed&gt; &amp; more/);
});

test('an occupied slot is a button that carries its origin', () => {
  assert.match(page, /<button type="button" class="cell IRQ " id="t-before-217" title="slot 0x217: IRQ, object 0x144, rights \*; the &quot;semaphore&quot;"/);
});

test('two spaces of one component are compared, and what was lost is marked', () => {
  assert.match(page, /before → after: 1 differences/);
  assert.match(page, /class="cell IRQ lost" id="t-before-to-after-217"/);
  assert.not.match(page, /class="cell Gate (lost|new|other)"/);
});

test('a step that failed is marked in the source', () => {
  assert.match(page, /<span class="broken">✗   2 &lt;mark\/&gt;<\/span>/);
});

test.run();
