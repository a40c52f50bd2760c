// Tests of the systems that are measured: a line that never comes ends the measurement in words.
// Owns no state.

import * as assert from 'uvu/assert';
import { bootText, runUntil } from '../../../src/cli/bench/systems.ts';
import { suite } from '../../kit.ts';
import { realContext } from '../context.ts';

const test = suite('systems to measure on');

const TICKING = `<scenario name="bench"><config>
  <parent-provides> <service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="RM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <start name="timer"> <resource name="RAM" quantum="1M"/> <provides> <service name="Timer"/> </provides> </start>
  <start name="universal"> <resource name="RAM" quantum="4M"/> <config> <log text="begins"/> <loop> <sleep ms="5000"/> </loop> </config> </start>
</config><steps> <await time_ms="1"/> </steps></scenario>`;

test('a line that does not come within the limit is named', () => {
  const system = bootText(TICKING, realContext('.').context);
  runUntil(system, 'begins');
  assert.throws(() => runUntil(system, 'ends'), "'ends' is not printed within 120 s of virtual time");
});

test.run();
