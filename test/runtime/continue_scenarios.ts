// Helper process of every_scenario.test.ts: loads each saved system named in a file and lets it go on; prints what is seen.

import { readFileSync } from 'node:fs';
import { decodeStateFile } from '../../src/cli/state_file.ts';
import { restoreSystem } from '../../src/runtime/boot_system.ts';
import { goOn, readState } from './scenario_states.ts';

const [listing = '', instructions = ''] = process.argv.slice(2);
const seen = readFileSync(listing, 'utf8').split('\n').map((file) => goOn(restoreSystem(decodeStateFile(readState(file))), Number(instructions)));
process.stdout.write(JSON.stringify(seen));
