// The few colours of reports, by meaning. Whether they are on is decided by the caller, never by this module.
// Owns no state; only kleur/colors is used (kleur keeps a second switch, technology.md 5).

import { $, blue, bold, cyan, dim, green, magenta, red, white, yellow } from 'kleur/colors';

export function useColors(on: boolean): void {
  $.enabled = on;
}

export const colorsOn = (): boolean => $.enabled;

export const good = (text: string): string => green(text);
export const bad = (text: string): string => red(text);
export const caution = (text: string): string => yellow(text);
export const quiet = (text: string): string => dim(text);
export const strong = (text: string): string => bold(text);
export const place = (text: string): string => cyan(text);
export const warning = (text: string): string => blue(text);

/** Red, and what errors and warnings look like, are left to messages. */
const COMPONENT_COLORS: readonly ((text: string) => string)[] = [cyan, magenta, green, yellow, white, (text) => bold(cyan(text)), (text) => bold(magenta(text)), (text) => bold(green(text))];

/** The same component has the same colour in every run. */
export function component(label: string, text: string): string {
  let hash = 7;
  for (const character of label) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return (COMPONENT_COLORS[hash % COMPONENT_COLORS.length] ?? dim)(text);
}
