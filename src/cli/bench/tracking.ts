// What it costs a component that its changes are tracked: faults between two checkpoints, bytes that the second one copies, how long the
// component stands still for it, and how much longer its own work takes; both ways of tracking beside each other, and beside whole memory.
// All of it is virtual time and counts, so that one run tells it. Owns no state.

import { NOTE_FROZEN, NOTE_THAWED, type System } from '../../runtime/system.ts';
import { carryOutCommand } from '../../runner/command.ts';
import type { Bench, Figure } from './figures.ts';
import { bootText, runUntil } from './systems.ts';

const PAGE_BYTES = 4096;
/** The component's memory in pages: it reads all of them in each round, and writes to the first of so many. */
const PAGES = 256;
const WRITTEN_ONE_IN = 16;
const ROUND_MS = 500;
const PATH = 'rtcr -> worker';

/** How the memory comes: attributes of the <child>, and of its second checkpoint. */
const KINDS = [
  { name: 'whole', child: '', copy: 'stopped' },
  { name: 'in parts of 1 page, accesses tracked', child: 'granularity="1" track="accesses"', copy: 'stopped' },
  { name: 'in parts of 1 page, writes tracked', child: 'granularity="1" track="writes"', copy: 'stopped' },
  { name: 'in parts of 1 page, writes tracked, copied in the background', child: 'granularity="1" track="writes"', copy: 'background' },
  { name: 'in parts of 16 pages, accesses tracked', child: 'granularity="16" track="accesses"', copy: 'stopped' },
  { name: 'in parts of 16 pages, writes tracked', child: 'granularity="16" track="writes"', copy: 'stopped' },
] as const;

const scenario = (child: string): string => `<scenario name="tracking"><config>
  <parent-provides> <service name="PD"/> <service name="CPU"/> <service name="ROM"/> <service name="RAM"/> <service name="RM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <start name="timer"> <resource name="RAM" quantum="1M"/> <provides> <service name="Timer"/> </provides> </start>
  <start name="rtcr"> <resource name="RAM" quantum="64M"/> <config>
    <child name="worker" binary="universal" ram="8M" ${child}> <config>
      <alloc name="memory" bytes="${PAGES * PAGE_BYTES}"/> <attach name="at" dataspace="memory"/>
      <write at="at" value="1" words="${PAGES}" stride="${PAGE_BYTES}"/>
      <log text="filled"/>
      <loop>
        <sleep ms="${ROUND_MS}"/>
        <log text="begins"/>
        <sum name="all" at="at" words="${PAGES}" stride="${PAGE_BYTES}"/>
        <write at="at" value="2" words="${PAGES / WRITTEN_ONE_IN}" stride="${PAGE_BYTES}"/>
        <log text="has read all and written some"/>
      </loop>
    </config> </child>
  </config> </start>
</config><steps> <await time_ms="1000"/> </steps></scenario>`;

interface Round {
  readonly faults: number;
  readonly copied: number;
  readonly stop_ms: number;
  /** How long the component's round took, in which it had the processor for itself. */
  readonly work_ms: number;
}

/** Runs through the component's next round. @returns virtual milliseconds that it took */
function work(system: System): number {
  runUntil(system, 'begins');
  const begun_us = system.machine.time_us;
  runUntil(system, 'has read all and written some');
  return (system.machine.time_us - begun_us) / 1000;
}

function measure(system: System, { child, copy }: (typeof KINDS)[number]): Round {
  const take = (name: string, base: string | undefined): { readonly facts: Readonly<Record<string, unknown>>; readonly stop_ms: number } => {
    let [frozen_us, stop_us] = [0, 0];
    const quiet = system.machine.events.listen(['note'], (event) => {
      if (event.kind !== 'note') return;
      if (event.what === NOTE_FROZEN) frozen_us ||= event.time_us;
      if (event.what === NOTE_THAWED) stop_us ||= event.time_us - frozen_us;
    });
    const outcome = carryOutCommand(system, { kind: 'checkpoint', of: PATH, name, strategy: { copy }, ...(base === undefined ? {} : { base }) });
    quiet();
    if (!outcome.ok) throw new Error(`the checkpoint failed: ${outcome.message}`);
    return { facts: outcome.facts, stop_ms: stop_us / 1000 };
  };
  runUntil(system, 'filled');
  work(system);
  take('first', undefined);
  const work_ms = work(system);
  const { facts, stop_ms } = take('second', child === '' ? undefined : 'first');
  return { faults: Number(facts['part_faults'] ?? 0), copied: Number(facts['copied_bytes']), stop_ms, work_ms };
}

export const tracking = ({ context }: Bench): readonly Figure[] =>
  KINDS.flatMap((kind): Figure[] => {
    const { faults, copied, stop_ms, work_ms } = measure(bootText(scenario(kind.child), context), kind);
    const name = `1 MB ${kind.name}`;
    return [
      { name: `${name}: faults between two checkpoints`, unit: 'faults', samples: [faults] },
      { name: `${name}: bytes that the second copies`, unit: 'KB', samples: [copied / 1024] },
      { name: `${name}: it stands still, in virtual time, for`, unit: 'ms', samples: [stop_ms] },
      { name: `${name}: a round of its own work, in virtual time`, unit: 'ms', samples: [work_ms] },
    ];
  });
