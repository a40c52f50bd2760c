// What the process holds of the host's memory once garbage is collected, for commands that look for growth.
// Owns no state. The collector is asked for by a flag of the engine that can be set while it runs.

import { getHeapSnapshot, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes. `resident` includes what the engine keeps for later and never gives back. */
export interface HostMemory {
  readonly heap_bytes: number;
  readonly resident_bytes: number;
}

export function hostMemory(): HostMemory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap_bytes: heapUsed, resident_bytes: rss };
}

/** What the program itself keeps: objects, lists, functions, texts, numbers. What the engine makes of code as it gets to know it is not in it. */
export interface HostData {
  readonly things: number;
  readonly bytes: number;
}

/** Kinds of nodes in a heap snapshot of V8 that a program makes. */
const DATA_KINDS: ReadonlySet<string> = new Set(['object', 'array', 'closure', 'regexp', 'number', 'bigint', 'symbol', 'string', 'concatenated string', 'sliced string']);

interface HeapSnapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[], ...unknown[]] } };
  readonly nodes: readonly number[];
}

/** Counts everything on the heap; that takes a second or two. */
export function hostData(): HostData {
  const stream = getHeapSnapshot();
  const chunks: Buffer[] = [];
  for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) chunks.push(chunk);
  return dataIn(JSON.parse(Buffer.concat(chunks).toString('utf8')) as HeapSnapshot);
}

export function dataIn({ snapshot, nodes }: HeapSnapshot): HostData {
  const { node_fields, node_types } = snapshot.meta;
  const [kinds] = node_types;
  const [width, kindAt, sizeAt] = [node_fields.length, node_fields.indexOf('type'), node_fields.indexOf('self_size')];
  let [things, bytes] = [0, 0];
  for (let at = 0; at < nodes.length; at += width) {
    if (!DATA_KINDS.has(kinds[nodes[at + kindAt] ?? 0] ?? '')) continue;
    things += 1;
    bytes += nodes[at + sizeAt] ?? 0;
  }
  return { things, bytes };
}

/** Growth of less than this many things a cycle is none: something that each cycle leaves behind is at least one. */
const THINGS_A_CYCLE = 0.5;
/** Over fewer cycles, what is kept from the first time on (patterns, caches) is no small part. */
const CYCLES_MIN = 200;

/** What is kept after so many cycles. */
export interface DataLook extends HostData {
  readonly done: number;
}

/**
 * What the program keeps more of from look to look, in words; null where it does not, or where the cycles are too few to tell. What each cycle
 * leaves behind shows between any two looks; what is made once, at whatever cycle (a list that grows, a number that no longer fits), between two of them.
 */
export function dataGrowth(looks: readonly DataLook[]): string | null {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined || last.done - first.done < CYCLES_MIN) return null;
  const grows = looks.slice(1).every(({ things, done }, n) => {
    const before = looks[n] ?? first;
    return things - before.things >= (done - before.done) * THINGS_A_CYCLE;
  });
  return grows ? `host memory: ${last.things - first.things} objects and ${last.bytes - first.bytes} bytes more in ${last.done - first.done} cycles` : null;
}
