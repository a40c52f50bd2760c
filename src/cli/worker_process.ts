// Worker processes: this program started again to carry out jobs that come as messages. Loaded only where several run at once.
// Owner of the processes it starts; each is killed as a group, so that nothing of it outlives the run.

import { execaNode } from 'execa';
import type { Worker } from './context.ts';

const STDERR_SHOWN_CHARACTERS = 2000;

export async function startWorkerProcess(script: string, argument: string): Promise<Worker> {
  const child = execaNode(script, [argument], { ipc: true, serialization: 'advanced', reject: false, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', buffer: { stderr: true, ipc: false }, maxBuffer: { stderr: 1_000_000 } });
  const ended = child.then(({ exitCode, signal, stderr }) => {
    const how = signal === undefined ? `with exit status ${exitCode ?? 'unknown'}` : `by ${signal}`;
    throw new Error(`the process that ran it ended ${how}${typeof stderr === 'string' && stderr !== '' ? `: ${stderr.slice(-STDERR_SHOWN_CHARACTERS).trim()}` : ''}`);
  });
  // Nobody may be waiting when the process ends in peace.
  ended.catch(() => undefined);
  return {
    run: async (job) => {
      const answer = child.getOneMessage({ reference: true });
      answer.catch(() => undefined);
      await Promise.race([child.sendMessage(job as never), ended]);
      return Promise.race([answer, ended]);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
