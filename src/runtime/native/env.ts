// The environment of a component: its sessions and the fixed capabilities, by slot. Filled by start-up (abi 3.4).
// Owner of the record 'env'.

import { record } from './store.ts';

export interface Env {
  readonly parent: number;
  readonly ram: number;
  readonly cpu: number;
  readonly pd: number;
  readonly address_space: number;
  readonly stack_area: number;
  /** LOG session, 0 until opened. */
  readonly log: number;
  /** True once Component::construct began: from then on each thread's first RPC initialises its trace logger. */
  readonly tracing: boolean;
  /** Index of the component's own entrypoint thread. */
  readonly ep: number;
  /** Last stack-area slot handed out (next-fit, slot 0 = main). */
  readonly last_stack: number;
}

export const env = record<Env>('env', {
  parent: 8, ram: 0, cpu: 0, pd: 0, address_space: 0, stack_area: 0, log: 0, tracing: false, ep: 0, last_stack: 0,
});
