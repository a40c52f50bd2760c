// Which extensions restores need: the record and the tables made from it are those of the catalogue, and what the record says of a
// scenario is what comes out now. RESCAP_EVERY=1 finds out all of it again.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { between, EXTENSION_NAMES, examine, NEEDS_RECORD, recordProblems, restoringScenarios, tablesOf } from '../../src/cli/commands/extensions.ts';
import { wayWords } from '../../src/runner/needs/needs.ts';
import { NEEDS_FORMAT, type NeedsRecord, parseNeeds, printNeeds, staleness } from '../../src/runner/needs/record.ts';
import { decideStrategy } from '../../src/runtime/rtcr/strategies.ts';
import { RTCR_EXTENSIONS } from '../../src/runtime/rtcr/extensions.ts';
import { suite } from '../kit.ts';
import { realContext } from './context.ts';

const EVERY = process.env['RESCAP_EVERY'] === '1';
const test = suite('rescap extensions', { timeout_ms: EVERY ? 3_600_000 : 120_000 });
const root = join(import.meta.dirname, '../..');
const { context } = realContext(root);
const read = (file: string) => readFileSync(join(root, file), 'utf8');

function record(): NeedsRecord {
  const parsed = parseNeeds(read(NEEDS_RECORD));
  if ('error' in parsed) throw new Error(`${NEEDS_RECORD}: ${parsed.error}`);
  return parsed;
}

test('the record tells of every restore of the catalogue as it is now (else: make extensions)', () => {
  assert.equal(recordProblems(record(), context), []);
});

test('the tables in README and run/EXTENSIONS.md are made from the record (else: make extensions)', () => {
  for (const [file, mark, text] of tablesOf(record())) assert.fixture(between(mark).exec(read(file))?.[2] ?? '', text, `${file}, ${mark}`);
});

/** Cheap ones whose answers differ: everything is lost, nothing is used, one extension is avoidable. */
const SAMPLE = ['elf_twice', 'loses/stock_genode', 'loses/threads_not_started'];

for (const name of EVERY ? restoringScenarios(context).keys() : SAMPLE) {
  test(`what the record says of ${name} comes out again`, () => {
    const found = examine(restoringScenarios(context).get(name)?.file ?? '', context);
    if ('verdict' in found) throw new Error(found.reason);
    assert.equal(found, record().rows.find(({ scenario }) => scenario === name));
  });
}

test('a new, a changed and a vanished scenario and another extension make a record stale', () => {
  const row = { hash: '1', needs: [], smallest: [] };
  const old: NeedsRecord = { format: NEEDS_FORMAT, extensions: EXTENSION_NAMES, rows: [{ scenario: 'a', ...row }, { scenario: 'b', ...row }, { scenario: 'gone', ...row }] };
  const now = new Map([['a', '1'], ['b', '2'], ['new', '1']]);
  assert.equal(staleness(old, EXTENSION_NAMES, now), ['b has changed', 'new is not in it', 'gone does not exist, or restores nothing']);
  assert.is(staleness({ ...old, extensions: ['x'] }, EXTENSION_NAMES, new Map([['a', '1']])).length, 3);
});

test('a record is read as it was printed, and what is none is refused', () => {
  const whole = record();
  assert.equal(parseNeeds(printNeeds(whole)), whole);
  for (const text of ['', '{}', '[]', 'null', '{"format":1,"extensions":[],"rows":[{}]}', '{"format":2,"extensions":[],"rows":[]}']) assert.ok('error' in parseNeeds(text), text);
});

test('every way of doing without an extension is a strategy that exists', () => {
  for (const { name, without } of RTCR_EXTENSIONS) {
    for (const way of without) {
      for (const command of ['checkpoint', 'restore'] as const) {
        const decided = decideStrategy(command, way[command]);
        assert.ok(decided.ok, `${name}: ${decided.ok ? '' : decided.message}`);
      }
      assert.ok(wayWords(way).length > 0, name);
    }
  }
});

test.run();
