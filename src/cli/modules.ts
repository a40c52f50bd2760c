// Boot modules of a scenario: the configuration first, then the files it lists or the shipped programs its start nodes name.
// Owns no state. Files of a scenario are looked up in its own folder, then in the folder of --boot-dir, then in the package.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readElf } from '../runtime/elf.ts';
import { isHosted } from '../runtime/native/image.ts';
import { type BootModule, MODULES_BYTES_MAX } from '../runtime/system.ts';
import { binariesNamed } from '../scenario/binaries.ts';
import { type Diagnostic, type Span, suggestion } from '../scenario/diagnostic.ts';
import type { Scenario } from '../scenario/model.ts';
import type { Node } from '../scenario/syntax/node.ts';
import { type OptionSchema, UsageError } from './command.ts';
import type { Context } from './context.ts';

const INIT = 'init';
const PROGRAM_FOLDER = 'src/guest/bin';
/** All files of a boot folder are modules up to so much. */
const FOLDER_BYTES_MAX = 32 * 1024 * 1024;
const MODULE_BYTES_MAX = 64 * 1024 * 1024;
const LINKER = 'ld.lib.so';
/** The mark of a program compiled for a hard-float ABI, in the flags of its header. */
const FLOAT_HARD = 0x400;

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
    for (const { name, file, program: called, span } of scenario.boot) {
      if (file === undefined) add(name, program(name, span, scenario, context, bootDir, called));
      else if (executed.has(name)) add(name, executable(join(folder, file), file, span));
      else add(name, moduleFile(join(folder, file), file, span));
    }
  } else {
    for (const [name, span] of executed) add(name, program(name, span, scenario, context, bootDir));
    const others = bootDir === undefined ? { modules: [], left_out: 0 } : otherModules(scenario.config, executed, bootDir);
    for (const { name, path, span } of others.modules) add(name, moduleFile(path, path, span));
    if (others.left_out > 0) diagnostics.push(leftOut(others.left_out, bootDir ?? '', scenario.config.tagSpan));
  }
  return { modules, diagnostics: [...diagnostics, ...wrongInit(scenario, modules, bootDir), ...doubtful(modules, executed), ...tooMuch(modules, scenario.config.tagSpan)] };
}

/** Programs that start and cannot get far on this board, or with these modules: worth a warning, the rest of the scenario goes on. */
function doubtful(modules: readonly BootModule[], executed: ReadonlyMap<string, Span>): Diagnostic[] {
  const hasLinker = modules.some(({ name }) => name === LINKER);
  return modules.flatMap(({ name, bytes }): Diagnostic[] => {
    const span = executed.get(name);
    if (span === undefined || isHosted(bytes)) return [];
    const elf = readElf(bytes);
    if (elf.kind !== 'elf') return [];
    const warn = (message: string, help: string): Diagnostic => ({ ...problem(span, message, help, 'E025'), severity: 'warning' });
    return [
      ...(elf.dynamic && elf.interpreter !== undefined && !hasLinker ? [warn(`'${name}' is dynamically linked, and there is no module '${LINKER}': init cannot start it`, `put ${LINKER} into the boot folder`)] : []),
      ...((elf.flags & FLOAT_HARD) !== 0 ? [warn(`'${name}' is compiled for a hard-float ABI; the board has no floating-point unit`, 'compile with -mfloat-abi=soft')] : []),
    ];
  });
}

function tooMuch(modules: readonly BootModule[], span: Span): Diagnostic[] {
  const bytes = modules.reduce((sum, module) => sum + module.bytes.length, 0);
  return bytes <= MODULES_BYTES_MAX ? [] : [problem(span, `the boot modules have ${bytes} bytes, the limit is ${MODULES_BYTES_MAX}`)];
}

/**
 * The other files of the boot folder, by name: what a boot folder of Genode's run tool holds is what the real core would find. Of a
 * folder too big for that, such as all programs of a build, only those that the configuration names, and the dynamic linker.
 */
function otherModules(config: Node, executed: ReadonlyMap<string, Span>, bootDir: string): { readonly modules: readonly OtherModule[]; readonly left_out: number } {
  const known = (name: string) => name === 'config' || name === 'core' || executed.has(name) || (name.endsWith('.elf') && executed.has(name.slice(0, -'.elf'.length)));
  const files = readdirSync(bootDir).sort().filter((name) => !known(name)).map((name) => ({ name, path: join(bootDir, name), span: config.tagSpan, stat: statSync(join(bootDir, name), { throwIfNoEntry: false }) }));
  // A link that leads nowhere is no module; neither is a folder.
  const all = files.flatMap(({ stat, ...file }) => (stat?.isFile() === true ? [{ ...file, bytes: stat.size }] : []));
  if (all.reduce((sum, { bytes }) => sum + bytes, 0) <= FOLDER_BYTES_MAX) return { modules: all, left_out: 0 };
  const named = namesIn(config);
  const modules = all.filter(({ name }) => named.has(name) || name.endsWith('.lib.so'));
  return { modules, left_out: all.length - modules.length };
}

interface OtherModule {
  readonly name: string;
  readonly path: string;
  readonly span: Span;
}

function leftOut(count: number, bootDir: string, span: Span): Diagnostic {
  const message = `${count} files of ${bootDir} are no ROM modules: the folder has more than ${FOLDER_BYTES_MAX >>> 20} MiB, and the configuration does not name them`;
  return { ...problem(span, message, 'list the modules that the components ask for in <boot>'), severity: 'warning' };
}

/** Every attribute value of a configuration: names of ROM modules are among them. */
function namesIn(config: Node): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (node: Node): void => {
    for (const { value } of node.attributes) names.add(value);
    node.children.forEach(walk);
  };
  walk(config);
  return names;
}

/** Which init is started is the scenario's word, not a matter of what lies in the boot folder. */
function wrongInit(scenario: Scenario, modules: readonly BootModule[], bootDir: string | undefined): Diagnostic[] {
  const init = modules.find(({ name }) => name === INIT);
  if (scenario.init !== 'guest' || init === undefined || !isHosted(init.bytes)) return [];
  const where = bootDir === undefined ? 'name a folder with --boot-dir, or a file with <boot> <module name="init" file="..."/>' : `there is no file 'init' in ${bootDir}`;
  return [problem(scenario.config.tagSpan, 'init="guest" starts a compiled init, and none is there', where)];
}

/** The program of a name: from the boot folder, else the one shipped as `called`; a build for the stock flavour goes first where that is asked for. */
function program(name: string, span: Span, { flavour, init }: Scenario, context: Context, bootDir: string | undefined, called = name): Uint8Array | Diagnostic {
  if (bootDir !== undefined && (name !== INIT || init === 'guest')) {
    const path = [name, `${name}.elf`].map((file) => join(bootDir, file)).find((file) => existsSync(file) && statSync(file).isFile());
    if (path !== undefined) return executable(path, path, span);
  }
  const folder = join(context.packageRoot, PROGRAM_FOLDER);
  const candidates = flavour === 'stock' ? [`${called}.stock.elf`, `${called}.elf`] : [`${called}.elf`];
  const found = candidates.map((candidate) => join(folder, candidate)).find((path) => existsSync(path));
  if (found !== undefined) return new Uint8Array(readFileSync(found));
  const hosted = context.hostedProgram(called);
  if (hosted !== undefined) return hosted;
  const shipped = existsSync(folder) ? readdirSync(folder).filter((file) => /^[^.]+\.elf$/.test(file)).map((file) => file.slice(0, -'.elf'.length)) : [];
  const missing = bootDir === undefined ? `no program '${called}' is shipped` : `there is no '${name}' in ${bootDir}, and no program ${called === name ? 'of that name' : `'${called}'`} is shipped`;
  return problem(span, missing, suggestion(called, shipped));
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
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (failure) {
    return problem(span, `'${shown}' cannot be read: ${failure instanceof Error ? failure.message : String(failure)}`);
  }
  return bytes.length <= MODULE_BYTES_MAX ? new Uint8Array(bytes) : problem(span, `'${shown}' has ${bytes.length} bytes, the limit is ${MODULE_BYTES_MAX}`);
}

function problem(span: Span, message: string, help?: string, code: Diagnostic['code'] = 'E018'): Diagnostic {
  return { severity: 'error', code, span, message, notes: [], ...(help === undefined ? {} : { help }) };
}
