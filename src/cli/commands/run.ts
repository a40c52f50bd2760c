// `rescap run`: scenarios, one with its log as it comes or many at once, reports, verdict, exit status.
// Owns no state; what one call does is in ../run/.

import type { Command, Exit } from '../command.ts';
import { UsageError } from '../command.ts';
import { readRunOptions, RUN_OPTIONS } from '../run/run_options.ts';
import { runAll } from '../run/run_all.ts';
import { watchAndRun } from '../run/watch.ts';

/** Exit statuses of Genode's run tool, and its banner (init-run-tools.md 2.1, 2.2). */
const RUN_TOOL_STATUS = { passed: 0, failed: 255, golden: 255, timeout: 254, internal: 253, invalid: 1, nothing: 248 } as const satisfies Record<Exit['verdict'], number>;
const RUN_TOOL_BANNER = 'Run script execution successful.\n';

export const RUN: Command = {
  name: 'run',
  summary: 'Runs scenarios: by name, by file, by pattern, or all of run/. Traces of each are left in reports/NAME/.',
  usage: 'run [SCENARIO...]',
  example: ['rescap run sheep_counter', "rescap run 'lost_*' --jobs 2 --junit reports/junit.xml", 'rescap run --failed --bail', 'rescap run sheep_counter --trace=rpc --trace-task sheep_counter'],
  options: RUN_OPTIONS,
  run: async (args, context) => {
    const options = readRunOptions(args, context);
    if (options.watch) {
      if (context.watch === undefined) throw new UsageError('--watch cannot work here');
      return watchAndRun(args.positionals, options, context);
    }
    const { exit } = await runAll(args.positionals, options, context);
    if (!options.run_tool) return exit;
    if (exit.verdict === 'passed') context.out(RUN_TOOL_BANNER);
    return { ...exit, status: RUN_TOOL_STATUS[exit.verdict] };
  },
};
