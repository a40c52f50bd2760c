// Test equipment for signals on a running system: the order in which they come to a component.
// Owns no state; core keeps the order.

import { Task } from '../emu/fiasco/task.ts';
import type { Machine } from '../emu/machine.ts';
import type { DebugId } from '../emu/numbers.ts';
import { pdSessions } from './core/pd_session.ts';
import { endSignalOrders, orderSignals, releaseSignals, signalsArrived, type SignalDelivery } from './core/signal_order.ts';
import { loseSignal, lossesToCome } from './core/signal_loss.ts';
import { signalContexts, signalSources } from './core/signal_tables.ts';
import type { Component } from './native/component.ts';

export interface SignalEquipment {
  /** Signals that core holds for a component's protection domain, in the order in which it will hand them out. */
  pendingSignals(task: DebugId): readonly SignalDelivery[];
  /**
   * The signals of a component's protection domain come in this order from now on, and no others: what is submitted too early waits. False where
   * core knows no such component.
   */
  orderSignals(task: DebugId, order: readonly SignalDelivery[]): boolean;
  /** A delivery has come to a component, of the context with this number: lets what is next in the order come. */
  releaseSignals(task: DebugId, imprint: number): void;
  /** The `nth` signal submitted to a component's protection domain from now on gets lost; `by` is a number of who asks. False where core knows no such component. */
  dropSignal(task: DebugId, nth: number, by: number): boolean;
  /** Who asked for losses that are still to come. */
  signalLossesToCome(): readonly number[];
  /** Ends all orders. */
  endSignalOrders(): void;
}

export function signalEquipment(machine: Machine, core: () => Component | undefined): SignalEquipment {
  const idOf = (owner: Component, slot: number): DebugId | undefined => {
    const task = machine.kernel.objects.get(owner.task);
    return task instanceof Task ? task.objects.get(slot)?.object.id : undefined;
  };
  const sourceOf = (owner: Component, task: DebugId): number => pdSessions(owner).find((row) => idOf(owner, row.task.slot) === task)?.[1].signal_source ?? 0;
  const trigger = (owner: Component, source: number): void => {
    const semaphore = idOf(owner, signalSources(owner).require(source).semaphore.slot);
    if (semaphore !== undefined) machine.kernel.equipment.triggerIrq(semaphore);
  };
  return {
    pendingSignals: (task) => {
      const owner = core();
      const source = owner === undefined ? undefined : signalSources(owner).get(sourceOf(owner, task));
      return owner === undefined || source === undefined ? [] : source.queue.map((context) => signalContexts(owner).require(context)).map(({ imprint, count }) => ({ imprint, count }));
    },
    orderSignals: (task, order) => {
      const owner = core();
      const source = owner === undefined ? 0 : sourceOf(owner, task);
      if (owner === undefined || source === 0) return false;
      orderSignals(owner, source, order);
      return true;
    },
    releaseSignals: (task, imprint) => {
      const owner = core();
      const source = owner === undefined ? 0 : sourceOf(owner, task);
      if (owner === undefined || source === 0) return;
      signalsArrived(owner, source, imprint);
      if (releaseSignals(owner, source)) trigger(owner, source);
    },
    dropSignal: (task, nth, by) => {
      const owner = core();
      const source = owner === undefined ? 0 : sourceOf(owner, task);
      if (owner === undefined || source === 0) return false;
      loseSignal(owner, source, nth, by);
      return true;
    },
    signalLossesToCome: () => {
      const owner = core();
      return owner === undefined ? [] : lossesToCome(owner);
    },
    endSignalOrders: () => {
      const owner = core();
      for (const source of owner === undefined ? [] : endSignalOrders(owner)) trigger(owner as Component, source);
    },
  };
}
