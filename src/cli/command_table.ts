// The commands of the command line by name. Each is loaded when it is wanted: starting up costs what is used.
// Owns no state.

import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'run', load: async () => (await import('./commands/run.ts')).RUN },
  { name: 'list', load: async () => (await import('./commands/list.ts')).LIST },
  { name: 'lint', load: async () => (await import('./commands/lint.ts')).LINT },
  { name: 'explain', load: async () => (await import('./commands/explain.ts')).EXPLAIN },
  { name: 'extensions', load: async () => (await import('./commands/extensions.ts')).EXTENSIONS },
  { name: 'dump', load: async () => (await import('./commands/dump.ts')).DUMP },
  { name: 'diff', load: async () => (await import('./commands/diff.ts')).DIFF },
  { name: 'sweep', load: async () => (await import('./commands/sweep.ts')).SWEEP },
  { name: 'report', load: async () => (await import('./commands/report.ts')).REPORT },
  { name: 'replay', load: async () => (await import('./commands/replay.ts')).REPLAY },
  { name: 'review', load: async () => (await import('./commands/review.ts')).REVIEW },
  { name: 'accept', load: async () => (await import('./commands/accept.ts')).ACCEPT },
  { name: 'inspect', load: async () => (await import('./commands/inspect.ts')).INSPECT },
  { name: 'convert', load: async () => (await import('./commands/convert.ts')).CONVERT },
  { name: 'import', load: async () => (await import('./commands/import.ts')).IMPORT },
  { name: 'schema', load: async () => (await import('./commands/schema.ts')).SCHEMA },
  { name: 'coverage', load: async () => (await import('./commands/coverage.ts')).COVERAGE },
  { name: 'bench', load: async () => (await import('./commands/bench.ts')).BENCH },
];
