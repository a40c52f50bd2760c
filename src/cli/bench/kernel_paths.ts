// The kernel's short paths: a system call, a message there and back, a thread switch, a page fault, each by a root task that does
// nothing else (src/guest/bare/paths.c); and a complete RPC between two components of Genode. Owns no state.

import { Machine } from '../../emu/machine.ts';
import type { System } from '../../runtime/system.ts';
import { bareImage } from './bare_image.ts';
import { type Bench, cpu_ms, type Figure, ratios } from './figures.ts';
import { bootText } from './systems.ts';

const PROGRAM = 'paths.elf';
/** The program's table: its entries, then the word in which it counts its rounds. */
const PATHS = ['calling', 'calling_across', 'faulting', 'yielding', 'asking'] as const;
type Path = (typeof PATHS)[number];
const AT_ROUNDS = PATHS.length * 4;
const STACK = 0x704f_0000;
const RAM_BYTES = 64 << 20;
/** Virtual instructions that are measured at once, after as many to warm up, or of an RPC. */
const PIECE = 60_000_000;
const RPC_PIECE = 12_000_000;
const SLICE_INSTRUCTIONS = 100_000;

/** A root task that does one thing for ever. */
class Bare {
  readonly machine: Machine;
  readonly #rounds: number;

  constructor(path: Path, bench: Bench) {
    const { entry: table, segments } = bareImage(PROGRAM, bench.context);
    const place = segments.find(({ address, bytes }) => table >= address && table < address + bytes.length);
    if (place === undefined) throw new Error(`${PROGRAM} has no table of entries`);
    const entry = new DataView(place.bytes.buffer, place.bytes.byteOffset).getUint32(table - place.address + 4 * PATHS.indexOf(path), true);
    this.machine = new Machine({ ram_bytes: RAM_BYTES, boot: { root_entry: entry, root_sp: STACK, images: segments } });
    this.#rounds = this.machine.memory.index(table + AT_ROUNDS) >>> 2;
    this.machine.run({ instructions: PIECE });
    if (this.rounds === 0) throw new Error(`'${path}' does nothing`);
  }

  get rounds(): number {
    return this.machine.memory.u32[this.#rounds] as number;
  }

  /** Microseconds of a round. */
  measure(): number {
    const from = this.rounds;
    const ms = cpu_ms(() => this.machine.run({ instructions: PIECE }));
    return (ms * 1000) / (this.rounds - from);
  }
}

const FIGURES: Readonly<Record<Path, string>> = {
  asking: 'system call: a task asked for a slot',
  calling: 'IPC round trip between two threads of a task',
  calling_across: 'IPC round trip between two tasks: a call through a gate, without any framework',
  yielding: 'thread switch by yielding',
  faulting: "page fault, the page from a pager in another task",
};

const RPC = `<scenario name="rpc"><config>
  <parent-provides> <service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <start name="echo_server"> <resource name="RAM" quantum="1M"/> <provides> <service name="Echo"/> </provides> </start>
  <start name="echo_loop"> <resource name="RAM" quantum="1M"/> </start>
</config><steps> <await time_ms="1000"/> </steps></scenario>`;

/** Instructions that guests execute, and what the kernel's paths are charged for, up to the next piece of a run. */
interface Counts {
  readonly calls: number;
  readonly switches: number;
  readonly executed: number;
}

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
  machine.run({ instructions: RPC_PIECE });
  const start = system.snapshot();
  const { calls, switches, executed } = counted(system);
  system.rewind(start);
  machine.run({ instructions: RPC_PIECE });
  const samples: number[] = [];
  for (let i = 0; i < bench.runs; i++) {
    system.rewind(start);
    samples.push((cpu_ms(() => machine.run({ instructions: RPC_PIECE })) * 1000) / calls);
  }
  return [
    { name: 'RPC round trip between two components: the same with the RPC framework of Genode', unit: 'us', samples },
    { name: 'thread switches in it', unit: '', samples: [switches / calls] },
    { name: 'instructions that the components execute in it', unit: '', samples: [executed / calls] },
    { name: 'virtual instructions in it, the kernel included', unit: '', samples: [RPC_PIECE / calls] },
  ];
}

function counted({ machine }: System): Counts {
  let [calls, switches, executed] = [0, 0, 0];
  const quiet = machine.events.listen(['ipc_transfer', 'schedule', 'instruction'], (event) => {
    if (event.kind === 'instruction') executed++;
    else if (event.kind === 'schedule') switches++;
    else if (event.kind === 'ipc_transfer' && event.phase === 'request') calls++;
  });
  machine.run({ instructions: RPC_PIECE });
  quiet();
  if (calls === 0) throw new Error('echo_loop makes no calls');
  return { calls, switches, executed };
}

/** What a run listens to in any case: nothing of it happens in the paths. */
const HEARD = ['console', 'note', 'page_fault', 'exception'] as const;
const PATH_HEARD = 'asking';

export function kernelPaths(bench: Bench): Figure[] {
  const paths = Object.keys(FIGURES) as Path[];
  const boards = paths.map((path) => ({ path, name: FIGURES[path], board: new Bare(path, bench), samples: [] as number[], heard: [] as number[] }));
  for (let i = 0; i < bench.runs; i++) {
    for (const { path, board, samples, heard } of boards) {
      samples.push(board.measure());
      if (path !== PATH_HEARD) continue;
      const quiet = board.machine.events.listen(HEARD, () => undefined);
      heard.push(board.measure());
      quiet();
    }
  }
  const asking = boards.find(({ path }) => path === PATH_HEARD);
  return [
    ...boards.map(({ name, samples }): Figure => ({ name, unit: 'us', samples })),
    { name: 'the system call while a run listens to other events, against nobody listening', unit: 'times', samples: ratios(asking?.heard ?? [], asking?.samples ?? []) },
    ...rpc(bench),
  ];
}
