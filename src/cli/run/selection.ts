// Which scenarios a call of `rescap run` is about: names and patterns, then tags, then what failed last, then one shard.
// Owns no state. Every filter that leaves nothing is told by name: nothing executed is never green.

import { fails } from '../../runner/judgement.ts';
import { shardOf } from '../../runner/shard.ts';
import type { Context } from '../context.ts';
import { findScenarios, loadScenario, nameOf } from '../scenarios.ts';
import type { History } from './history.ts';
import type { RunOptions } from './run_options.ts';

export interface Selection {
  readonly files: readonly string[];
  /** Why there are none, where there are none. */
  readonly nothing: string;
}

export function select(asked: readonly string[], options: RunOptions, history: History, context: Context): Selection {
  let files = findScenarios(asked, context);
  let nothing = asked.length === 0 ? 'no scenario in run/' : `no scenario matches ${asked.join(' ')}`;
  const narrow = (kept: readonly string[], why: string): void => {
    if (files.length > 0 && kept.length === 0) nothing = why;
    files = kept;
  };
  if (options.tags.length > 0) narrow(files.filter((file) => tagged(file, options.tags, context)), `no scenario has the tags ${options.tags.join(', ')}`);
  if (options.failed) {
    const failed = files.filter((file) => {
      const past = history.get(nameOf(file));
      return past !== undefined && fails(past);
    });
    narrow(failed, history.size === 0 ? 'no earlier run is known' : 'none of them failed when it ran last');
  }
  if (options.shard !== null) {
    const byName = new Map(files.map((file) => [nameOf(file), file]));
    const own = shardOf([...byName.keys()], options.shard, (name) => history.get(name)?.wall_ms);
    narrow(own.map((name) => byName.get(name) ?? name), `shard ${options.shard.index}/${options.shard.count} is empty`);
  }
  return { files, nothing };
}

/** A scenario with errors is never left out by a tag: its errors have to be seen. */
function tagged(file: string, wanted: readonly string[], context: Context): boolean {
  const { scenario } = loadScenario(file, context);
  if (scenario === undefined) return true;
  const tags = tagsOf(scenario);
  const refused = wanted.filter((tag) => tag.startsWith('!')).map((tag) => tag.slice(1));
  const asked = wanted.filter((tag) => !tag.startsWith('!'));
  return !refused.some((tag) => tags.includes(tag)) && (asked.length === 0 || asked.some((tag) => tags.includes(tag)));
}

function tagsOf(scenario: object): readonly string[] {
  return 'tags' in scenario && Array.isArray(scenario.tags) ? scenario.tags.filter((tag) => typeof tag === 'string') : [];
}
