// Limits of the scenario language: everything that can grow has one, and reaching it is a diagnostic.
// Owns no state.

export const SOURCE_BYTES_MAX = 4 * 1024 * 1024;
/** The YAML package needs seconds for a megabyte of hostile text. */
export const YAML_CHARACTERS_MAX = 512 * 1024;
/** What the aliases of a YAML file may add to it if written out. */
export const ALIAS_CHARACTERS_MAX = 1024 * 1024;
export const NESTING_DEPTH_MAX = 64;
export const ELEMENTS_MAX = 100_000;
export const ATTRIBUTES_PER_ELEMENT_MAX = 256;
/** Beyond this many a file is so broken that more messages do not help. */
export const DIAGNOSTICS_MAX = 50;
export const STEPS_MAX = 10_000;
export const RAM_BYTES_MIN = 16 * 1024 * 1024;
export const RAM_BYTES_MAX = 1024 * 1024 * 1024;
/** A day of virtual time. */
export const TIME_MS_MAX = 24 * 60 * 60 * 1000;
export const COUNT_MAX = 1_000_000;
export const SLOT_MAX = 0xfffff;
export const ROUNDS_MAX = 10_000;
export const INSTRUCTIONS_MAX = 2 ** 48;
export const REGULAR_CHARACTERS_MAX = 256;
/** Combinations of a matrix. */
export const VARIANTS_MAX = 256;
/** Files that a scenario consists of, and how deep they may include each other. */
export const INCLUDES_MAX = 64;
export const INCLUDE_DEPTH_MAX = 8;
/** Characters that parameters may add to one attribute. */
export const SUBSTITUTED_CHARACTERS_MAX = 4096;
/** Commands of a run script. */
export const COMMANDS_MAX = 10_000;
