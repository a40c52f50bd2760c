// What init remembers: its configuration, its children beyond what any parent keeps, and the local ROM modules.
// Owner of the records `init_config`, `init_state`, `init_dialect` and the tables `init_children`, `init_local_roms`.

import { type HasStore, record, table } from '../native/store.ts';
import type { AffinityWords } from './affinity.ts';
import { type Dialect, EMPTY_CONFIG, type InitConfig, type StartNode } from './config.ts';
import { availableSlack, CPU_QUOTA_LIMIT } from './quota.ts';

export const initConfig = record<InitConfig>('init_config', EMPTY_CONFIG);

/** Set by whoever boots the system, before init's first step. */
export const initDialect = record<{ readonly name: Dialect }>('init_dialect', { name: '16.08' });

export type InitState = {
  /** ROM session "config", 0 if it could not be opened; its dataspace and where that is attached. */
  readonly config_rom: number;
  readonly config_ds: number;
  readonly config_address: number;
  /** Dataspace of the dynamic linker, 0 without one. */
  readonly ldso_ds: number;
  /** Receiver of init's own signals, and the context of configuration changes. */
  readonly receiver: number;
  readonly config_context: number;
  /** CPU quota that is left, of CPU_QUOTA_LIMIT. */
  readonly cpu_left: number;
  /** Children made so far. */
  readonly child_count: number;
};

export const initState = record<InitState>('init_state', {
  config_rom: 0, config_ds: 0, config_address: 0, ldso_ds: 0, receiver: 0, config_context: 0, cpu_left: CPU_QUOTA_LIMIT, child_count: 0,
});

/** One child, from the first session on; fields are 0 until their object exists. Slots hold one reference each. */
export type InitChildRow = {
  readonly name: string;
  /** Counts the children that init ever made (17.02). */
  readonly id: number;
  /** About to be destroyed: its services do not count any more (17.02). */
  readonly abandoned: boolean;
  /** Key in the children table of src/runtime/child. */
  readonly child: number;
  readonly start: StartNode;
  readonly level: number;
  readonly levels: number;
  readonly affinity: AffinityWords;
  /** Effective RAM quota. */
  readonly ram_bytes: number;
  readonly pd: number;
  readonly ram: number;
  readonly cpu: number;
  readonly main_thread: number;
  /** Thread index of its entrypoint; 0 is never one. */
  readonly ep: number;
  readonly binary_rom: number;
  readonly binary_ds: number;
  readonly config_ds: number;
  readonly address_space: number;
  /** Key of the heap block that the record occupies. */
  readonly block: number;
};

export const initChildren = table<InitChildRow>('init_children');

/** A ROM session that init provides to one child. */
export type LocalRomRow = {
  readonly init_child: number;
  readonly module: 'config' | 'binary';
  /** 0 where there is no inline configuration. */
  readonly ds: number;
  /** Content that replaces it as soon as the child asks for it (17.02). */
  readonly next_ds: number;
  /** Signal context of the child for such changes, 0 if none; holds one reference. */
  readonly sigh: number;
  readonly id: number;
  readonly cap: number;
  /** Row of the services table. */
  readonly service: number;
};

export const localRoms = table<LocalRomRow>('init_local_roms');

/** What init can give away; how much it preserves is in the configuration since 17.02. */
export function slackOf(x: HasStore, quota: number, used: number): number {
  return initDialect.get(x).name === '17.02' ? availableSlack(quota, used, initConfig.get(x).preserve_bytes) : availableSlack(quota, used);
}

/** The row of init behind a child of the children table. */
export function initChildOf(x: HasStore, child: number): readonly [key: number, row: Readonly<InitChildRow>] {
  const found = initChildren(x).find((row) => row.child === child);
  if (found === undefined) throw new Error(`child ${child} is unknown to init`);
  return found;
}

/** Children that are completely set up, the newest first, as Genode's list of children has them. */
export function startedChildren(x: HasStore): number[] {
  return initChildren(x)
    .entries()
    .filter(([, row]) => row.child !== 0)
    .map(([key]) => key)
    .reverse();
}
