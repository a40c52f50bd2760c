// Strategy attributes: completed with defaults, refused where they cannot be done.

import * as assert from 'uvu/assert';
import { decideStrategy, PRESETS, STRATEGY_ATTRIBUTES } from '../../../src/runtime/rtcr/strategies.ts';
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

test('a preset is what a historic program did, and attributes beside it go before it', () => {
  const decision = decideStrategy('restore', { preset: 'argos-fixing_restore', utcb: 'save' });
  if (!decision.ok) throw new Error(decision.message);
  const { bootstrap, semaphore, utcb, defects } = decision.strategy;
  assert.equal({ bootstrap, semaphore, utcb, defects }, { bootstrap: 'empty', semaphore: 'skip', utcb: 'save', defects: 'D-06 D-13 D-21' });
  assert.match(messageOf('restore', { preset: 'argos' }), /there is no preset 'argos'; there are argos-master, /);
});

test('every preset names only values that its command offers', () => {
  for (const preset of Object.values(PRESETS)) {
    for (const command of ['checkpoint', 'restore'] as const) assert.is(messageOf(command, preset[command]), '');
  }
});

test('every value other than the first says what is lost with it', () => {
  const silent = STRATEGY_ATTRIBUTES.flatMap(({ name, offered, ...row }) => offered.slice(1).filter((value) => !Object.hasOwn('loses' in row ? row.loses : {}, value)).map((value) => `${name}=${value}`));
  assert.equal(silent, ['cap-order=space-first']);
});

test('defects are switched on where they act, and those that cannot be shown are refused with the reason', () => {
  assert.is(decideStrategy('restore', { defects: 'D-06, D-13' }).ok, true);
  assert.match(messageOf('restore', { defects: 'D-01' }), /defect D-01 belongs to <checkpoint>/);
  assert.match(messageOf('restore', { defects: 'D-07' }), /belongs to the <child> node/);
  assert.match(messageOf('restore', { defects: 'D-15' }), /D-15 is not in this version: it belongs to redundant memory/);
  assert.match(messageOf('restore', { defects: 'D-99' }), /there is no defect 'D-99'/);
});

test('unknown attributes, unknown values and attributes of the other command are refused', () => {
  assert.match(messageOf('restore', { colour: 'red' }), /unknown strategy attribute 'colour'/);
  assert.match(messageOf('restore', { semaphore: 'maybe' }), /semaphore='maybe' is unknown; offered: attach, install, rerequest, skip/);
  assert.match(messageOf('checkpoint', { semaphore: 'skip' }), /belongs to restore/);
});

test.run();
