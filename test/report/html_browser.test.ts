// The HTML report in a real browser, where one is installed: no errors, the timeline and the grid are there and do what they should.
// Skipped with a reason elsewhere.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { htmlReport } from '../../src/report/html.ts';
import { judge } from '../../src/runner/judgement.ts';
import { notRun, type RunResult } from '../../src/runner/result.ts';
import { EMPTY_TIMELINE } from '../../src/runner/run_record.ts';
import { slotEntry } from '../runner/scripted_system.ts';
import { suite } from '../kit.ts';

const test = suite('HTML report in a browser', { timeout_ms: 120_000 });

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const browser = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name))).find((file) => existsSync(file));

const dump = (point: string, id: number) => ({ point, task: 'init -> sheep', task_id: 0x142, time_us: 50, file: `${point}.caps`, text: '', slots: [{ ...slotEntry(0x217, id, 'IRQ'), words: 'the semaphore of signals' }] });
const RESULT: RunResult = {
  ...notRun('t', 'run/t.xml', 'passed', 'all steps passed'),
  time_us: 100,
  dumps: [dump('before', 0x144), dump('after', 0x155)],
  timeline: { ...EMPTY_TIMELINE, end_us: 1000, threads: [{ id: 1, task: 9, name: 'ep', component: 'init -> sheep', spans: [[10, 20, 'receiving']], running_us: 10 }], lines: [{ time_us: 300, text: 'a line' }] },
};

/** Runs in the page: collects errors, does what a person would, and leaves what it saw in the document. */
const WATCH = "<script>window.seen = []; addEventListener('error', (event) => seen.push(String(event.message)));</script>";
const ACT = `<script>addEventListener('load', () => {
  const box = document.querySelector('.timeline');
  const press = (key) => box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  const view = () => box.querySelector('.lane.thread svg').getAttribute('viewBox');
  const report = { whole: view() };
  press('End'); report.moment = box.querySelector('.moment').textContent;
  press('+'); report.zoomed = view();
  const cell = document.getElementById('t-before-217');
  cell.click(); report.origin = cell.closest('.space').querySelector('.origin').textContent; report.pressed = cell.getAttribute('aria-pressed');
  const height = box.getBoundingClientRect().height; report.visible = height > 50 && cell.getBoundingClientRect().width > 50;
  report.wide = document.documentElement.scrollWidth > innerWidth;
  document.getElementById('theme').click(); report.theme = document.documentElement.dataset.theme;
  report.errors = seen;
  document.body.setAttribute('data-seen', encodeURIComponent(JSON.stringify(report)));
});</script>`;

interface Seen {
  readonly whole: string;
  readonly zoomed: string;
  readonly moment: string;
  readonly origin: string;
  readonly pressed: string;
  readonly visible: boolean;
  readonly wide: boolean;
  readonly theme: string;
  readonly errors: readonly string[];
}

function look(file: string, width: number): Seen {
  const folder = mkdtempSync(join(tmpdir(), 'rescap-browser-'));
  try {
    const page = htmlReport([{ judged: judge(RESULT, []), serial: ['a line'], source: '<scenario/>' }]).replace('<head>', `<head>${WATCH}`).replace('</body>', `${ACT}</body>`);
    writeFileSync(join(folder, 'page.html'), page);
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${join(folder, 'profile')}`, `--window-size=${width},900`, '--dump-dom', pathToFileURL(join(folder, 'page.html')).href];
    const dom = execFileSync(file, args, { encoding: 'utf8', timeout: 100_000, stdio: ['ignore', 'pipe', 'ignore'] });
    return JSON.parse(decodeURIComponent(/data-seen="([^"]*)"/.exec(dom)?.[1] ?? '')) as Seen;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (browser === undefined) test.skip('the page works in Chromium', 'no Chromium is installed');
else {
  test('the page works in Chromium: no errors, the timeline zooms, a slot tells its origin, the theme switches', () => {
    const seen = look(browser, 1280);
    assert.equal(seen.errors, []);
    assert.is(seen.whole, '0 0 1000 1');
    assert.match(seen.moment, /1\.000 ms[^]*a line/);
    assert.is(seen.zoomed, '500 0 500 1');
    assert.match(seen.origin, /slot 0x217: IRQ, object 0x144[^]*the semaphore of signals/);
    assert.is(seen.pressed, 'true');
    assert.is(seen.visible, true);
    assert.ok(seen.theme === 'dark' || seen.theme === 'light');
  });

  test('a narrow window needs no sideways scrolling of the page', () => {
    assert.is(look(browser, 500).wide, false);
  });
}

test.run();
