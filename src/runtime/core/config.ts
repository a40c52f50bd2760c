// How core is configured and what the boot loader told it: one record of core's store, filled before core's first step.
// Owner of the record 'core_boot'. Source modelled: genode-16.08-abi.md 5.1, 5.2.

import type { Plain } from '../../emu/plain.ts';
import type { Component } from '../native/component.ts';
import { type HasStore, record } from '../native/store.ts';
import type { BootModule, MemoryRange } from './board_memory.ts';
import type { CoreBuild } from './platform_memory.ts';

/** What core can do beyond stock Genode 16.08, each only where the scenario switches it on. */
export const CORE_EXTENSIONS = {
  install: 'Native_pd.install: maps a capability of the caller to a slot of the protection domain',
  cap_map_info: 'Native_pd.cap_map_info: a component publishes the address of its capability map',
  request: 'Native_pd.request: fetches the capability that lies at a slot of the protection domain',
  attach_readonly: 'Region_map.attach_readonly: attaches a dataspace without the right to write, so that a write is a fault of the region map',
  all_registers: 'Cpu_thread.state: exchanges all registers of a thread at once, whatever it does',
} as const;

export type CoreExtension = keyof typeof CORE_EXTENSIONS;

export interface CoreConfig {
  readonly flavour: CoreBuild;
  /** Names of the extensions that are switched on; names of other components' extensions do not matter here. */
  readonly extensions: ReadonlySet<string>;
  readonly ram: MemoryRange;
  /** Boot modules as placeModules puts them; their content is already in memory, rest of the last page zeroed. */
  readonly modules: readonly BootModule[];
  /** Text behind "Genode " in the first log line. */
  readonly version: string;
  /** Address behind core's entry point where its further threads begin. */
  readonly thread_entry: number;
}

type BootRecord = {
  readonly [key: string]: Plain;
  readonly flavour: CoreBuild;
  readonly extensions: readonly string[];
  readonly ram: MemoryRange;
  readonly modules: readonly BootModule[];
  readonly version: string;
  readonly thread_entry: number;
};

const NOTHING: MemoryRange = { base: 0, size: 0 };

export const boot = record<BootRecord>('core_boot', {
  flavour: 'rtcr', extensions: [], ram: NOTHING, modules: [], version: '', thread_entry: 0,
});

/** Tells core what it boots on. The glue calls it when core's component comes to life, before its first step. */
export function prepareCore(core: Component, { flavour, extensions, ram, modules, version, thread_entry }: CoreConfig): void {
  boot.set(core, { flavour, extensions: [...extensions].sort(), ram, modules, version, thread_entry });
}

export function extended(x: HasStore, extension: CoreExtension): boolean {
  return boot.get(x).extensions.includes(extension);
}

