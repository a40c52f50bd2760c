// Tests of the printers against the readers: what was printed is read as it was, and canonical text is printed as it is.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { DiagnosticList } from '../../../src/scenario/diagnostic.ts';
import { plainNode } from '../../../src/scenario/syntax/content.ts';
import type { Node } from '../../../src/scenario/syntax/node.ts';
import { type Syntax, SYNTAXES } from '../../../src/scenario/syntax/syntax.ts';
import { suite } from '../../kit.ts';
import { nodeOf, plainTrees, well } from './trees.ts';

const test = suite('printers');
const ALL: readonly Syntax[] = ['xml', 'yaml', 'hid'];

/** Prints what must be expressible without loss. */
function print(node: Node, syntax: Syntax): string {
  const diagnostics = new DiagnosticList();
  const text = SYNTAXES[syntax].print(node, diagnostics);
  assert.equal(diagnostics.all.map(({ message }) => message), []);
  if (text === undefined) throw new Error('not printed, and no reason given');
  return text;
}

function losses(node: Node, syntax: Syntax): { text: string | undefined; messages: readonly string[] } {
  const diagnostics = new DiagnosticList();
  const text = SYNTAXES[syntax].print(node, diagnostics);
  return { text, messages: diagnostics.all.map(({ severity, code, message }) => `${severity} ${code} ${message}`) };
}

for (const syntax of ALL) {
  test(`${SYNTAXES[syntax].title}: a printed tree is read as the same tree, and printed again as the same text`, () => {
    fc.assert(
      fc.property(plainTrees[syntax], (tree) => {
        const text = print(nodeOf(tree), syntax);
        const back = well(text, syntax);
        assert.equal(plainNode(back), tree);
        assert.is(print(back, syntax), text);
      }),
      { numRuns: 500 },
    );
  });

  test(`${SYNTAXES[syntax].title}: printing a tree that does not fit keeps what fits and says what does not`, () => {
    fc.assert(
      fc.property(plainTrees.xml, (tree) => {
        const { text, messages } = losses(nodeOf(tree), syntax);
        if (text === undefined) return assert.match(messages[0] ?? '', /^error E024/);
        const same = JSON.stringify(plainNode(well(text, syntax))) === JSON.stringify(tree);
        assert.is(messages.length === 0, same);
      }),
      { numRuns: 300 },
    );
  });
}

const SAMPLE = well(
  `<scenario name="counter">
     <config prio_levels="2">
       <parent-provides> <service name="ROM"/> <service name="LOG"/> </parent-provides>
       <start name="timer"> <provides> <service name="Timer"/> </provides> </start>
       <start name="shell"> <env name="PATH">/bin</env> <arg>one\ntwo</arg> <parent/> </start>
     </config>
     <steps> <await log="* 3 sheeps. zzZ" within_ms="5000"/> </steps>
   </scenario>`,
  'xml',
);

const CANONICAL: Readonly<Record<Syntax, string>> = {
  xml: `<scenario name="counter">
  <config prio_levels="2">
    <parent-provides>
      <service name="ROM"/>
      <service name="LOG"/>
    </parent-provides>
    <start name="timer">
      <provides>
        <service name="Timer"/>
      </provides>
    </start>
    <start name="shell">
      <env name="PATH">/bin</env>
      <arg>one
two</arg>
      <parent/>
    </start>
  </config>
  <steps>
    <await log="* 3 sheeps. zzZ" within_ms="5000"/>
  </steps>
</scenario>
`,
  yaml: `scenario:
  - name: counter
  - config:
      - prio_levels: 2
      - parent-provides:
          - service: {name: ROM}
          - service: {name: LOG}
      - start:
          name: timer
          provides:
            service: {name: Timer}
      - start:
          - name: shell
          - env:
              name: PATH
              "#text": /bin
          - arg:
              "#text": |-
                one
                two
          - parent:
  - steps:
      await: {log: "* 3 sheeps. zzZ", within_ms: 5000}
`,
  hid: `scenario counter
+ config | prio_levels: 2
  + parent-provides
    + service ROM
    + service LOG
  + start timer | + provides | + service Timer
  + start shell
    + env PATH | : /bin
    + arg
      : one
      : two
    + parent
+ steps | + await | log: * 3 sheeps. zzZ | within_ms: 5000
-
`,
};

for (const syntax of ALL) {
  test(`${SYNTAXES[syntax].title}: the canonical form is the one that people would write`, () => {
    assert.is(print(SAMPLE, syntax), CANONICAL[syntax]);
    assert.equal(plainNode(well(CANONICAL[syntax], syntax)), plainNode(SAMPLE));
  });
}

test('a node whose attributes do not fit on a line goes on below', () => {
  const many = well(`<a name="n">${'<b/>'}<c ${Array.from({ length: 9 }, (_, index) => `attribute${index}="some value"`).join(' ')}><d/><e/></c></a>`, 'xml');
  for (const syntax of ALL) assert.equal(plainNode(well(print(many, syntax), syntax)), plainNode(many));
  assert.ok(print(many, 'hid').split('\n').every((line) => line.length <= 80));
});

const LOST: readonly (readonly [syntax: Syntax, xml: string, text: string | undefined, message: RegExp])[] = [
  ['hid', '<a><policy label_prefix="a -> "/></a>', 'a\n+ policy | label_prefix: a ->\n-\n', /^warning E024 HID cannot express label_prefix="a -> ": blanks around a value do not count; written as 'a ->'$/],
  ['hid', '<a x="1|2"/>', 'a\n-\n', /^warning E024 .*'\|' separates attributes; attribute left out$/],
  ['hid', '<a X="1"/>', 'a\n-\n', /^warning E024 .*attribute left out$/],
  ['hid', '<a x="1&#10;2"/>', 'a\n-\n', /character U\+000A; attribute left out$/],
  ['hid', '<a><B><c/></B><d/></a>', 'a\n+ d\n-\n', /^warning E024 HID cannot express the element <B>: .*; element left out$/],
  ['hid', '<A/>', undefined, /^error E024 HID cannot express the element <A>/],
  ['hid', '<a>x&#13;</a>', 'a\n-\n', /cannot express the text of <a>: character U\+000D; text left out$/],
  ['hid', '<a>x<b/></a>', 'a\n+ b\n-\n', /the text of <a>: it stands beside elements; text left out$/],
  ['yaml', '<a>x<b/></a>', 'a:\n  b:\n', /the text of <a>: it stands beside elements; text left out$/],
  ['xml', '<a>x<b/></a>', '<a>\n  <b/>\n</a>\n', /the text of <a>: it stands beside elements; text left out$/],
];

for (const [syntax, xml, expected, message] of LOST) {
  test(`${SYNTAXES[syntax].title} says what it loses of ${xml}`, () => {
    const { text, messages } = losses(well(xml, 'xml'), syntax);
    assert.is(text, expected);
    assert.is(messages.length, 1);
    assert.match(messages[0] ?? '', message);
  });
}

const corpus = new URL('../../../../shared/corpus/', import.meta.url);
const FOLDERS = ['init-17.02', 'checkpoint-restore', 'init-hid-as-xml'];
if (!existsSync(corpus)) test.skip('real configurations survive every syntax', 'needs ../shared/corpus');
else {
  test('real configurations survive every syntax', () => {
    for (const folder of FOLDERS) {
      for (const file of readdirSync(new URL(`${folder}/`, corpus)).filter((name) => name.endsWith('.xml'))) {
        const root = well(readFileSync(new URL(`${folder}/${file}`, corpus), 'utf8'), 'xml');
        for (const syntax of ALL) {
          const { text, messages } = losses(root, syntax);
          if (messages.length > 0) assert.is(syntax, 'hid', `${file}: ${messages[0]}`);
          else assert.equal(plainNode(well(text ?? '', syntax)), plainNode(root), file);
        }
      }
    }
  });
}

test.run();
