// CPU priorities of children: levels of the configuration, the child's own level, and what becomes of a priority argument.
// Pure. Source modelled: genode-16.08-abi.md 6, init-run-tools.md 1.10.

import { numberArgument, setArgument } from '../arg_string.ts';

export const PRIORITY_LIMIT = 1 << 16;

export type Levels = { readonly levels: number; readonly warning: string | null };

/** Number of priority levels that init works with; 0 disables priorities. */
export function priorityLevels(written: number): Levels {
  const power = written > 0 && (written & (written - 1)) === 0;
  if (written === 0 || power) return { levels: written, warning: null };
  return { levels: 0, warning: 'prio levels is not power of two, priorities are disabled' };
}

export type ChildPriority = {
  /** 0 is the highest. */
  readonly level: number;
  readonly warning: string | null;
};

/** Level of a child from the written priority, which is 0 or negative. */
export function childPriority(name: string, written: number, levels: number): ChildPriority {
  const level = -written | 0;
  if (level === 0 || level < levels) return { level, warning: null };
  const lowest = levels > 0 ? levels - 1 : 0;
  return { level: lowest, warning: `${name}: invalid priority, upgrading from ${-level} to ${lowest === 0 ? 0 : -lowest}` };
}

/** First priority of a level's band; 0 without levels. */
export function bandStart(level: number, levels: number): number {
  return levels === 0 ? 0 : level * (PRIORITY_LIMIT / levels);
}

/**
 * Arguments of a CPU session with the priority squeezed into the child's band. With one level nothing changes; without levels
 * every priority becomes 0, because the band's width is computed from a logarithm of -1.
 */
export function squeezePriority(args: string, level: number, levels: number): { readonly args: string; readonly warning: string | null } {
  if (levels === 1) return { args, warning: null };
  const requested = Math.min(PRIORITY_LIMIT - 1, numberArgument(args, 'priority', 0));
  const lost = levels === 0 ? requested !== 0 : (requested & (levels - 1)) !== 0;
  const kept = levels === 0 ? 0 : Math.floor(requested / levels) | bandStart(level, levels);
  return {
    args: setArgument(args, 'priority', `0x${kept.toString(16)}`),
    warning: lost ? 'priority band too small, losing least-significant priority bits' : null,
  };
}
