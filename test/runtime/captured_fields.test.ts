// What a snapshot keeps of a running system's kernel: no field of it, however deep, holds anything that nobody would bring back. Snapshots
// look at fields and, one level deep, into lists and records; what lies deeper is named here, with the reason why nothing of it is lost.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { IpcGate } from '../../src/emu/fiasco/ipc_gate.ts';
import { IrqMuxer } from '../../src/emu/fiasco/irq_muxer.ts';
import { type KernelObject, Remnant } from '../../src/emu/fiasco/kernel_object.ts';
import { REFERENCES } from '../../src/emu/fiasco/kernel_snapshot.ts';
import { debugId } from '../../src/emu/numbers.ts';
import { isRewindable } from '../../src/emu/rewind.ts';
import { suite } from '../kit.ts';
import { boot, drive } from './counting_run.ts';

const test = suite('runtime/captured_fields', { timeout_ms: 120_000 });
const FIASCO = join(import.meta.dirname, '../../src/emu/fiasco');
/** Between two looks at the system. */
const STRIDE = 500_000;

/** Records and lists inside of lists and records. */
const DEEPER: ReadonlyMap<string, string> = new Map([
  ['mappings[]', 'the object space of the slot keeps rights and flags; the rest is readonly'],
  ['kuAreas[]', 'readonly'],
  ['config.extensions', 'given at boot, never changed'],
  ['config.turns', 'given at boot, never changed'],
  ['config.turns[]', 'readonly'],
  ['activity.saved', 'readonly'],
]);

const isRecord = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** What a snapshot would miss, by class and path. */
class Walk {
  readonly missed = new Set<string>();
  readonly deeper = new Set<string>();
  readonly classes = new Set<string>();
  /** Parts in fields: they are captured. */
  readonly #parts = new Set<object>();
  /** Parts found deeper: each must be in a field of somebody else. */
  readonly #referred = new Map<object, string>();

  object(object: object): void {
    this.classes.add(object.constructor.name);
    for (const [name, value] of Object.entries(object)) this.#value(object.constructor.name, name, value, 0);
  }

  #value(owner: string, path: string, value: unknown, depth: number): void {
    if (value === null || typeof value !== 'object' || REFERENCES.has(value)) return;
    if (Array.isArray(value) || isRecord(value)) {
      if (depth > 0) {
        this.deeper.add(path);
        if (!DEEPER.has(path)) this.missed.add(`${owner}.${path}`);
      }
      for (const [name, part] of Object.entries(value)) this.#value(owner, Array.isArray(value) ? `${path}[]` : `${path}.${name}`, part, depth + 1);
    } else if (!isRewindable(value)) this.missed.add(`${owner}.${path} (${value.constructor.name})`);
    else if (depth === 0) this.#parts.add(value);
    else this.#referred.set(value, `${owner}.${path} (${value.constructor.name}, in no field)`);
  }

  /** To be called when all objects of a moment have been walked. */
  end(): void {
    for (const [part, where] of this.#referred) if (!this.#parts.has(part)) this.missed.add(where);
    this.#referred.clear();
  }
}

/** Names of the classes of kernel objects, from their sources. */
function objectClasses(): readonly { readonly name: string; readonly abstract: boolean; readonly source: string }[] {
  const sources = readdirSync(FIASCO).filter((file) => file.endsWith('.ts')).map((file) => readFileSync(join(FIASCO, file), 'utf8'));
  return sources.flatMap((text) =>
    [...text.matchAll(/^export (abstract )?class (\w+) extends (?:KernelObject|Interrupt)\b[\s\S]*?^}$/gm)].map(([source, abstract, name = '']) => ({ name, abstract: abstract !== undefined, source })));
}

test('a running system holds nothing that its snapshots miss', () => {
  const run = boot();
  const { machine } = run.system;
  const walk = new Walk();
  const look = (): void => {
    walk.object(machine.kernel);
    for (const object of machine.kernel.objects.all()) walk.object(object);
    walk.end();
  };
  look();
  while (!run.state.done) {
    drive(run, machine.instructions + STRIDE);
    look();
  }
  // Nobody in this system has these.
  for (const object of [new IrqMuxer(debugId(1)), new Remnant(debugId(2))] satisfies readonly KernelObject[]) walk.object(object);
  assert.equal([...walk.missed], []);
  const met = objectClasses().filter(({ abstract }) => !abstract).map(({ name }) => name);
  assert.equal(met.filter((name) => !walk.classes.has(name)), [], 'classes that were not looked at');
  assert.ok(met.length >= 10, met.join(' '));
  for (const path of walk.deeper) assert.ok(DEEPER.has(path), path);
});

/** Private, and yet kept: as long as what is in it means something, it is what a public field has, and captured there. */
const MEANINGLESS: ReadonlySet<string> = new Set(['Thread.#ipc']);

test('a class of kernel objects keeps nothing that changes in private, unless it captures itself', () => {
  const hidden = objectClasses()
    .filter(({ name }) => name !== IpcGate.name)
    .flatMap(({ name, source }) => [...source.matchAll(/^ {2}(?:readonly )?(#\w+)/gm)].map(([, field]) => `${name}.${field}`));
  assert.equal(hidden.filter((field) => !MEANINGLESS.has(field)), []);
});

test('a record in a list, a part that is in no field, and a class without capture are noticed', () => {
  const walk = new Walk();
  class Unknown {
    readonly a = 1;
  }
  class Holder {
    readonly list = [{ changed: [1] }, new Unknown()];
    readonly parts = [new IpcGateLike()];
    readonly unknown = new Unknown();
  }
  class IpcGateLike {
    capture(): null {
      return null;
    }
    rewind(): void {
      // Nothing.
    }
  }
  walk.object(new Holder());
  walk.end();
  assert.equal([...walk.missed], ['Holder.list[]', 'Holder.list[].changed', 'Holder.list[] (Unknown)', 'Holder.unknown (Unknown)', 'Holder.parts[] (IpcGateLike, in no field)']);
});

test.run();
