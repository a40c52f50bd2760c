// The steps `save-image` and `load-image`: a checkpoint leaves its machine as a file, and comes into one from a file.
// Owner of what this run has saved; the files are behind a port. Which programs an image needs is checked by their bytes.

import { type CheckpointImage, imageOf } from '../runtime/rtcr/image/image.ts';
import type { BootModule, PortableCheckpoint } from '../runtime/system.ts';
import type { Scenario, StepOf } from '../scenario/model.ts';
import { commandStep } from './command_step.ts';
import { fatal, PASSED, type StepEnd } from './step_end.ts';
import type { Station } from './station.ts';

export interface SavedImage {
  readonly file_bytes: number;
  readonly pages: number;
  readonly stored_pages: number;
}

/** Image files. Both throw an Error in words for what cannot be done. */
export interface ImageStore {
  /** Writes an image; pages that the image in `base` holds (saved by this run) are only named. */
  save(file: string, image: CheckpointImage, base: string | undefined): SavedImage;
  load(file: string): CheckpointImage;
  hash(bytes: Uint8Array): string;
}

export class Images {
  readonly #scenario: Scenario;
  readonly #modules: readonly BootModule[];
  readonly #store: ImageStore | undefined;
  /** Checkpoint to the file that this run saved it in. */
  readonly #saved = new Map<string, string>();

  constructor(scenario: Scenario, modules: readonly BootModule[], store: ImageStore | undefined) {
    this.#scenario = scenario;
    this.#modules = modules;
    this.#store = store;
  }

  save(step: StepOf<'save-image'>, station: Station): StepEnd {
    const store = this.#store;
    if (store === undefined) return failed('image files are not written here');
    const taken = this.#scenario.steps.find((other): other is StepOf<'checkpoint'> => other.kind === 'checkpoint' && other.name === step.of);
    const loaded = this.#scenario.steps.find((other): other is StepOf<'load-image'> => other.kind === 'load-image' && other.name === step.of);
    const of = taken?.of ?? (loaded === undefined ? undefined : this.#childOf(loaded.name));
    if (of === undefined) return failed(`no step takes a checkpoint '${step.of}'`);
    let taking: PortableCheckpoint | null = null;
    const exported = commandStep(station, { kind: 'export', of, name: step.of }, () => {
      taking = station.system.takeImage(of, step.of);
      return PASSED;
    });
    const image = taking as PortableCheckpoint | null;
    if (exported.verdict !== 'passed' || image === null) return exported.verdict === 'passed' ? failed('the checkpoint gave no image') : exported;
    const missing = image.snapshots.find(({ binary }) => this.#moduleOf(binary) === undefined);
    if (missing !== undefined) return failed(`there is no boot module '${missing.binary}', the program of the checkpoint`);
    const origin = { scenario: this.#scenario.name, machine: station.name === '' ? 'first' : station.name, time_us: station.system.machine.time_us };
    return attempt(() => {
      const base = taken?.base === undefined ? undefined : this.#saved.get(taken.base);
      const hashOf = (name: string): string => store.hash(this.#moduleOf(name)?.bytes ?? new Uint8Array());
      const facts = store.save(step.file, imageOf(image, origin, hashOf), base);
      this.#saved.set(step.of, step.file);
      return { ...PASSED, facts: { ...exported.facts, ...facts } };
    });
  }

  load(step: StepOf<'load-image'>, station: Station): StepEnd {
    const store = this.#store;
    if (store === undefined) return failed('image files are not read here');
    const of = this.#childOf(step.name);
    if (of === undefined) return failed(`no step restores from '${step.name}', so it is not known which checkpointer shall take it`);
    return attempt(() => {
      const image = store.load(step.file);
      for (const { snapshot, binary_hash } of image.members) {
        const binary = this.#moduleOf(snapshot.binary);
        if (binary === undefined) return failed(`${step.file} needs the program '${snapshot.binary}', which is no boot module of this scenario`);
        if (store.hash(binary.bytes) !== binary_hash) return failed(`${step.file} was taken of another program '${snapshot.binary}' than the one among the boot modules`);
      }
      const left = station.system.leaveImage(of, { snapshots: image.members.map(({ snapshot }) => snapshot), contents: image.contents });
      if (!left.accepted) return failed(left.message);
      return commandStep(station, { kind: 'import', of, name: step.name }, () => PASSED);
    });
  }

  #moduleOf(binary: string): BootModule | undefined {
    return this.#modules.find(({ name }) => name === binary);
  }

  /** Where a checkpoint of this name is restored to; its checkpointer is the one that takes the image. */
  #childOf(name: string): string | undefined {
    return this.#scenario.steps.find((step): step is StepOf<'restore'> => step.kind === 'restore' && step.from === name)?.as;
  }
}

const failed = (message: string): StepEnd => ({ ...fatal({ verdict: 'failed', reason: message }) });

/** What a file has wrong is the step's failure; anything else is ours. */
function attempt(act: () => StepEnd): StepEnd {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof ImageError) return failed(thrown.message);
    throw thrown;
  }
}

/** Thrown by image stores for what is wrong with a file. */
export class ImageError extends Error {}
