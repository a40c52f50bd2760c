// Real configurations of 17.02, where they are at hand: every child gets what a component cannot do without, and every route that
// names a server leads there. What does not resolve is listed with its reason: defects of the configurations, not of the resolver.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { InitConfig } from '../../../src/runtime/init/config.ts';
import { explainRoute } from '../../../src/runtime/init/explain.ts';
import { suite } from '../../kit.ts';
import { configOf } from './parse.ts';

const test = suite('routes of real configurations');
const folder = join(fileURLToPath(new URL('../../../../shared/corpus', import.meta.url)), 'init-17.02');

const configurations = (): { name: string; config: InitConfig }[] =>
  readdirSync(folder).filter((file) => file.endsWith('.xml')).sort().map((file) => ({ name: file.slice(0, -'.xml'.length), config: configOf(readFileSync(join(folder, file), 'utf8')) }));

function destination(config: InitConfig, child: string, service: string, label: string): string {
  const to = explainRoute(config, child, service, label, '17.02')?.decision.to ?? null;
  return to === null ? 'denied' : to.kind === 'child' ? to.child : to.kind;
}

/** What every component needs: its binary and the sessions of its environment. */
const ENVIRONMENT = ['PD', 'RAM', 'CPU', 'LOG'] as const;

/**
 * Requests that no rule admits. Since 17.02 the environment's sessions take the routes of the configuration, and these six still
 * have what older versions needed: parents that list no PD, RAM, CPU or ROM, and routes that have no place for them.
 */
const WITHOUT_ROUTE: readonly string[] = [
  ...['base-hw__cpu_scheduler test-cpu_scheduler', 'base-hw__double_list test-double_list', 'hello_tutorial__hello hello_server', 'hello_tutorial__hello hello_client',
    ...['acpi_state', 'input_merger', 'ps2_drv', 'test-input', 'acpi_input'].map((child) => `libports__acpica ${child}`),
  ].flatMap((child) => ['PD', 'RAM', 'CPU', 'ROM'].map((service) => `${child} ${service}`)),
  ...['PD', 'RAM', 'CPU'].map((service) => `base-linux__lx_hybrid_errno test-lx_hybrid_errno ${service}`),
  ...['gems__terminal_decoder test-terminal_decoder', 'libports__acpica timer', 'libports__acpica acpica', 'libports__acpica dynamic_rom']
    .flatMap((child) => ['PD', 'CPU'].map((service) => `${child} ${service}`)),
];

/** Servers that the configuration names and does not have (init-run-tools.md 3.2). */
const NAMED_BUT_DENIED: readonly string[] = ['libports__acpica ps2_drv Platform "": denied', 'ports__vbox_auto_genode_usb_hid usb_drv IRQ "": denied'];

const BASICS = 'every child reaches its environment and its binary, but for the requests listed';
const NAMED = 'every rule that names a server leads to that server, but for those listed';

if (existsSync(folder)) {
  test(BASICS, () => {
    let asked = 0;
    const denied: string[] = [];
    for (const { name, config } of configurations()) {
      for (const { name: child, binary } of config.starts) {
        for (const [service, label] of [...ENVIRONMENT.map((one) => [one, ''] as const), ['ROM', binary] as const]) {
          asked++;
          if (destination(config, child ?? '', service, label) === 'denied') denied.push(`${name} ${child ?? ''} ${service}`);
        }
      }
    }
    assert.equal(denied.sort(), [...WITHOUT_ROUTE].sort());
    assert.ok(asked > 700, `${asked} requests`);
  });

  test(NAMED, () => {
    let asked = 0;
    const elsewhere: string[] = [];
    for (const { name, config } of configurations()) {
      for (const { name: child, route } of config.starts) {
        for (const { kind, service, pattern, targets } of route ?? []) {
          const [target] = targets;
          if (kind !== 'service' || service === null || target?.kind !== 'child' || target.name === null) continue;
          const label = pattern.label ?? `${pattern.label_prefix ?? ''}${pattern.label_suffix ?? ''}`;
          asked++;
          const to = destination(config, child ?? '', service, label);
          if (to !== (config.aliases.find((alias) => alias.name === target.name)?.child ?? target.name)) elsewhere.push(`${name} ${child ?? ''} ${service} "${label}": ${to}`);
        }
      }
    }
    assert.equal(elsewhere, NAMED_BUT_DENIED);
    assert.ok(asked > 30, `${asked} rules`);
  });
} else for (const name of [BASICS, NAMED]) test.skip(name, 'the corpus is not at hand');

test.run();
