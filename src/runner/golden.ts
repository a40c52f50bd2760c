// Goldens: capability listings, thread lists and log lines stored beside a scenario, their metadata, and the rules for missing, different and obsolete ones
// (product.md, "Capability dumps and goldens"). Owns no state; files are reached through the store the caller hands in.

import type { Scenario } from '../scenario/model.ts';
import type { GoldenResult } from './result.ts';

/** The golden folder of one scenario, `run/NAME.golden`. */
export interface GoldenStore {
  /** As the user knows it, for messages. */
  readonly folder: string;
  /** Names of all files, folders included in the name, sorted. */
  list(): readonly string[];
  read(file: string): string | undefined;
  write(file: string, text: string): void;
  remove(file: string): void;
}

/** For runs that only look: there are none, and nothing is kept. */
export const NO_GOLDENS: GoldenStore = { folder: '', list: () => [], read: () => undefined, write: () => undefined, remove: () => undefined };

export const PENDING_SUFFIX = '.new';
/** Endings of goldens: capability spaces, thread lists, log lines. */
export const GOLDEN_ENDINGS: readonly string[] = ['.caps', '.threads', '.log'];
export const METADATA_FILE = 'golden.json';
const METADATA_FORMAT = 1;

export interface GoldenMetadata {
  readonly format: number;
  readonly scenario: string;
  /** Strategy attributes of the steps that have any, in order. */
  readonly strategies: readonly { readonly step: string; readonly strategy: Readonly<Record<string, string>> }[];
}

export function metadataOf(scenario: Pick<Scenario, 'name' | 'steps'>): GoldenMetadata {
  const strategies = scenario.steps.flatMap((step) => {
    if (step.kind !== 'checkpoint' && step.kind !== 'restore') return [];
    if (Object.keys(step.strategy).length === 0) return [];
    return [{ step: step.kind === 'checkpoint' ? `checkpoint ${step.name}` : `restore ${step.from}`, strategy: step.strategy }];
  });
  return { format: METADATA_FORMAT, scenario: scenario.name, strategies };
}

export function printMetadata(metadata: GoldenMetadata): string {
  return `${JSON.stringify(metadata, null, 2)}\n`;
}

/** Reads strictly: an unknown field or format is an error. */
export function parseMetadata(text: string): GoldenMetadata | { readonly error: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { error: `is no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
  if (!isRecord(value)) return { error: 'is no object' };
  const unknown = Object.keys(value).find((key) => !['format', 'scenario', 'strategies'].includes(key));
  if (unknown !== undefined) return { error: `has an unknown field '${unknown}'` };
  const { format, scenario, strategies } = value;
  if (format !== METADATA_FORMAT) return { error: `has format ${JSON.stringify(format)}, this version reads ${METADATA_FORMAT}` };
  if (typeof scenario !== 'string') return { error: "has no text 'scenario'" };
  if (!Array.isArray(strategies)) return { error: "has no list 'strategies'" };
  const read: { step: string; strategy: Record<string, string> }[] = [];
  for (const entry of strategies as readonly unknown[]) {
    if (!isRecord(entry) || Object.keys(entry).some((key) => key !== 'step' && key !== 'strategy')) return { error: 'has a malformed entry of strategies' };
    const { step, strategy } = entry;
    if (typeof step !== 'string' || !isRecord(strategy)) return { error: 'has a malformed entry of strategies' };
    const attributes: Record<string, string> = {};
    for (const [name, attribute] of Object.entries(strategy)) {
      if (typeof attribute !== 'string') return { error: `has a strategy '${name}' that is no text` };
      attributes[name] = attribute;
    }
    read.push({ step, strategy: attributes });
  }
  return { format: METADATA_FORMAT, scenario, strategies: read };
}

export interface MetadataProblem {
  /** Fatal: the folder cannot be trusted. Else only worth telling. */
  readonly fatal: boolean;
  readonly message: string;
}

/** What is wrong between the stored metadata and the scenario; nothing if the folder has no metadata. */
export function metadataProblem(store: GoldenStore, scenario: Pick<Scenario, 'name' | 'steps'>): MetadataProblem | undefined {
  const text = store.read(METADATA_FILE);
  if (text === undefined) return undefined;
  const file = `${store.folder}/${METADATA_FILE}`;
  const metadata = parseMetadata(text);
  if ('error' in metadata) return { fatal: true, message: `${file} ${metadata.error}` };
  if (metadata.scenario !== scenario.name) return { fatal: true, message: `${file} belongs to the scenario '${metadata.scenario}'` };
  if (printMetadata(metadata) !== printMetadata(metadataOf(scenario))) return { fatal: false, message: `${file}: the goldens were accepted under other strategies` };
  return undefined;
}

/** Goldens that no step names. Only meaningful after a run that reached its end. */
export function obsolete(store: GoldenStore, scenario: Pick<Scenario, 'steps'>): readonly GoldenResult[] {
  const named = new Set(namedGoldens(scenario));
  return store
    .list()
    .filter((file) => isGolden(file) && !named.has(file))
    .map((file) => ({ file, state: 'obsolete' as const }));
}

/** The same for all variants of a scenario, in its one folder: files of variants that are no more count, too. */
export function obsoleteOfAll(store: GoldenStore, variants: readonly Pick<Scenario, 'steps' | 'variant'>[]): readonly GoldenResult[] {
  const named = new Set(variants.flatMap((scenario) => namedGoldens(scenario).map((file) => (scenario.variant === undefined ? file : `${scenario.variant}/${file}`))));
  return store.list().filter((file) => isGolden(file) && !named.has(file)).map((file) => ({ file, state: 'obsolete' as const }));
}

export function namedGoldens(scenario: Pick<Scenario, 'steps'>): readonly string[] {
  return scenario.steps.flatMap((step) => {
    if (step.kind === 'expect-log') return step.golden === undefined ? [] : [step.golden];
    return (step.kind === 'expect-caps' || step.kind === 'expect-threads') && step.expected.kind === 'golden' ? [step.expected.file] : [];
  });
}

const isGolden = (file: string): boolean => GOLDEN_ENDINGS.some((ending) => file.endsWith(ending));

/** Pending files, by the name of the golden they would become. */
export function pendingGoldens(store: GoldenStore): readonly string[] {
  return store.list().filter((file) => file.endsWith(PENDING_SUFFIX)).map((file) => file.slice(0, -PENDING_SUFFIX.length));
}

/** What accepting comes to: every pending file becomes the golden, the metadata is written anew. */
export function acceptPending(store: GoldenStore, scenario: Pick<Scenario, 'name' | 'steps'>, wanted: (file: string) => boolean): readonly string[] {
  const accepted: string[] = [];
  for (const pending of store.list()) {
    const file = pending.slice(0, -PENDING_SUFFIX.length);
    if (!pending.endsWith(PENDING_SUFFIX) || !isGolden(file)) continue;
    const text = store.read(pending);
    if (text === undefined || !wanted(file)) continue;
    store.write(file, text);
    store.remove(pending);
    accepted.push(file);
  }
  if (accepted.length > 0) store.write(METADATA_FILE, printMetadata(metadataOf(scenario)));
  return accepted;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
