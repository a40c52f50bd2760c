// Guests that do anything at all to the kernel, core, init, the checkpointer and each other, while components are checkpointed, killed and
// restored: the host never fails, and what is left can be saved. A failure names its sequence; HOSTILE_FIRST=N HOSTILE_SEQUENCES=1 repeats it.

import * as assert from 'uvu/assert';
import { IpcGate } from '../../src/emu/fiasco/ipc_gate.ts';
import { encodeMachineState } from '../../src/emu/machine_state.ts';
import { restoreSystem, type RunningSystem } from '../../src/runtime/boot_system.ts';
import { capId } from '../../src/runtime/native/cap_space.ts';
import { env } from '../../src/runtime/native/env.ts';
import { kernelCall, PROTOCOL } from '../../src/runtime/native/kernel_calls.ts';
import { Parent, Ram_session } from '../../src/runtime/rpc/interfaces.ts';
import { encodeArguments } from '../../src/runtime/rpc/wire.ts';
import type { ControlCommand } from '../../src/runtime/system.ts';
import { Dice } from '../dice.ts';
import { suite } from '../kit.ts';
import { proceed, runScript } from './core/script.ts';
import { boot } from './rtcr/driver.ts';
import { HostileGuests } from './hostile_guest.ts';
import { systemAt } from './scenario_states.ts';

const test = suite('runtime/hostile_guests', { timeout_ms: 300_000 });
const SEED = 0x5eed_0002;
const SKIPPED = 8;
const FIRST = Number(process.env['HOSTILE_FIRST'] ?? 0);
const SEQUENCES = Number(process.env['HOSTILE_SEQUENCES'] ?? 24);
const ACTIONS = 24;
/** How long a guest's action may take effect before the next one. */
const SLICES = [5000, 20_000, 60_000, 200_000];
const COMMAND_SLICE = 2_000_000;
const PARENT_SLOT = 8;
const SESSIONS_MAX = 4000;

/** Systems with services of core, init and the checkpointer, clients, servers and parents that are guests, and a moment of each. */
const SYSTEMS: readonly (readonly [file: string, instruction: number])[] = [
  ['run/sheep_counter.xml', 60_000_000],
  ['run/restore/parent.xml', 70_000_000],
  ['run/restore/echo.xml', 60_000_000],
  ['run/incremental.xml', 60_000_000],
  ['run/live_config.xml', 60_000_000],
  ['run/restore/client_outside.xml', 60_000_000],
];

function command(system: RunningSystem, dice: Dice): ControlCommand {
  const labels = system.components().filter(({ alive, label }) => alive && label.startsWith('init -> ')).map(({ label }) => label.slice('init -> '.length));
  const of = labels.length === 0 ? 'x' : dice.of(labels);
  return dice.of<ControlCommand>([{ kind: 'checkpoint', of, name: 'here', strategy: {} }, { kind: 'kill', child: of }, { kind: 'restore', from: 'here', as: of, strategy: {} }]);
}

/** Everything that people look at, for whatever state the guests have left. */
function look(system: RunningSystem): void {
  system.threads();
  system.inventory();
  for (const { task, alive } of system.components()) {
    if (!alive) continue;
    system.objectSpace(task);
    system.capRecords(task);
    system.capMap(task);
  }
}

function runSequence(system: RunningSystem, number: number): string[] {
  const { machine } = system;
  const dice = new Dice(SEED + number * 0x9e37_79b9, SKIPPED);
  const guests = new HostileGuests(system, dice);
  const done: string[] = [];
  try {
    for (let action = 0; action < ACTIONS; action++) {
      done.push(guests.act() ?? 'nobody');
      if (number % 3 === 0 && dice.oneIn(8)) {
        system.control(command(system, dice));
        machine.run({ instructions: COMMAND_SLICE });
      }
      if (machine.run({ instructions: dice.of(SLICES) }) === 'idle_forever') break;
    }
    machine.run({ instructions: COMMAND_SLICE });
    const wrong = machine.kernel.check();
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    look(system);
    if (number % 4 === 0) holdRestored(system);
  } catch (thrown) {
    throw new Error(`sequence ${number}: ${thrown instanceof Error ? thrown.stack : String(thrown)}\nafter ${done.slice(-5).join('\n  ')}`);
  }
  return done;
}

function holdRestored(system: RunningSystem): void {
  const state = system.save();
  const again = restoreSystem(state);
  const same = Buffer.compare(encodeMachineState(again.save()), encodeMachineState(state)) === 0;
  again.close();
  if (!same) throw new Error('saved, restored and saved again it is something else');
}

for (const [file, instruction] of SYSTEMS) {
  test(`whatever the guests of ${file} do, the host goes on`, () => {
    const system = systemAt(file, instruction);
    const start = system.snapshot();
    let actions = 0;
    for (let number = FIRST; number < FIRST + SEQUENCES; number++) {
      system.rewind(start);
      actions += runSequence(system, number).filter((what) => what !== 'nobody').length;
    }
    system.close();
    assert.ok(actions > SEQUENCES * (ACTIONS / 3), `${actions} actions`);
  });
}

test("a guest that opens more sessions than core has capability records stops core's thread, as in the original, and not the host", () => {
  const driver = boot({ modules: ['log_only'], beside: '<start name="log_only"> <resource name="RAM" quantum="100M"/> </start>' });
  driver.run(1_500_000);
  const { system } = driver;
  const { machine } = system;
  const task = system.components().find(({ alive, label }) => alive && label === 'init -> log_only')?.task;
  const thread = machine.kernel.threads().find((candidate) => candidate.task.id === task && candidate.hosted === null);
  const parent = thread?.task.objects.get(PARENT_SLOT)?.object;
  if (thread === undefined || !(parent instanceof IpcGate)) throw new Error('there is no guest with a parent');
  const guests = new HostileGuests(system, new Dice(1, SKIPPED));
  guests.wake(thread);
  driver.forget();
  const request = [parent.label, 0, ...encodeArguments(Parent.session, { name: 'ROM', args: 'ram_quota=4K, label="timer"', affinity: [0, 0, 0, 0, 0, 0] })];
  let calls = 0;
  while (calls < SESSIONS_MAX && guests.call(thread, PARENT_SLOT, request)) calls++;
  assert.ok(calls > 2000 && calls < SESSIONS_MAX, `${calls} sessions`);
  assert.ok(driver.text.includes('\x1b[32mKernel: assertion failed: cap index allocation failed\x1b[0m\n\x1b[31mError: Possible null pointer READ at 0x0 IP 0x70490008\x1b[0m\n'), `after ${calls} sessions: ${driver.text.slice(-500)}`);
  look(system);
  assert.equal(machine.kernel.check(), []);
  holdRestored(system);
});

test('a child that announces service after service is told at some point that no more are taken', () => {
  const driver = boot();
  driver.run(1_500_000);
  const { system } = driver;
  const task = system.components().find(({ alive, label }) => alive && label.endsWith('sheep_counter'))?.task;
  const thread = system.machine.kernel.threads().find((candidate) => candidate.task.id === task && candidate.hosted === null);
  const parent = thread?.task.objects.get(PARENT_SLOT)?.object;
  if (thread === undefined || !(parent instanceof IpcGate)) throw new Error('there is no guest with a parent');
  const guests = new HostileGuests(system, new Dice(1, SKIPPED));
  guests.wake(thread);
  driver.forget();
  for (let number = 0; number < 260; number++) {
    assert.ok(guests.call(thread, PARENT_SLOT, [parent.label, 1, parent.label, ...encodeArguments(Parent.announce, { name: `S${number}` })]), `announcement ${number}`);
  }
  const said = driver.text.split('\n').filter((line) => line.includes('services of one child'));
  assert.is(said.length, 4);
  assert.match(said[0] ?? '', /\[init -> rtcr\] \x1b\[34mWarning: more than 256 services of one child, ignoring "S256"/);
});

test('a call of the kernel that a guest has put a gate before leaves the thread of the component where it is', () => {
  let id = 0;
  const ran = runScript([
    ['used', (s) => [Ram_session.used, s.env.ram]],
    ['call', { act: (x) => {
      id = capId(x, env.get(x).ram);
      kernelCall(x, { slot: env.get(x).ram, label: PROTOCOL.thread, words: [1, 2, 3] });
      return proceed();
    } }],
  ]);
  assert.ok(id > 0);
  assert.is(ran.answer('used').error, '');
  assert.throws(() => ran.answer('call'), /no answer/);
  assert.equal(ran.machine.kernel.check(), []);
});

test.run();
