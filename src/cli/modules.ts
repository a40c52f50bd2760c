// Boot modules of a scenario: the configuration first, then the files it lists or the shipped programs its start nodes name.
// Owns no state. Files of a scenario are looked up in its own folder, then in the folder of --boot-dir, then in the package.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readElf } from '../runtime/elf.ts';
import { isHosted } from '../runtime/native/image.ts';
import type { BootModule } from '../runtime/system.ts';
import { binariesNamed } from '../scenario/binaries.ts';
import { type Diagnostic, type Span, suggestion } from '../scenario/diagnostic.ts';
import type { Scenario } from '../scenario/model.ts';
import type { Node } from '../scenario/syntax/node.ts';
import { type OptionSchema, UsageError } from './command.ts';
import type { Context } from './context.ts';

const INIT = 'init';
const PROGRAM_FOLDER = 'src/guest/bin';
const MODULE_BYTES_MAX = 64 * 1024 * 1024;

export interface LoadedModules {
  readonly modules: readonly BootModule[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The option of every command that runs scenarios. */
export const BOOT_DIR_OPTION: OptionSchema = {
  type: 'string', value: 'DIR', doc: 'take ROM modules from this folder (DIR/NAME, DIR/NAME.elf) in place of the shipped programs',
};

/** The folder of --boot-dir, if the option was given. */
export function bootFolder(value: string | boolean | undefined, context: Context): string | undefined {
  if (typeof value !== 'string') return undefined;
  const folder = resolve(context.cwd, value);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new UsageError(`--boot-dir: there is no folder '${value}'`);
  return folder;
}

export function loadModules(scenario: Scenario, context: Context, bootDir?: string): LoadedModules {
  const modules: BootModule[] = [{ name: 'config', bytes: new TextEncoder().encode(scenario.config_text) }];
  const diagnostics: Diagnostic[] = [];
  const add = (name: string, bytes: Uint8Array | Diagnostic) => {
    if (bytes instanceof Uint8Array) modules.push({ name, bytes });
    else diagnostics.push(bytes);
  };
  // Modules exist from the start on, also those that only a later configuration names.
  const configs = [scenario.config, ...scenario.steps.flatMap((step) => (step.kind === 'reconfigure' ? [step.config] : []))];
  const executed = new Map([{ name: INIT, span: scenario.config.tagSpan }, ...configs.flatMap(binariesNamed)].map(({ name, span }) => [name, span]));
  if (scenario.boot !== undefined) {
    const folder = dirname(resolve(context.cwd, scenario.source.name));
    for (const { name, file, span } of scenario.boot) {
      if (file === undefined) add(name, program(name, span, scenario, context, bootDir));
      else if (executed.has(name)) add(name, executable(join(folder, file), file, span));
      else add(name, moduleFile(join(folder, file), file, span));
    }
  } else {
    for (const [name, span] of executed) add(name, program(name, span, scenario, context, bootDir));
    if (bootDir !== undefined) for (const { name, path, span } of otherModules(scenario.config, executed, bootDir)) add(name, moduleFile(path, path, span));
  }
  return { modules, diagnostics: [...diagnostics, ...wrongInit(scenario, modules, bootDir)] };
}

/** Files of the boot folder that the configuration names anywhere, such as a configuration file of a child, and the dynamic linker. */
function otherModules(config: Node, executed: ReadonlyMap<string, Span>, bootDir: string): { readonly name: string; readonly path: string; readonly span: Span }[] {
  const files = new Map(readdirSync(bootDir).sort().map((name) => [name, join(bootDir, name)]));
  const found = new Map<string, { readonly name: string; readonly path: string; readonly span: Span }>();
  const want = (name: string, span: Span) => {
    const path = files.get(name);
    if (path === undefined || executed.has(name) || found.has(name) || name === 'config' || !statSync(path).isFile()) return;
    found.set(name, { name, path, span });
  };
  const walk = (node: Node): void => {
    for (const { value, valueSpan } of node.attributes) want(value, valueSpan);
    node.children.forEach(walk);
  };
  walk(config);
  for (const name of files.keys()) if (name.endsWith('.lib.so')) want(name, config.tagSpan);
  return [...found.values()];
}

/** Which init is started is the scenario's word, not a matter of what lies in the boot folder. */
function wrongInit(scenario: Scenario, modules: readonly BootModule[], bootDir: string | undefined): Diagnostic[] {
  const init = modules.find(({ name }) => name === INIT);
  if (scenario.init !== 'guest' || init === undefined || !isHosted(init.bytes)) return [];
  const where = bootDir === undefined ? 'name a folder with --boot-dir, or a file with <boot> <module name="init" file="..."/>' : `there is no file 'init' in ${bootDir}`;
  return [problem(scenario.config.tagSpan, 'init="guest" starts a compiled init, and none is there', where)];
}

/** The program of a name: from the boot folder, else the shipped one; a build for the stock flavour goes first where that is asked for. */
function program(name: string, span: Span, { flavour, init }: Scenario, context: Context, bootDir: string | undefined): Uint8Array | Diagnostic {
  if (bootDir !== undefined && (name !== INIT || init === 'guest')) {
    const path = [name, `${name}.elf`].map((file) => join(bootDir, file)).find((file) => existsSync(file) && statSync(file).isFile());
    if (path !== undefined) return executable(path, path, span);
  }
  const folder = join(context.packageRoot, PROGRAM_FOLDER);
  const candidates = flavour === 'stock' ? [`${name}.stock.elf`, `${name}.elf`] : [`${name}.elf`];
  const found = candidates.map((candidate) => join(folder, candidate)).find((path) => existsSync(path));
  if (found !== undefined) return new Uint8Array(readFileSync(found));
  const hosted = context.hostedProgram(name);
  if (hosted !== undefined) return hosted;
  const shipped = existsSync(folder) ? readdirSync(folder).filter((file) => /^[^.]+\.elf$/.test(file)).map((file) => file.slice(0, -'.elf'.length)) : [];
  const missing = bootDir === undefined ? `no program '${name}' is shipped` : `there is no '${name}' in ${bootDir}, and no program of that name is shipped`;
  return problem(span, missing, suggestion(name, shipped));
}

/** What is executed must be an executable; what else lies among the modules is the components' own business. */
function executable(path: string, shown: string, span: Span): Uint8Array | Diagnostic {
  const bytes = moduleFile(path, shown, span);
  if (!(bytes instanceof Uint8Array)) return bytes;
  const elf = readElf(bytes);
  return elf.kind === 'elf' ? bytes : problem(span, `'${shown}' cannot be executed: ${elf.message} (at byte ${elf.offset})`, undefined, 'E025');
}

function moduleFile(path: string, shown: string, span: Span): Uint8Array | Diagnostic {
  if (!existsSync(path)) return problem(span, `there is no file '${shown}' beside the scenario`);
  const bytes = readFileSync(path);
  return bytes.length <= MODULE_BYTES_MAX ? new Uint8Array(bytes) : problem(span, `'${shown}' has ${bytes.length} bytes, the limit is ${MODULE_BYTES_MAX}`);
}

function problem(span: Span, message: string, help?: string, code: Diagnostic['code'] = 'E018'): Diagnostic {
  return { severity: 'error', code, span, message, notes: [], ...(help === undefined ? {} : { help }) };
}
