// The plan by which threads are created again, carried out by a core that gives out the lowest free place, whatever it once gave.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { threadPlan, type ThreadPlace, type ThreadStep } from '../../../src/runtime/rtcr/thread_plan.ts';
import { suite } from '../../kit.ts';

const test = suite('thread plan');

/** Places as core gives them out: the lowest that is free in the protection domain, and the lowest in the CPU session. */
class Core {
  readonly threads: ThreadPlace[] = [];

  create(pd: number, cpu: number): ThreadPlace {
    const free = (used: readonly number[]): number => {
      let lowest = 0;
      while (used.includes(lowest)) lowest++;
      return lowest;
    };
    const index = free(this.threads.filter((row) => row.pd === pd).map((row) => row.index));
    const trace = free(this.threads.filter((row) => row.cpu === cpu).map((row) => row.trace));
    const place = { pd, cpu, index, trace };
    this.threads.push(place);
    return place;
  }

  kill(place: ThreadPlace | undefined): void {
    const at = this.threads.findIndex((row) => row === place);
    if (at >= 0) this.threads.splice(at, 1);
  }
}

/** What is there after the steps: the places of the threads by their number, and how many threads are left beside them. */
function carryOut(steps: readonly ThreadStep[], places: readonly ThreadPlace[], main: ThreadPlace): { readonly made: ReadonlyMap<number, ThreadPlace>; readonly left: number } {
  const core = new Core();
  core.create(main.pd, main.cpu);
  const made = new Map<number, ThreadPlace>();
  const fillers = new Map<number, ThreadPlace>();
  for (const step of steps) {
    if (step.kind === 'fill') fillers.set(step.filler, core.create(step.pd, step.cpu));
    else if (step.kind === 'remove') core.kill(fillers.get(step.filler));
    else made.set(step.thread, core.create(places[step.thread]?.pd ?? 0, places[step.thread]?.cpu ?? 0));
  }
  return { made, left: core.threads.length - 1 - made.size };
}

const MAIN: ThreadPlace = { pd: 0, cpu: 0, index: 0, trace: 0 };
const ordered = (places: readonly ThreadPlace[]): ThreadPlace[] => [...places].sort((a, b) => a.pd - b.pd || a.index - b.index);

/** A life of threads: each number creates one in one of the domains and sessions, or kills one. */
const life = (pds: number, cpus: number) => fc.array(fc.record({ pd: fc.nat(pds - 1), cpu: fc.nat(cpus - 1), kill: fc.boolean(), which: fc.nat(30) }), { maxLength: 30 });

function lived(steps: readonly { readonly pd: number; readonly cpu: number; readonly kill: boolean; readonly which: number }[]): ThreadPlace[] {
  const core = new Core();
  const main = core.create(0, 0);
  for (const { pd, cpu, kill, which } of steps) {
    if (kill) core.kill(core.threads.filter((row) => row !== main)[which % Math.max(1, core.threads.length - 1)]);
    else core.create(pd, cpu);
  }
  return core.threads.filter((row) => row !== main);
}

test('whatever threads were created and killed, each that is left gets both of its places again, and no other thread stays', () => {
  fc.assert(fc.property(life(3, 3), (steps) => {
    const places = ordered(lived(steps));
    const { made, left } = carryOut(threadPlan(places, [MAIN], 3, 3), places, MAIN);
    assert.equal(places.map((_place, thread) => made.get(thread)), places);
    assert.is(left, 0);
  }));
});

test('with one domain and one session, every filler keeps a hole, and is killed at the end', () => {
  const places = [2, 5].map((index) => ({ pd: 0, cpu: 0, index, trace: index }));
  const kinds = threadPlan(places, [MAIN], 1, 1).map(({ kind }) => kind);
  assert.equal(kinds, ['fill', 'create', 'fill', 'fill', 'create', 'remove', 'remove', 'remove']);
});

test('a filler in a further domain does not take the place of the thread behind it in the trace control area', () => {
  const places = [{ pd: 0, cpu: 0, index: 1, trace: 1 }, { pd: 1, cpu: 0, index: 1, trace: 2 }];
  const { made } = carryOut(threadPlan(places, [MAIN], 2, 2), places, MAIN);
  assert.equal(made.get(1), places[1]);
});

test('where no session is left for a filler, slots are kept and the place in the trace control area is not', () => {
  const places = [{ pd: 1, cpu: 0, index: 1, trace: 1 }];
  const { made } = carryOut(threadPlan(places, [MAIN], 2, 1), places, MAIN);
  assert.is(made.get(0)?.index, 1);
  assert.is(made.get(0)?.trace, 2);
});

test('a domain whose threads are all gone gets one for a moment, at a time when it takes the place of no other; one with threads does not', () => {
  const places = [{ pd: 1, cpu: 0, index: 0, trace: 1 }];
  const steps = threadPlan(places, [MAIN], 3, 1, [0, 1, 2]);
  assert.equal(steps, [{ kind: 'create', thread: 0 }, { kind: 'fill', filler: 0, pd: 2, cpu: 0 }, { kind: 'remove', filler: 0 }]);
  assert.equal(carryOut(steps, places, MAIN).made.get(0), places[0]);
});

test.run();
