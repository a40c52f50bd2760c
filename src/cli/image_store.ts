// Image files of a run: saved below its report folder, loaded from there, from another run's, or from beside the scenario.
// Owner of the images this run has saved, so that later ones can build on them.

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { CheckpointImage } from '../runtime/rtcr/image/image.ts';
import { encodeImage, type EncodedImage, type PageSource } from '../runtime/rtcr/image/image_file.ts';
import { ImageError, type ImageStore } from '../runner/images.ts';
import { UsageError } from './command.ts';
import type { Context } from './context.ts';
import { IMAGE_CODEC, readImageFile } from './image_codec.ts';

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
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.${process.pid}.tmp`, bytes);
      renameSync(`${path}.${process.pid}.tmp`, path);
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
