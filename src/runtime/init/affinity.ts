// Affinities: the part of init's affinity space that a child gets, and how a child's session affinity is placed inside it.
// Pure; an affinity travels as six words. Source modelled: genode-16.08-abi.md 2 (Affinity), init-run-tools.md 1.10.

import type { Affinity, InitConfig } from './config.ts';

/** Space width and height, location x, y, width and height. */
export type AffinityWords = readonly [number, number, number, number, number, number];

type Space = InitConfig['affinity_space'];

/** A missing position selects the whole row or column; sizes are clipped to the space. */
export function childAffinity(space: Space, written: Affinity | null): AffinityWords {
  const { width, height } = space;
  if (written === null) return [width, height, 0, 0, width, height];
  const wanted = { width: written.width ?? (written.xpos === null ? width : 1), height: written.height ?? (written.ypos === null ? height : 1) };
  return [width, height, Math.max(written.xpos ?? 0, 0), Math.max(written.ypos ?? 0, 0), Math.min(wanted.width, width), Math.min(wanted.height, height)];
}

/** A session without affinity space gets the child's own; else its location becomes a part of the child's. */
export function filterAffinity(child: AffinityWords, session: readonly number[]): AffinityWords {
  const [width = 0, height = 0, x = 0, y = 0] = session;
  if (width * height === 0) return child;
  const [spaceWidth, spaceHeight, left, top, locationWidth, locationHeight] = child;
  return [spaceWidth * width, spaceHeight * height, left * width + x, top * height + y, locationWidth, locationHeight];
}
