// Every function of the RPC table is called by a test or by a component that the tests run, or stands here with the reason why not.
// Reads the sources of tests and runtime; owns nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { INTERFACES } from '../../../src/runtime/rpc/interfaces.ts';
import { findPackageRoot } from '../../../src/cli/context.ts';
import { suite } from '../../kit.ts';

const test = suite('RPC coverage');

/** Functions that nobody here calls. */
const UNCALLED: Readonly<Record<string, string>> = {
  'Io_mem_session.dataspace': 'core denies IO_MEM sessions: the board shows user level no devices',
  'Irq_session.ack_irq': 'core denies IRQ sessions: no device raises an interrupt',
  'Irq_session.sigh': 'core denies IRQ sessions',
  'Irq_session.info': 'core denies IRQ sessions',
  'Report_session.response_sigh': 'init only submits reports; responses are for report servers with clients that read them',
  'Report_session.obtain_response': 'init only submits reports',
  'Entrypoint_exit.exit': 'called when an entrypoint is destroyed; entrypoints of core and of hosted components live as long as these',
  'Finalizer.exit': 'called when an entrypoint that serves a signal source is destroyed; the one of core never is',
};

function sources(folder: string): string[] {
  return readdirSync(join(findPackageRoot(), folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith('coverage.test.ts') && !path.endsWith('interfaces.ts'))
    .map((path) => readFileSync(path, 'utf8'));
}

test('every function of every interface is called, or its reason stands here', () => {
  const texts = [...sources('test'), ...sources('src/runtime')].join('\n');
  const guests = readdirSync(join(findPackageRoot(), 'src/guest/base')).filter((name) => name.endsWith('.c')).map((name) => readFileSync(join(findPackageRoot(), 'src/guest/base', name), 'utf8')).join('\n');
  const called = (name: string, fn: string): boolean => new RegExp(`\\b${name}\\.${fn}\\b`).test(texts) || new RegExp(`\\b${name.toUpperCase()}_${fn.toUpperCase()}\\b`).test(guests);
  const all = Object.values(INTERFACES).flatMap(({ name, functions }) => functions.map((fn) => ({ key: `${name}.${fn.name}`, called: called(name, fn.name) })));
  const missing = all.filter(({ key, called: yes }) => !yes && UNCALLED[key] === undefined).map(({ key }) => key);
  assert.equal(missing, []);
  const idle = Object.keys(UNCALLED).filter((key) => !all.some((fn) => fn.key === key && !fn.called));
  assert.equal(idle, []);
});

test.run();
