// A snapshot of a running system within this process: the machine's, and what observers knew by then.
// Owns what it was given; nothing in it changes afterwards.

import type { Machine, MachineSnapshot } from '../emu/machine.ts';
import type { Controlled } from './control_line.ts';
import type { Provenance } from './provenance.ts';
import type { RpcDenials } from './rpc_denials.ts';
import type { SystemSnapshot } from './system.ts';
import type { CapturedLabels, TaskLabels } from './task_labels.ts';

/** A snapshot as `RunningSystem` knows it. */
export class Moment implements SystemSnapshot {
  readonly instructions: number;
  readonly time_us: number;
  readonly machine: MachineSnapshot;
  readonly labels: CapturedLabels;
  readonly controlled: Controlled | null;
  readonly provenance: ReturnType<Provenance['capture']>;
  readonly denials: ReturnType<RpcDenials['capture']>;

  constructor(machine: Machine, labels: TaskLabels, controlled: Controlled | null, provenance: Provenance, denials: RpcDenials) {
    this.instructions = machine.instructions;
    this.time_us = machine.time_us;
    this.machine = machine.snapshot();
    this.labels = labels.capture();
    this.controlled = controlled;
    this.provenance = provenance.capture();
    this.denials = denials.capture();
  }

  static of(snapshot: SystemSnapshot): Moment {
    if (snapshot instanceof Moment) return snapshot;
    throw new Error('the snapshot was not taken of a running system');
  }
}
