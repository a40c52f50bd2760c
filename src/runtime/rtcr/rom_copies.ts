// What checkpoints have copied of ROM modules: a module's dataspace holds what it held until its session asks for another one or
// lets the server write to it, so that one copy serves all checkpoints until then. Changes rows of ROM sessions.
// Source modelled: Genode's Rom_session (the content of a dataspace changes within `update` only).

import { labelOf, lastLabelElement } from '../arg_string.ts';
import { capId } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { isContent } from './contents.ts';
import { type RomSessionRow, romSessions } from './online_storage.ts';

/** Names under which core hands out the kernel info page; it tells the time, so that it is never twice the same. */
const KERNEL_PAGES: readonly string[] = ['l4v2_kip', 'kip'];

/** Whether a session is one of the kernel info page. */
export const isKernelPage = ({ creation_args }: RomSessionRow): boolean => KERNEL_PAGES.includes(lastLabelElement(labelOf(creation_args)));

/** The content that holds what the module of a session contains; null if there is none (any more). */
export function copyOfModule(x: Execution, session: number): number | null {
  const { ds, copy } = romSessions(x).require(session);
  if (ds === null || copy === null || copy.of !== ds.id) return null;
  return isContent(x, copy.content.slot) && capId(x, copy.content.slot) === copy.content.id ? copy.content.slot : null;
}

/** Says that a content holds what the module of a session contains. */
export function rememberCopy(x: Execution, session: number, content: number): void {
  const { ds } = romSessions(x).require(session);
  romSessions(x).update(session, { copy: ds === null ? null : { content: { slot: content, id: capId(x, content) }, of: ds.id } });
}
