// One machine of a scenario with everything that watches it: its system, its log, its faults, what is awaited on it.
// Owner of these; steps name a station by the machine's name, the first one has none.

import type { BootModule, BootSystem, System } from '../runtime/system.ts';
import type { Scenario } from '../scenario/model.ts';
import { Awaiting } from './awaiting.ts';
import { Criteria } from './criteria.ts';
import { CapsExpectations } from './expect_caps.ts';
import { CodePlaces } from './code_places.ts';
import { Expectations, type KeptStates } from './expectations.ts';
import { Faults } from './faults.ts';
import type { GoldenStore } from './golden.ts';
import { GoldenCheck } from './golden_check.ts';
import { Harm } from './harm.ts';
import type { LogLine } from './log_lines.ts';
import { Progress } from './progress.ts';
import { systemConfig } from './system_config.ts';
import type { Spaces } from './spaces.ts';
import { TimelineRecorder } from './timeline.ts';

export interface StationPorts {
  readonly goldens: GoldenStore;
  readonly ci: boolean;
  readonly line: (line: LogLine) => void;
  readonly wall_ms: () => number;
  readonly wall_limit_ms: number;
}

export class Station {
  /** Empty for the first machine. */
  readonly name: string;
  readonly system: System;
  readonly criteria: Criteria;
  readonly faults: Faults;
  readonly progress: Progress;
  readonly awaiting: Awaiting;
  readonly goldens: GoldenCheck;
  readonly caps: CapsExpectations;
  readonly recorder: TimelineRecorder;
  readonly expectations: Expectations;
  readonly harm: Harm;

  constructor(name: string, scenario: Scenario, modules: readonly BootModule[], system: System, spaces: Spaces, states: KeptStates, ports: StationPorts) {
    this.name = name;
    this.system = system;
    // What makes the whole run succeed is about the first machine; what makes it fail is about all.
    this.criteria = new Criteria(name === '' ? scenario : { ...scenario, succeed: [] });
    this.faults = new Faults(() => system.components());
    this.goldens = new GoldenCheck(scenario.name, ports.goldens, ports.ci);
    this.caps = new CapsExpectations(system, spaces, this.goldens);
    // Lines of a further machine say whose they are.
    const line = name === '' ? ports.line : (one: LogLine) => ports.line({ ...one, text: `${name}: ${one.text}` });
    this.progress = new Progress(system, this.criteria, this.faults, { wall_ms: ports.wall_ms, wall_limit_ms: ports.wall_limit_ms, line }, scenario.unify);
    const config = scenario.machines.find((machine) => machine.name === name)?.config ?? scenario.config;
    const places = new CodePlaces(config, modules);
    this.awaiting = new Awaiting(system, this.progress, places);
    this.harm = new Harm(system, places, this.faults);
    const recorder = new TimelineRecorder(system);
    this.recorder = recorder;
    this.expectations = new Expectations(system, places, states, this.goldens, () => recorder.sessions(), scenario.steps.filter((step) => step.kind === 'expect-memory'));
  }
}

/** The machines of a scenario beside its first one, booted in the order in which they stand there; or why one does not boot. */
export function bootFurther(scenario: Scenario, modules: readonly BootModule[], boot: BootSystem): readonly { readonly name: string; readonly system: System }[] | { readonly error: string } {
  const booted: { readonly name: string; readonly system: System }[] = [];
  for (const { name, ram_bytes, seed, config_text } of scenario.machines) {
    const config = { name: 'config', bytes: new TextEncoder().encode(config_text) };
    const own = modules.map((module) => (module.name === 'config' ? config : module));
    const system = boot(systemConfig(scenario, own, { ram_bytes, seed, machine: name }));
    if ('error' in system) return { error: `machine '${name}' does not boot: ${system.error}` };
    booted.push({ name, system });
  }
  return booted;
}
