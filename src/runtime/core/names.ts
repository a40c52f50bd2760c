// The name of core's program, for those who only ask whether a component is core: core itself is a large part of the runtime, and in
// the bundle it is loaded with its first step. Owns no state.

export const CORE_PROGRAM = 'core';
