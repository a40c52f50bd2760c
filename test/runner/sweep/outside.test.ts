// Requests from outside that are under way when a checkpoint comes: whether they have reached the component nobody can tell by looking, so both
// is recorded.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { bootText } from '../../../src/cli/bench/systems.ts';
import { watchMoment } from '../../../src/runner/moment_watch.ts';
import { experiment } from '../../../src/runner/sweep/experiment.ts';
import type { Course } from '../../../src/runner/sweep/take_turns.ts';
import { realContext } from '../../cli/context.ts';
import { suite } from '../../kit.ts';

const test = suite('requests from outside', { timeout_ms: 60_000 });
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const OF = 'rtcr -> server';
/** The server opens the session of the second client, for which the checkpointer has asked it. */
const OPENS = { kind: 'rpc', function: 'Pd::alloc_rpc_cap', edge: 'entry', of: OF, count: 7 } as const;

test('a request that the checkpointer works at when the moment comes is taken for one still to be passed on, and for one that was', () => {
  const system = bootText(readFileSync(join(root, 'run/restore/client_outside_back.xml'), 'utf8'), realContext(root).context);
  const watch = watchMoment(OPENS, system, 0);
  while (!watch.reached) assert.ok(system.machine.run({ time_us: 100_000 }) !== 'idle_forever' && system.machine.time_us < 5_000_000, 'it does not happen');
  watch.close();
  let courses: readonly Course[] = [];
  const mark = { path: OF };
  experiment(system, { mark, members: [], pasts: [], deadline_us: system.machine.time_us + 1_000_000, unify: [], strategy: { checkpoint: {}, restore: {} } }, (recorded) => { courses = recorded; });
  const origins = courses.map(({ inputs }) => inputs.map(({ origin }) => origin.replace(/:.*/, '')));
  // What the checkpointer closes first at the restored server is attributed to whoever has been answered without the server being asked.
  assert.equal(origins, [
    ['init -> first', 'init -> second', 'init -> first'],
    ['init -> first', 'init -> brief', 'init -> first'],
  ]);
  system.close();
});

test.run();
