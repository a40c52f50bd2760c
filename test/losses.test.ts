// Every loss of the catalogue and every historic defect has a scenario or a reason, and run/LOSSES.md says so.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { DEFECTS, NOT_SHOWN } from '../src/runtime/rtcr/defects.ts';
import { DEFECT_NUMBERS, LOSS_NUMBERS, LOSSES_BETWEEN, LOSSES_FILE, lossTables, shownBy } from './losses.ts';
import { suite } from './kit.ts';

const test = suite('losses');

test('every loss of the catalogue has a scenario that shows it', () => {
  const shown = shownBy();
  assert.equal(LOSS_NUMBERS.filter((number) => !shown.has(number)), []);
});

test('every historic defect has a switch with a scenario, or a reason why there is no switch', () => {
  const shown = shownBy();
  for (const number of DEFECT_NUMBERS) {
    const known = DEFECTS.find(({ id }) => id === number);
    if (known === undefined) assert.ok(NOT_SHOWN[number] !== undefined, number);
    else assert.ok(shown.has(number), `${number} has a switch and no scenario`);
  }
  for (const { id } of DEFECTS) assert.ok(NOT_SHOWN[id] === undefined, `${id} is shown and not shown`);
});

test('a scenario that is tagged with a defect with a switch uses the switch', () => {
  for (const [tag, scenarios] of shownBy()) {
    const known = DEFECTS.find(({ id }) => id === tag);
    for (const scenario of known === undefined ? [] : scenarios) {
      const lists = scenario.steps.flatMap((step) => (step.kind === 'checkpoint' || step.kind === 'restore' ? [step.strategy['defects'] ?? ''] : []));
      const children = [...scenario.config_text.matchAll(/defects="([^"]*)"/g)].map((match) => match[1] ?? '');
      const used = [...lists, ...children].flatMap((list): readonly string[] => list.split(/[\s,]+/));
      assert.ok(used.includes(tag), `${scenario.name} is tagged ${tag} and does not switch it on`);
    }
  }
});

test('the tables in run/LOSSES.md are true (else: make losses)', () => {
  assert.fixture(LOSSES_BETWEEN.exec(readFileSync(LOSSES_FILE, 'utf8'))?.[2] ?? '', lossTables());
});

test.run();
