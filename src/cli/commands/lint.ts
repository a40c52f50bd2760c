// `rescap lint`: what is wrong with scenarios, their init configurations and their goldens, without running them.
// Owns no state.

import { obsoleteOfAll } from '../../runner/golden.ts';
import { CODES, type Diagnostic, type Severity } from '../../scenario/diagnostic.ts';
import { NOT_EXECUTED, notExecutable } from '../../runner/executable.ts';
import type { Scenario } from '../../scenario/model.ts';
import { type Command, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { checkConfig, dialectOption, readBareConfig } from '../init_configs.ts';
import { BOOT_DIR_OPTION, bootFolder, loadModules } from '../modules.ts';
import { findScenarios, goldenFolderOf, goldensOf, loadScenario, tell } from '../scenarios.ts';

export const LINT: Command = {
  name: 'lint',
  summary: 'Reads scenarios or bare init configurations and tells everything that is wrong with them, without running them.',
  usage: 'lint [SCENARIO|CONFIGURATION...]',
  example: ['rescap lint run/sheep_counter.xml', 'rescap lint --genode 17.02 --strict init.config'],
  options: {
    strict: { type: 'boolean', doc: 'what init would ignore or deny is an error, not a warning' },
    'boot-dir': BOOT_DIR_OPTION,
    explain: { type: 'string', value: 'CODE', doc: 'tell what a message code such as E012 stands for' },
    genode: { type: 'string', value: 'VERSION', doc: 'how bare configurations are read: 16.08 (default) or 17.02' },
  },
  run: ({ values, positionals }, context) => {
    if (typeof values['explain'] === 'string') return explained(values['explain'], context);
    const severity: Severity = values['strict'] === true ? 'error' : 'warning';
    const dialect = dialectOption(values['genode']);
    const bare = positionals.map((file) => ({ file, config: readBareConfig(file, context) }));
    const reports: (readonly Diagnostic[])[] = [];
    for (const { config } of bare) if (config !== undefined) reports.push([...config.diagnostics, ...(config.root === undefined ? [] : checkConfig(config.root, dialect, severity))]);
    const asked = bare.filter(({ config }) => config === undefined).map(({ file }) => file);
    if (positionals.length === 0 || asked.length > 0) reports.push(...findScenarios(asked, context).map((file) => lintScenario(file, severity, bootFolder(values['boot-dir'], context), context)));
    return verdict(reports, context);
  },
};

function verdict(reports: readonly (readonly Diagnostic[])[], context: Context): Exit {
  if (reports.length === 0) return { verdict: 'nothing', reason: 'no scenario in run/' };
  const broken = reports.filter((diagnostics) => tell(diagnostics, context)).length;
  if (broken > 0) return { verdict: 'invalid', reason: `${broken} of ${reports.length} files have errors` };
  const warnings = reports.flat().length;
  const counted = warnings === 0 ? '' : `, with ${warnings === 1 ? '1 warning' : `${warnings} warnings`}`;
  context.out(`${reports.length === 1 ? '1 file is' : `${reports.length} files are`} well-formed${counted}\n`);
  return PASSED;
}

function lintScenario(file: string, severity: Severity, boot_dir: string | undefined, context: Context): readonly Diagnostic[] {
  const { scenario, variants, diagnostics } = loadScenario(file, context);
  if (scenario === undefined) return diagnostics;
  const ofVariants = variants.flatMap((variant) => [
    ...loadModules(variant, context, boot_dir).diagnostics,
    ...[variant.config, ...variant.machines.map(({ config }) => config)].flatMap((config) => checkConfig(config, variant.genode, severity)),
    ...notExecutable(variant).map((found) => (found.code === NOT_EXECUTED ? { ...found, severity: 'warning' as const } : found)),
  ]);
  return [...diagnostics, ...distinct(ofVariants), ...strayGoldens(file, scenario, variants, severity, context)];
}

/** Variants have most of their mistakes in common. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, message, span }) => {
    const key = `${code} ${span.source.name} ${span.start} ${message}`;
    return seen.size < seen.add(key).size;
  });
}

/** `--explain E012`: what a code stands for. */
function explained(code: string, context: Context): Exit {
  const known = Object.keys(CODES) as readonly (keyof typeof CODES)[];
  const found = known.find((one) => one === code.toUpperCase());
  if (found === undefined) throw new UsageError(`there is no message code '${code}'`, `codes go from ${known[0] ?? ''} to ${known.at(-1) ?? ''}`);
  context.out(`${found}: ${CODES[found]}\n`);
  return PASSED;
}

function strayGoldens(file: string, scenario: Scenario, variants: readonly Scenario[], severity: Severity, context: Context): readonly Diagnostic[] {
  const folder = goldenFolderOf(file);
  const span = { source: scenario.source, start: 0, end: 0 };
  return obsoleteOfAll(goldensOf(file, undefined, context), variants).map((golden) => ({
    severity, code: 'E028', span, message: `no step names the golden ${folder}/${golden.file}`, notes: [], help: 'delete it, or compare with it in an <expect-caps>',
  }));
}
