// The goldens of run/ against the table of the mailing list, quotes and collapsed blanks as they are in the mail.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import { suite } from '../kit.ts';

const test = suite('the mail of March 2017');
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const MAIL = '../shared/reference/mail-thread-2016-2017.txt';
const FRESH = 'run/fresh_bootstrap.golden/first_output.caps';

async function diff(args: readonly string[]): Promise<{ readonly status: number; readonly out: string }> {
  let out = '';
  const write = (text: string): void => {
    out += text;
  };
  const context: Context = {
    cwd: root, env: {}, out: write, err: write, terminal: false, wall_ms: () => 0, packageRoot: root,
    boot: () => ({ error: 'nothing is booted here' }),
    hostedProgram: () => undefined,
  };
  return { status: await main(['diff', ...args], context), out };
}

const available = existsSync(join(root, MAIL));
const reason = 'the mail thread is not beside this checkout';

if (available) {
  test('a fresh start-up has the shape of the mail on the rows that the mail has', async () => {
    const { status, out } = await diff([FRESH, MAIL, '--compare', 'shape']);
    assert.is(status, 0, out);
    assert.match(out, /7 rows are compared/);
  });

  test('it is the same table up to the numbers of the objects', async () => {
    assert.is((await diff([FRESH, MAIL, '--compare', 'isomorphic'])).status, 0);
  });

  test('another component has not that shape', async () => {
    assert.is((await diff(['run/log_only.golden/init.caps', MAIL, '--compare', 'shape'])).status, 3);
  });
} else {
  test.skip('a fresh start-up has the shape of the mail on the rows that the mail has', reason);
  test.skip('it is the same table up to the numbers of the objects', reason);
  test.skip('another component has not that shape', reason);
}

test.run();
