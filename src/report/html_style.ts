// The look of the HTML report: one style sheet, inline, for light and dark, no external resource.
// Owns no state.

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
.timeline{border:1px solid var(--line);border-radius:6px;padding:.5rem;margin:.3rem 0}.timeline:focus-visible{outline:2px solid var(--mark)}
.tools{display:flex;flex-wrap:wrap;gap:.4rem;align-items:center}.tools button{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:0 .6rem}
.legend{display:inline-flex;flex-wrap:wrap;gap:.3rem .6rem;align-items:center}.legend i{display:inline-block;width:14px;height:10px;border-radius:2px;background:var(--c)}
.running{--c:var(--mark)}.ready{--c:light-dark(#e3b341,#a87b13)}.sending{--c:light-dark(#e8710a,#f29a4f)}.receiving{--c:var(--line)}.stopped{--c:light-dark(#c5221f,#ff8a80)}
.moment{min-height:3.2rem;margin:.3rem 0;padding:.3rem .6rem;border-left:4px solid var(--mark);background:var(--bg);white-space:pre-wrap;overflow-wrap:anywhere}
.lane{display:grid;grid-template-columns:11rem 1fr;gap:.5rem;align-items:center}.lane .name{font-size:12px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:var(--dim)}.lane .name b{color:var(--ink);font-weight:600}
.labels div{display:flex;justify-content:space-between;font-size:12px;color:var(--dim)}.lane svg{width:100%;height:15px;display:block;cursor:crosshair;background:linear-gradient(90deg,var(--mark),var(--mark)) var(--at,-9px) 0/1px 100% no-repeat}.lane path,.lane rect{fill:var(--c,var(--dim))}.axis path{stroke:var(--line);stroke-width:1px;vector-effect:non-scaling-stroke}
.operation{--c:light-dark(#7b1fa2,#ce93d8)}.operation.restore{--c:var(--good)}.operation.kill,.operation.broken{--c:var(--bad)}.session{--c:light-dark(#00796b,#4db6ac)}.session.refused,.session.pending{--c:var(--bad)}.line{--c:var(--ink)}
.plots{display:grid;gap:1rem}figure{margin:0}figcaption{color:var(--dim)}dl{display:grid;grid-template-columns:minmax(8rem,2fr) 3fr;gap:2px .8rem;margin:.3rem 0}dt{overflow-wrap:anywhere}dd{margin:0;display:flex;align-items:center;gap:.5rem}dd i{display:block;height:12px;min-width:2px;border-radius:3px;background:var(--mark);max-width:70%}dd span{white-space:nowrap}
.graph text{font:12px ui-monospace,monospace;fill:var(--ink);text-anchor:middle}.node{fill:var(--card);stroke:var(--line)}.edge{fill:none;stroke:var(--line);stroke-width:1.5}.edge.lost,.node.lost{stroke:var(--bad)}.edge.new,.node.new{stroke:var(--good)}.edge.other,.node.other{stroke:#e8a200}
@media(max-width:600px){.lane{grid-template-columns:6.5rem 1fr}dl{grid-template-columns:1fr}}
@media(max-width:600px){body{padding:.5rem}section{padding:.7rem}td,th{padding:.3rem .4rem}.bar{min-width:40px}}
</style>`);
