// A recorded order of signals, carried out by test equipment in another run: what is submitted too early comes later, as if its sender were
// slower. Owner of the table 'core_signal_orders', which is empty unless a control run of a sweep asks for it.

import { type HasStore, table } from '../native/store.ts';
import { isLost } from './signal_loss.ts';
import { signalContexts, signalSources } from './signal_tables.ts';

/** Signals as a source delivers them at once. */
export interface SignalDelivery {
  /** Number by which the component knows the context. */
  readonly imprint: number;
  readonly count: number;
}

interface OrderRow {
  /** Deliveries that are still to come, in order; nothing is delivered behind them. */
  readonly expected: readonly SignalDelivery[];
  /** Signals that wait for their turn, by context. */
  readonly early: readonly { readonly context: number; readonly count: number }[];
  /** Deliveries of the order that are on their way to the component. */
  readonly under_way: number;
}

/** By source. */
const orders = table<OrderRow>('core_signal_orders');

/** From now on the source delivers in this order. What is queued already stays so. */
export const orderSignals = (x: HasStore, source: number, expected: readonly SignalDelivery[]): void => orders(x).set(source, { expected, early: [], under_way: 0 });

/** Ends the order; what waits is queued. @returns the sources whose semaphores are to be triggered, once for each context */
export function endSignalOrders(x: HasStore): readonly number[] {
  const due: number[] = [];
  for (const [source, { early }] of orders(x).entries()) {
    orders(x).delete(source);
    for (const { context, count } of early) if (queueSignals(x, context, count)) due.push(source);
  }
  return due;
}

/** Takes in submitted signals. @returns true if the semaphore is to be triggered */
export function takeSignals(x: HasStore, context: number, count: number): boolean {
  const { source } = signalContexts(x).require(context);
  if (isLost(x, source)) return false;
  const order = orders(x).get(source);
  if (order === undefined) return queueSignals(x, context, count);
  const known = order.early.find((one) => one.context === context);
  const early = [...order.early.filter((one) => one !== known), { context, count: count + (known?.count ?? 0) }];
  orders(x).update(source, { early });
  return releaseSignals(x, source);
}

/** A source delivers; what comes next waits for `releaseSignals`. */
export function signalsDelivered(x: HasStore, source: number, imprint: number): void {
  const order = orders(x).get(source);
  if (order !== undefined) orders(x).update(source, { under_way: order.under_way + 1, expected: withoutFirst(order, imprint) });
}

/** The component has been given a delivery. One that was under way already when the order began is the first of the order, too. */
export function signalsArrived(x: HasStore, source: number, imprint: number): void {
  const order = orders(x).get(source);
  if (order === undefined) return;
  orders(x).update(source, order.under_way > 0 ? { under_way: order.under_way - 1 } : { expected: withoutFirst(order, imprint) });
}

const withoutFirst = ({ expected }: OrderRow, imprint: number): OrderRow['expected'] => (expected[0]?.imprint === imprint ? expected.slice(1) : expected);

/** Queues what is to be delivered next, if it has been submitted and nothing is before it. @returns true if the semaphore is to be triggered */
export function releaseSignals(x: HasStore, source: number): boolean {
  const order = orders(x).get(source);
  const next = order?.expected[0];
  if (order === undefined || next === undefined || signalSources(x).require(source).queue.length > 0) return false;
  const found = order.early.find(({ context, count }) => signalContexts(x).get(context)?.imprint === next.imprint && count >= next.count);
  if (found === undefined) return false;
  const rest = order.early.filter((one) => one !== found);
  orders(x).update(source, { early: found.count === next.count ? rest : [...rest, { ...found, count: found.count - next.count }] });
  return queueSignals(x, found.context, next.count);
}

function queueSignals(x: HasStore, context: number, more: number): boolean {
  const row = signalContexts(x).get(context);
  if (row === undefined) return false;
  signalContexts(x).update(context, { count: row.count + more });
  const { queue } = signalSources(x).require(row.source);
  if (queue.includes(context)) return false;
  signalSources(x).update(row.source, { queue: [...queue, context] });
  return true;
}
