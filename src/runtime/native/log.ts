// LOG output of a component: colours, line buffer, lazily opened session.
// Source modelled: genode-base-foc.md 8, genode-16.08-abi.md 5.2.

import type { Plain } from '../../emu/plain.ts';
import { Log_session } from '../rpc/interfaces.ts';
import { COST } from './cost.ts';
import { env } from './env.ts';
import { call, done, goto, procedure } from './procedure.ts';
import { rpc } from './rpc_client.ts';
import { openSession, type Opened } from './session.ts';

const RESET = '\x1b[0m';
/** A flush happens at this many characters; the buffer of 236 bytes keeps one for the NUL. */
const CHUNK_CHARS = 235;
/** An escape sequence is not begun in the last bytes of the buffer. */
const ESCAPE_ROOM = 8;

/** Cuts a line (with its newline) into the pieces that the buffer flushes. */
export function logChunks(line: string): string[] {
  const chunks: string[] = [];
  let chunk = '';
  for (const char of line) {
    if (chunk.length >= CHUNK_CHARS || (char === '\x1b' && chunk.length > CHUNK_CHARS - ESCAPE_ROOM)) {
      chunks.push(chunk);
      chunk = '';
    }
    chunk += char;
    if (char === '\n') {
      chunks.push(chunk);
      chunk = '';
    }
  }
  return chunk === '' ? chunks : [...chunks, chunk];
}

type WriteLocals = { [key: string]: Plain; line: string; chunks?: readonly string[] };

/** Writes text as it is to the LOG session. */
export const logRaw = procedure<WriteLocals>('native.log_raw', {
  start: (x, l) => {
    l.chunks = logChunks(l.line);
    return env.get(x).log === 0 ? call(openLog, {}, 'next') : goto('next');
  },
  next: (x, l) => {
    const [chunk, ...rest] = l.chunks ?? [];
    if (chunk === undefined) return done();
    l.chunks = rest;
    x.charge(COST.character * chunk.length);
    return rpc(Log_session.write, env.get(x).log, { string: chunk }, 'next');
  },
});

/** Opens the LOG session if it is not open yet. */
export const openLog = procedure<Record<string, Plain>>('native.open_log', {
  start: (x) => (env.get(x).log === 0 ? call(openSession, { service: 'LOG', args: 'ram_quota=8K, label=""' }, 'opened') : done()),
  opened: (x, _l, { cap }: Opened) => {
    env.update(x, { log: cap });
    return done();
  },
});

type TextLocals = { [key: string]: Plain; text: string };

export const log = procedure<TextLocals>('native.log', {
  start: (_x, l) => call(logRaw, { line: `${l.text}${RESET}\n` }, 'written'),
  written: () => done(),
});

export const logWarning = procedure<TextLocals>('native.log_warning', {
  start: (_x, l) => call(logRaw, { line: `\x1b[34mWarning: ${l.text}${RESET}\n` }, 'written'),
  written: () => done(),
});

export const logError = procedure<TextLocals>('native.log_error', {
  start: (_x, l) => call(logRaw, { line: `\x1b[31mError: ${l.text}${RESET}\n` }, 'written'),
  written: () => done(),
});
