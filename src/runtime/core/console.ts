// Core's own output: straight to the kernel's console, in the formats of Genode's log functions.
// Source modelled: genode-base-foc.md 8, genode-16.08-abi.md 5.2.

import { COST } from '../native/cost.ts';
import type { Execution } from '../native/execution.ts';

const RESET = '\x1b[0m';
const BLUE = '\x1b[34m';
const RED = '\x1b[31m';

/** Text as it is, without colour reset or line end. */
export function coreText(x: Execution, text: string): void {
  x.charge(COST.console_character * text.length);
  x.cpu.console(text);
}

export const coreLog = (x: Execution, text: string): void => coreText(x, `${text}${RESET}\n`);
export const coreWarning = (x: Execution, text: string): void => coreText(x, `${BLUE}Warning: ${text}${RESET}\n`);
/** A warning through the older printf macro, which some places of core still use: coloured, without a prefix. */
export const corePrintfWarning = (x: Execution, text: string): void => coreText(x, `${BLUE}${text}${RESET}\n`);
export const coreError = (x: Execution, text: string): void => coreText(x, `${RED}Error: ${text}${RESET}\n`);
