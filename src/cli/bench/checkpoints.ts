// Checkpoint and restore: what they cost the host and how long the component stands still, against its size and against a plain copy of
// the same bytes; size of an image; cycles and moments of a sweep per second. Owns no state.

import { attempt } from '../../runtime/attempt.ts';
import { imageOf } from '../../runtime/rtcr/image/image.ts';
import { encodeImage } from '../../runtime/rtcr/image/image_file.ts';
import { NOTE_FROZEN, NOTE_THAWED, type ControlCommand, type System } from '../../runtime/system.ts';
import { carryOutCommand } from '../../runner/command.ts';
import { cycle } from '../../runner/sweep/standing.ts';
import { sweep } from '../../runner/sweep/sweep.ts';
import type { Context } from '../context.ts';
import { IMAGE_CODEC } from '../image_codec.ts';
import { loadModules } from '../modules.ts';
import { type Bench, cpu_ms, type Figure, ratios } from './figures.ts';
import { booter, bootText, runUntil, scenarioNamed } from './systems.ts';

const SIZES_MB = [1, 16, 128];
const MEGABYTE = 1 << 20;
const PAGE_BYTES = 4096;
/** The memory comes in so many parts, and so many of them are written before an incremental checkpoint. */
const PARTS = 16;
const DIRTY_PARTS = [0, 1, 4, 16];
const written = (parts: number): string => `wrote to ${parts} parts`;
const ROUND_MS = 500;
const PATH = 'rtcr -> worker';
const COUNTER = 'sheep_counter';
const COUNTER_PATH = `rtcr -> ${COUNTER}`;
const CYCLES = 20;
/** Cycles and moments run some thousand functions a few times each: so many cycles pass before the host has made good code of most. */
const WARM_UP_CYCLES = 200;
/** One moment of so many of the sweep. */
const MOMENTS_ONE_IN = 12;
/** A plain copy is repeated so often for one sample. */
const COPIES = 5;
const NOTHING = { checkpoint: {}, restore: {} };

/** Writes to the first of the parts, of so many bytes each. */
const writes = (parts: number, part_bytes: number): string =>
  `${parts > 0 ? '<write at="at" value="1"/>' : ''} ${parts > 1 ? `<loop index="n" count="${parts - 1}"> <write at="n*${part_bytes}+at" value="1"/> </loop>` : ''}`;

/** A component with so much memory, all of it written once; then it writes to some of the parts again, a fraction after the other. */
const scenario = (size_mb: number): string => `<scenario name="size" ram="1024M"><config>
  <parent-provides> <service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="RM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <start name="timer"> <resource name="RAM" quantum="1M"/> <provides> <service name="Timer"/> </provides> </start>
  <start name="rtcr"> <resource name="RAM" quantum="${size_mb * 6 + 32}M"/> <config>
    <child name="worker" binary="universal" ram="${size_mb * 2 + 2}M" granularity="${(size_mb * MEGABYTE) / PAGE_BYTES / PARTS}" track="writes"> <config>
      <alloc name="memory" bytes="${size_mb}M"/> <attach name="at" dataspace="memory"/>
      <write at="at" value="1"/>
      <loop index="n" count="${(size_mb * MEGABYTE) / PAGE_BYTES - 1}"> <write at="n*${PAGE_BYTES}+at" value="n"/> </loop>
      <log text="filled"/>
      <loop>
        ${DIRTY_PARTS.map((parts) => `<sleep ms="${ROUND_MS}"/> ${writes(parts, (size_mb * MEGABYTE) / PARTS)} <log text="${written(parts)}"/>`).join(' ')}
      </loop>
    </config> </child>
  </config> </start>
</config><steps> <await time_ms="1000"/> </steps></scenario>`;

/** Carries a command out. @returns milliseconds of the host, virtual milliseconds in which the component stood still, bytes copied */
function carryOut(system: System, asked: ControlCommand): { readonly ms: number; readonly stop_ms: number; readonly copied: number } {
  let [frozen_us, stop_us, copied] = [0, 0, 0];
  const quiet = system.machine.events.listen(['note'], (event) => {
    if (event.kind !== 'note') return;
    if (event.what === NOTE_FROZEN) frozen_us ||= event.time_us;
    if (event.what === NOTE_THAWED) stop_us = event.time_us - frozen_us;
  });
  const ms = cpu_ms(() => {
    const outcome = carryOutCommand(system, asked);
    if (!outcome.ok) throw new Error(`the ${asked.kind} failed: ${outcome.message}`);
    copied = Number(outcome.facts['copied_bytes'] ?? 0);
  });
  quiet();
  return { ms, stop_ms: stop_us / 1000, copied };
}

/** Milliseconds for a plain copy of so many bytes: into memory that the process has not touched yet, and again into the same. */
function plainCopies(bytes: number): { readonly fresh: number; readonly warm: number } {
  const [from, to] = [new Uint8Array(bytes).fill(1), new Uint8Array(bytes)];
  const fresh = cpu_ms(() => to.set(from));
  return { fresh, warm: cpu_ms(() => { for (let k = 0; k < COPIES; k++) to.set(from); }) / COPIES };
}

/** One boot; samples of every figure are added. The first checkpoint only warms the host's code up. */
function measureSize(context: Context, size_mb: number, add: (figure: string, sample: number) => void): void {
  const system = bootText(scenario(size_mb), context);
  const take = (name: string, base?: string) => carryOut(system, { kind: 'checkpoint', of: PATH, name, strategy: {}, ...(base === undefined ? {} : { base }) });
  const drop = (name: string) => carryOut(system, { kind: 'drop', of: PATH, name });
  runUntil(system, 'filled');
  take('cold');
  // The board hands out RAM that it has not used yet, so that host memory is new as well.
  const first = take('new');
  if (first.copied < size_mb * MEGABYTE) throw new Error(`the component of ${size_mb} MB has ${first.copied} bytes only`);
  for (const name of ['cold', 'new']) drop(name);
  runUntil(system, written(PARTS));
  const full = take('full');
  const plain = plainCopies(full.copied);
  add('new', first.ms);
  add('plain new', plain.fresh);
  add('full', full.ms);
  add('plain', plain.warm);
  add('stop', full.stop_ms);
  let base = 'full';
  for (const parts of DIRTY_PARTS) {
    runUntil(system, written(parts));
    const name = `after ${parts}`;
    const more = take(name, base);
    add(name, more.ms);
    add(`${name}: share`, (100 * more.copied) / full.copied);
    drop(base);
    base = name;
  }
  carryOut(system, { kind: 'export', of: PATH, name: base });
  const image = system.takeImage(PATH, base);
  if (image !== null) add('file', (100 * encodeImage(imageOf(image, { scenario: 'size', machine: '', time_us: 0 }, () => '0'.repeat(64)), IMAGE_CODEC).bytes.length) / full.copied);
  carryOut(system, { kind: 'kill', child: PATH });
  add('restore', carryOut(system, { kind: 'restore', from: base, as: PATH, strategy: {} }).ms);
}

function ofSize({ context, runs }: Bench, size_mb: number): Figure[] {
  const taken = new Map<string, number[]>();
  for (let i = 0; i < runs; i++) measureSize(context, size_mb, (figure, sample) => void taken.set(figure, [...(taken.get(figure) ?? []), sample]));
  const samples = (figure: string): number[] => taken.get(figure) ?? [];
  const name = `component of ${size_mb} MB`;
  return [
    { name: `${name}: full checkpoint into RAM not used before`, unit: 'ms', samples: samples('new') },
    { name: `${name}: plain copy of the same bytes into new memory`, unit: 'ms', samples: samples('plain new') },
    { name: `${name}: the one against the other`, unit: 'times', samples: ratios(samples('new'), samples('plain new')) },
    { name: `${name}: full checkpoint into RAM used before`, unit: 'ms', samples: samples('full') },
    { name: `${name}: plain copy into memory used before`, unit: 'ms', samples: samples('plain') },
    { name: `${name}: the one against the other, used before`, unit: 'times', samples: ratios(samples('full'), samples('plain')) },
    { name: `${name}: it stands still, in virtual time, for`, unit: 'ms', samples: samples('stop') },
    ...DIRTY_PARTS.flatMap((parts): Figure[] => [
      { name: `${name}: incremental checkpoint, ${parts} of ${PARTS} parts written`, unit: 'ms', samples: samples(`after ${parts}`) },
      { name: `${name}: bytes that it copies, of all`, unit: '%', samples: samples(`after ${parts}: share`) },
    ]),
    { name: `${name}: restore`, unit: 'ms', samples: samples('restore') },
    { name: `${name}: image file against its memory`, unit: '%', samples: samples('file') },
  ];
}

/** The first cycles of a process are a figure of their own: a short sweep knows no others. */
function counter(bench: Bench): Figure[] {
  const { context, runs } = bench;
  const counting = scenarioNamed(COUNTER, context);
  const system = booter(counting, context)();
  runUntil(system, '1 sheep.');
  const cold = cyclesPerSecond(system, CYCLES);
  cyclesPerSecond(system, WARM_UP_CYCLES);
  const perSecond: number[] = [];
  const moments: number[] = [];
  for (let i = 0; i < runs; i++) {
    perSecond.push(cyclesPerSecond(system, CYCLES));
    moments.push(momentsPerSecond(bench, i + 1));
  }
  return [
    { name: `${COUNTER}: cycles of checkpoint, kill and restore, the first ${CYCLES}`, unit: 'per second', samples: [cold] },
    { name: `${COUNTER}: cycles of checkpoint, kill and restore, warm`, unit: 'per second', samples: perSecond },
    { name: `${COUNTER}: moments of a sweep, each with the rest of its run, warm`, unit: 'per second', samples: moments },
  ];
}

function cyclesPerSecond(system: System, count: number): number {
  return (count * 1000) / cpu_ms(() => {
    for (let k = 0; k < count; k++) {
      const problem = cycle(system, { path: COUNTER_PATH }, NOTHING);
      if (problem !== null) throw new Error(problem);
    }
  });
}

/** The undisturbed runs before the first moment are not counted. */
function momentsPerSecond({ context }: Bench, index: number): number {
  const counting = scenarioNamed(COUNTER, context);
  const { modules } = loadModules(counting, context);
  let [done, begun_us] = [0, 0];
  const used_us = (): number => process.cpuUsage().user + process.cpuUsage().system;
  let end_us = 0;
  const problem = sweep(
    { scenario: counting, modules, path: COUNTER_PATH, choice: { kind: 'events', of: 'syscall' }, strategy: NOTHING, shard: { index, of: MOMENTS_ONE_IN }, done: new Set(), only: [] },
    {
      boot: context.boot,
      attempt,
      begins: () => undefined,
      result: () => {
        if (done === 0) begun_us = used_us();
        done += 1;
        end_us = used_us();
        return true;
      },
    },
  );
  if (problem !== null) throw new Error(problem.error);
  return ((done - 1) * 1_000_000) / (end_us - begun_us);
}

export const checkpoints = (bench: Bench): Figure[] => [...SIZES_MB.flatMap((size) => ofSize(bench, size)), ...counter(bench)];
