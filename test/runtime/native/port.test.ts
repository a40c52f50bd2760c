// The hosted-thread interpreter: exact budgets, faults, failures, and saving in the middle of everything.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { HostedCpu, HostedExit } from '../../../src/emu/hosted.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { debugId } from '../../../src/emu/numbers.ts';
import { defineProgram } from '../../../src/runtime/native/component.ts';
import { HostedRuntime } from '../../../src/runtime/native/port.ts';
import { call, done, type Failure, goto, invoke, type InvokeResult, procedure, raise } from '../../../src/runtime/native/procedure.ts';
import { table } from '../../../src/runtime/native/store.ts';
import { suite } from '../../kit.ts';

const test = suite('hosted threads');

const seen = table<{ readonly what: string }>('seen');

const failing = procedure<{ at: number }>('test.failing', {
  start: () => goto('fail'),
  fail: (_x, l) => raise('Test_failure', `at ${l.at}`),
});

const worker = procedure<{ rounds: number }>('test.worker', {
  start: (x, l) => {
    l.rounds ??= 0;
    seen(x).insert({ what: `round ${l.rounds}` });
    x.charge(500);
    x.cpu.r[0] = l.rounds;
    return invoke('returned');
  },
  returned: (x, l, result: InvokeResult) => {
    seen(x).insert({ what: `tag ${result.tag}` });
    x.read(0x1000 + l.rounds * 0x1000, 4);
    l.rounds++;
    return call(failing, { at: l.rounds }, 'unreachable', 'failed');
  },
  failed: (x, l, failure: Failure) => {
    seen(x).insert({ what: `${failure.name} ${failure.text}` });
    return l.rounds < 5 ? goto('start') : done();
  },
  unreachable: () => raise('Unreachable'),
});

defineProgram({ name: 'test_worker', main: worker.name, services: {}, text_bytes: 4096, data_bytes: 4096, cap_records: 4096 });

/** A CPU with a few pages that become mapped when they are faulted in. */
class FakeCpu implements HostedCpu {
  readonly thread = debugId(5);
  readonly task = debugId(4);
  readonly r = new Uint32Array(16).fill(1);
  readonly utcb = new Uint32Array(128);
  readonly memory = new PhysicalMemory(0, 0x10000);
  readonly clock_us = 0;
  readonly mapped = new Set<number>();
  translate(address: number): number {
    return this.mapped.has(address >>> 12) ? address : -1;
  }
  invokeNow(): boolean {
    return true;
  }
  nameObject(): void {}
  console(): void {}
  note(): void {}
}

function drive(runtime: HostedRuntime, cpu: FakeCpu, trace: string[]): HostedExit {
  const exit = runtime.run(cpu);
  if (exit.kind === 'invoke') {
    trace.push(`invoke ${cpu.r[0]}`);
    cpu.r[0] = 100 + (cpu.r[0] ?? 0);
  } else if (exit.kind === 'fault') {
    trace.push(`fault ${exit.address.toString(16)}`);
    cpu.mapped.add(exit.address >>> 12);
  }
  return exit;
}

/** Runs the worker to its end, saving and restoring before some steps; the pattern is repeated. */
function run(reloads: readonly boolean[]): { trace: string[]; used: number; rows: unknown } {
  const cpu = new FakeCpu();
  let runtime = new HostedRuntime();
  runtime.enter(cpu, 'test_worker', 0);
  const trace: string[] = [];
  let used = 0;
  for (let i = 0; !(trace.at(-1) === 'fault 0'); i++) {
    if (reloads[i % reloads.length]) {
      const state = JSON.parse(JSON.stringify(runtime.save()));
      runtime = new HostedRuntime();
      runtime.restore(state);
    }
    const exit = drive(runtime, cpu, trace);
    assert.ok(exit.used >= 1, 'every step costs something');
    used += exit.used;
  }
  return { trace, used, rows: runtime.component(debugId(4))?.store.save() };
}

test('steps run in order, faults repeat the step, failures reach the frame that names an error step', () => {
  const { trace } = run([false]);
  const round = (n: number): string[] => [`invoke ${n}`, `fault ${(0x1000 + n * 0x1000).toString(16)}`];
  assert.equal(trace, [...[0, 1, 2, 3, 4].flatMap(round), 'fault 0']);
});

test('saving and restoring before any steps gives the same course and the same cost', () => {
  const whole = run([false]);
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), (reloads) => {
      assert.equal(run(reloads), whole);
    }),
    { numRuns: 40 },
  );
});

test('a thread that the kernel sent to address 0 faults there for ever', () => {
  const cpu = new FakeCpu();
  const runtime = new HostedRuntime();
  runtime.enter(cpu, 'test_worker', 0);
  cpu.r[15] = 0;
  assert.equal(runtime.run(cpu), { kind: 'fault', used: 1, address: 0, write: false });
});

test('the entry of an unknown program is refused without an exception in the host', () => {
  const runtime = new HostedRuntime();
  const cpu = new FakeCpu();
  runtime.enter(cpu, 'no_such_program', 0);
  assert.is(runtime.run(cpu).kind, 'fault');
});

test.run();
