// A stand-in for core: answers the RPCs of one component with fresh objects, keeps the content of dataspaces, and lists what was asked.
// It knows no quotas but those that a test takes away.

import { type Program, programNamed } from '../../../src/runtime/native/component.ts';
import { THREAD_ENTRY } from '../../../src/runtime/native/image.ts';
import { UTCB } from '../../../src/runtime/native/utcb.ts';
import { exceptionCode, type RpcFunction, type Value } from '../../../src/runtime/rpc/interface.ts';
import { INTERFACES } from '../../../src/runtime/rpc/interfaces.ts';
import { decodeArguments, decodeMessage, decodeResult, encodeArguments, encodeMessage, encodeResult, isWireError } from '../../../src/runtime/rpc/wire.ts';
import { FakeKernel, type FakeMessage, type FakeThread } from './fake_kernel.ts';

export interface Asked {
  readonly thread: string;
  readonly call: string;
  readonly target: number;
  readonly window: number;
  /** Values by name, and ids of capabilities. */
  readonly args: Readonly<Record<string, Value | null>>;
  readonly sent: readonly number[];
  /** Returned id; 0 if none. */
  id: number;
  /** Slot of the returned capability right after the call. */
  slot?: number | undefined;
}

interface CoreObject {
  readonly interface: string;
  readonly name: string;
  /** Content of a dataspace. */
  readonly frames?: readonly number[];
  readonly bytes?: number;
}

type Outcome = { readonly id?: number; readonly value?: Value; readonly exception?: string };

const PAGE = 4096;
/** Functions that return the same capability each time. */
const CONSTANT: Readonly<Record<string, string>> = {
  'Pd_session.address_space': 'Region_map', 'Pd_session.stack_area': 'Region_map', 'Pd_session.linker_area': 'Region_map', 'Pd_session.native_pd': 'Native_pd',
  'Pd_session.alloc_signal_source': 'Signal_source', 'Region_map.dataspace': 'Dataspace', 'Cpu_session.trace_control': 'Dataspace',
  'Signal_source.request_semaphore': 'Irq', 'Parent.main_thread_cap': 'Cpu_thread', 'Rom_session.dataspace': 'Dataspace',
};
const FRESH: Readonly<Record<string, string>> = { 'Ram_session.alloc': 'Dataspace', 'Pd_session.alloc_context': 'Signal_context', 'Cpu_session.create_thread': 'Cpu_thread' };
const SESSION: Readonly<Record<string, string>> = { PD: 'Pd_session', RAM: 'Ram_session', CPU: 'Cpu_session', ROM: 'Rom_session', LOG: 'Log_session' };

export class FakeCore {
  readonly kernel: FakeKernel;
  readonly asked: Asked[] = [];
  readonly lines: string[] = [];
  readonly modules = new Map<string, Uint8Array>();
  /** Decides about a call before the usual answer; undefined = as usual. */
  override: (call: string, args: Readonly<Record<string, Value | null>>, target: number) => Outcome | undefined = () => undefined;
  readonly objects = new Map<number, CoreObject>();
  readonly #constant = new Map<string, number>();
  readonly #threads = new Map<number, number>();
  readonly #program: Program;
  readonly parent: number;
  #ids = 0x100;
  #line = '';
  #attached = 0x4000_0000;
  #pd = 0;
  readonly #signals: number[] = [];

  constructor(programName: string) {
    const program = programNamed(programName);
    if (program === undefined) throw new Error(`no program '${programName}'`);
    this.#program = program;
    this.kernel = new FakeKernel((thread, target, message) => this.#answer(thread, target, message));
    this.parent = this.create('Parent', 'parent');
  }

  /** Starts the component's main thread and runs it until everybody waits. */
  boot(prepare: () => void = () => {}): void {
    this.kernel.slots.set(1, 1);
    this.kernel.slots.set(8, this.parent);
    this.kernel.slots.set(9, this.create('Gate', 'main'));
    this.#writeWord(this.#dataBase(), this.parent);
    this.kernel.enter(this.#program, 0);
    prepare();
    this.kernel.run();
  }

  create(kind: string, name: string, bytes = 0): number {
    const id = this.#ids;
    this.#ids += 4;
    const frames = kind === 'Dataspace' ? Array.from({ length: Math.max(1, Math.ceil(bytes / PAGE)) }, () => this.kernel.frame()) : undefined;
    this.objects.set(id, { interface: kind, name, ...(frames === undefined ? {} : { frames, bytes: frames.length * PAGE }) });
    return id;
  }

  content(ds: number, length: number): Uint8Array {
    const { frames = [] } = this.objects.get(ds) ?? {};
    const bytes = new Uint8Array(frames.length * PAGE);
    frames.forEach((frame, i) => bytes.set(this.kernel.memory.u8.subarray(frame * PAGE, (frame + 1) * PAGE), i * PAGE));
    return bytes.subarray(0, length);
  }

  fill(ds: number, content: Uint8Array): void {
    const { frames = [] } = this.objects.get(ds) ?? {};
    frames.forEach((frame, i) => this.kernel.memory.write(frame * PAGE, content.subarray(i * PAGE, (i + 1) * PAGE)));
  }

  /** Calls an object of the component from outside; capabilities are ids. The reply is filled in when it comes. */
  call(target: number, fn: RpcFunction, args: Readonly<Record<string, Value | null>>): { reply?: { readonly code: number; readonly id: number | null; readonly value: Value } } {
    const ids = fn.args.filter(({ type }) => type === 'cap').map(({ name }) => args[name] as number | null);
    const values = Object.fromEntries(Object.entries(args).filter(([name]) => fn.args.find((arg) => arg.name === name)?.type !== 'cap')) as Record<string, Value>;
    const words = encodeMessage({ protocol: target, ids, payload: encodeArguments(fn, values) });
    if (isWireError(words)) throw new Error(words.error);
    const pending: ReturnType<FakeCore['call']> = {};
    this.kernel.request(target, { words, caps: ids.filter((id) => id !== null) }, (reply) => {
      const message = decodeMessage(reply.words);
      pending.reply = { code: message.protocol, id: message.ids[0] ?? null, value: decodeResult(fn, message.payload) };
    });
    return pending;
  }

  /** Lets a signal of the component's context with this imprint arrive. */
  signal(imprint: number): void {
    this.#signals.push(imprint);
    const semaphore = [...this.#constant].find(([key]) => key.endsWith('request_semaphore'))?.[1] ?? 0;
    this.kernel.interrupt(this.kernel.slotOf(semaphore) ?? 0);
  }

  /** Answered calls as "thread: Interface.function", without the given functions. */
  calls(without: readonly string[] = []): string[] {
    return this.asked.filter(({ call }) => !without.includes(call)).map(({ thread, call }) => `${thread}: ${call}`);
  }

  #answer(thread: FakeThread, target: number, { words, caps }: FakeMessage): FakeMessage {
    const object = this.objects.get(target);
    const message = decodeMessage(words);
    const fn = INTERFACES[object?.interface ?? '']?.functions[message.payload[0] ?? 0];
    if (object === undefined || fn === undefined) throw new Error(`${thread.name}: call of object ${target} (${object?.interface ?? 'unknown'}) opcode ${message.payload[0]}`);
    for (const entry of this.asked) if (entry.id !== 0 && entry.slot === undefined) entry.slot = this.kernel.slotOf(entry.id);
    const args: Record<string, Value | null> = decodeArguments(fn, message.payload);
    let next = 0;
    for (const arg of fn.args) if (arg.type === 'cap') args[arg.name] = message.ids[next++] ?? null;
    const entry: Asked = {
      thread: thread.name, call: `${fn.interface}.${fn.name}`, target, window: (thread.utcb[UTCB.br] ?? 0) >>> 12, args,
      sent: caps.map((id) => this.kernel.slotOf(id) ?? -1), id: 0,
    };
    this.asked.push(entry);
    const outcome = this.override(entry.call, args, target) ?? this.#usual(thread, fn, target, args);
    entry.id = outcome.id ?? 0;
    const code = outcome.exception === undefined ? 0 : (exceptionCode(fn, outcome.exception) ?? -1000);
    const ids = fn.result === 'cap' ? [outcome.id ?? null] : [];
    const reply = encodeMessage({ protocol: code, ids, payload: encodeResult(fn, outcome.value) });
    if (isWireError(reply)) throw new Error(reply.error);
    return { words: reply, caps: ids.filter((id) => id !== null) };
  }

  #usual(thread: FakeThread, fn: RpcFunction, target: number, args: Readonly<Record<string, Value | null>>): Outcome {
    const call = `${fn.interface}.${fn.name}`;
    const constant = CONSTANT[call];
    if (constant !== undefined) return { id: this.#once(`${target}.${call}`, constant) };
    switch (call) {
      case 'Parent.session':
        return this.#session(String(args['name']), String(args['args']));
      case 'Ram_session.alloc':
        return { id: this.create('Dataspace', 'ram', Number(args['size'])) };
      case 'Ram_session.quota':
        return { value: 64 << 20 };
      case 'Pd_session.alloc_rpc_cap': {
        const id = this.create('Gate', 'rpc object');
        const server = this.kernel.threads.find((other) => other !== thread && this.#gate(other) === args['ep']) ?? thread;
        this.kernel.gates.set(id, server);
        return { id };
      }
      case 'Pd_session.free_rpc_cap':
        this.#destroy(Number(args['cap']));
        return {};
      case 'Cpu_session.create_thread': {
        const id = this.create('Cpu_thread', String(args['name']));
        if (args['pd'] === this.#pd) this.#threads.set(id, this.#threads.size + 1);
        return { id };
      }
      case 'Cpu_thread.state':
        return { value: this.#threadState(target) };
      case 'Cpu_thread.start':
        if (args['ip'] === THREAD_ENTRY && this.#threads.has(target)) this.kernel.enter(this.#program, Number(args['sp']));
        return {};
      case 'Region_map.attach':
        return this.#attach(Number(args['ds']), args['use_local_addr'] === true ? Number(args['local_addr']) : undefined, target);
      case 'Dataspace.size':
        return { value: this.objects.get(target)?.bytes ?? PAGE };
      case 'Signal_source.wait_for_signal':
        return { value: [this.#signals.shift() ?? 0, 1] };
      case 'Log_session.write':
        return this.#log(String(args['string']));
      default: {
        const fresh = FRESH[call];
        return fresh === undefined ? {} : { id: this.create(fresh, call) };
      }
    }
  }

  #session(name: string, args: string): Outcome {
    const env = /^Env::(\w+)_session$/.exec(name)?.[1];
    if (env !== undefined) {
      const id = this.#once(`env.${env}`, SESSION[env.toUpperCase()] ?? '');
      if (env === 'pd') this.#pd = id;
      return { id };
    }
    if (name !== 'ROM') return { id: this.create(SESSION[name] ?? name, args) };
    const module = /label="(?:.* -> )?([^"]*)"/.exec(args)?.[1] ?? '';
    const content = this.modules.get(module);
    if (content === undefined) return { exception: 'Service_denied' };
    const session = this.create('Rom_session', module);
    const ds = this.create('Dataspace', module, content.length);
    this.fill(ds, content);
    this.#constant.set(`${session}.Rom_session.dataspace`, ds);
    return { id: session };
  }

  #once(key: string, kind: string): number {
    const id = this.#constant.get(key) ?? this.create(kind, key, PAGE);
    this.#constant.set(key, id);
    return id;
  }

  /** Attachments in other address spaces than the own one are not looked at. */
  #attach(ds: number, at: number | undefined, target: number): Outcome {
    const { frames = [] } = this.objects.get(ds) ?? {};
    if (at !== undefined) return { value: at };
    const address = this.#attached;
    this.#attached += frames.length * PAGE;
    if (this.#constant.get(`${this.#pd}.Pd_session.address_space`) === target) this.kernel.alias(address, frames.length * PAGE, frames);
    return { value: address };
  }

  #log(text: string): Outcome {
    this.#line += text;
    const lines = this.#line.split('\n');
    this.#line = lines.pop() ?? '';
    this.lines.push(...lines.map((line) => line.replaceAll(/\u001b\[\d+m/g, '')));
    return { value: text.length };
  }

  #gate(thread: FakeThread): number {
    const index = this.kernel.threads.indexOf(thread);
    return this.kernel.slots.get(9 + 3 * index) ?? 0;
  }

  #threadState(target: number): number[] {
    const index = this.#threads.get(target) ?? 0;
    const id = this.#once(`${target}.gate`, 'Gate');
    this.kernel.slots.set(9 + 3 * index, id);
    const state = new Array<number>(29).fill(0);
    state[0x4c >>> 2] = (9 + 3 * index) << 12;
    state[0x50 >>> 2] = id;
    return state;
  }

  #destroy(id: number): void {
    this.objects.delete(id);
    this.kernel.gates.delete(id);
    for (const [slot, other] of [...this.kernel.slots]) if (other === id) this.kernel.slots.delete(slot);
  }

  #dataBase(): number {
    return 0x100_0000 + ((this.#program.text_bytes + 0xfff) & ~0xfff);
  }

  #writeWord(address: number, word: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, word, true);
    this.kernel.memory.write(this.kernel.translate(address), bytes);
  }
}
