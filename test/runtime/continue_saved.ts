// Helper process of save_anywhere.test.ts: loads each saved system named in a file, drives it to its end, and prints the consoles.

import { readFileSync } from 'node:fs';
import { drive, load } from './counting_run.ts';

const [listing = ''] = process.argv.slice(2);
const consoles = readFileSync(listing, 'utf8')
  .split('\n')
  .map((file) => {
    const run = load(new Uint8Array(readFileSync(file)));
    drive(run, Number.POSITIVE_INFINITY);
    return run.state.console;
  });
process.stdout.write(JSON.stringify(consoles));
