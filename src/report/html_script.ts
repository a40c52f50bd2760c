// The behaviour of the HTML report: one script, inline. Slots tell their origin, the timeline zooms and has a cursor, the theme switches.
// Owns no state; works with the keyboard alone, and the page says all it has to say without it.

import { Html } from './html_text.ts';

export const SCRIPT = new Html(`<script>
'use strict';
const show = (cell) => {
  const grid = cell.closest('.space');
  for (const other of grid.querySelectorAll('[aria-pressed=true]')) other.setAttribute('aria-pressed', 'false');
  cell.setAttribute('aria-pressed', 'true');
  grid.querySelector('.origin').textContent = cell.title;
};
document.addEventListener('click', (event) => {
  const cell = event.target.closest('button.cell');
  if (cell) { show(cell); history.replaceState(null, '', '#' + cell.id); }
});
document.getElementById('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
});
document.addEventListener('keydown', (event) => {
  const cell = event.target.closest('button.cell');
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 4, ArrowUp: -4 }[event.key];
  if (!cell || step === undefined) return;
  const cells = [...cell.closest('.grid').querySelectorAll('.cell')];
  for (let at = cells.indexOf(cell) + step; cells[at]; at += Math.sign(step) * (Math.abs(step) > 1 ? 4 : 1)) {
    if (cells[at].matches('button')) { cells[at].focus(); show(cells[at]); break; }
  }
  event.preventDefault();
});
const microseconds = (us) => us < 1000 ? us + ' us' : us < 1e6 ? (us / 1000).toFixed(3) + ' ms' : (us / 1e6).toFixed(3) + ' s';
for (const box of document.querySelectorAll('.timeline')) {
  const end = Number(box.dataset.end);
  const data = JSON.parse(box.querySelector('script.data').textContent);
  const lanes = [...box.querySelectorAll('.lane svg')];
  let from = 0, span = end, cursor = 0, lane = '';
  const labels = [...box.querySelectorAll('.labels div span')];
  const draw = () => {
    labels.forEach((label, i) => { label.textContent = microseconds(Math.round(from + (span * i) / (labels.length - 1))); });
    for (const svg of lanes) {
      svg.setAttribute('viewBox', from + ' 0 ' + span + ' 1');
      const at = (cursor - from) / span;
      svg.style.setProperty('--at', at >= 0 && at <= 1 ? 'calc(' + at * 100 + '% )' : '-9px');
    }
  };
  const tell = () => {
    const last = data.lines.filter(([time]) => time <= cursor).pop();
    const doing = data.operations.find(([start, until]) => start <= cursor && cursor <= until);
    box.querySelector('.moment').textContent = [microseconds(Math.round(cursor)) + (lane ? ' — ' + lane : ''), doing ? doing[2] : '', last ? last[1] : 'no line yet'].filter(Boolean).join('\\n');
  };
  const zoom = (factor) => {
    span = Math.min(end, Math.max(20, span * factor));
    from = Math.min(end - span, Math.max(0, cursor - span / 2));
    draw();
  };
  const move = (to) => {
    cursor = Math.min(end, Math.max(0, to));
    if (cursor < from || cursor > from + span) from = Math.min(end - span, Math.max(0, cursor - span / 2));
    draw(); tell();
  };
  const keys = { ArrowRight: () => move(cursor + span / 100), ArrowLeft: () => move(cursor - span / 100), Home: () => move(0), End: () => move(end), '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), 0: () => zoom(Infinity) };
  box.addEventListener('keydown', (event) => {
    if (event.target !== box || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault(); keys[event.key]();
  });
  box.addEventListener('click', (event) => {
    const way = event.target.dataset.zoom;
    if (way) return zoom({ in: 0.5, out: 2, all: Infinity }[way]);
    const svg = event.target.closest('.lane svg');
    if (!svg) return;
    const { left, width } = svg.getBoundingClientRect();
    lane = svg.parentElement.dataset.title || '';
    move(from + ((event.clientX - left) / width) * span);
  });
  box.addEventListener('wheel', (event) => { if (event.ctrlKey) { event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : 0.8); } }, { passive: false });
}
const named = () => {
  const cell = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (cell && cell.matches('button.cell')) { cell.closest('details').open = true; cell.click(); }
};
addEventListener('hashchange', named);
named();
</script>`);
