// Boot modules of a scenario: the configuration first, then the files it lists or the shipped programs its start nodes name.
// Owns no state. Files of a scenario are looked up in its own folder, shipped programs in the package.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { BootModule, Flavour } from '../runtime/system.ts';
import { readElf } from '../runtime/elf.ts';
import { binariesNamed } from '../scenario/binaries.ts';
import { type Diagnostic, type Span, suggestion } from '../scenario/diagnostic.ts';
import type { Scenario } from '../scenario/model.ts';
import type { Context } from './context.ts';

const PROGRAM_FOLDER = 'src/guest/bin';
const MODULE_BYTES_MAX = 64 * 1024 * 1024;

export interface LoadedModules {
  readonly modules: readonly BootModule[];
  readonly diagnostics: readonly Diagnostic[];
}

export function loadModules(scenario: Scenario, context: Context): LoadedModules {
  const modules: BootModule[] = [{ name: 'config', bytes: new TextEncoder().encode(scenario.config_text) }];
  const diagnostics: Diagnostic[] = [];
  const add = (name: string, bytes: Uint8Array | Diagnostic) => {
    if (bytes instanceof Uint8Array) modules.push({ name, bytes });
    else diagnostics.push(bytes);
  };
  if (scenario.boot !== undefined) {
    const folder = dirname(resolve(context.cwd, scenario.source.name));
    for (const { name, file, span } of scenario.boot) add(name, file === undefined ? program(name, span, scenario.flavour, context) : moduleFile(join(folder, file), file, span));
    return { modules, diagnostics: [...diagnostics, ...brokenBinaries(scenario, modules)] };
  }
  const named = binariesNamed(scenario.config);
  const init = { name: 'init', span: scenario.config.tagSpan };
  for (const { name, span } of [init, ...named.filter((binary) => binary.name !== 'init')]) add(name, program(name, span, scenario.flavour, context));
  return { modules, diagnostics };
}

/** Modules that a start node runs must be executables; what else lies among the modules is the components' own business. */
function brokenBinaries(scenario: Scenario, modules: readonly BootModule[]): Diagnostic[] {
  const binaries = new Set(['init', ...binariesNamed(scenario.config).map(({ name }) => name)]);
  return (scenario.boot ?? []).flatMap(({ name, file, span }) => {
    const module = modules.find((loaded) => loaded.name === name);
    if (module === undefined || !binaries.has(name)) return [];
    const elf = readElf(module.bytes);
    if (elf.kind === 'elf') return [];
    return [problem(span, `'${file ?? name}' cannot be executed: ${elf.message} (at byte ${elf.offset})`, undefined, 'E025')];
  });
}

/** The shipped program of a name; a build for the stock flavour goes first where that is asked for. */
function program(name: string, span: Span, flavour: Flavour, context: Context): Uint8Array | Diagnostic {
  const folder = join(context.packageRoot, PROGRAM_FOLDER);
  const candidates = flavour === 'stock' ? [`${name}.stock.elf`, `${name}.elf`] : [`${name}.elf`];
  const found = candidates.map((candidate) => join(folder, candidate)).find((path) => existsSync(path));
  if (found !== undefined) return new Uint8Array(readFileSync(found));
  const hosted = context.hostedProgram(name);
  if (hosted !== undefined) return hosted;
  const shipped = existsSync(folder) ? readdirSync(folder).filter((file) => /^[^.]+\.elf$/.test(file)).map((file) => file.slice(0, -'.elf'.length)) : [];
  return problem(span, `no program '${name}' is shipped`, suggestion(name, shipped));
}

function moduleFile(path: string, shown: string, span: Span): Uint8Array | Diagnostic {
  if (!existsSync(path)) return problem(span, `there is no file '${shown}' beside the scenario`);
  const bytes = readFileSync(path);
  return bytes.length <= MODULE_BYTES_MAX ? new Uint8Array(bytes) : problem(span, `'${shown}' has ${bytes.length} bytes, the limit is ${MODULE_BYTES_MAX}`);
}

function problem(span: Span, message: string, help?: string, code: Diagnostic['code'] = 'E018'): Diagnostic {
  return { severity: 'error', code, span, message, notes: [], ...(help === undefined ? {} : { help }) };
}
