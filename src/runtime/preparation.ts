// What components are prepared with when they come to life, which may be long after the boot, and after a restore.
// Plain data, saved with a system. Source modelled: genode-16.08-abi.md (boot modules; what core is told by the kernel).

import { RAM_BASE } from '../emu/machine.ts';
import { CORE_BASE, type placeModules } from './core/board_memory.ts';
import { hostedModule, THREAD_ENTRY_OFFSET } from './native/image.ts';
import { HostedRuntime, type PlacedImage } from './native/port.ts';
import { prepareComponent } from './programs.ts';
import type { SystemConfig } from './system.ts';

const VERSION = '16.08';

export interface Preparation {
  readonly flavour: SystemConfig['flavour'];
  readonly dialect: NonNullable<SystemConfig['dialect']>;
  readonly extensions: readonly string[];
  readonly ram_bytes: number;
  readonly modules: ReturnType<typeof placeModules>;
  readonly images: readonly PlacedImage[];
}

/** The runtime of the hosted programs of a system; each component of it gets its part of the preparation when it comes to life. */
export function hostedRuntime({ flavour, dialect, extensions, ram_bytes, modules, images }: Preparation): HostedRuntime {
  return new HostedRuntime({
    images,
    prepare: (component) =>
      prepareComponent(component, {
        dialect,
        core: { flavour, extensions: new Set(extensions), ram: { base: RAM_BASE, size: ram_bytes }, modules, version: VERSION, thread_entry: CORE_BASE + THREAD_ENTRY_OFFSET },
      }),
  });
}

/** The image of a hosted program that a boot module is, at its place in memory. */
export function imageAt(index: number, bytes: Uint8Array | undefined): readonly PlacedImage[] {
  const found = bytes === undefined ? null : hostedModule(bytes);
  return found === null ? [] : [{ program: found.program, text: index + found.text }];
}
