// The look and the little behaviour of the HTML report: one style sheet, one script, both inline, no external resource.
// Owns no state; the script selects the slot that the address's hash names, and switches the theme.

import { Html } from './html_text.ts';

export const STYLE = new Html(`<style>
:root{color-scheme:light dark;--bg:light-dark(#fafaf7,#15181c);--card:light-dark(#fff,#1d2126);--ink:light-dark(#1c2126,#dfe3e8);--dim:light-dark(#5d6670,#98a2ad);--line:light-dark(#dcdfe3,#343a42);--good:light-dark(#17703a,#5fcf8a);--bad:light-dark(#b3261e,#ff8a80);--mark:light-dark(#0b57d0,#8ab4f8)}
:root[data-theme=light]{color-scheme:light}:root[data-theme=dark]{color-scheme:dark}
*{box-sizing:border-box}body{margin:0 auto;max-width:1200px;padding:1rem;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0}h2{font-size:1.25rem;margin:0}h3{font-size:1rem;margin:1.4rem 0 .4rem}
header{display:flex;justify-content:space-between;align-items:center;gap:1rem;margin-bottom:1rem}button{font:inherit;color:inherit;cursor:pointer}
header button{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.2rem .7rem}
section,table.suite{background:var(--card);border:1px solid var(--line);border-radius:10px}section{padding:1rem;margin-top:1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.35rem .8rem;border-top:1px solid var(--line);overflow-wrap:anywhere}
a{color:var(--mark)}.good{color:var(--good)}.bad{color:var(--bad)}.dim{color:var(--dim)}.good,.bad{font-weight:600}
pre,code,.cell{font-family:ui-monospace,monospace;font-size:13px}pre{overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0;padding:.6rem;border:1px solid var(--line);border-radius:6px;max-height:32rem}
.bar{position:relative;height:8px;background:var(--line);border-radius:4px;min-width:80px}.bar i{position:absolute;top:0;height:8px;min-width:3px;border-radius:4px;background:var(--mark)}
.scroll{overflow-x:auto}.grid{display:grid;grid-template-columns:4.5rem repeat(4,minmax(8rem,1fr));gap:3px;min-width:38rem}
.cell{border:1px solid var(--line);border-left:4px solid var(--type,var(--line));border-radius:4px;background:none;padding:1px 6px;text-align:left}
.cell.none{color:var(--dim);opacity:.5}.cell[aria-pressed=true],.cell:focus-visible{outline:2px solid var(--mark)}
.Gate{--type:#4285f4}.IRQ{--type:#e8710a}.Thread{--type:#188038}.Task{--type:#9334e6}.Factory{--type:#b06000}.Sched,.Vlog,.Icu,.Pfc,.Vm{--type:#80868b}
.lost{background:color-mix(in srgb,var(--bad) 22%,transparent);text-decoration:line-through}.new{background:color-mix(in srgb,var(--good) 22%,transparent)}.other{background:color-mix(in srgb,#e8a200 28%,transparent)}
.origin{min-height:2.6rem;margin:.4rem 0;padding:.4rem .7rem;border-left:4px solid var(--mark);background:var(--bg)}
.done{color:var(--good)}.broken{color:var(--bad);font-weight:600}
@media(max-width:600px){body{padding:.5rem}section{padding:.7rem}td,th{padding:.3rem .4rem}.bar{min-width:40px}}
</style>`);

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
const named = () => {
  const cell = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (cell && cell.matches('button.cell')) { cell.closest('details').open = true; cell.click(); }
};
addEventListener('hashchange', named);
named();
</script>`);
