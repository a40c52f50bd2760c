// RAM and CPU quota of children: what the environment sessions cost, what is left, and what init keeps for itself.
// Pure. Source modelled: genode-16.08-abi.md 4.2 steps 1 to 3, 6.

export const PD_SESSION_BYTES = 81_920;
export const RAM_SESSION_BYTES = 16_384;
/** What init deducts for the CPU session; the session itself is opened with more (CPU_SESSION_ARGUMENT). */
export const CPU_SESSION_BYTES = 36_864;
export const CPU_SESSION_ARGUMENT = '128K';
const ENVIRONMENT_BYTES = PD_SESSION_BYTES + RAM_SESSION_BYTES + CPU_SESSION_BYTES;
/** RAM that init never gives away. */
const PRESERVED_BYTES = 128 * 1024;

/** What init can give away of its own RAM; what it preserves is fixed in 16.08. */
export const availableSlack = (quota: number, used: number, preserved = PRESERVED_BYTES): number => Math.max(0, quota - used - preserved);

/** What a child's RAM session gets of its configured quantum. */
export const effectiveRam = (quantum: number): number => Math.max(0, quantum - ENVIRONMENT_BYTES);

export const CPU_QUOTA_LIMIT = 1 << 15;

export type CpuQuota = {
  /** Share of what is left of the own quota, scaled to CPU_QUOTA_LIMIT. */
  readonly amount: number;
  /** Left for later children, of CPU_QUOTA_LIMIT. */
  readonly left: number;
  /** Percent that were left, where the wish exceeded them. */
  readonly exceeded: number | null;
};

export function cpuQuota(percent: number, available: number): CpuQuota {
  const need = Math.floor((percent * CPU_QUOTA_LIMIT) / 100);
  if (need > available || available === 0) {
    return { amount: CPU_QUOTA_LIMIT, left: 0, exceeded: Math.floor((available * 100) / CPU_QUOTA_LIMIT) };
  }
  return { amount: Math.floor((need * CPU_QUOTA_LIMIT) / available), left: available - need, exceeded: null };
}

/** What init logs in verbose mode where a wish exceeds what is there. */
export const insufficientQuota = (available: number): readonly string[] => [
  'Warning: Specified quota exceeds available quota.',
  `         Proceeding with a quota of ${available}.`,
];
