// A board that boots core and a given program as init: test equipment of core's tests. Owns nothing beyond the machine it makes.
// Source modelled: genode-16.08-abi.md 5.1, 5.2.

import { Machine, RAM_BASE, RAM_BYTES_DEFAULT } from '../../../src/emu/machine.ts';
import { isExtensionName } from '../../../src/emu/fiasco/extensions.ts';
import { EventStream } from '../../../src/emu/event.ts';
import { CORE_BASE, placeModules } from '../../../src/runtime/core/board_memory.ts';
import { type CoreConfig, prepareCore } from '../../../src/runtime/core/config.ts';
import { coreProgram } from '../../../src/runtime/core/program.ts';
import { hostedImage, hostedText } from '../../../src/runtime/native/image.ts';
import type { Component, Program } from '../../../src/runtime/native/component.ts';
import { HostedRuntime } from '../../../src/runtime/native/port.ts';
import { flavour } from '../../../src/runtime/native/startup.ts';

export const CORE_TASK = 9;
const THREAD_ENTRY_OFFSET = 8;

export interface CoreSystem {
  readonly machine: Machine;
  readonly runtime: HostedRuntime;
  /** Makes the port for a machine that is restored from this one. */
  readonly port: () => HostedRuntime;
  /** Console text so far, colour sequences left in. */
  console(): string;
}

export interface CoreSystemOptions {
  readonly flavour?: CoreConfig['flavour'];
  readonly extensions?: ReadonlySet<string>;
  /** Content of the module "config". */
  readonly config?: Uint8Array;
  readonly modules?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export function bootCore(init: Program, options: CoreSystemOptions = {}): CoreSystem {
  const build = options.flavour ?? 'rtcr';
  const contents = [{ name: 'config', bytes: options.config ?? new TextEncoder().encode('<config/>') }, { name: 'init', bytes: hostedImage(init) }, ...(options.modules ?? [])];
  const modules = placeModules(contents.map(({ name, bytes }) => ({ name, size: bytes.length })));
  const config: CoreConfig = {
    flavour: build, extensions: options.extensions ?? new Set(), ram: { base: RAM_BASE, size: RAM_BYTES_DEFAULT }, modules, version: '16.08',
    thread_entry: CORE_BASE + THREAD_ENTRY_OFFSET,
  };
  const prepare = (component: Component): void => {
    flavour.set(component, { name: build });
    if (component.program === coreProgram) prepareCore(component, config);
  };
  let text = '';
  const events = new EventStream();
  events.listen(['console'], (event) => {
    if (event.kind === 'console') text += event.text;
  });
  const port = (): HostedRuntime => new HostedRuntime({ prepare });
  let runtime: HostedRuntime | undefined;
  const machine = new Machine({
    events,
    hosted: () => {
      runtime = port();
      return runtime;
    },
    extensions: [...config.extensions].filter(isExtensionName),
    boot: {
      root_entry: CORE_BASE,
      images: [{ address: CORE_BASE, bytes: hostedText('core', CORE_BASE) }, ...modules.map(({ base }, i) => ({ address: base, bytes: contents[i]?.bytes ?? new Uint8Array() }))],
    },
  });
  if (runtime === undefined) throw new Error('the machine asked for no hosted port');
  return { machine, runtime, port, console: () => text };
}
