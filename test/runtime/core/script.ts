// Programs for core's tests: a component that takes init's place and makes a list of RPCs, each answer kept by name.
// Owner of the table 'script_results' of that component.

import type { Plain } from '../../../src/emu/plain.ts';
import type { Component, Program } from '../../../src/runtime/native/component.ts';
import { dec } from '../../../src/runtime/native/cap_space.ts';
import type { Execution } from '../../../src/runtime/native/execution.ts';
import { env, type Env } from '../../../src/runtime/native/env.ts';
import { sleepForever } from '../../../src/runtime/native/lock.ts';
import { type Action, call, type Failure, goto, invoke, procedure } from '../../../src/runtime/native/procedure.ts';
import { rpc, type RpcArguments, type RpcReply } from '../../../src/runtime/native/rpc_client.ts';
import { defineComponent } from '../../../src/runtime/native/startup.ts';
import { table } from '../../../src/runtime/native/store.ts';
import type { RpcFunction, Value } from '../../../src/runtime/rpc/interface.ts';
import { bootCore, type CoreSystem, type CoreSystemOptions } from './core_system.ts';

export const INIT_TASK = 0x33;
const STEPS_MAX_INSTRUCTIONS = 60_000_000;

export interface Answer {
  readonly value: Value;
  readonly cap: number | null;
  /** Name of the failure, empty if there was none. */
  readonly error: string;
}

/** What a line of a script sees: the environment's slots and the answers so far. */
export interface Sight {
  readonly env: Readonly<Env>;
  cap(name: string): number;
  value(name: string): Value;
}

type Call = readonly [fn: RpcFunction, target: number | null, args?: RpcArguments];
/** A line makes an RPC, drops the capability that an earlier line got, or does whatever it likes as an action. */
export type Line = readonly [name: string, what: ((sight: Sight) => Call) | { readonly drop: string } | { readonly act: (x: Execution, sight: Sight) => Action }];

type ResultRow = { readonly name: string } & Answer;
const results = table<ResultRow>('script_results');

const sightOf = (x: Execution): Sight => {
  const find = (name: string): ResultRow => {
    const found = results(x).find((row) => row.name === name);
    if (found === undefined) throw new Error(`the script has no answer '${name}' yet`);
    return found[1];
  };
  return {
    env: env.get(x),
    cap: (name) => find(name).cap ?? 0,
    value: (name) => find(name).value,
  };
};

let programs = 0;

/** A component that makes these calls one after the other and then sleeps. */
export function scriptProgram(lines: readonly Line[]): Program {
  const name = `script${++programs}`;
  const keep = (x: Execution, l: { at: number }, answer: Answer): Action => {
    results(x).insert({ name: lines[l.at]?.[0] ?? '', ...answer });
    l.at++;
    return goto('next');
  };
  const construct = procedure<{ [key: string]: Plain; at: number }>(`test.${name}`, {
    start: (_x, l) => {
      l.at = 0;
      return goto('next');
    },
    next: (x, l) => {
      const what = lines[l.at]?.[1];
      if (what === undefined) return call(sleepForever, {}, 'next');
      if (typeof what === 'function') {
        const [fn, target, args = {}] = what(sightOf(x));
        return rpc(fn, target, args, 'answered', 'failed');
      }
      if ('act' in what) return what.act(x, sightOf(x));
      dec(x, sightOf(x).cap(what.drop));
      return keep(x, l, { value: 0, cap: null, error: '' });
    },
    answered: (x, l, { value, cap }: RpcReply) => keep(x, l, { value, cap, error: '' }),
    acted: (x, l) => keep(x, l, { value: 0, cap: null, error: '' }),
    failed: (x, l, { name: error }: Failure) => keep(x, l, { value: 0, cap: null, error }),
  });
  return defineComponent({ name, ep_stack_bytes: 16384, construct: construct as never, services: {}, text_bytes: 0x4_9000, data_bytes: 0xb000 });
}

export interface Ran extends CoreSystem {
  /** Answer of a line; fails if the script did not come so far. */
  answer(name: string): Answer;
  readonly init: Component;
  readonly core: Component;
}

export function componentOf(system: CoreSystem, task: number): Component {
  const found = system.runtime.components().find((component) => component.task === task);
  if (found === undefined) throw new Error(`no component in task ${task.toString(16)}`);
  return found;
}

/** Boots core with the script as init and runs until nothing happens any more. */
export function runScript(lines: readonly Line[], options: CoreSystemOptions = {}): Ran {
  const system = bootCore(scriptProgram(lines), options);
  system.machine.run({ instructions: STEPS_MAX_INSTRUCTIONS });
  const init = componentOf(system, INIT_TASK);
  const answer = (name: string): Answer => {
    const found = results(init).find((row) => row.name === name);
    if (found === undefined) throw new Error(`no answer '${name}'; console: ${system.console().slice(-600)}`);
    return found[1];
  };
  return { ...system, init, core: componentOf(system, 9), answer };
}

/** Console text without colours, from the first line that mentions init's memory on. */
export function linesAfterBoot(system: CoreSystem): string[] {
  const lines = system.console().replaceAll(/\x1b\[[0-9;]*m/g, '').split('\n');
  return lines.slice(lines.findIndex((line) => line.includes('RAM assigned to init')) + 1).filter((line) => line !== '');
}

/** For lines that act: goes on at once. */
export const proceed = (): Action => goto('acted');

/** 1000 * 2 microseconds. */
const TWO_MS = (1 << 10) | 1000;
const SLEEP = 0xffff_f802;

/** For lines that act: sleeps for two milliseconds, so that others run. */
export function sleep(x: Execution): Action {
  const { r } = x.cpu;
  r[0] = 0;
  r[2] = SLEEP;
  r[3] = TWO_MS;
  r[4] = 0;
  return invoke('acted');
}
