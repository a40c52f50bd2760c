// The state report's text: what each detail adds, how bytes are written, and that it reads back as the tree it shows.
import * as assert from 'uvu/assert';
import type { ReportDetail } from '../../../src/runtime/init/config.ts';
import { bytesText, type ReportedState, stateReport } from '../../../src/runtime/init/state_report.ts';
import { attributeOf, childOf, childrenOf } from '../../../src/scenario/syntax/node.ts';
import { suite } from '../../kit.ts';
import { configOf, nodeOf } from './parse.ts';

const test = suite('state report');

const NOTHING: ReportDetail = {
  ids: false, requested: false, provided: false, session_args: false, child_ram: false, init_ram: false, delay_ms: 100, buffer_bytes: 4096,
};
const EVERYTHING: ReportDetail = { ...NOTHING, ids: true, requested: true, provided: true, session_args: true, child_ram: true, init_ram: true };

const session = { service: 'Timer', args: 'ram_quota=8K, label="client -> "', donated_bytes: 8192 };
const STATE: ReportedState = {
  version: 'seven', ram: { quota: 10 << 20, used: 1 << 20 },
  children: [
    { name: 'client', binary: 'universal', id: 2, ram: { quota: 1 << 20, used: 5000 }, requested: [session], provided: [] },
    { name: 'timer', binary: 'timer', id: 1, ram: { quota: 913_408, used: 0 }, requested: [], provided: [session] },
  ],
};

test('without details it names the children and their binaries only', () => {
  assert.is(
    stateReport(STATE, NOTHING),
    '<state version="seven">\n\t<child name="client" binary="universal"/>\n\t<child name="timer" binary="timer"/>\n</state>\n',
  );
  assert.is(stateReport({ version: '', ram: null, children: [] }, EVERYTHING), '<state/>\n');
});

test('with all details it shows numbers, RAM, and each session at its client and at its server', () => {
  const root = nodeOf(stateReport(STATE, EVERYTHING));
  const [client, timer] = childrenOf(root, 'child');
  if (client === undefined || timer === undefined) throw new Error('two children are reported');
  assert.equal(root.children.map(({ tag }) => tag), ['ram', 'child', 'child']);
  assert.equal(childOf(client, 'ram')?.attributes.map(({ name, value }) => [name, value]), [['quota', '1M'], ['used', '5000'], ['avail', '1043576']]);
  assert.is(attributeOf(client, 'id')?.value, '2');
  for (const [child, side] of [[client, 'requested'], [timer, 'provided']] as const) {
    const shown = childOf(child, side)?.children[0];
    assert.equal(shown?.attributes.map(({ name, value }) => [name, value]), [['service', 'Timer'], ['label', 'client -> '], ['state', 'CAP_HANDED_OUT'], ['ram', '8K']]);
    assert.is(shown === undefined ? undefined : childOf(shown, 'args')?.text[0]?.text, session.args);
  }
});

test('bytes are written with the largest unit that divides them', () => {
  assert.equal([0, 1, 1024, 1536, 1 << 20, 3 << 20, 2 ** 30, (1 << 20) + 1].map(bytesText), ['0', '1', '1K', '1536', '1M', '3M', '1G', '1048577']);
});

test('what the report shows and what init keeps is read from the configuration', () => {
  const { report, version, preserve_bytes } = configOf('<config version="v1"><report requested="yes" delay_ms="20" buffer="8K"/><resource name="RAM" preserve="1M"/></config>');
  assert.equal([report?.requested, report?.provided, report?.delay_ms, report?.buffer_bytes, version, preserve_bytes], [true, false, 20, 8192, 'v1', 1 << 20]);
  assert.equal([configOf('<config/>').report, configOf('<config/>').preserve_bytes, configOf('<config><report/></config>').report], [null, 160 << 10, NOTHING]);
});

test.run();
