// `rescap bench`: the boot of a captured board to the line at which it was captured, beside what that took there and, where somebody
// has an image of that system, beside QEMU with it on this machine. Owns no state; the captured figures are facts of the capture.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { systemConfig } from '../../runner/system_config.ts';
import type { Scenario } from '../../scenario/model.ts';
import type { Figure } from '../bench/figures.ts';
import { UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { loadModules } from '../modules.ts';

export const CAPTURED = 'oracle/sheep';
export const LAST_LINE = '3 sheeps';
/**
 * The real kernel and the real Genode, power-on to that line, as the timing file of that capture (vanilla/sheep) has it: QEMU 7.2 with
 * QEMU_OPTIONS on a machine of two cores. The wall time contains the seconds that the board waited for its timer.
 */
const CAPTURED_WALL_MS = 2765;
const CAPTURED_CPU_MS = 850;
const QEMU = 'qemu-system-arm';
const QEMU_OPTIONS = ['-M', 'realview-pbx-a9', '-m', '768', '-icount', 'shift=4,sleep=on', '-nographic', '-no-reboot', '-monitor', 'none', '-serial', 'stdio'];
const QEMU_LIMIT_MS = 60_000;
/** Of the kernel's clock in /proc. */
const TICKS_PER_S = 100;
const SLICE_US = 10_000;
const LIMIT_US = 10_000_000;

interface Boot {
  readonly wall_ms: number;
  readonly cpu_ms: number;
}

export async function captureFigures(scenario: Scenario, runs: number, context: Context, image?: string): Promise<readonly Figure[]> {
  const here: Boot[] = [];
  const qemu: Boot[] = [];
  for (let i = 0; i < runs; i++) {
    here.push(bootHere(scenario, context));
    if (image !== undefined) qemu.push(await bootInQemu(image, context));
  }
  const wall = here.map(({ wall_ms }) => wall_ms);
  const cpu = here.map(({ cpu_ms }) => cpu_ms);
  const against = (others: readonly number[], mine: readonly number[]): number[] => mine.map((ms, i) => (others[i] ?? Number.NaN) / ms);
  return [
    { name: `${CAPTURED}, boot to "${LAST_LINE}", wall time`, unit: 'ms', samples: wall },
    { name: `${CAPTURED}, boot to "${LAST_LINE}", CPU time`, unit: 'ms', samples: cpu },
    { name: 'captured board, wall time', unit: 'ms', samples: [CAPTURED_WALL_MS] },
    { name: 'captured board, CPU time', unit: 'ms', samples: [CAPTURED_CPU_MS] },
    { name: 'captured board against that, wall time', unit: 'times slower', samples: against(wall.map(() => CAPTURED_WALL_MS), wall) },
    { name: 'captured board against that, CPU time', unit: 'times slower', samples: against(cpu.map(() => CAPTURED_CPU_MS), cpu) },
    ...(image === undefined
      ? []
      : [
          { name: `${QEMU} with ${image}, wall time`, unit: 'ms', samples: qemu.map(({ wall_ms }) => wall_ms) },
          { name: `${QEMU} with ${image}, CPU time`, unit: 'ms', samples: qemu.map(({ cpu_ms }) => cpu_ms) },
          { name: `${QEMU} against that, wall time`, unit: 'times slower', samples: against(qemu.map(({ wall_ms }) => wall_ms), wall) },
          { name: `${QEMU} against that, CPU time`, unit: 'times slower', samples: against(qemu.map(({ cpu_ms }) => cpu_ms), cpu) },
        ]),
  ];
}

function bootHere(scenario: Scenario, context: Context): Boot {
  const { modules } = loadModules(scenario, context);
  const begin = context.wall_ms();
  const used = process.cpuUsage();
  const system = context.boot(systemConfig(scenario, modules));
  if ('error' in system) throw new UsageError(system.error);
  const { machine } = system;
  let seen = false;
  machine.events.listen(['console'], (event) => {
    if (event.kind !== 'console' || !event.text.includes(LAST_LINE)) return;
    seen = true;
    machine.stop();
  });
  while (!seen && machine.time_us < LIMIT_US && machine.run({ time_us: SLICE_US }) !== 'idle_forever');
  if (!seen) throw new Error(`${CAPTURED} did not come to '${LAST_LINE}'`);
  const { user, system: kernel } = process.cpuUsage(used);
  return { wall_ms: context.wall_ms() - begin, cpu_ms: (user + kernel) / 1000 };
}

/** Boots an image as the captured board was booted, and ends the emulator at the line. */
export function bootInQemu(image: string, context: Context, limit_ms = QEMU_LIMIT_MS): Promise<Boot> {
  return new Promise((resolve, reject) => {
    const begin = context.wall_ms();
    const emulator = spawn(QEMU, [...QEMU_OPTIONS, '-kernel', image], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let complaint = '';
    let boot: Boot | undefined;
    const late = setTimeout(() => emulator.kill('SIGKILL'), limit_ms);
    emulator.stdout.on('data', (data: Buffer) => {
      if (boot !== undefined) return;
      text = (text + data.toString('latin1')).slice(-4096);
      if (!text.includes(LAST_LINE)) return;
      boot = { wall_ms: context.wall_ms() - begin, cpu_ms: cpuOf(emulator.pid ?? 0) };
      emulator.kill('SIGKILL');
    });
    emulator.stderr.on('data', (data: Buffer) => {
      complaint = (complaint + data.toString('latin1')).slice(0, 400);
    });
    emulator.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(late);
      reject(new UsageError(error.code === 'ENOENT' ? `--board-image needs ${QEMU}, which is not on the PATH` : `${QEMU}: ${error.message}`));
    });
    emulator.on('close', () => {
      clearTimeout(late);
      if (boot !== undefined) resolve(boot);
      else reject(new UsageError(`${QEMU} with ${image} did not print '${LAST_LINE}' within ${limit_ms / 1000} s`, complaint.trim() === '' ? undefined : complaint.trim().split('\n')[0]));
    });
  });
}

/** Processor time of a process, by Linux's /proc; NaN elsewhere. */
function cpuOf(pid: number): number {
  try {
    // The name in parentheses may contain blanks; user and system time are fields 14 and 15.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_S;
  } catch {
    return Number.NaN;
  }
}
