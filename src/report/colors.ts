// The few colours of reports, by meaning. Whether they are on is decided by the caller, never by this module.
// Owns no state; only kleur/colors is used (kleur keeps a second switch, technology.md 5).

import { $, blue, bold, cyan, dim, green, red, yellow } from 'kleur/colors';

export function useColors(on: boolean): void {
  $.enabled = on;
}

export const good = (text: string): string => green(text);
export const bad = (text: string): string => red(text);
export const caution = (text: string): string => yellow(text);
export const quiet = (text: string): string => dim(text);
export const strong = (text: string): string => bold(text);
export const place = (text: string): string => cyan(text);
export const warning = (text: string): string => blue(text);
