// Copying what changed: the dirty parts of a managed dataspace become new contents, clean ones share the contents they have, and
// every part is taken from the target again, so that the next change shows. Until the checkpoint is complete, parts remember what was
// before. Changes the rows of parts.
// Source modelled: checkpoint-restore.md 2.2 steps 6 to 8; D-02 (only the first part) is a defect of the historic design.

import type { Plain } from '../../emu/plain.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { lockAcquire, lockNamed, lockRelease } from '../native/lock.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { capture, used } from './capture.ts';
import { hasDefect } from './defects.ts';
import { allocContent, dropContent, type NewContent, shareContent } from './contents.ts';
import { copyDataspace } from './dataspace_copy.ts';
import { each } from './each.ts';
import { attachPart, detachPart, managedDataspaces, parts, partsOf } from './managed_dataspaces.ts';

/** One content of a dataspace as a checkpoint has it. */
export type PartContent = { readonly offset: number; readonly size: number; readonly content: number };

/** Background copies: the part may be wanted by the pager and by the checkpoint at once. */
const lockOf = lockNamed('rtcr_copy_lock');

type PartLocals = { [key: string]: Plain; part: number; failure?: { readonly name: string; readonly text: string } };

/** Copies a part that waits for it into the content that was allocated as its base, once, whoever comes first. */
export const copyPart = procedure<PartLocals>('rtcr.copy_part', {
  start: (x) => call(lockAcquire, { lock: lockOf(x) }, 'copy'),
  copy: (x, l) => {
    const row = parts(x).get(l.part);
    if (row === undefined || !row.awaits_copy) return goto('release');
    return call(copyDataspace, { from: row.ds, to: row.base, bytes: row.size }, 'copied', 'failed');
  },
  copied: (x, l) => {
    parts(x).update(l.part, { awaits_copy: false });
    return goto('release');
  },
  failed: (_x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return goto('release');
  },
  release: (x) => call(lockRelease, { lock: lockOf(x) }, 'released'),
  released: (_x, l) => (l.failure === undefined ? done() : raise(l.failure.name, l.failure.text)),
});

type CaptureLocals = {
  [key: string]: Plain;
  managed: number;
  /** All parts, changed or not: a full checkpoint. */
  full: boolean;
  /** Leave the copying for later: the parts lose the right to be written until they are copied. */
  later: boolean;
};

export type CapturedParts = { readonly contents: readonly PartContent[]; readonly copied_bytes: number; readonly copied_parts: number };

/**
 * Captures the parts of a managed dataspace of a frozen target: CapturedParts. The snapshot becomes a user of every content; with
 * `later`, contents of parts that await their copy are not filled yet.
 */
export const captureParts = procedure<CaptureLocals>('rtcr.capture_parts', {
  start: (x, l) => each(capturePart, partsOf(x, l.managed).map(([key]) => key), { full: l.full, later: l.later }, 'captured'),
  captured: (x, l) => {
    const rows = partsOf(x, l.managed).map(([, row]) => row);
    const copied = rows.filter(({ fresh }) => fresh);
    for (const { base } of rows) shareContent(x, base);
    return done({
      contents: rows.map(({ offset, size, base }) => ({ offset, size, content: base })),
      copied_bytes: copied.reduce((sum, { size }) => sum + size, 0),
      copied_parts: copied.length,
    } satisfies CapturedParts);
  },
});

type ItemLocals = { [key: string]: Plain; item: number; full: boolean; later: boolean; content?: number };

/** The historic program looked at the first part of a dataspace only. */
const leftOut = (x: Execution, part: number): boolean => hasDefect(capture.get(x).defects, 'D-02') && parts(x).require(part).offset > 0;

const capturePart = procedure<ItemLocals>('rtcr.capture_part', {
  start: (x, l) => {
    const { dirty, base, size } = parts(x).require(l.item);
    if (base !== 0 && ((!dirty && !l.full) || leftOut(x, l.item))) return goto('arm');
    return call(allocContent, { bytes: size, refusal: 'Checkpoint_refused' }, 'allocated');
  },
  allocated: (x, l, { content }: NewContent) => {
    l.content = content;
    const { ds, size } = parts(x).require(l.item);
    return l.later || leftOut(x, l.item) ? goto('replace') : call(copyDataspace, { from: ds, to: content, bytes: size }, 'replace', 'failed');
  },
  failed: (_x, l, failure: Failure) => {
    l['failure'] = { name: failure.name, text: failure.text };
    return call(dropContent, { content: l.content ?? 0 }, 'refused', 'refused');
  },
  refused: (_x, l) => {
    const { name, text } = l['failure'] as { readonly name: string; readonly text: string };
    return raise(name, text);
  },
  replace: (x, l) => {
    const { base, dirty } = parts(x).require(l.item);
    parts(x).update(l.item, { base: l.content ?? 0, fresh: true, earlier_base: base, was_dirty: dirty, awaits_copy: l.later });
    return goto('arm');
  },
  /** From here on a change of the part shows again. */
  arm: (_x, l) => call(detachPart, { part: l.item }, 'detached'),
  detached: (x, l) => {
    parts(x).update(l.item, { dirty: false });
    return managedDataspaces(x).require(parts(x).require(l.item).managed).tracking === 'writes' ? call(attachPart, { part: l.item, access: 'read' }, 'armed', 'unarmed') : goto('armed');
  },
  // Without the extension the part goes back as it was.
  unarmed: (x, l, { name, text }: Failure) => {
    const failure = name === 'Invalid_opcode' ? { name: EXTENSION_ABSENT, text: absent('attach_readonly', 'noticing writes to the parts of a child; track="accesses" does without') } : { name: 'Checkpoint_refused', text };
    l['failure'] = failure;
    parts(x).update(l.item, { dirty: true });
    return call(attachPart, { part: l.item, access: 'all' }, 'refused', 'refused');
  },
  armed: (x, l) => {
    if (parts(x).require(l.item).access === 'read') used(x, 'attach_readonly');
    return done();
  },
});

/** Copies every part of a target that still waits for it: the second half of a checkpoint in the background. */
export const copyAwaiting = procedure<{ [key: string]: Plain; target: number }>('rtcr.copy_awaiting', {
  start: (x, l) => {
    const waiting = parts(x).entries().filter(([, row]) => row.awaits_copy && managedDataspaces(x).get(row.managed)?.target === l.target);
    return each(copyItem, waiting.map(([key]) => key), {}, 'copied');
  },
  copied: () => done(),
});

const copyItem = procedure<{ [key: string]: Plain; item: number }>('rtcr.copy_item', {
  start: (_x, l) => call(copyPart, { part: l.item }, 'copied'),
  copied: () => done(),
});

/** Parts of some targets for which the checkpoint being taken has made contents. */
const freshParts = (x: Execution, group: readonly number[]): number[] =>
  parts(x).entries().flatMap(([key, row]) => (row.fresh && group.includes(managedDataspaces(x).get(row.managed)?.target ?? 0) ? [key] : []));

type EndLocals = { [key: string]: Plain; targets: readonly number[] };

/** A checkpoint is complete: what parts held before is let go. */
export const keepParts = procedure<EndLocals>('rtcr.keep_parts', {
  start: (x, l) => each(endPart, freshParts(x, l.targets), { keep: true }, 'kept'),
  kept: () => done(),
});

/** A checkpoint has failed: parts hold what they held before, and what may have changed since then counts as changed. */
export const takeBackParts = procedure<EndLocals>('rtcr.take_back_parts', {
  start: (x, l) => each(endPart, freshParts(x, l.targets), { keep: false }, 'taken_back'),
  taken_back: () => done(),
});

type EndPartLocals = { [key: string]: Plain; item: number; keep: boolean; dropped?: number };

const endPart = procedure<EndPartLocals>('rtcr.end_fresh_part', {
  // The pager may be filling the content.
  start: (x) => call(lockAcquire, { lock: lockOf(x) }, 'end'),
  end: (x, l) => {
    const row = parts(x).get(l.item);
    const { fresh, base, earlier_base, dirty, was_dirty } = row ?? { fresh: false, base: 0, earlier_base: 0, dirty: false, was_dirty: false };
    l.dropped = !fresh ? 0 : l.keep ? earlier_base : base;
    if (fresh) parts(x).update(l.item, { fresh: false, earlier_base: 0, was_dirty: false, ...(l.keep ? {} : { base: earlier_base, dirty: dirty || was_dirty, awaits_copy: false }) });
    return call(lockRelease, { lock: lockOf(x) }, 'drop');
  },
  drop: (_x, l) => ((l.dropped ?? 0) === 0 ? done() : call(dropContent, { content: l.dropped ?? 0 }, 'dropped')),
  dropped: () => done(),
});
