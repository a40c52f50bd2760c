// Questions at a terminal: what is typed is echoed once, however many questions there have been, and the input is given back.

import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import * as assert from 'uvu/assert';
import { askLine } from '../../src/cli/ask_line.ts';
import { suite } from '../kit.ts';

const test = suite('ask a line');

const QUESTIONS = 12;

function terminal(): { readonly input: ReadStream; readonly output: WriteStream; readonly shown: () => string } {
  const input = Object.assign(new PassThrough(), { isTTY: true, isRaw: false, setRawMode: () => input });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  return {
    input: input as unknown as ReadStream,
    output: output as unknown as WriteStream,
    shown: () => {
      const all = text;
      text = '';
      return all;
    },
  };
}

/** Long enough for what was written to be read, event by event. */
const rest = (): Promise<void> => new Promise((resolve) => { setImmediate(() => setImmediate(resolve)); });

test('a question among many shows each key once and leaves no listener behind', async () => {
  const { input, output, shown } = terminal();
  await rest();
  let before: readonly number[] | null = null;
  for (let question = 0; question < QUESTIONS; question++) {
    const asked = askLine('> ', input, output);
    while (!shown().includes('> ')) await rest();
    for (const key of 'xyz') {
      input.push(key);
      await rest();
    }
    assert.is([...shown()].filter((letter) => letter === 'y').length, 1, `question ${question}`);
    input.push('\r');
    assert.is(await asked, 'xyz');
    await rest();
    shown();
    const listeners = [...['end', 'error', 'keypress'].map((name) => input.listenerCount(name)), output.listenerCount('resize')];
    // The decoder of keys, put up by the first question, stays.
    assert.equal(listeners, before ?? listeners, `listeners after question ${question}`);
    before = listeners;
  }
});

test('the end of the input is no answer', async () => {
  const { input, output, shown } = terminal();
  const asked = askLine('> ', input, output);
  while (!shown().includes('> ')) await rest();
  input.push(null);
  assert.is(await asked, null);
});

test.run();
