// run/QUESTIONS.md: every question has its experiment, what is to be seen and an answer; its scenarios exist, and all questions of the
// thread are there. That the scenarios show it, the suite of scenarios checks.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './kit.ts';

const test = suite('questions');
const root = join(import.meta.dirname, '..');
const sections = readFileSync(join(root, 'run/QUESTIONS.md'), 'utf8').split(/^## /m).slice(1);
const titleOf = (section: string) => section.split('\n')[0] ?? '';

test('every question has an experiment, what you see, and an answer, in this order', () => {
  for (const section of sections) {
    const marks = ['*Experiment.*', '*What you see.*', '*Answer.*'].map((mark) => section.indexOf(mark));
    assert.ok(marks.every((at, i) => at > (i === 0 ? 0 : (marks[i - 1] ?? 0))), titleOf(section));
    assert.match(titleOf(section), /\?/);
  }
});

test('every experiment names scenarios that exist', () => {
  for (const section of sections) {
    const experiment = section.slice(section.indexOf('*Experiment.*'), section.indexOf('*What you see.*'));
    const names = [...experiment.matchAll(/`([a-z_]+(?:\/[a-z_]+)?)`/g)].map((match) => match[1] ?? '').filter((name) => name !== 'npx');
    assert.ok(names.length > 0, titleOf(section));
    for (const name of names) assert.ok(existsSync(join(root, 'run', `${name}.xml`)), `${titleOf(section)}: ${name}`);
  }
});

test('the questions R-09 to R-30 of the mails are all there', () => {
  const numbers = sections.flatMap((section) => [...titleOf(section).matchAll(/R-(\d\d)(?: to R-(\d\d))?/g)]).flatMap(([, first, last = first]) => Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i));
  assert.equal(numbers.sort((a, b) => a - b), Array.from({ length: 22 }, (_, i) => i + 9));
});

test.run();
