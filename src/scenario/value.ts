// Types of attribute values: how each is written, parsed and described. Genode's own grammar where it has one
// (init-run-tools.md 1.2), strict where Genode's reader would quietly take something else.

import { NAME } from './file_value.ts';
import { COUNT_MAX, INSTRUCTIONS_MAX, REGULAR_CHARACTERS_MAX, ROUNDS_MAX, SLOT_MAX, TIME_MS_MAX } from './limits.ts';
import { nearest } from './nearest.ts';
import { matching, ok, type ValueType } from './value_type.ts';

/** Any text that is not empty. */
export const TEXT: ValueType<string> = {
  description: 'text',
  parse: (text) => (text.length > 0 ? ok(text) : { ok: false, expected: 'text that is not empty' }),
};

export const BOOLEAN: ValueType<boolean> = {
  description: 'yes, no, true or false',
  choices: ['yes', 'no', 'true', 'false'],
  parse: (text) => {
    if (text === 'yes' || text === 'true') return ok(true);
    if (text === 'no' || text === 'false') return ok(false);
    return { ok: false, expected: 'yes, no, true or false' };
  },
};

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Bytes: decimal or hexadecimal, then K, M or G. */
export const SIZE: ValueType<number> = {
  description: 'a size such as 64K, 1M or 0x4000',
  id: 'size',
  pattern: '(0x[0-9a-fA-F]{1,12}|[0-9]{1,15})[KMG]?',
  parse: (text) => {
    const match = /^(0x[0-9a-fA-F]{1,12}|[0-9]{1,15})([KMG]?)$/.exec(text);
    const bytes = match === null ? Number.NaN : Number(match[1]) * (SIZE_UNITS[match[2] ?? ''] ?? Number.NaN);
    if (Number.isSafeInteger(bytes)) return ok(bytes);
    const meant = /^([0-9]+)\s*([kmgKMG])(i?[bB])?$/.exec(text);
    return { ok: false, expected: 'a size such as 64K, 1M or 0x4000', ...(meant === null ? {} : { help: `did you mean '${meant[1]}${meant[2]?.toUpperCase()}'?` }) };
  },
};

function integer(description: string, min: number, max: number): ValueType<number> {
  const expected = `${description} from ${min} to ${max}`;
  return {
    description: expected,
    id: 'number',
    pattern: '0x[0-9a-fA-F]{1,12}|[0-9]{1,15}',
    parse: (text) => {
      const value = /^(0x[0-9a-fA-F]{1,12}|[0-9]{1,15})$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? ok(value) : { ok: false, expected };
    },
  };
}

/** Virtual milliseconds. */
export const MILLISECONDS = integer('a number of milliseconds of virtual time', 0, TIME_MS_MAX);
/** Seconds of virtual time, as depot autopilot counts them. */
export const SECONDS = integer('a number of seconds of virtual time', 0, TIME_MS_MAX / 1000);
export const COUNT = integer('a number', 1, COUNT_MAX);
export const ROUNDS = integer('a number', 1, ROUNDS_MAX);
export const INSTRUCTIONS = integer('a number of instructions', 0, INSTRUCTIONS_MAX);
export const EXIT_VALUE = integer('an exit value', 0, 2 ** 31 - 1);
export const ADDRESS = integer('an address such as 0x1000000', 0, 2 ** 32 - 1);
export const WORD = integer('a word such as 0x2a', 0, 2 ** 32 - 1);
export const DEBUG_ID = integer('a debugger id such as 0x71', 0, 2 ** 32 - 1);
/** Separated by blanks. */
export const DEBUG_IDS: ValueType<readonly number[]> = {
  description: 'debugger ids such as "0x71 0x90", separated by blanks',
  parse: (text) => {
    const ids = text.split(/[ \t\r\n]+/).filter((id) => id !== '').map(DEBUG_ID.parse);
    const values = ids.flatMap((id) => (id.ok ? [id.value] : []));
    return values.length === ids.length && ids.length > 0 && ids.length <= 64 ? ok(values) : { ok: false, expected: 'one to 64 debugger ids such as "0x71 0x90", separated by blanks' };
  },
};
export const SLOT = integer('a slot such as 0x217', 0, SLOT_MAX);
export const SEED = integer('a number', 0, 2 ** 32 - 1);
/** Pages per tracked piece of memory; 0 means full copies. */
export const PAGES = integer('a number of pages', 0, 2 ** 20);

/** `Log::write`, or the interface alone. */
export const FUNCTION = matching('an RPC such as Log_session::write, or an interface such as Log_session', /^[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_~][A-Za-z0-9_]*)?$/, 160, '[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_~][A-Za-z0-9_]*)?');
export const SYSTEM_CALL = matching('any, or a protocol or object type such as ipc, thread, task, factory, irq', /^[a-z][a-z0-9_-]*$/, 160, '[a-z][a-z0-9_\\-]*');
export const SERVICE = matching('the name of a service such as LOG', /^[A-Za-z_][A-Za-z0-9_:-]{0,63}$/);
export const THREAD_NAME = matching('the name of a thread', /^[^\u0000-\u001f\u007f]{1,64}$/);
export const BYTES = matching('bytes in hexadecimal such as "2a 00 ff"', /^[0-9a-fA-F]{2}(\s*[0-9a-fA-F]{2})*$/, 16_384);
export const VARIANT = matching("the name of a variant, '*' standing for any text", /^[A-Za-z0-9_.+*-]+$/);
/** A value that is put in the place of a parameter: any text on one line. */
export const VALUES: ValueType<string> = matching('any text on one line', /^[^\u0000-\u001f\u007f]*$/, 1024);

/** Separated by blanks. */
export const NAMES: ValueType<readonly string[]> = {
  description: 'names separated by blanks',
  id: 'names',
  pattern: '\\s*[A-Za-z0-9_][A-Za-z0-9_.+\\-]*(\\s+[A-Za-z0-9_][A-Za-z0-9_.+\\-]*)*\\s*',
  parse: (text) => {
    const names = text.split(/[ \t\r\n]+/).filter((name) => name !== '');
    const wrong = names.map(NAME.parse).find((name) => !name.ok);
    if (wrong !== undefined) return { ok: false, expected: 'names separated by blanks, each of letters, digits, and _ . - +' };
    return names.length > 0 && names.length <= 64 ? ok(names) : { ok: false, expected: 'one to 64 names separated by blanks' };
  },
};

export interface SymbolPlace {
  readonly symbol: string;
  readonly offset: number;
}

export const SYMBOL: ValueType<SymbolPlace> = {
  description: 'a symbol such as main or main+0x10',
  parse: (text) => {
    const match = /^([A-Za-z_.$][A-Za-z0-9_.$:]{0,255})(?:\+(0x[0-9a-fA-F]{1,8}|[0-9]{1,9}))?$/.exec(text);
    return match === null ? { ok: false, expected: 'a symbol such as main or main+0x10' } : ok({ symbol: match[1] ?? '', offset: Number(match[2] ?? 0) });
  },
};

/** Inclusive. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

export const ADDRESSES: ValueType<AddressRange> = {
  description: 'an address such as 0x1000, or a range such as 0x1000-0x1fff',
  parse: (text) => {
    const [first, last, more] = text.split('-').map((part) => ADDRESS.parse(part.trim()));
    if (first?.ok !== true || last?.ok === false || more !== undefined) return { ok: false, expected: 'an address such as 0x1000, or a range such as 0x1000-0x1fff' };
    const range = { first: first.value, last: last === undefined ? first.value : last.value };
    return range.first <= range.last ? ok(range) : { ok: false, expected: 'a range whose end is not below its beginning' };
  },
};

/** Kernel states of a thread, several separated by `|`. */
export const STATES: ValueType<readonly string[]> = {
  description: 'a state of a thread such as reply_and_wait, or several with | between',
  parse: (text) => {
    const states = text.split('|').map((state) => state.trim());
    const known = ['user', 'send', 'call', 'reply_and_wait', 'irq', 'sleep', 'page_fault', 'exception', 'suspended', 'dead'];
    const wrong = states.find((state) => !known.includes(state));
    if (wrong === undefined) return ok(states);
    const near = nearest(wrong, known);
    return { ok: false, expected: `states of ${known.join(', ')}, with | between`, ...(near === undefined ? {} : { help: `did you mean '${near}'?` }) };
  },
};

/**
 * A regular expression that cannot take exponential time: no back references, no look-around, and no repetition of a group
 * that holds a repetition or an alternative.
 */
export const REGULAR: ValueType<RegExp> = {
  description: 'a regular expression',
  parse: (text) => {
    if (text === '' || text.length > REGULAR_CHARACTERS_MAX) return { ok: false, expected: `a regular expression of at most ${REGULAR_CHARACTERS_MAX} characters` };
    if (/\\[1-9k]|\(\?(?!:)/.test(text)) return { ok: false, expected: 'a regular expression without back references and look-around' };
    const plain = text.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
    if (/\([^()]*[*+}|][^()]*\)\s*[*+{]/.test(plain) || /\([^)]*\([^)]*\)[^)]*\)\s*[*+{]/.test(plain)) return { ok: false, expected: 'a regular expression that does not repeat a group with repetitions or alternatives inside' };
    try {
      return ok(new RegExp(text, 'gu'));
    } catch {
      return { ok: false, expected: 'a well-formed regular expression' };
    }
  },
};

/** Stands in a pattern line of depot autopilot for a star that is meant as such: written `&#42;` in XML. */
export const LITERAL_STAR = '\ue000';

/** A log line from its beginning; `*` stands for any text, the end is open. */
export const PATTERN: ValueType<string> = {
  description: "the beginning of a log line, '*' standing for any text",
  parse: (text) => {
    if (/^[*\s]*$/.test(text)) return { ok: false, expected: 'a pattern that is more than blanks and stars' };
    return text.length <= 1024 ? ok(text) : { ok: false, expected: 'a pattern of at most 1024 characters' };
  },
};

/** "rtcr -> sheep_counter"; a leading "init ->" may be left out. */
export const CHILD_PATH: ValueType<string> = {
  description: "a component such as 'rtcr -> sheep_counter'",
  parse: (text) => {
    const elements = text.split('->').map((element) => element.trim());
    if (elements.some((element) => element === '')) return { ok: false, expected: "a component such as 'rtcr -> sheep_counter'" };
    return ok((elements[0] === 'init' && elements.length > 1 ? elements.slice(1) : elements).join(' -> '));
  },
};

const CHILDREN_MAX = 8;

/** Names of children, separated by commas. */
export const CHILDREN: ValueType<readonly string[]> = {
  description: "names of children, separated by commas, such as 'client, backend'",
  parse: (text) => {
    const names = text.split(',').map((name) => name.trim());
    const expected = `up to ${CHILDREN_MAX} names of children, separated by commas, each once and without '->'`;
    const wrong = names.some((name) => name === '' || name.includes('->')) || new Set(names).size < names.length || names.length > CHILDREN_MAX;
    return wrong ? { ok: false, expected } : ok(names);
  },
};

/** A task: component label, `NAME#2` for the second of that name, or the debugger's id. */
export const TASK: ValueType<string> = {
  description: "a task: component label, 'NAME#2' for the second of that name (of those that are gone, the last 256 of a name are remembered), or debugger id such as 0x1d8",
  parse: (text) => (/^(0x[0-9a-fA-F]{1,8}|[^#\s][^#]*(#[1-9][0-9]{0,3})?)$/.test(text) ? ok(text) : { ok: false, expected: "a component label, 'NAME#2', or a debugger id such as 0x1d8" }),
};

/** Inclusive. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
}

const SLOTS_EXPECTED = 'slots such as 0x217 or 0x204-0x21f, separated by commas or blanks';

export const SLOTS: ValueType<readonly SlotRange[]> = {
  description: SLOTS_EXPECTED,
  parse: (text) => {
    const ranges: SlotRange[] = [];
    for (const part of text.trim().split(/[\s,]+/)) {
      const match = /^(0x[0-9a-fA-F]{1,6}|[0-9]{1,7})(?:-(0x[0-9a-fA-F]{1,6}|[0-9]{1,7}))?$/.exec(part);
      const first = match === null ? Number.NaN : Number(match[1]);
      const last = match?.[2] === undefined ? first : Number(match[2]);
      if (!(first <= last && last <= SLOT_MAX)) return { ok: false, expected: SLOTS_EXPECTED };
      ranges.push({ first, last });
    }
    return ok(ranges);
  },
};

export function inRanges(slot: number, ranges: readonly SlotRange[]): boolean {
  return ranges.some(({ first, last }) => slot >= first && slot <= last);
}
