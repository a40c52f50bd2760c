// Asks the person at the terminal for a line; editing and history are the host's. Owner of nothing between two questions: the
// input is held only while somebody waits for a line.

import type { ReadStream, WriteStream } from 'node:tty';

export async function askLine(question: string, input: ReadStream, output: WriteStream): Promise<string | null> {
  // Loaded when it is needed: most calls never ask.
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input, output, history: [...history], historySize: HISTORY_LINES });
  return new Promise((resolve) => {
    const done = (line: string | null): void => {
      if (line !== null && line.trim() !== '') history.unshift(line);
      history.length = Math.min(history.length, HISTORY_LINES);
      resolve(line);
    };
    let answer: string | null = null;
    // Not by taking listeners of 'close' away: the host's own are among them, which give the input back.
    lines.once('close', () => done(answer));
    lines.once('SIGINT', () => lines.close());
    lines.question(question, (line) => {
      answer = line;
      lines.close();
    });
  });
}

const HISTORY_LINES = 200;
const history: string[] = [];
