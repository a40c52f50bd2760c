// The control line of the checkpointer: commands that the runner posts, and their outcomes.
// Owner of the tables `control` and `extensions_used`. Test equipment as architecture.md "When the checkpointer acts" says.

import type { Plain, PlainRecord } from '../../emu/plain.ts';
import { type Action, call, type Failure, goto, procedure } from '../native/procedure.ts';
import { waitForIrq } from '../native/lock.ts';
import { type HasStore, record, table } from '../native/store.ts';
import { irqSlot } from '../native/thread_table.ts';
import type { ControlAnswer, ControlCommand, ControlOutcome } from '../system.ts';
import { NOTE_CONTROL_DONE } from '../system.ts';
import { checkpointTargets } from './checkpointer.ts';
import { exportCheckpoint } from './image/export_image.ts';
import { dropSnapshot, importCheckpoint } from './image/import_image.ts';
import { targets } from './online_storage.ts';
import { restoreTargets } from './restorer.ts';
import { decideStrategy } from './strategies.ts';
import { destroyTargets, targetNamed } from './target_child.ts';
import { snapshotsFor } from './snapshot_choice.ts';

interface ControlRow {
  readonly command: ControlCommand;
  readonly state: 'posted' | 'running' | 'done';
  readonly outcome: ControlOutcome | null;
}

const control = table<ControlRow>('control');
const usedExtensions = record<{ readonly names: readonly string[] }>('extensions_used', { names: [] });

const SEPARATOR = ' -> ';

/** The child of this component that a path means: its last element. */
export const childName = (path: string): string => path.split(SEPARATOR).at(-1) ?? path;

/** Key of the target that a path means; undefined if there is no such child. */
export const childOf = (owner: HasStore, path: string): number | undefined => targetNamed(owner, childName(path));

/** Names of all children, in order of creation. */
export const childNames = (owner: HasStore): string[] => targets(owner).entries().map(([, row]) => row.name);

/** Leaves a command for the control thread; the caller wakes it. One command at a time. */
export function postControl(owner: HasStore, command: ControlCommand): ControlAnswer {
  const busy = control(owner).find((row) => row.state !== 'done');
  if (busy !== undefined) return { accepted: false, message: `a ${busy[1].command.kind} is still ${busy[1].state}` };
  control(owner).insert({ command, state: 'posted', outcome: null });
  return { accepted: true };
}

/** Outcome of the last command; null while it runs, or if there was none. */
export const controlOutcome = (owner: HasStore): ControlOutcome | null => control(owner).entries().at(-1)?.[1].outcome ?? null;

/** Names of the extensions that commands have used so far, sorted. */
export const extensionsUsed = (owner: HasStore): readonly string[] => usedExtensions.get(owner).names;

type ControlLocals = { [key: string]: Plain; key?: number };

/** Waits for commands on the thread's own lock IRQ and carries them out, for ever. */
export const serveControl = procedure<ControlLocals>('rtcr.serve_control', {
  start: (x) => waitForIrq(x, irqSlot(x.index), 'woken'),
  woken: (x, l) => {
    const posted = control(x).find((row) => row.state === 'posted');
    if (posted === undefined) return goto('start');
    const [key, { command }] = posted;
    l.key = key;
    control(x).update(key, { state: 'running' });
    x.note('control_begins', command as unknown as PlainRecord);
    return goto('execute');
  },
  execute: (x, l) => {
    const { command } = control(x).require(l.key ?? 0);
    switch (command.kind) {
      case 'checkpoint':
        return checkpoint(x, command);
      case 'restore':
        return restore(x, command);
      case 'export':
        return call(exportCheckpoint, { name: command.name }, 'succeeded', 'failed');
      case 'import':
        return call(importCheckpoint, { name: command.name }, 'succeeded', 'failed');
      case 'drop':
        return call(dropSnapshot, { name: command.name }, 'succeeded', 'failed');
      case 'kill': {
        const found = targetsOf(x, command.child, command.with);
        return 'unknown' in found ? noChild(x, found.unknown) : call(destroyTargets, { targets: found.targets }, 'killed', 'failed');
      }
    }
  },
  killed: (_x, _l) => goto('succeeded', {}),
  succeeded: (x, _l, facts: PlainRecord) => {
    const names = new Set([...usedExtensions.get(x).names, ...((facts['extensions'] ?? []) as readonly string[])]);
    usedExtensions.set(x, { names: [...names].sort() });
    return goto('conclude', { ok: true, facts } satisfies ControlOutcome);
  },
  failed: (_x, _l, { text, name }: Failure) => goto('conclude', { ok: false, message: text === '' ? name : text } satisfies ControlOutcome),
  refused: (_x, _l, message: string) => goto('conclude', { ok: false, message } satisfies ControlOutcome),
  conclude: (x, l, outcome: ControlOutcome) => {
    const key = l.key ?? 0;
    control(x).update(key, { state: 'done', outcome });
    for (const old of control(x).keys()) if (old < key) control(x).delete(old);
    x.note(NOTE_CONTROL_DONE, { command: control(x).require(key).command.kind, outcome });
    // Whoever listened may have posted another command already; its wake-up waits then, and must be taken before anything else
    // is waited for on this IRQ.
    return goto('start');
  },
});

const refuse = (message: string): Action => goto('refused', message);

function noChild(x: HasStore, path: string): Action {
  const known = childNames(x);
  return refuse(`there is no child "${childName(path)}"${known.length === 0 ? '' : `; there is ${known.map((name) => `"${name}"`).join(', ')}`}`);
}

/** The targets that a command names, or the first name that no child has. */
function targetsOf(x: HasStore, path: string, others: readonly string[] = []): { readonly targets: readonly number[] } | { readonly unknown: string } {
  const names = [childName(path), ...others];
  const unknown = names.find((name) => targetNamed(x, name) === undefined);
  return unknown === undefined ? { targets: names.map((name) => targetNamed(x, name) ?? 0) } : { unknown };
}

function checkpoint(x: HasStore, command: Extract<ControlCommand, { kind: 'checkpoint' }>): Action {
  const decision = decideStrategy('checkpoint', command.strategy);
  if (!decision.ok) return refuse(decision.message);
  const found = targetsOf(x, command.of, command.with);
  if ('unknown' in found) return noChild(x, found.unknown);
  return call(checkpointTargets, { targets: found.targets, name: command.name, strategy: decision.strategy, base: command.base ?? '' }, 'succeeded', 'failed');
}

function restore(x: HasStore, command: Extract<ControlCommand, { kind: 'restore' }>): Action {
  const decision = decideStrategy('restore', command.strategy);
  if (!decision.ok) return refuse(decision.message);
  const items = snapshotsFor(x, command.from, [childName(command.as), ...(command.with ?? [])]);
  return 'error' in items ? refuse(items.error) : call(restoreTargets, { items: items.items, strategy: decision.strategy }, 'succeeded', 'failed');
}
