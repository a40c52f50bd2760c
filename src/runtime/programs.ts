// The programs that every system runs, core and init, and what the glue asks of them: functions only, because in the bundle they are
// loaded with the first call of one of them (build.mjs), which is core's first step. Owns no state.

import { type CoreConfig, prepareCore } from './core/config.ts';
import { CORE_PROGRAM } from './core/names.ts';
import './core/program.ts';
import './init/program.ts';
import { initDialect } from './init/state.ts';
import type { Component } from './native/component.ts';
import { flavour } from './native/startup.ts';
import type { SystemConfig } from './system.ts';

export { pdLabels } from './core/program.ts';

/** Declares core and init, if that has not been done. */
export function declarePrograms(): void {}

export interface ComponentPreparation {
  readonly dialect: NonNullable<SystemConfig['dialect']>;
  readonly core: CoreConfig;
}

/** Tells a component, before its first step, what the boot loader and its creator would have told it. */
export function prepareComponent(component: Component, { dialect, core }: ComponentPreparation): void {
  flavour.set(component, { name: core.flavour });
  initDialect.set(component, { name: dialect });
  if (component.program.name === CORE_PROGRAM) prepareCore(component, core);
}
