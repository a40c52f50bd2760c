// `rescap inspect IMAGE [OTHER]`: what a checkpoint image holds, or in what two images differ.
// Owns no state. A damaged or foreign file is refused in words.

import { resolve } from 'node:path';
import { describeImage, differences } from '../../runtime/rtcr/image/description.ts';
import { type Command, PASSED, UsageError } from '../command.ts';
import { readImageFile } from '../image_codec.ts';

export const INSPECT: Command = {
  name: 'inspect',
  summary: 'Shows what a checkpoint image holds (sessions, threads, regions, capabilities, sizes), or in what two images differ.',
  usage: 'inspect IMAGE [OTHER]',
  example: ['rescap inspect reports/migration/third.ckpt', 'rescap inspect first.ckpt second.ckpt'],
  options: {},
  run: ({ positionals }, context) => {
    const [file, other] = positionals;
    if (file === undefined || positionals.length > 2) throw new UsageError('inspect needs one image, or two to compare');
    const read = (path: string) => readImageFile(resolve(context.cwd, path), path);
    const first = read(file);
    if (other === undefined) {
      context.out(`${describeImage(first).join('\n')}\n`);
      return PASSED;
    }
    const lines = differences(first.image, read(other).image);
    context.out(lines.length === 0 ? `same: ${file} and ${other}\n` : `${lines.join('\n')}\n`);
    return lines.length === 0 ? PASSED : { verdict: 'failed', reason: `${file} and ${other} differ in ${lines.length} ways` };
  },
};
