// Image files of a run: saved below its report folder, loaded from there, from another run's, or from beside the scenario.
// Owner of the images this run has saved, so that later ones can build on them.

import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { CheckpointImage } from '../runtime/rtcr/image/image.ts';
import { type DecodedImage, decodeImage, encodeImage, type EncodedImage, type PageSource } from '../runtime/rtcr/image/image_file.ts';
import { ImageError, type ImageStore } from '../runner/images.ts';
import { UsageError } from './command.ts';
import type { Context } from './context.ts';
import { makeFolders } from './files.ts';
import { IMAGE_CODEC, readImageFile } from './image_codec.ts';
import { REPORT_FOLDER } from './report_folder.ts';

/** `own` is the run's report folder, `reports` the folder of all of them, `file` the scenario file. */
export function imageStore(own: string, reports: string, file: string, context: Context): ImageStore {
  const places = [own, reports, dirname(file)];
  const read = (image: string) => {
    const found = places.map((place) => join(place, image)).find((path) => existsSync(resolve(context.cwd, path)));
    if (found === undefined) throw new ImageError(`there is no image '${image}' in ${places.join(', ')}`);
    try {
      return readImageFile(resolve(context.cwd, found), found);
    } catch (thrown) {
      if (thrown instanceof UsageError) throw new ImageError(thrown.message);
      throw thrown;
    }
  };
  return {
    hash: (bytes) => IMAGE_CODEC.hash(bytes),
    load: (image) => read(image).image,
    save: (image, content, base) => {
      const { bytes, pages } = encoded(content, base === undefined ? undefined : read(base).source);
      const path = resolve(context.cwd, own, image);
      makeFolders(dirname(path));
      writeFileSync(`${path}.${process.pid}.tmp`, bytes);
      renameSync(`${path}.${process.pid}.tmp`, path);
      return { file_bytes: bytes.length, pages: pages.total, stored_pages: pages.stored };
    },
  };
}

/**
 * For commands that run a scenario to look at it: what is saved is kept in memory, no file is written; what is loaded is looked for
 * there first.
 */
export function passingImages(file: string, context: Context): ImageStore {
  const files = imageStore(REPORT_FOLDER, REPORT_FOLDER, file, context);
  const kept = new Map<string, DecodedImage>();
  const sourceOf = (base: string): PageSource => {
    const source = kept.get(base)?.source;
    if (source === undefined) throw new ImageError(`the image '${base}' has not been saved`);
    return source;
  };
  return {
    hash: (bytes) => IMAGE_CODEC.hash(bytes),
    load: (image) => kept.get(image)?.image ?? files.load(image),
    save: (image, content, base) => {
      const source = base === undefined ? undefined : sourceOf(base);
      const { bytes, pages } = encoded(content, source);
      kept.set(image, decodeImage(bytes, IMAGE_CODEC, () => source));
      return { file_bytes: bytes.length, pages: pages.total, stored_pages: pages.stored };
    },
  };
}

function encoded(image: CheckpointImage, base: PageSource | undefined): EncodedImage {
  try {
    return encodeImage(image, IMAGE_CODEC, base);
  } catch (thrown) {
    throw new ImageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}
