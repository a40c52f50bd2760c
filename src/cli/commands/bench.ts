// `rescap bench`: measures the board and what people wait for. Figures are medians of runs, one after the other; ratios compare
// things measured side by side in the same call. Owns no state; writes reports/bench.json. The figures are in ../bench/.

import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { ENGINE_DEFAULT } from '../../emu/arm/engine.ts';
import { COLD_OPTION, engines, firstMillion_ms } from '../bench/engines.ts';
import { capturedRestores } from '../bench/captured_restores.ts';
import { checkpoints } from '../bench/checkpoints.ts';
import { type Bench, type Figure, spread } from '../bench/figures.ts';
import { guestSpeed } from '../bench/guest_speed.ts';
import { kernelPaths } from '../bench/kernel_paths.ts';
import { mainPath } from '../bench/main_path.ts';
import { residence } from '../bench/residence.ts';
import { snapshots } from '../bench/snapshots.ts';
import { startUp } from '../bench/start_up.ts';
import { stateFiles } from '../bench/state_files.ts';
import { throughput } from '../bench/throughput.ts';
import { tracking } from '../bench/tracking.ts';
import { type Command, ENGINE_OPTION, engineOf, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { writeFile } from '../files.ts';
import { REPORT_FOLDER } from '../report_folder.ts';
import { scenarioNamed } from '../bench/systems.ts';
import { CAPTURED, captureFigures } from './bench_capture.ts';
import { languageFigures } from './bench_language.ts';
import { runFigures } from './bench_runs.ts';

const RUNS_DEFAULT = 5;

/** What is measured, by name, in this order. */
const GROUPS: Readonly<Record<string, (bench: Bench) => readonly Figure[] | Promise<readonly Figure[]>>> = {
  guest: guestSpeed,
  engines,
  kernel: kernelPaths,
  snapshots,
  files: stateFiles,
  throughput,
  start: startUp,
  checkpoints,
  tracking,
  main: mainPath,
  memory: residence,
  capture: async ({ context, runs, board_image }) => [...(await captureFigures(scenarioNamed(CAPTURED, context), runs, context, board_image)), ...capturedRestores(runs, context)],
  language: ({ context, runs }) => languageFigures(['endless_loop', 'sheep_counter'].map((name) => scenarioNamed(name, context)), runs),
  suites: ({ context, runs }) => runFigures(context.script, runs, context),
};

export const BENCH: Command = {
  name: 'bench',
  summary: 'Measures guest speed, kernel paths, snapshots, files, throughput, start-up, checkpoints, the main path and memory; writes reports/bench.json.',
  usage: 'bench [GROUP...] [--runs N]',
  example: ['rescap bench', 'rescap bench kernel snapshots --runs 9'],
  options: {
    engine: ENGINE_OPTION,
    [COLD_OPTION]: { type: 'boolean', doc: 'only the milliseconds of the first million instructions of this process' },
    'board-image': { type: 'string', value: 'FILE', doc: 'an image of Genode with the components of run/oracle/sheep for realview-pbx-a9: capture boots it in qemu-system-arm, side by side' },
    runs: { type: 'string', value: 'N', doc: `runs per figure, instead of ${RUNS_DEFAULT}; groups: ${Object.keys(GROUPS).join(', ')}` },
  },
  run: async (args, context) => {
    const { values, positionals } = args;
    if (values[COLD_OPTION] === true) {
      context.out(`${firstMillion_ms(context, engineOf(args) ?? ENGINE_DEFAULT)}\n`);
      return PASSED;
    }
    const runs = values['runs'] === undefined ? RUNS_DEFAULT : Number(values['runs']);
    if (!Number.isInteger(runs) || runs < 1 || runs > 1000) throw new UsageError(`--runs: '${String(values['runs'])}' is no number from 1 to 1000`);
    const unknown = positionals.find((name) => GROUPS[name] === undefined);
    if (unknown !== undefined) throw new UsageError(`bench measures no '${unknown}'`, `there are: ${Object.keys(GROUPS).join(', ')}`);
    const image = values['board-image'];
    if (image !== undefined && !existsSync(resolve(context.cwd, String(image)))) throw new UsageError(`--board-image: there is no file ${String(image)}`);
    const board = image === undefined ? {} : { board_image: resolve(context.cwd, String(image)) };
    const figures: Figure[] = [];
    const left_out: string[] = [];
    const leaveOut = (why: string): void => {
      left_out.push(why);
      context.err(`rescap: not measured: ${why}\n`);
    };
    for (const [name, measure] of Object.entries(GROUPS)) {
      if (positionals.length > 0 && !positionals.includes(name)) continue;
      const measured = await measure({ context, runs, leaveOut, ...board });
      show(measured, context);
      figures.push(...measured);
    }
    write(figures, left_out, context);
    return PASSED;
  },
};

function show(figures: readonly Figure[], context: Context): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, unit, samples } of figures) {
    const { minimum, median, maximum } = spread(samples);
    context.out(`${name.padEnd(width)}  ${shown(median).padStart(8)} ${unit}  (${shown(minimum)} .. ${shown(maximum)})\n`);
  }
}

/** With the machine's name: figures of two machines cannot be compared. */
function write(figures: readonly Figure[], left_out: readonly string[], context: Context): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`;
  const rows = figures.map(({ name, unit, samples }) => ({ name, unit, ...spread(samples) }));
  writeFile(join(resolve(context.cwd, REPORT_FOLDER), 'bench.json'), `${JSON.stringify({ format: 2, machine, node: process.version, figures: rows, left_out }, null, 2)}\n`);
}

const shown = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
