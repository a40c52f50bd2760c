// The difference of capability spaces as one self-contained HTML page: the verdict, the sentences, both spaces as grids.
// Owns no state; grids and style are those of the report of a run.

import type { SpaceDiff } from '../runner/capspace/space_diff.ts';
import type { Listing } from '../runner/capspace/listing.ts';
import type { DumpResult } from '../runner/result.ts';
import { spaces } from './html_caps.ts';
import { SCRIPT } from './html_script.ts';
import { STYLE } from './html_style.ts';
import { html } from './html_text.ts';

export function diffHtml(diff: SpaceDiff, names: { readonly before: string; readonly after: string }): string {
  const parts = diff.components.map(({ name, before, after, sentences }, index) => {
    const dumps = [dump(before, names.before, name), dump(after, names.after, name)];
    return html`<section><h2>${name}</h2>${sentences.length === 0 ? html`<p>same</p>` : html`<pre>${sentences.join('\n')}</pre>`}${spaces(`c${index}`, dumps)}</section>`;
  });
  return html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${names.before} and ${names.after}: ${diff.verdict}</title>${STYLE}</head>
<body><header><h1>${diff.verdict} (${diff.mode})</h1><button type="button" id="theme">light / dark</button></header>
<p>${names.before} → ${names.after}</p>${parts}${SCRIPT}</body></html>
`.text;
}

/** Both sides under one task's name, so that the grids are compared with each other. */
function dump({ space, words }: Listing, point: string, task: string): DumpResult {
  const slots = space.slots.map((entry) => {
    const told = words.get(entry.slot);
    return told === undefined ? entry : { ...entry, words: told };
  });
  return { point, task, task_id: space.task ?? 0, time_us: 0, file: '', text: '', slots };
}
