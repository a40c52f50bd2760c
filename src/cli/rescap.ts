// The process `rescap`: hands the real world to the command line. Entry point of the bundle.
// Owner of the process's exit code.

import { EXIT_STATUS } from '../runner/result.ts';
import { programNamed } from '../runtime/native/component.ts';
import { hostedImage } from '../runtime/native/image.ts';
import { bootSystem } from '../runtime/boot_system.ts';
import { findPackageRoot } from './context.ts';
import { main } from './main.ts';

// A closed pipe (rescap ... | head) is the reader's decision, no failure.
process.stdout.on('error', () => process.exit(EXIT_STATUS.passed));

process.exitCode = await main(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: process.stdout.isTTY === true,
  wall_ms: () => performance.now(),
  boot: bootSystem,
  hostedProgram: (name) => {
    const program = programNamed(name);
    return program === undefined ? undefined : hostedImage(program);
  },
  packageRoot: findPackageRoot(),
});
