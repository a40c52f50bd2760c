// Single key presses from the terminal: raw mode only while somebody waits for one.
// Owner of the terminal's mode; it is given back when nobody waits, and at the end.

import type { ReadStream } from 'node:tty';
import type { Keys } from './context.ts';

const NAMED: Readonly<Record<string, string>> = { '\r': 'enter', '\n': 'enter', '\u001b': 'escape', '\u0003': 'interrupt', '\u0004': 'interrupt' };

export function terminalKeys(input: ReadStream): Keys {
  const pressed: string[] = [];
  let waiting: ((key: string) => void) | null = null;
  let open = false;
  const give = (key: string): void => {
    if (waiting === null) {
      pressed.push(key);
      return;
    }
    const take = waiting;
    waiting = null;
    take(key);
  };
  const onData = (chunk: Buffer): void => {
    const text = chunk.toString('utf8');
    // An escape sequence of a cursor or function key is no key of ours.
    if (text.length > 1 && text.startsWith('\u001b')) return;
    for (const character of text) give(NAMED[character] ?? character);
  };
  const onEnd = (): void => give('interrupt');
  const start = (): void => {
    if (open) return;
    open = true;
    input.setRawMode(true);
    input.on('data', onData);
    input.on('end', onEnd);
    input.resume();
  };
  const stop = (): void => {
    if (!open) return;
    open = false;
    input.off('data', onData);
    input.off('end', onEnd);
    input.setRawMode(false);
    input.pause();
  };
  return {
    next: async () => {
      start();
      const key = pressed.shift() ?? (await new Promise<string>((resolve) => { waiting = resolve; }));
      if (pressed.length === 0) stop();
      return key;
    },
    close: stop,
  };
}
