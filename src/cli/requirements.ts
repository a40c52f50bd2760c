// What a scenario may require (`requires="..."`), and whether it is there. What is not known is not there: the scenario is skipped
// with the reason. Owns no state.

import { arch, platform, versions } from 'node:process';
import type { Scenario } from '../scenario/model.ts';
import { EXTENSIONS } from './extensions.ts';

/** `foc_pbxa9`, `genode16.08`: what this board and system are; `node20`: at least; extensions by name; `linux`, `x64`, ... */
export function missingRequirement(scenario: Scenario): string | undefined {
  const missing = scenario.requires.find(({ name }) => !provided(name, scenario));
  return missing === undefined ? undefined : `it requires '${missing.name}', which is not there`;
}

function provided(name: string, { extensions }: Scenario): boolean {
  const node = /^node([0-9]+)$/.exec(name);
  if (node !== null) return Number(versions.node.split('.')[0]) >= Number(node[1]);
  if (EXTENSIONS.includes(name)) return extensions.has(name);
  return ['foc_pbxa9', 'genode16.08', platform, arch].includes(name);
}
