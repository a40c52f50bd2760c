// The twins of sheep_counter in YAML and HID: the same tree and the same goldens, so that they must give the same run.
// Owns no state.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { DiagnosticList } from '../../src/scenario/diagnostic.ts';
import { Source } from '../../src/scenario/source.ts';
import { plainNode } from '../../src/scenario/syntax/content.ts';
import { readTree, type Syntax } from '../../src/scenario/syntax/syntax.ts';
import { suite } from '../kit.ts';

const test = suite('twins of sheep_counter');
const RUN = join(import.meta.dirname, '../../run');
const text = (file: string) => readFileSync(join(RUN, file), 'utf8');

function tree(file: string, syntax: Syntax): unknown {
  const root = readTree(new Source(file, text(file)), syntax, new DiagnosticList());
  if (root === undefined) throw new Error(file);
  const plain = plainNode(root);
  return { ...plain, attributes: plain.attributes.filter(([name]) => name !== 'name' && name !== 'doc') };
}

for (const syntax of ['yaml', 'hid'] as const) {
  test(`sheep_counter_${syntax} differs from sheep_counter in its name and sentence only`, () => {
    assert.equal(tree(`sheep_counter_${syntax}.${syntax}`, syntax), tree('sheep_counter.xml', 'xml'));
    for (const golden of ['third.caps', 'restored.caps']) assert.is(text(`sheep_counter_${syntax}.golden/${golden}`), text(`sheep_counter.golden/${golden}`));
  });
}

test.run();
