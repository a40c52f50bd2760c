// What the process says, on its standard output or beside it. A terminal is Node's affair; into files and pipes is written here, because
// Node's streams for them take longer to load than many a command runs. Owns no state.

import { fstatSync, writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';

export interface Output {
  /** Into a file or a pipe: all of it, however long its reader takes. */
  readonly write: (text: string) => void;
  readonly terminal: WriteStream | null;
  /** All that was given has been written, or never will be. */
  readonly isDone: () => boolean;
}

export type Descriptor = 1 | 2;

/** Linux's device 1:3: a character device as terminals are. */
const NULL_DEVICE = (1 << 8) | 3;
/** Between two attempts to write into a pipe that is full and does not wait: somebody else has set it so. */
const RETRY_MS = 1;

/** `lost` is called when something cannot be written. */
export function outputTo(descriptor: Descriptor, lost: (error: NodeJS.ErrnoException) => void): Output {
  return isPlain(descriptor) ? { write: (text) => writeAll(descriptor, text, lost), terminal: null, isDone: () => true } : streamOutput(descriptor, lost);
}

function isPlain(descriptor: Descriptor): boolean {
  const kind = fstatSync(descriptor);
  return kind.isFile() || kind.isFIFO() || kind.isSocket() || (process.platform === 'linux' && kind.rdev === NULL_DEVICE);
}

function writeAll(descriptor: Descriptor, text: string, lost: (error: NodeJS.ErrnoException) => void): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (thrown) {
      const error = thrown as NodeJS.ErrnoException;
      if (error.code !== 'EAGAIN') return lost(error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** Node's stream, made when it is first looked at; what Node takes for a terminal is one. */
function streamOutput(descriptor: Descriptor, lost: (error: NodeJS.ErrnoException) => void): Output {
  let stream: NodeJS.WriteStream | undefined;
  const opened = (): NodeJS.WriteStream => (stream ??= (descriptor === 1 ? process.stdout : process.stderr).on('error', lost));
  return {
    write: (text) => void opened().write(text),
    get terminal() {
      const { isTTY } = opened();
      return isTTY ? (opened() as WriteStream) : null;
    },
    isDone: () => stream === undefined || (stream.writableLength === 0 && stream.errored === null),
  };
}
