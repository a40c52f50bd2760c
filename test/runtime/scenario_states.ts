// For tests that cut runs: every scenario brought to an instruction by the runner, and what is seen when the machine alone goes on.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../../src/cli/context.ts';
import { goldenFolder } from '../../src/cli/files.ts';
import { loadModules } from '../../src/cli/modules.ts';
import { goldenFolderOf, loadScenario } from '../../src/cli/scenarios.ts';
import { printObjects } from '../../src/emu/jdb/objects.ts';
import { printObjectSpace } from '../../src/emu/jdb/object_space.ts';
import { printThreads } from '../../src/emu/jdb/threads.ts';
import { encodeMachineState } from '../../src/emu/machine_state.ts';
import { ReplaySession } from '../../src/runner/replay/session.ts';
import { scenarioSource } from '../../src/runner/replay/source.ts';
import { bootSystem, type RunningSystem } from '../../src/runtime/boot_system.ts';
import { programNamed } from '../../src/runtime/native/component.ts';
import { hostedImage } from '../../src/runtime/native/image.ts';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

export const context: Context = {
  cwd: root, env: {}, boot: bootSystem, terminal: false, packageRoot: root, wall_ms: () => 0, out: () => undefined, err: () => undefined,
  hostedProgram: (name) => {
    const program = programNamed(name);
    return program === undefined ? undefined : hostedImage(program);
  },
};

/** All scenario files of run/ that boot one system: a replay follows no more. */
export function scenarioFiles(): readonly string[] {
  return readdirSync(join(root, 'run'), { recursive: true, encoding: 'utf8' })
    .map((file) => `run/${file.replaceAll('\\', '/')}`)
    .filter((file) => /\.(xml|yaml|hid)$/.test(file) && !file.includes('.golden/'))
    .filter((file) => loadScenario(file, context).scenario?.machines.length === 0)
    .sort();
}

/** The system of a scenario at an instruction, or half-way to where its run ended if that is earlier. */
export function systemAt(file: string, instruction: number): RunningSystem {
  const { scenario } = loadScenario(file, context);
  if (scenario === undefined) throw new Error(`${file} has errors`);
  const { modules, diagnostics } = loadModules(scenario, context);
  if (diagnostics.length > 0) throw new Error(`${file}: ${diagnostics.map(({ message }) => message).join('; ')}`);
  const folder = goldenFolderOf(file);
  const goldens = { ...goldenFolder(join(root, folder), folder), write: () => undefined, remove: () => undefined };
  const session = new ReplaySession(scenarioSource(scenario, modules, { boot: bootSystem, wall_ms: () => 0, goldens }));
  const problem = session.runTo({ kind: 'instruction', at: instruction });
  const ended = /the run ends at instruction (\d+)/.exec(problem ?? '');
  const rest = ended === null ? problem : session.runTo({ kind: 'instruction', at: Math.floor(Number(ended[1]) / 2) });
  if (rest !== null) throw new Error(`${file}: ${rest}`);
  return session.system as RunningSystem;
}

/** What is seen of a system that runs on by itself: the console, the listings of all tasks, and a hash of everything. */
export function goOn(system: RunningSystem, instructions: number): { readonly console: string; readonly listings: string; readonly hash: string } {
  const { machine } = system;
  let text = '';
  const quiet = machine.events.listen(['console'], (event) => {
    if (event.kind === 'console') text += event.text;
  });
  const end = machine.instructions + instructions;
  while (machine.instructions < end) if (machine.run({ instructions: end - machine.instructions }) === 'idle_forever') break;
  quiet();
  const tasks = system.inspector.objects().filter(({ type }) => type === 'Task').map(({ id }) => printObjectSpace(system.objectSpace(id)));
  const listings = [printObjects(system.inspector.objects()), printThreads(system.threads()), ...tasks].join('\n');
  return { console: text, listings, hash: createHash('sha256').update(encodeMachineState(machine.save())).digest('hex') };
}

export const readState = (file: string): Uint8Array => new Uint8Array(readFileSync(file));
