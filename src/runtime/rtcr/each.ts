// Runs a procedure once per item of a list, in order: the loop of procedures that block. Owns no state.
// The list and the position in it are locals, so that a saved machine goes on with the same item.

import type { Plain } from '../../emu/plain.ts';
import { type Action, call, callNamed, done, goto, type Procedure, procedure } from '../native/procedure.ts';

type EachLocals = { [key: string]: Plain; procedure: string; items: readonly Plain[]; shared: { readonly [key: string]: Plain }; at: number };

const eachItem = procedure<EachLocals>('rtcr.each', {
  start: (_x, l) => {
    const item = l.items[l.at];
    if (item === undefined) return done();
    l.at += 1;
    // Set behind the copy: V8 defines a further field slowly in objects of ever other kinds.
    const locals: Record<string, Plain> = { ...l.shared };
    locals['item'] = item;
    return callNamed(l.procedure, locals, 'next');
  },
  next: () => goto('start'),
});

/** Calls `body` with {item, ...shared} for each item, then continues at `then`; a failure ends the loop. */
export function each<Item extends Plain, Shared extends { [key: string]: Plain }>(
  body: Procedure<Shared & { item: Item }>,
  items: readonly Item[],
  shared: Shared,
  then: string,
  error = '',
): Action {
  return call(eachItem, { procedure: body.name, items, shared, at: 0 }, then, error);
}
