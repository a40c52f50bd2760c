// A part of the scenarios for one of several machines: `--shard 2/4`, balanced by the durations of an earlier run.
// Owns no state. The same scenarios and durations give the same parts on every machine; longest first, each to the emptiest part.

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

const SHARDS_MAX = 10_000;

export function parseShard(text: string): Shard | null {
  const match = /^([0-9]{1,5})\/([0-9]{1,5})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  return match !== null && index >= 1 && index <= count && count <= SHARDS_MAX ? { index, count } : null;
}

/** The names of one part, in their own order. Scenarios without a known duration count as the average of those with one. */
export function shardOf(names: readonly string[], { index, count }: Shard, duration_ms: (name: string) => number | undefined): readonly string[] {
  const known = names.map(duration_ms).filter((ms) => ms !== undefined);
  const average = known.length === 0 ? 1 : known.reduce((sum, ms) => sum + ms, 0) / known.length;
  const weighted = names.map((name) => ({ name, weight: duration_ms(name) ?? average }));
  const order = [...weighted].sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
  const parts = Array.from({ length: count }, () => ({ names: new Set<string>(), weight: 0 }));
  for (const { name, weight } of order) {
    const emptiest = parts.reduce((best, part) => (part.weight < best.weight || (part.weight === best.weight && part.names.size < best.names.size) ? part : best));
    emptiest.names.add(name);
    emptiest.weight += weight;
  }
  const own = parts[index - 1]?.names;
  return names.filter((name) => own?.has(name) === true);
}
