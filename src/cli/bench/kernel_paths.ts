// The kernel's short paths: a system call, a page fault, an RPC between two guest tasks with the two thread switches that it is.
// Owns no state; the programs are a few words of A32 code, and guests of src/guest.

import { Thread } from '../../emu/fiasco/thread.ts';
import { Machine, RAM_BYTES_DEFAULT } from '../../emu/machine.ts';
import type { System } from '../../runtime/system.ts';
import { type Bench, cpu_ms, type Figure } from './figures.ts';
import { bootText } from './systems.ts';

const CODE = 0x7049_0000;
const COUNTER = 5;
/** Rounds that are measured at once. */
const CALLS = 100_000;
/** Every fault needs a fresh megabyte, in which the root pager gives memory. */
const FAULT_RAM_BYTES = 1 << 30;
const FAULT_INSTRUCTIONS = 10_000_000;
const RPC_INSTRUCTIONS = 4_000_000;
const SLICE_INSTRUCTIONS = 100_000;

/** Invokes an empty slot for ever: mov r0,#0; ldr r2,=call of slot 0x3ff; mov r3,#0; mov lr,pc; mvn pc,#11; add r5,#1; b. */
const CALLING = [0xe3a0_0000, 0xe59f_2014, 0xe3a0_3000, 0xe1a0_e00f, 0xe3e0_f00b, 0xe285_5001, 0xeaff_fff8, 0, (0x3ff << 12) | 3];
/** The same loop without the call, for comparison. */
const IDLING = [0xe3a0_0000, 0xe59f_2014, 0xe3a0_3000, 0xe1a0_e00f, 0xe1a0_0000, 0xe285_5001, 0xeaff_fff8, 0, (0x3ff << 12) | 3];
/** Touches one megabyte of RAM after the other: mov r4,#0x72000000; ldr r1,[r4]; add r4,#1 MiB; add r5,#1; b. */
const TOUCHING = [0xe3a0_4472, 0xe594_1000, 0xe284_4601, 0xe285_5001, 0xeaff_fffb];

function root(code: readonly number[], ram_bytes = RAM_BYTES_DEFAULT): { readonly machine: Machine; readonly rounds: () => number } {
  const bytes = new Uint8Array(Uint32Array.from(code).buffer);
  const machine = new Machine({ ram_bytes, boot: { root_entry: CODE, images: [{ address: CODE, bytes }] } });
  machine.run({ instructions: 1 });
  const thread = machine.kernel.threads().find((one) => one instanceof Thread && one.internal === null);
  if (thread === undefined) throw new Error('no root thread');
  return { machine, rounds: () => thread.registers.r[COUNTER] as number };
}

/** Microseconds of a round. */
function microseconds(code: readonly number[], count: number): number {
  const { machine, rounds } = root(code);
  const warm = rounds() + Math.ceil(count / 10);
  while (rounds() < warm) machine.run({ instructions: SLICE_INSTRUCTIONS });
  const from = rounds();
  const ms = cpu_ms(() => {
    while (rounds() < from + count) machine.run({ instructions: SLICE_INSTRUCTIONS });
  });
  return (ms * 1000) / (rounds() - from);
}

/** Until the RAM is at its end and the thread hangs in its last fault. */
function faultMicroseconds(): number {
  const { machine, rounds } = root(TOUCHING, FAULT_RAM_BYTES);
  const ms = cpu_ms(() => machine.run({ instructions: FAULT_INSTRUCTIONS }));
  return (ms * 1000) / rounds();
}

const RPC = `<scenario name="rpc"><config>
  <parent-provides> <service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <start name="echo_server"> <resource name="RAM" quantum="1M"/> <provides> <service name="Echo"/> </provides> </start>
  <start name="echo_loop"> <resource name="RAM" quantum="1M"/> </start>
</config><steps> <await time_ms="1000"/> </steps></scenario>`;

/** What happens in a piece of a run is counted once, and the same piece is measured without anybody listening. */
function rpc(bench: Bench): Figure[] {
  const system = bootText(RPC, bench.context);
  const { machine } = system;
  let begun = false;
  const quiet = machine.events.listen(['console'], (event) => {
    begun ||= event.kind === 'console' && event.text.includes('echo_loop: begins');
  });
  while (!begun) if (machine.run({ instructions: SLICE_INSTRUCTIONS }) === 'idle_forever') throw new Error('echo_loop does not begin');
  quiet();
  machine.run({ instructions: RPC_INSTRUCTIONS });
  const start = system.snapshot();
  const { calls, switches } = counted(system);
  const samples: number[] = [];
  for (let i = 0; i < bench.runs; i++) {
    system.rewind(start);
    samples.push((cpu_ms(() => machine.run({ instructions: RPC_INSTRUCTIONS })) * 1000) / calls);
  }
  return [
    { name: 'RPC round trip between two guest tasks', unit: 'us', samples },
    { name: 'thread switches in it', unit: '', samples: [switches / calls] },
    { name: 'virtual instructions in it', unit: '', samples: [RPC_INSTRUCTIONS / calls] },
  ];
}

function counted({ machine }: System): { readonly calls: number; readonly switches: number } {
  let [calls, switches] = [0, 0];
  const quiet = machine.events.listen(['ipc_transfer', 'schedule'], (event) => {
    if (event.kind === 'schedule') switches++;
    else if (event.kind === 'ipc_transfer' && event.phase === 'request') calls++;
  });
  machine.run({ instructions: RPC_INSTRUCTIONS });
  quiet();
  if (calls === 0) throw new Error('echo_loop makes no calls');
  return { calls, switches };
}

export function kernelPaths(bench: Bench): Figure[] {
  const calling: number[] = [];
  const idling: number[] = [];
  const touching: number[] = [];
  for (let i = 0; i < bench.runs; i++) {
    calling.push(microseconds(CALLING, CALLS));
    idling.push(microseconds(IDLING, CALLS));
    touching.push(faultMicroseconds());
  }
  return [
    { name: 'system call, exit and entry', unit: 'us', samples: calling.map((us, i) => us - (idling[i] ?? 0)) },
    { name: 'page fault and the answer of the root pager', unit: 'us', samples: touching },
    ...rpc(bench),
  ];
}
