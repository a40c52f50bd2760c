// Saving and loading a whole system as a file, beside gzip of the same bytes. Owns no state.
// The figures are bytes before compression per second, for both.

import { gunzipSync, gzipSync } from 'node:zlib';
import { restoreSystem, type RunningSystem } from '../../runtime/boot_system.ts';
import { decodeStateFile, encodeStateFile } from '../state_file.ts';
import { type Bench, type Figure, inTurns, ratios } from './figures.ts';
import { booter, runUntil, scenarioNamed } from './systems.ts';

const SYSTEM = 'sheep_counter';
const MEGABYTE = 1 << 20;

export function stateFiles(bench: Bench): Figure[] {
  const system = booter(scenarioNamed(SYSTEM, bench.context), bench.context)() as RunningSystem;
  runUntil(system, '2 sheeps.');
  const plain = encodeStateFile(system.save(), 'plain');
  const packed = encodeStateFile(system.save());
  const zipped = gzipSync(plain);
  const ms = inTurns(bench, {
    save: () => void encodeStateFile(system.save()),
    load: () => restoreSystem(decodeStateFile(packed)).close(),
    gzip: () => void gzipSync(plain),
    gunzip: () => void gunzipSync(zipped),
  });
  const speed = (samples: readonly number[]): number[] => samples.map((sample) => plain.length / MEGABYTE / (sample / 1000));
  return [
    { name: `${SYSTEM}: file, before compression`, unit: 'MB', samples: [plain.length / MEGABYTE] },
    { name: `${SYSTEM}: file`, unit: 'MB', samples: [packed.length / MEGABYTE] },
    { name: `${SYSTEM}: the same by gzip`, unit: 'MB', samples: [zipped.length / MEGABYTE] },
    { name: 'save to a file', unit: 'MB/s', samples: speed(ms.save) },
    { name: 'gzip of the same bytes', unit: 'MB/s', samples: speed(ms.gzip) },
    { name: 'load from a file', unit: 'MB/s', samples: speed(ms.load) },
    { name: 'gunzip of the same bytes', unit: 'MB/s', samples: speed(ms.gunzip) },
    { name: 'save against gzip', unit: 'times the time', samples: ratios(ms.save, ms.gzip) },
    { name: 'load against gunzip', unit: 'times the time', samples: ratios(ms.load, ms.gunzip) },
  ];
}
