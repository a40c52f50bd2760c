// Boots init, a timer, the checkpointer and one child for the tests of this folder, runs to log lines, posts commands.
// Owner of the console text collected so far.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootSystem, restoreSystem, type RunningSystem } from '../../../src/runtime/boot_system.ts';
import { programNamed } from '../../../src/runtime/native/component.ts';
import { hostedImage } from '../../../src/runtime/native/image.ts';
import { RTCR_EXTENSIONS } from '../../../src/runtime/rtcr/extensions.ts';
import type { ControlCommand, ControlOutcome, SystemConfig } from '../../../src/runtime/system.ts';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
export const EXTENSIONS = RTCR_EXTENSIONS.map(({ name }) => name);

export interface BootOptions {
  readonly child?: string;
  /** Program that runs the child: the checkpointer, or the historic test program. */
  readonly program?: string;
  readonly without?: string;
  /** Further programs among the boot modules, not started. */
  readonly modules?: readonly string[];
  /** Further attributes of the <child> node. */
  readonly attributes?: string;
  /** The <child> nodes of the checkpointer instead of one of `child`. */
  readonly children?: string;
  /** Services that the checkpointer offers outside, and further <start> nodes of init. */
  readonly provides?: readonly string[];
  readonly beside?: string;
  /** The checkpointer has a route of its own before its configuration: init, which looks for one with each session, does not read that through. */
  readonly own_route?: boolean;
  /** The declared order of start-up. */
  readonly turns?: SystemConfig['turns'];
}

function configuration(program: string, children: string, { provides = [], beside = '', own_route = false }: BootOptions): string {
  const services = ['PD', 'CPU', 'ROM', 'RAM', 'RM', 'LOG', 'IO_MEM', 'IO_PORT', 'IRQ'].map((name) => `<service name="${name}"/>`).join(' ');
  const quantum = program === 'rtcr' ? '64M' : '1G';
  const route = own_route ? '<route> <any-service> <parent/> <any-child/> </any-service> </route>' : '';
  const config = program === 'rtcr' ? `<config> ${children} </config>` : '';
  const provided = provides.length === 0 ? '' : `<provides> ${provides.map((name) => `<service name="${name}"/>`).join(' ')} </provides>`;
  return `<config>
	<parent-provides> ${services} </parent-provides>
	<default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
	<start name="timer"> <resource name="RAM" quantum="1M"/> <provides> <service name="Timer"/> </provides> </start>
	<start name="${program}"> <resource name="RAM" quantum="${quantum}"/> ${provided} ${route}${config} </start>
	${beside}
</config>`;
}

const STEP_US = 20_000;

export class Driver {
  readonly system: RunningSystem;
  readonly child: string;
  text = '';
  #awaited = '';

  constructor(system: RunningSystem, child: string) {
    this.system = system;
    this.child = child;
    system.machine.events.listen(['console', 'note'], (event) => {
      if (event.kind === 'console') this.text += event.text;
      if (event.kind === 'console' && this.#awaited !== '' && this.text.includes(this.#awaited)) system.machine.stop();
      if (event.kind === 'note' && event.what === 'control_done') system.machine.stop();
    });
  }

  /** Runs until the text since the last `forget` contains a line; false after `ms`. */
  until(line: string, ms: number): boolean {
    const { machine } = this.system;
    const end = machine.time_us + ms * 1000;
    this.#awaited = line;
    while (!this.text.includes(line) && machine.time_us < end) machine.run({ time_us: STEP_US });
    this.#awaited = '';
    return this.text.includes(line);
  }

  run(us: number): void {
    const end = this.system.machine.time_us + us;
    while (this.system.machine.time_us < end) this.system.machine.run({ time_us: end - this.system.machine.time_us });
  }

  forget(): void {
    this.text = '';
  }

  command(command: ControlCommand): ControlOutcome {
    const answer = this.system.control(command);
    if (!answer.accepted) return { ok: false, message: answer.message };
    const end = this.system.machine.time_us + 5_000_000;
    while (this.system.outcome() === null && this.system.machine.time_us < end) this.system.machine.run({ time_us: STEP_US });
    return this.system.outcome() ?? { ok: false, message: 'no outcome within 5 s' };
  }

  checkpoint(name: string, strategy: Record<string, string> = {}, child = this.child): ControlOutcome {
    return this.command({ kind: 'checkpoint', of: `rtcr -> ${child}`, name, strategy });
  }

  kill(child = this.child): ControlOutcome {
    return this.command({ kind: 'kill', child: `rtcr -> ${child}` });
  }

  restore(from: string, strategy: Record<string, string> = {}, as = this.child): ControlOutcome {
    return this.command({ kind: 'restore', from, as: `rtcr -> ${as}`, strategy });
  }

  /** Occupied slots of the living component whose label ends so, with type and object id. */
  slots(label = this.child): { slot: number; type: string; id: number }[] {
    const found = this.system.components().filter((info) => info.alive && info.label.endsWith(label)).at(-1);
    if (found === undefined) return [];
    return this.system.objectSpace(found.task).slots.map(({ slot, type, id }) => ({ slot, type, id }));
  }

  /** What stands where, without identity. */
  shape(label = this.child): string {
    return this.slots(label).map(({ slot, type }) => `${slot.toString(16)} ${type}`).join(', ');
  }

  /** Log lines of the child, without the prefix, colours and ids. */
  lines(child = this.child): string[] {
    return this.text
      .split('\n')
      .filter((line) => line.includes(` ${child}] `))
      .map((line) => line.slice(line.indexOf(`${child}] `) + child.length + 2).replaceAll(/\x1b\[\d*m/g, '').replaceAll(/key=\d+/g, 'key='));
  }

  fork(): Driver {
    const copy = new Driver(restoreSystem(this.system.save()), this.child);
    copy.text = this.text;
    return copy;
  }
}

export function boot(options: BootOptions = {}): Driver {
  const { child = 'sheep_counter', program = 'rtcr', without = '', modules: further = [], attributes = '', children, turns = [] } = options;
  const file = (name: string): Uint8Array => new Uint8Array(readFileSync(join(root, 'src/guest/bin', `${name}.elf`)));
  const hosted = (name: string): Uint8Array => {
    const found = programNamed(name);
    if (found === undefined) throw new Error(`no program '${name}'`);
    return hostedImage(found);
  };
  const modules = [
    { name: 'config', bytes: new TextEncoder().encode(configuration(program, children ?? `<child name="${child}" ${attributes}/>`, options)) },
    ...['init', program].map((name) => ({ name, bytes: hosted(name) })),
    ...[...new Set(['timer', ...(children === undefined ? [child] : []), ...further])].map((name) => ({ name, bytes: file(name) })),
  ];
  const extensions = new Set<string>(EXTENSIONS.filter((name) => name !== without));
  const system = bootSystem({ modules, ram_bytes: 256 << 20, flavour: 'rtcr', extensions, turns, seed: 0 });
  if ('error' in system) throw new Error(system.error);
  return new Driver(system, child);
}
