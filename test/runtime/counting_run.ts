// A driver for tests that save the machine in mid-flight: boots the sheep_counter system, checkpoints, kills and restores the
// counter at fixed log lines, and collects the console. Its own state is one plain record, saved beside the machine.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeMachineState, encodeMachineState } from '../../src/emu/machine_state.ts';
import { bootSystem, restoreSystem, type RunningSystem } from '../../src/runtime/boot_system.ts';
import { programNamed } from '../../src/runtime/native/component.ts';
import { hostedImage } from '../../src/runtime/native/image.ts';
import { RTCR_EXTENSIONS } from '../../src/runtime/rtcr/extensions.ts';
import type { ControlCommand } from '../../src/runtime/system.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const CHILD = 'rtcr -> sheep_counter';

const CONFIG = `<config>
	<parent-provides>
		<service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="RM"/> <service name="LOG"/>
	</parent-provides>
	<default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
	<start name="timer"> <resource name="RAM" quantum="1M"/> <provides> <service name="Timer"/> </provides> </start>
	<start name="rtcr"> <resource name="RAM" quantum="64M"/> <config> <child name="sheep_counter"/> </config> </start>
</config>`;

/** What the driver does at the end of each phase. */
const COMMANDS: readonly (ControlCommand | null)[] = [
  { kind: 'checkpoint', of: CHILD, name: 'saved', strategy: {} },
  { kind: 'kill', child: CHILD },
  { kind: 'restore', from: 'saved', as: CHILD, strategy: {} },
  null,
];
const START_LINE = '2 sheeps. zzZ';
const LAST_LINE = '4 sheeps. zzZ';

export interface DriverState {
  /** Index of the next command; a command runs while `busy`. */
  next: number;
  busy: boolean;
  console: string;
  done: boolean;
}

export interface Run {
  readonly system: RunningSystem;
  readonly state: DriverState;
}

function follow(system: RunningSystem, state: DriverState): Run {
  system.machine.events.listen(['console', 'note'], (event) => {
    if (event.kind === 'note' && event.what === 'control_done') return system.machine.stop();
    if (event.kind !== 'console') return;
    state.console += event.text;
    if ((state.next === 0 && event.text.includes(START_LINE)) || event.text.includes(LAST_LINE)) system.machine.stop();
  });
  return { system, state };
}

export function boot(): Run {
  const file = (name: string): Uint8Array => new Uint8Array(readFileSync(join(root, 'src/guest/bin', `${name}.elf`)));
  const hosted = (name: string): Uint8Array => {
    const program = programNamed(name);
    if (program === undefined) throw new Error(`no program '${name}'`);
    return hostedImage(program);
  };
  const modules = [
    { name: 'config', bytes: new TextEncoder().encode(CONFIG) },
    ...['init', 'rtcr'].map((name) => ({ name, bytes: hosted(name) })),
    ...['timer', 'sheep_counter'].map((name) => ({ name, bytes: file(name) })),
  ];
  const system = bootSystem({ modules, ram_bytes: 256 << 20, flavour: 'rtcr', extensions: new Set(RTCR_EXTENSIONS.map(({ name }) => name)), seed: 0 });
  if ('error' in system) throw new Error(system.error);
  return follow(system, { next: 0, busy: false, console: '', done: false });
}

/** Runs up to an instruction (of the machine's counter) or to the end of the drive, whichever comes first. */
export function drive({ system, state }: Run, until: number): void {
  const { machine } = system;
  while (!state.done && machine.instructions < until) {
    const reason = machine.run({ instructions: until - machine.instructions });
    if (reason === 'idle_forever') throw new Error(`nothing goes on any more after:\n${state.console}`);
    if (reason === 'stopped') stepDriver(system, state);
  }
}

function stepDriver(system: RunningSystem, state: DriverState): void {
  if (state.busy) {
    const outcome = system.outcome();
    if (outcome === null) return;
    if (!outcome.ok) throw new Error(outcome.message);
    state.busy = false;
  }
  const command = COMMANDS[state.next];
  if (command === null || command === undefined) {
    state.done = state.console.includes(LAST_LINE);
    return;
  }
  const answer = system.control(command);
  if (!answer.accepted) throw new Error(answer.message);
  state.next += 1;
  state.busy = true;
}

/** Machine and driver as bytes. */
export function save({ system, state }: Run): Uint8Array {
  const driver = new TextEncoder().encode(JSON.stringify(state));
  const machine = encodeMachineState(system.save());
  const bytes = new Uint8Array(4 + driver.length + machine.length);
  new DataView(bytes.buffer).setUint32(0, driver.length);
  bytes.set(driver, 4);
  bytes.set(machine, 4 + driver.length);
  return bytes;
}

export function load(bytes: Uint8Array): Run {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const state = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as DriverState;
  const machine = decodeMachineState(bytes.subarray(4 + length));
  return follow(restoreSystem(machine), state);
}
