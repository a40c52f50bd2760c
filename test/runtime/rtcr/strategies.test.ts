// Strategy attributes: completed with defaults, refused where they cannot be done.

import * as assert from 'uvu/assert';
import { decideStrategy, STRATEGY_ATTRIBUTES } from '../../../src/runtime/rtcr/strategies.ts';
import { suite } from '../../kit.ts';

const test = suite('restore strategies');

function messageOf(command: 'checkpoint' | 'restore', given: Record<string, string>): string {
  const decision = decideStrategy(command, given);
  return decision.ok ? '' : decision.message;
}

test('nothing given means the complete strategy', () => {
  const decision = decideStrategy('restore', {});
  assert.is(decision.ok, true);
  if (!decision.ok) return;
  const { bootstrap, registers, blocked, semaphore, utcb, timer } = decision.strategy;
  assert.equal({ bootstrap, registers, blocked, semaphore, utcb, timer }, {
    bootstrap: 'empty', registers: 'all', blocked: 'kernel-state', semaphore: 'attach', utcb: 'save', timer: 'remaining',
  });
});

test('every offered value is accepted by every command that knows the attribute', () => {
  for (const { name, at, offered } of STRATEGY_ATTRIBUTES) {
    for (const command of at) for (const value of offered) assert.is(decideStrategy(command, { [name]: value }).ok, true, `${command} ${name}=${value}`);
  }
});

test('every value that the design names and this version lacks is refused in words', () => {
  for (const { name, at, refused } of STRATEGY_ATTRIBUTES) {
    for (const value of refused) assert.match(messageOf(at[0], { [name]: value }), /is not in this version; offered: /);
  }
});

test('unknown attributes, unknown values and attributes of the other command are refused', () => {
  assert.match(messageOf('restore', { colour: 'red' }), /unknown strategy attribute 'colour'/);
  assert.match(messageOf('restore', { semaphore: 'maybe' }), /semaphore='maybe' is unknown; offered: attach, install, skip/);
  assert.match(messageOf('checkpoint', { semaphore: 'skip' }), /belongs to restore/);
});

test.run();
