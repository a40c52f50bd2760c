// Which runs a call of `rescap run` is about: names and patterns, then tags, then what failed last, then one shard. A scenario with
// a matrix is several runs. Owns no state. Every filter that leaves nothing is told by name: nothing executed is never green.

import { fails } from '../../runner/judgement.ts';
import { runName } from '../../runner/result.ts';
import { shardOf } from '../../runner/shard.ts';
import type { Scenario } from '../../scenario/model.ts';
import { nearest } from '../../scenario/nearest.ts';
import { UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { findScenarios, type LoadedScenario, loadScenario, nameOf } from '../scenarios.ts';
import type { History } from './history.ts';
import type { RunOptions } from './run_options.ts';

/** One scenario, or one variant of it. */
export interface Unit {
  readonly file: string;
  readonly variant?: string;
  /** "sheep_counter", "lost[skip]" */
  readonly name: string;
  /** What was read of the file, so that it need not be read again to run it. */
  readonly loaded: LoadedScenario;
}

export interface Selection {
  readonly units: readonly Unit[];
  /** Why there are none, where there are none. */
  readonly nothing: string;
}

const VARIANT = /^([^[\]]+)\[([^[\]]*)\]$/;

export function select(asked: readonly string[], options: RunOptions, history: History, context: Context): Selection {
  let units = asked.length === 0 ? unitsOf([], null, options, context) : distinct(asked.flatMap((one) => unitsAsked(one, options, context)));
  let nothing = asked.length === 0 ? 'no scenario in run/' : `no scenario matches ${asked.join(' ')}`;
  if (options.tags.length > 0 && units.length === 0) nothing = `no scenario has the tags ${options.tags.join(', ')}`;
  const narrow = (kept: readonly Unit[], why: string): void => {
    if (units.length > 0 && kept.length === 0) nothing = why;
    units = kept;
  };
  if (options.failed) {
    const failed = units.filter(({ name }) => {
      const past = history.get(name);
      return past !== undefined && fails(past);
    });
    narrow(failed, history.size === 0 ? 'no earlier run is known' : 'none of them failed when it ran last');
  }
  if (options.shard !== null) {
    const own = new Set(shardOf(units.map(({ name }) => name), options.shard, (name) => history.get(name)?.wall_ms));
    narrow(units.filter(({ name }) => own.has(name)), `shard ${options.shard.index}/${options.shard.count} is empty`);
  }
  return { units, nothing };
}

/** NAME, a pattern, or NAME[VARIANT]. */
function unitsAsked(asked: string, options: RunOptions, context: Context): readonly Unit[] {
  const match = VARIANT.exec(asked);
  return unitsOf([match?.[1] ?? asked], match?.[2] ?? null, options, context);
}

function unitsOf(asked: readonly string[], variant: string | null, options: RunOptions, context: Context): readonly Unit[] {
  return findScenarios(asked, context).flatMap((file) => {
    const loaded = loadScenario(file, context);
    const { variants } = loaded;
    const name = nameOf(file);
    // A scenario with errors is one run, and no tag leaves it out: its errors have to be seen.
    if (variants.length === 0) return [{ file, name, loaded }];
    if (variant !== null && !variants.some((one) => one.variant === variant)) throw unknownVariant(name, variant, variants);
    return variants
      .filter((one) => (variant === null || one.variant === variant) && tagged(one, options.tags))
      .map((one): Unit => unitOf(loaded, one));
  });
}

function unitOf(loaded: LoadedScenario, scenario: Scenario): Unit {
  const { file } = loaded;
  const { variant } = scenario;
  const name = runName(nameOf(file), variant);
  return { file, name, loaded: { ...loaded, name: runName(loaded.name, variant), scenario }, ...(variant === undefined ? {} : { variant }) };
}

function unknownVariant(name: string, variant: string, variants: readonly Scenario[]): UsageError {
  const known = variants.flatMap((one) => (one.variant === undefined ? [] : [one.variant]));
  const near = nearest(variant, known);
  return new UsageError(`'${name}' has no variant '${variant}'`, near === undefined ? `its variants: ${known.join(', ') || 'none'}` : `did you mean '${name}[${near}]'?`);
}

function distinct(units: readonly Unit[]): readonly Unit[] {
  return [...new Map(units.map((unit) => [unit.name, unit])).values()];
}

function tagged({ tags }: Scenario, wanted: readonly string[]): boolean {
  const refused = wanted.filter((tag) => tag.startsWith('!')).map((tag) => tag.slice(1));
  const asked = wanted.filter((tag) => !tag.startsWith('!'));
  return !refused.some((tag) => tags.includes(tag)) && (asked.length === 0 || asked.some((tag) => tags.includes(tag)));
}
