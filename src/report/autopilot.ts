// The look of Genode's autopilot, for people and scripts that know it: one line a scenario, a last line for all.
// Owns no state. Source modelled: init-run-tools.md 2.3.

import { fails, type Judged } from '../runner/judgement.ts';

const PLATFORM_COLUMNS = 30;
const NAME_COLUMNS = 30;
const PLATFORM = 'foc_pbxa9 foc:';

/** `   foc_pbxa9 foc:      sheep_counter      -> OK   (0:04)`; the time is that of the clock on the wall. */
export function autopilotLine({ name, class: kind, wall_ms }: Judged): string {
  const seconds = Math.round(wall_ms / 1000);
  const time = ` (${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')})`;
  const outcome = kind === 'SKIP' ? `ABORT${time}` : fails({ class: kind }) ? `ERROR${time}` : `OK${time}`;
  return `${PLATFORM.padStart(PLATFORM_COLUMNS)} ${name.padEnd(NAME_COLUMNS)} -> ${outcome}\n`;
}

export function autopilotClosing(judged: readonly Judged[]): string {
  const ok = judged.length > 0 && !judged.some(fails);
  return ok ? '--- done (everything ok) ---\n' : '--- done (errors occurred) ---\n';
}
