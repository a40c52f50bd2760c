// The XML reader beside libxml2, on documents damaged at random: what libxml2 refuses we refuse, in the same line. Compared with the
// installed xmllint, and always with what one said when the fixture was written. Owns no state.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Diagnostic, DiagnosticList } from '../../../src/scenario/diagnostic.ts';
import { Source } from '../../../src/scenario/source.ts';
import { readXml } from '../../../src/scenario/syntax/xml.ts';
import { suite } from '../../kit.ts';
import { mutants } from './mutants.ts';

const test = suite('xml reader beside libxml2');
const FIXTURE = join(import.meta.dirname, 'libxml2_lines.json');
const STORED = { count: 600, seed: 2 } as const;
const LIVE = { count: 600, seed: 80 } as const;

/** The line of the first error; 0: well-formed. */
function libxml2Lines(documents: readonly string[]): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), 'rescap-xml-'));
  try {
    for (const [index, text] of documents.entries()) writeFileSync(join(folder, `${index}.xml`), text);
    const { stderr } = spawnSync('xmllint', ['--noout', '--nonet', ...documents.map((_, index) => `${index}.xml`)], { cwd: folder, maxBuffer: 1 << 28, encoding: 'utf8' });
    const lines = documents.map(() => 0);
    for (const [, index, line] of stderr.matchAll(/^([0-9]+)\.xml:([0-9]+): parser error : /gm)) lines[Number(index)] ||= Number(line);
    return lines;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Where libxml2 tells that something has no end only when the text is at its end, we point at its beginning. */
const POINTS_BACK = /no end|not closed|has no value|no closing|malformed|is not quoted|does not match|given twice/;

function compare(documents: readonly string[], lines: readonly number[]): void {
  let sameLine = 0;
  let refused = 0;
  const elsewhere: string[] = [];
  for (const [index, text] of documents.entries()) {
    const theirs = lines[index] ?? 0;
    const diagnostics = new DiagnosticList();
    const node = readXml(new Source('t.xml', text), diagnostics);
    if (theirs === 0) continue;
    refused += 1;
    assert.is(node, undefined, `accepted, which libxml2 refuses in line ${theirs}: ${JSON.stringify(text)}`);
    const [first] = diagnostics.all;
    const ours = first === undefined ? 0 : lineOf(first);
    if (ours === theirs) sameLine += 1;
    else if (first !== undefined && !POINTS_BACK.test(first.message) && !/\r(?!\n)/.test(text)) elsewhere.push(`${ours} instead of ${theirs}, ${first.message}: ${JSON.stringify(text)}`);
  }
  assert.ok(refused > documents.length / 2);
  // Of two mistakes in one tag the two readers may tell the other one first.
  assert.ok(elsewhere.length <= refused * 0.01, elsewhere.join('\n'));
  assert.ok(sameLine > refused * 0.85, `${sameLine} of ${refused} in the same line`);
}

const lineOf = ({ span }: Diagnostic): number => span.source.position(span.start).line;

test('what libxml2 refused when the fixture was written is refused, in the same line', () => {
  compare(mutants(STORED.count, STORED.seed), JSON.parse(readFileSync(FIXTURE, 'utf8')) as number[]);
});

const LIVE_NAME = 'what the installed libxml2 refuses is refused, in the same line';
if (spawnSync('xmllint', ['--version']).status === 0) test(LIVE_NAME, () => compare(mutants(LIVE.count, LIVE.seed), libxml2Lines(mutants(LIVE.count, LIVE.seed))));
else test.skip(LIVE_NAME, 'xmllint is not installed');

if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(FIXTURE, `${JSON.stringify(libxml2Lines(mutants(STORED.count, STORED.seed)))}\n`);

test.run();
