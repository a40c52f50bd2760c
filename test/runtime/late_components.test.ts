// Components that come to life after a system was loaded behave as those of the system that was saved: flavour and configuration
// language are part of what is saved.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { decodeMachineState, encodeMachineState } from '../../src/emu/machine_state.ts';
import { bootSystem, restoreSystem, type RunningSystem } from '../../src/runtime/boot_system.ts';
import { programNamed } from '../../src/runtime/native/component.ts';
import { hostedImage } from '../../src/runtime/native/image.ts';
import { suite } from '../kit.ts';

const test = suite('late components');
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

// In 17.02 the inner init says that its child announces a service, and what follows the label tells the language as well.
const SERVICES = '<service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="LOG"/>';
const CONFIG = `<config>
	<parent-provides> ${SERVICES} </parent-provides>
	<default-route> <any-service> <parent/> </any-service> </default-route>
	<start name="inner"> <binary name="init"/> <resource name="RAM" quantum="8M"/>
		<config>
			<parent-provides> ${SERVICES} </parent-provides>
			<default-route> <any-service> <parent/> </any-service> </default-route>
			<start name="echo_server"> <resource name="RAM" quantum="1M"/> <provides> <service name="Echo"/> </provides> </start>
		</config>
	</start>
</config>`;

function boot(): RunningSystem {
  const program = programNamed('init');
  if (program === undefined) throw new Error("no program 'init'");
  const modules = [
    { name: 'config', bytes: new TextEncoder().encode(CONFIG) },
    { name: 'init', bytes: hostedImage(program) },
    { name: 'echo_server', bytes: new Uint8Array(readFileSync(join(root, 'src/guest/bin/echo_server.elf'))) },
  ];
  const system = bootSystem({ modules, ram_bytes: 256 << 20, flavour: 'stock', dialect: '17.02', extensions: new Set(), seed: 0 });
  if ('error' in system) throw new Error(system.error);
  return system;
}

/** What the console says from now on until nothing happens any more. */
function restOf(system: RunningSystem): string {
  let text = '';
  system.machine.events.listen(['console'], (event) => {
    if (event.kind === 'console') text += event.text;
  });
  while (system.machine.run({ time_us: 500_000 }) === 'stopped');
  return text;
}

test('an inner init that starts after loading speaks the language and has the flavour of the saved system', () => {
  const saved = boot();
  saved.machine.run({ instructions: 20_000 });
  const bytes = encodeMachineState(saved.save());
  const expected = restOf(saved);
  assert.match(expected, /child "echo_server" announces service "Echo"/);
  assert.is(restOf(restoreSystem(decodeMachineState(bytes))), expected);
});

test.run();
