// Names of RPCs as people write them: which are known, and what is said of those that are not.

import * as assert from 'uvu/assert';
import { unknownRpc } from '../../../src/runtime/rpc/rpc_name.ts';
import { suite } from '../../kit.ts';

const test = suite('names of RPCs');

test('an interface is known with and without _session, with any of its functions or alone', () => {
  for (const name of ['Log', 'Log_session', 'Log::write', 'Log_session.write', 'Timer::elapsed_ms', 'Parent', 'Signal_source::wait_for_signal']) assert.is(unknownRpc(name), null, name);
});

test('an unknown interface or function is told, with those that there are', () => {
  const wrong = unknownRpc('Logg::write');
  assert.is(wrong?.message, "there is no RPC interface 'Logg'");
  assert.ok(wrong?.names.includes('Log_session'));
  assert.equal(unknownRpc('Log::wirte'), { message: "Log_session has no function 'wirte'", names: ['Log::write'] });
  assert.is(unknownRpc('')?.message, "there is no RPC interface ''");
});

test.run();
